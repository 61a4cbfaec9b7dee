//! A pod's spec and metadata, wherever they stand: every fact that bears on its TEE.
//!
//! Read leniently: what is of another type than Kubernetes has is passed over here
//! (`read` refuses it), and in a template every branch is looked at.

use super::container::container;
use super::draft::{Amounts, Cost, Pen, RuntimeClassAsked, shown};
use super::finding::FindingId;
use super::inspection::{Says, What};
use super::nodes::nodes;
use super::spot::Spot;
use super::volumes::volumes;
use crate::Technology;
use crate::field::Field;
use crate::quantity::Quantity;
use crate::template::is_blank;
use crate::vocabulary::annotations::{Annotation, annotation};
use crate::vocabulary::resources::{Means, resource};
use crate::vocabulary::words::{Hint, hint};

/// Reads a pod. `live`: the document is what a cluster has, not what a user wrote.
pub(crate) fn pod(spec: &Field<'_>, metadata: Option<&Field<'_>>, live: bool, pen: &mut Pen<'_>) {
    pen.draft.demand = containers(spec, pen);
    runtime_class(spec, pen);
    nodes(spec, pen);
    volumes(spec, pen);
    if let Some(metadata) = metadata {
        annotations(metadata, pen);
    }
    claims(spec, pen);
    pen.draft.overhead = overhead(spec);
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(field) = spec.get(key).filter(Field::is_true) {
            pen.find(FindingId::HostNamespaces, &field, format!("`{key}` is set"));
        }
    }
    if let Some(field) = spec.get("nodeName").filter(|_| !live) {
        pen.find_if_confidential(FindingId::NodeNameSet, &field, "the pod names its node");
    }
    let token = spec.get("automountServiceAccountToken");
    if !token.as_ref().is_some_and(Field::is_false) {
        let at = token.as_ref().unwrap_or(spec);
        pen.find_if_confidential(FindingId::ServiceAccountToken, at, "nothing keeps the token out");
    }
    if let Some(field) = spec.get("ephemeralContainers").filter(|field| !field.is_empty()) {
        pen.find_if_confidential(FindingId::EphemeralContainer, &field, "a debugging container was added");
    }
}

/// The sum of what containers ask for, as Kubernetes reckons it: init containers run one
/// after the other before the rest, unless they restart always (sidecars).
fn containers(spec: &Field<'_>, pen: &mut Pen<'_>) -> Amounts {
    let mut running = Amounts::NONE;
    let mut starting = Amounts::NONE;
    for item in spec.all("initContainers").iter().flat_map(Field::elements) {
        let asked = container(&item, pen);
        let stays = item.get("restartPolicy").is_some_and(|policy| policy.plain() == Some("Always"));
        if stays {
            running = running.plus(asked);
            starting = starting.or(running);
        } else {
            starting = starting.or(running.plus(asked));
        }
    }
    for item in spec.all("containers").iter().flat_map(Field::elements) {
        running = running.plus(container(&item, pen));
    }
    running.or(starting)
}

fn runtime_class(spec: &Field<'_>, pen: &mut Pen<'_>) {
    for field in spec.all("runtimeClassName") {
        let Some(text) = field.plain().filter(|text| !text.is_empty()) else { continue };
        let name = shown(&field);
        let blank = is_blank(text);
        let says = if blank { Says::Possible } else { Says::Nothing };
        let fact = pen.fact(What::RuntimeClass, &field, says, None, |value| {
            format!("its runtime class `{value}` is still to be filled in")
        });
        let spot = Spot::of(&field);
        let condition = pen.condition(spot.line);
        pen.draft.runtime_classes.push(RuntimeClassAsked { name, fact, blank, condition, spot });
    }
}

fn annotations(metadata: &Field<'_>, pen: &mut Pen<'_>) {
    for annotations in metadata.all("annotations") {
        for (name, field) in annotations.children() {
            let value = field.plain().unwrap_or_default();
            let Some(known) = annotation(name, value) else { continue };
            one_annotation(name, known, &field, pen);
        }
    }
}

