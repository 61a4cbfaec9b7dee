//! Which nodes a pod may run on: selectors, affinity and tolerations.

use super::draft::Pen;
use super::inspection::{Says, What};
use super::spot::Spot;
use crate::Technology;
use crate::field::Field;
use crate::vocabulary::labels::{Says as Label, node_label};

/// Reads where a pod may run.
pub(crate) fn nodes(spec: &Field<'_>, pen: &mut Pen<'_>) {
    for selector in spec.all("nodeSelector") {
        for (key, field) in selector.children() {
            pen.draft.signs.selects_nodes = true;
            if let Some(value) = field.plain() {
                note(key, Some(value), &field, Strength::Required, pen);
            }
        }
    }
    for affinity in spec.all("affinity").iter().flat_map(|affinity| affinity.all("nodeAffinity")) {
        for required in affinity.all("requiredDuringSchedulingIgnoredDuringExecution") {
            for term in required.all("nodeSelectorTerms").iter().flat_map(Field::elements) {
                pen.draft.signs.selects_nodes = true;
                expressions(&term, Strength::Required, pen);
            }
        }
        for preferred in affinity.all("preferredDuringSchedulingIgnoredDuringExecution") {
            for term in preferred.elements() {
                if let Some(preference) = term.get("preference") {
                    expressions(&preference, Strength::Preferred, pen);
                }
            }
        }
    }
    pen.draft.signs.tolerates |= spec.all("tolerations").iter().any(|list| list.elements().next().is_some());
}

/// How binding a choice of nodes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// It runs nowhere else.
    Required,
    /// It runs elsewhere where these are full.
    Preferred,
    /// Nothing runs there because of it: a pool of nodes says what they are to be.
    Named,
}

/// Reads a node selector term's expressions.
fn expressions(term: &Field<'_>, strength: Strength, pen: &mut Pen<'_>) {
    for expression in term.all("matchExpressions").iter().flat_map(Field::elements) {
        requirement(&expression, strength, pen);
    }
}

/// Reads a requirement: `key`, `operator`, `values`. `NotIn` and the like ask for nothing.
pub(crate) fn requirement(requirement: &Field<'_>, strength: Strength, pen: &mut Pen<'_>) {
    let Some(key_field) = requirement.get("key") else { return };
    let Some(key) = key_field.plain() else { return };
    match requirement.get("operator").and_then(|operator| operator.plain()) {
        Some("Exists") => note(key, None, &key_field, strength, pen),
        Some("In") => {
            let values = requirement.get("values");
            for field in values.iter().flat_map(Field::elements) {
                if let Some(value) = field.plain() {
                    note(key, Some(value), &field, strength, pen);
                }
            }
        }
        _ => {}
    }
}

fn note(key: &str, value: Option<&str>, field: &Field<'_>, strength: Strength, pen: &mut Pen<'_>) {
    let Some(label) = node_label(key, value) else { return };
    let named = |tee: Option<Technology>| tee.map_or("a TEE".to_owned(), |tee| tee.to_string());
    let shown = value.map_or(key.to_owned(), |value| format!("{key}={value}"));
    let (says, tee) = match (label, strength) {
        (Label::Is(tee), Strength::Required) => (Says::Asked, tee),
        (Label::Is(tee) | Label::Perhaps(tee), _) => (Says::Possible, tee),
        (Label::Offers(tee), _) => (Says::Possible, Some(tee)),
    };
    pen.fact(What::NodeLabel, field, says, tee, |_| match (label, strength) {
        (_, Strength::Preferred) => format!("it prefers nodes with the label `{shown}`"),
        (_, Strength::Named) => format!("it names nodes with the label `{shown}`"),
        (Label::Is(tee), _) => format!("it runs on nodes that are in {} (`{shown}`)", named(tee)),
        (Label::Offers(tee), _) => {
            format!("it runs on nodes that offer {tee} (`{shown}`), and asks for none of it")
        }
        (Label::Perhaps(_), _) => format!("the node label `{shown}` looks like a TEE's"),
    });
    match (label, strength) {
        (Label::Offers(_), Strength::Required) => {
            pen.draft.signs.offers.get_or_insert_with(|| Spot::of(field));
        }
        (Label::Is(_) | Label::Offers(_), Strength::Preferred) => {
            pen.draft.signs.preferred.get_or_insert_with(|| Spot::of(field));
        }
        _ => {}
    }
}
