//! A witness of the node's platform holds now, where the pod is confidential.
//!
//! The ledger lets in no witness that speaks of another node, boot or TEE.

use casemate_model::{Node, Tee};
use casemate_mutant::{Mutant, active as seeded};

use super::{Site, tee};
use crate::Objection;
use crate::ask::Ask;
use crate::facts::{Facts, TrustKind};
use crate::grounds::Trust;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    if !ask.pod.is_confidential() {
        return Vec::new();
    }
    match &site.trust {
        Trust::Assumed => Vec::new(),
        Trust::Fresh(_) => unvouched(ask, site.node).map(Objection::UnattestedTee).collect(),
        Trust::Distrusted(why) => vec![Objection::Distrusted((*why).to_owned())],
        Trust::Lapsed(_) if seeded(Mutant::PlacementIgnoresLapse) => Vec::new(),
        Trust::Unattested if seeded(Mutant::PlacementTrustsAnybody) => Vec::new(),
        Trust::Lapsed(expired) => vec![Objection::Lapsed(*expired)],
        Trust::Unattested => vec![Objection::Unattested],
    }
}

/// Whether platforms of which so much is known will do, as [`objections`] finds node by node.
pub(super) fn holds(ask: &Ask<'_>, facts: &Facts) -> bool {
    if !ask.pod.is_confidential() {
        return true;
    }
    let vouched = match facts.trust() {
        TrustKind::Assumed => return true,
        TrustKind::Fresh(_) => true,
        TrustKind::Lapsed => seeded(Mutant::PlacementIgnoresLapse),
        TrustKind::Unattested => seeded(Mutant::PlacementTrustsAnybody),
        TrustKind::Distrusted => false,
    };
    vouched && unvouched(ask, &facts.node()).next().is_none()
}

/// TEEs that would serve the pod there and that the witness does not speak of.
fn unvouched<'a>(ask: &'a Ask<'_>, node: &'a Node) -> impl Iterator<Item = Tee> + 'a {
    let serving = ask.pod.enclaves().filter_map(|(_, enclave)| tee::found(ask, node, enclave.tee));
    let accepted = seeded(Mutant::PlacementAcceptsUnwitnessedTee);
    serving.filter(move |tee| Some(*tee) != node.tee && !accepted)
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn a_confidential_pod_waits_for_a_node_that_is_not_attested() {
        let expected = "waits: the node is not attested: it needs evidence that the policy accepts";
        check(objections, "tee=sgx", "tee=sgx unattested", expected);
        check(objections, "cpu=1 + tee=sgx", "tee=sgx unattested", expected);
    }

    #[test]
    fn a_lapsed_witness_is_said_to_have_lapsed() {
        let expected = "waits: the node's attestation does not hold: the witness holds from \
            1970-01-01T00:00:00Z to 1970-01-01T00:00:05Z, and it is 1970-01-01T00:00:09Z; \
            attest again";
        check(objections, "tee=sgx", "tee=sgx lapsed", expected);
    }

    #[test]
    fn an_ordinary_pod_needs_no_witness() {
        check(objections, "cpu=1", "unattested", "passes");
        check(objections, "cpu=1", "lapsed", "passes");
    }
}
