//! The requested CPU is free, the sandbox's share included.

use super::{Site, shortage};
use crate::ask::Ask;
use crate::{Objection, Resource};

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    shortage(Resource::Cpu, ask, site)
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn the_sandbox_costs_cpu_too() {
        check(objections, "cpu=1000", "cpu=2000 used-cpu=1000", "passes");
        let expected = "waits: asks for 1250m CPU, 1 of 2 are free";
        check(objections, "cpu=1000 overhead-cpu=250", "cpu=2000 used-cpu=1000", expected);
        let expected = "never: asks for 2001m CPU, the node has 2 in all";
        check(objections, "cpu=2000 + cpu=1", "cpu=2000", expected);
    }
}