fn one_annotation(name: &str, known: Annotation, field: &Field<'_>, pen: &mut Pen<'_>) {
    let possible = |pen: &mut Pen<'_>, tee: Option<Technology>| {
        pen.fact(What::Annotation, field, Says::Possible, tee, |_| {
            format!("the annotation `{name}` is meant for a TEE")
        });
    };
    match known {
        Annotation::Confidential(technology) => {
            let value = field.plain().unwrap_or_default();
            pen.fact(What::Annotation, field, Says::Asked, Some(technology), |_| {
                format!("the annotation `{name}` runs it in a confidential container group")
            });
            pen.draft.signs.policy = true;
            if value.is_empty() {
                pen.find(FindingId::PolicyEmpty, field, format!("`{name}` is empty"));
            }
        }
        Annotation::Meant(tee) => {
            possible(pen, tee);
            pen.draft.signs.policy |= name.ends_with(".cc_init_data");
        }
        Annotation::Epc => {
            let amount = field.plain().and_then(|text| Quantity::parse(text).and_then(Quantity::whole).ok());
            pen.fact(What::Epc, field, Says::Asked, Some(Technology::Sgx), |value| {
                format!("the annotation `{name}: {value}` gives its sandbox encrypted memory")
            });
            let sandbox = Amounts { epc: amount, epc_limit: amount, enclaves: Some(1), keys: Some(0) };
            pen.draft.demand = pen.draft.demand.or(sandbox);
        }
        Annotation::Policy => {
            pen.fact(What::Policy, field, Says::Nothing, None, |_| String::new());
            pen.draft.signs.policy = true;
        }
        Annotation::Attested(tee) => {
            possible(pen, tee);
            pen.draft.signs.quoting_service = true;
            pen.draft.signs.attested.get_or_insert_with(|| Spot::of(field));
        }
        Annotation::Loosens => {
            pen.fact(What::Annotation, field, Says::Nothing, None, |_| String::new());
            pen.find_if_confidential(FindingId::DebugSetting, field, format!("`{name}` is set"));
        }
        Annotation::Sandbox => {
            pen.fact(What::Annotation, field, Says::Nothing, None, |_| String::new());
        }
    }
}

/// Claims of devices whose class or template is named like a TEE's.
fn claims(spec: &Field<'_>, pen: &mut Pen<'_>) {
    for claim in spec.all("resourceClaims").iter().flat_map(Field::elements) {
        for key in ["resourceClaimName", "resourceClaimTemplateName"] {
            let Some(field) = claim.get(key) else { continue };
            let tee = match field.plain().and_then(hint) {
                Some(Hint::Named(technology)) => Some(technology),
                Some(Hint::Some) => None,
                None => continue,
            };
            pen.fact(What::ResourceClaim, &field, Says::Possible, tee, |value| {
                format!("the resource claim `{value}` is named like a TEE's")
            });
        }
    }
}

/// `spec.overhead`, which the API server writes into pods from their RuntimeClass.
fn overhead(spec: &Field<'_>) -> Option<Cost> {
    spec.get("overhead").map(|overhead| cost(&overhead))
}

/// Reads an overhead: memory, CPU, and keys.
pub(crate) fn cost(overhead: &Field<'_>) -> Cost {
    let mut cost = Cost { memory: Some(0), cpu: Some(0), keys: 0 };
    for (name, field) in overhead.children() {
        let quantity = field.plain().and_then(|text| Quantity::parse(text).ok());
        match resource(name).map(|known| known.means) {
            Some(Means::Memory) => cost.memory = quantity.and_then(|quantity| quantity.whole().ok()),
            Some(Means::Cpu) => cost.cpu = quantity.and_then(|quantity| quantity.thousandths().ok()),
            Some(Means::KeySlots) => {
                let keys = quantity.and_then(|quantity| quantity.whole().ok()).unwrap_or(0);
                cost.keys = cost.keys.saturating_add(keys);
            }
            _ => {}
        }
    }
    cost
}
