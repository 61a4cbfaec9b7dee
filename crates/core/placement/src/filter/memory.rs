//! The requested ordinary memory is free, the sandbox's share included.

use super::{Site, shortage};
use crate::ask::Ask;
use crate::{Objection, Resource};

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    shortage(Resource::Memory, ask, site)
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn the_sandbox_costs_memory_too() {
        check(objections, "memory=512", "memory=2560", "passes");
        let expected = "never: asks for 2560Mi memory, the node has 2Gi in all";
        check(objections, "memory=512 overhead-memory=2048", "memory=2048", expected);
        let expected = "waits: asks for 512Mi memory, 511Mi of 2Gi are free";
        check(objections, "memory=512", "memory=2048 used-memory=1537", expected);
    }
}
