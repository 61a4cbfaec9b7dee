//! How a pod's like are to be spread: `core/v1 TopologySpreadConstraint`.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use casemate_model::affinity::{Inclusion, SpreadConstraint, WhenUnsatisfiable};

use super::pods::needs_selector;
use super::selector::{label_keys, selector};
use super::topology_key;
use crate::field::Field;
use crate::problem::{Findings, shown};

/// Reads `topologySpreadConstraints`.
pub(super) fn constraints(spec: &Field<'_>, to: &mut Findings) -> Vec<SpreadConstraint> {
    let items = spec.get("topologySpreadConstraints").map(|list| list.items(to)).unwrap_or_default();
    let mut constraints = Vec::new();
    let mut before = BTreeSet::new();
    for item in items {
        let Some(constraint) = constraint(&item, to) else { continue };
        if !before.insert((constraint.topology_key.clone(), constraint.when_unsatisfiable)) {
            to.refuse(item.problem(
                "a constraint before it has the same `topologyKey` and `whenUnsatisfiable`",
                "Keep one of them",
            ));
        }
        constraints.push(constraint);
    }
    constraints
}

fn constraint(item: &Field<'_>, to: &mut Findings) -> Option<SpreadConstraint> {
    if !item.map(to) {
        return None;
    }
    to.sound(|to| {
        let max_skew = item.need("maxSkew", "Say by how many pods places may differ: 1 or more", to);
        let max_skew = max_skew.and_then(|field| positive(&field, to));
        let topology_key = topology_key(item, to);
        let when = item.need("whenUnsatisfiable", WHEN, to);
        let when_unsatisfiable = when.and_then(|field| match field.text(to)? {
            "DoNotSchedule" => Some(WhenUnsatisfiable::DoNotSchedule),
            "ScheduleAnyway" => Some(WhenUnsatisfiable::ScheduleAnyway),
            other => {
                to.refuse(field.problem(format!("`{}` is neither of the two", shown(other)), WHEN));
                None
            }
        });
        let min_domains = item.get("minDomains").and_then(|field| {
            if when_unsatisfiable == Some(WhenUnsatisfiable::ScheduleAnyway) {
                let remedy = "Take it out, or write `whenUnsatisfiable: DoNotSchedule`";
                to.refuse(field.problem("has no meaning where the spread is only preferred", remedy));
            }
            positive(&field, to)
        });
        let match_label_keys = label_keys(item, "matchLabelKeys", to);
        if !match_label_keys.is_empty() {
            needs_selector(item, "matchLabelKeys", to);
        }
        let label_selector = item.get("labelSelector").and_then(|field| selector(&field, to));
        let node_affinity_policy = inclusion(item, "nodeAffinityPolicy", to)?.unwrap_or(Inclusion::Honor);
        let node_taints_policy = inclusion(item, "nodeTaintsPolicy", to)?.unwrap_or(Inclusion::Ignore);
        Some(SpreadConstraint {
            max_skew: max_skew?,
            min_domains,
            topology_key: topology_key?,
            when_unsatisfiable: when_unsatisfiable?,
            label_selector,
            match_label_keys,
            node_affinity_policy,
            node_taints_policy,
        })
    })
}

const WHEN: &str = "Write `DoNotSchedule` or `ScheduleAnyway`";

/// `int32` of one or more.
fn positive(field: &Field<'_>, to: &mut Findings) -> Option<NonZeroU32> {
    let number: i32 = field.integer(to)?;
    let positive = u32::try_from(number).ok().and_then(NonZeroU32::new);
    if positive.is_none() {
        to.refuse(field.problem(format!("`{number}` is too small"), "Write 1 or more"));
    }
    positive
}

/// Whether nodes the pod could not use are left out. `Some(None)`: it says nothing.
fn inclusion(item: &Field<'_>, key: &str, to: &mut Findings) -> Option<Option<Inclusion>> {
    let Some(field) = item.get(key) else { return Some(None) };
    match field.text(to)? {
        "Honor" => Some(Some(Inclusion::Honor)),
        "Ignore" => Some(Some(Inclusion::Ignore)),
        other => {
            let cause = format!("`{}` is neither of the two", shown(other));
            to.refuse(field.problem(cause, "Write `Honor` or `Ignore`"));
            None
        }
    }
}
