//! The node's TEE does for every TEE the pod asks for.

use std::collections::BTreeSet;

use casemate_mutant::{Mutant, active as seeded};

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let wanted: BTreeSet<_> = ask.pod.enclaves().map(|(_, enclave)| enclave.tee).collect();
    let has = site.node.tee;
    let does = |wanted| has.is_some_and(|has| has.satisfies(wanted)) || seeded(Mutant::PlacementIgnoresTee);
    let unmet = wanted.into_iter().filter(|wanted| !does(*wanted));
    unmet.map(|wanted| Objection::Tee { wanted, has }).collect()
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
