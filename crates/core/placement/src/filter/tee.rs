//! The node's TEE does for every TEE the pod asks for.

use std::collections::BTreeSet;

use casemate_model::{Granularity, Node, Tee};
use casemate_mutant::{Mutant, active as seeded};

use super::{Site, features};
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let wanted: BTreeSet<_> = ask.pod.enclaves().map(|(_, enclave)| enclave.tee).collect();
    let does = |wanted| found(ask, site.node, wanted).is_some() || seeded(Mutant::PlacementIgnoresTee);
    let unmet = wanted.into_iter().filter(|wanted| !does(*wanted));
    unmet.map(|wanted| Objection::Tee { wanted, has: site.node.tee }).collect()
}

/// The node's TEE that does for one that is asked for: that one itself, what stands in for it, or another that
/// the pod says will do. Of several, one that has what the pod needs, then the one that a witness of the node speaks
/// of, then the one that is asked for first.
pub(crate) fn found(ask: &Ask<'_>, node: &Node, wanted: Tee) -> Option<Tee> {
    let asked = || [wanted].into_iter().chain(ask.pod.scheduling.other_tees.iter().copied());
    let has = node.tee.into_iter().chain(node.hardware.other_tees.iter().copied());
    let order = |has: Tee| asked().position(|asked| has.satisfies(asked));
    let does = has.filter_map(|has| Some((order(has)?, has)));
    does.min_by_key(|(order, has)| (features::lacks(ask, *has), Some(*has) != node.tee, *order))
        .map(|(_, has)| has)
}

/// The innermost TEE that the pod's programs would run in there: a process in a guest is in the enclave.
pub(crate) fn serving(ask: &Ask<'_>, node: &Node) -> Option<Tee> {
    let tees = ask.pod.enclaves().filter_map(|(_, enclave)| found(ask, node, enclave.tee));
    tees.min_by_key(|tee| match tee.granularity() {
        Granularity::Process => 0,
        Granularity::Vm => 1,
        Granularity::World => 2,
    })
}

#[cfg(test)]
mod tests {
    use casemate_model::{Feature, Features, Pod};

    use super::*;
    use crate::filter::fixture::{check, words};

    #[test]
    fn a_confidential_pod_goes_where_its_tee_is() {
        check(objections, "tee=sgx", "tee=sgx", "passes");
        check(objections, "tee=sgx", "tee=tdx", "never: asks for sgx, the node has tdx");
        check(objections, "tee=sgx", "", "never: asks for sgx, the node has no TEE");
    }

    #[test]
    fn software_stands_in_for_sgx_only() {
        check(objections, "tee=sgx", "tee=software", "passes");
        check(objections, "tee=tdx", "tee=software", "never: asks for tdx, the node has software");
        check(objections, "tee=software", "tee=sgx", "never: asks for software, the node has sgx");
    }

    #[test]
    fn every_container_counts() {
        check(objections, "cpu=1 + tee=tdx", "tee=sgx", "never: asks for tdx, the node has sgx");
        let both = "never: asks for tdx, the node has nitro; never: asks for cca, the node has nitro";
        check(objections, "tee=cca + tee=tdx", "tee=nitro", both);
    }

    #[test]
    fn of_two_tees_that_do_one_that_lacks_nothing_is_taken_and_then_the_one_a_witness_speaks_of() {
        let mut node = words::node("tee=sgx");
        node.hardware.other_tees.insert(Tee::Tdx);
        let mut pod = words::pod("tee=tdx");
        pod.scheduling.other_tees = vec![Tee::Sgx];
        let taken = |pod: &Pod| {
            let ask = Ask::under(pod, casemate_model::PlacementPolicy::default()).expect("small amounts");
            found(&ask, &node, Tee::Tdx)
        };
        assert_eq!(taken(&pod), Some(Tee::Sgx), "a witness speaks of the node's first");
        let only_tdx = |feature: &Feature| {
            pod.scheduling.needs = Features::of(&[*feature]);
            let ask = Ask::under(&pod, casemate_model::PlacementPolicy::default()).expect("small amounts");
            features::lacks(&ask, Tee::Sgx) && !features::lacks(&ask, Tee::Tdx)
        };
        let feature = Feature::ALL.into_iter().find(only_tdx).expect("a guest can do what an enclave cannot");
        pod.scheduling.needs = Features::of(&[feature]);
        assert_eq!(taken(&pod), Some(Tee::Tdx));
        pod.scheduling.other_tees.clear();
        pod.scheduling.needs = Features::NONE;
        assert_eq!(taken(&pod), Some(Tee::Tdx), "sgx was not asked for");
    }

    #[test]
    fn an_ordinary_pod_goes_anywhere() {
        check(objections, "cpu=1", "", "passes");
        check(objections, "cpu=1", "tee=tdx", "passes");
    }
}
