//! Node affinity, pod affinity and anti-affinity, and spread, as far as they are required; and others' that
//! mean the pod.

use casemate_affinity::Objection as Reason;
use casemate_mutant::{Mutant, active as seeded};

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let Some(company) = &site.company else { return Vec::new() };
    let Some(node) = company.facts else { return Vec::new() };
    let reasons = match &company.view {
        Some(view) if !seeded(Mutant::PlacementIgnoresNeighbours) => view.objections(node),
        // Nobody says anything of others.
        _ => of_node(ask, node).into_iter().collect(),
    };
    // The node selector is a filter of its own.
    let others = |it: &Reason| !matches!(it, Reason::NodeSelector { .. });
    reasons.into_iter().filter(others).map(Objection::Affinity).collect()
}

fn of_node(ask: &Ask<'_>, node: &casemate_model::affinity::NodeFacts) -> Option<Reason> {
    let affinity = &ask.pod.scheduling.node_affinity;
    let terms = affinity.required.as_ref().map_or(0, |it| it.terms.len());
    (!affinity.allows(node)).then_some(Reason::NodeAffinity { terms })
}
