//! The node's TEE does for every TEE the pod asks for.

use std::collections::BTreeSet;

use casemate_model::{Granularity, Node, Tee};
use casemate_mutant::{Mutant, active as seeded};

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let wanted: BTreeSet<_> = ask.pod.enclaves().map(|(_, enclave)| enclave.tee).collect();
    let does = |wanted| found(ask, site.node, wanted).is_some() || seeded(Mutant::PlacementIgnoresTee);
    let unmet = wanted.into_iter().filter(|wanted| !does(*wanted));
    unmet.map(|wanted| Objection::Tee { wanted, has: site.node.tee }).collect()
}

/// The node's TEE that does for one that is asked for: that one itself, what stands in for it, or another that
/// the pod says will do.
pub(crate) fn found(ask: &Ask<'_>, node: &Node, wanted: Tee) -> Option<Tee> {
    let asked = [wanted].into_iter().chain(ask.pod.scheduling.other_tees.iter().copied());
    let has = || node.tee.into_iter().chain(node.hardware.other_tees.iter().copied());
    asked.into_iter().find_map(|asked| has().find(|has| has.satisfies(asked)))
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
    use super::objections;
    use crate::filter::fixture::check;

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
    fn an_ordinary_pod_goes_anywhere() {
        check(objections, "cpu=1", "", "passes");
        check(objections, "cpu=1", "tee=tdx", "passes");
    }
}
