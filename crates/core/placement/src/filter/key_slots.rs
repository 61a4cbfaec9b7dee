//! Memory-encryption key slots are free: there are fewer of them than one expects (TDX: 32 or so).

use super::{Site, shortage};
use crate::ask::Ask;
use crate::{Objection, Resource};

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    shortage(Resource::KeySlots, ask, site)
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn key_slots_run_out_before_memory_does() {
        check(objections, "tee=tdx keys=1", "keys=32 used-keys=31", "passes");
        let expected = "waits: asks for 1 key slots, 0 of 32 are free";
        check(objections, "tee=tdx keys=1", "keys=32 used-keys=32 memory=999", expected);
        check(objections, "tee=tdx keys=1", "", "never: asks for 1 key slots, the node has 0 in all");
    }

    #[test]
    fn a_sandbox_takes_a_key_slot() {
        let expected = "waits: asks for 2 key slots, 1 of 32 are free";
        check(objections, "tee=tdx keys=1 overhead-keys=1", "keys=32 used-keys=31", expected);
    }
}
