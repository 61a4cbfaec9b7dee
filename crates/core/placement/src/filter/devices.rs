//! Everything else that is handed out by number is free: GPUs, huge pages, whatever a cluster counts, and
//! room for one more pod.

use super::{Site, shortage};
use crate::ask::Ask;
use crate::{Objection, Resource};

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let kinds = ask.request.devices.keys();
    kinds.flat_map(|kind| shortage(Resource::Device(kind.clone()), ask, site)).collect()
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn a_device_is_handed_out_as_often_as_there_is_one() {
        check(objections, "device:gpu=2 + device:gpu=1", "device:gpu=4 used-device:gpu=1", "passes");
        let expected = "waits: asks for 3 gpu, 2 of 4 are free";
        check(objections, "device:gpu=2 + device:gpu=1", "device:gpu=4 used-device:gpu=2", expected);
    }

    #[test]
    fn what_a_node_does_not_list_it_has_none_of() {
        check(objections, "device:gpu=1", "device:fpga=1", "never: asks for 1 gpu, the node has 0 in all");
        check(objections, "cpu=1", "device:fpga=1", "passes");
    }

    #[test]
    fn of_init_containers_the_largest_counts() {
        check(objections, "device:gpu=3 > device:gpu=1", "device:gpu=3", "passes");
    }

    #[test]
    fn a_node_that_limits_its_pods_takes_no_more() {
        check(objections, "cpu=1", "device:pods=2 used-device:pods=1", "passes");
        let expected = "waits: asks for 1 pods, 0 of 2 are free";
        check(objections, "cpu=1", "device:pods=2 used-device:pods=2", expected);
    }
}
