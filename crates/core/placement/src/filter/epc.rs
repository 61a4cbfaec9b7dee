//! The guaranteed encrypted memory fits what is free. A limit beyond it is paged and not looked at.

use super::{Site, shortage};
use crate::ask::Ask;
use crate::{Objection, Resource};

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    shortage(Resource::Epc, ask, site)
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn what_is_free_can_be_taken_to_the_last_page() {
        check(objections, "tee=sgx epc=32", "epc=64 used-epc=32", "passes");
        let expected = "waits: asks for 33Mi EPC, 32Mi of 64Mi are free";
        check(objections, "tee=sgx epc=33", "epc=64 used-epc=32", expected);
    }

    #[test]
    fn more_than_the_node_has_is_never_there() {
        check(objections, "tee=sgx epc=65", "epc=64", "never: asks for 65Mi EPC, the node has 64Mi in all");
        let both = "never: asks for 65Mi EPC, the node has 64Mi in all";
        check(objections, "tee=sgx epc=32 + tee=sgx epc=33", "epc=64", both);
    }

    #[test]
    fn an_init_container_needs_its_room_too() {
        let never = "never: asks for 65Mi EPC, the node has 64Mi in all";
        check(objections, "tee=sgx epc=65 > tee=sgx epc=1", "epc=64", never);
        check(objections, "tee=sgx epc=64 > tee=sgx epc=64", "epc=64", "passes");
    }

    #[test]
    fn slots_without_epc_are_no_unlimited_epc() {
        check(
            objections,
            "tee=sgx epc=1",
            "tee=sgx slots=20",
            "never: asks for 1Mi EPC, the node has 0 in all",
        );
    }
}
