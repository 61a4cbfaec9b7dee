//! The TEE and what stands between it and the programs have all that the pod says it needs.

use casemate_model::tee::{Lack, lacking};
use casemate_model::{Features, Runtime, Tee, TeeVariant};
use casemate_mutant::{Mutant, active as seeded};

use super::{Site, tee};
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let needs = ask.pod.scheduling.needs;
    if needs == Features::NONE || seeded(Mutant::PlacementIgnoresNeeds) {
        return Vec::new();
    }
    // Where the TEE will not do there is another reason already; outside a TEE nothing is lacking.
    let Some(tee) = tee::serving(ask, site.node) else { return Vec::new() };
    lackings(tee, ask.pod.scheduling.runtime, needs).into_iter().map(Objection::Lacks).collect()
}

/// Whether a TEE lacks what the pod needs, which makes it the worse of two.
pub(super) fn lacks(ask: &Ask<'_>, tee: Tee) -> bool {
    let needs = ask.pod.scheduling.needs;
    needs != Features::NONE && !lackings(tee, ask.pod.scheduling.runtime, needs).is_empty()
}

/// What is lacking under this runtime; where nobody names one, under the one that lacks least.
fn lackings(tee: Tee, runtime: Option<Runtime>, needs: Features) -> Vec<Lack> {
    let variant: TeeVariant = tee.least_variant();
    match runtime {
        Some(runtime) => lacking(variant, runtime, needs),
        None => {
            let able = Runtime::ALL.into_iter().filter(|it| it.runs_on().contains(&variant));
            able.map(|it| lacking(variant, it, needs)).min_by_key(Vec::len).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casemate_model::Feature;

    #[test]
    fn what_a_tee_lacks_is_a_reason_and_what_it_has_is_none() {
        let some = |tee: Tee| {
            Feature::ALL.into_iter().filter(|it| lackings(tee, None, Features::of(&[*it])).is_empty()).count()
        };
        assert!(some(Tee::Tdx) > some(Tee::TrustZone));
        assert!(Feature::ALL.into_iter().any(|it| !lackings(Tee::Sgx, None, Features::of(&[it])).is_empty()));
    }
}
