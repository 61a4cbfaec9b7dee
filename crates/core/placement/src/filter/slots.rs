//! Enclave slots are free.

use super::{Site, shortage};
use crate::ask::Ask;
use crate::{Objection, Resource};

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    shortage(Resource::Slots, ask, site)
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn slots_are_counted_over_containers() {
        check(objections, "tee=sgx slots=1 + tee=sgx slots=1", "slots=2", "passes");
        let expected = "waits: asks for 2 enclave slots, 1 of 2 are free";
        check(objections, "tee=sgx slots=1 + tee=sgx slots=1", "slots=2 used-slots=1", expected);
        check(
            objections,
            "tee=sgx slots=3",
            "slots=2",
            "never: asks for 3 enclave slots, the node has 2 in all",
        );
    }

    #[test]
    fn who_asks_for_none_fits_a_node_without_any() {
        check(objections, "tee=tdx slots=0", "", "passes");
    }
}
