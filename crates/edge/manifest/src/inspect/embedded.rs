//! Pods inside kinds of other projects, patches, and a TEE's words in anything else:
//! values for charts, node pools, virtual machines.

use super::draft::{Amounts, Draft, Pen};
use super::inspection::{Form, Says, What};
use super::nodes::{Strength, requirement};
use super::pod::pod;
use super::spot::Spot;
use crate::Technology;
use crate::field::Field;
use crate::template::{Blanked, is_blank};
use crate::vocabulary::labels::{LABELS, Says as Label, node_label};
use crate::vocabulary::resources::{is_extended, resource};
use crate::vocabulary::runtime_classes::{Isolation, runtime_class};
use crate::vocabulary::words::{Hint, hint};

/// Reads a document of a kind not known here, or of none.
pub(crate) fn embedded(
    root: &Field<'_>,
    template: Option<&Blanked>,
    draft: &dyn Fn(Form) -> Draft,
) -> Vec<Draft> {
    let mut pods = Vec::new();
    pods_in(root, None, &mut pods);
    let form = if root.get("kind").is_some() { Form::Embedded } else { Form::Patch };
    if !pods.is_empty() {
        return pods.iter().map(|found| one(found, template, draft(form))).collect();
    }
    let mut words = draft(Form::Values);
    words.replicas = None;
    let mut pen = Pen { draft: &mut words, template };
    walk(root, &mut pen);
    if words.facts.iter().any(|fact| fact.says != Says::Nothing) { vec![words] } else { Vec::new() }
}

/// A pod's description, and the metadata beside it.
struct Found<'a> {
    spec: Field<'a>,
    metadata: Option<Field<'a>>,
}

fn one(found: &Found<'_>, template: Option<&Blanked>, mut draft: Draft) -> Draft {
    if !found.spec.path().is_empty() {
        let spot = Spot::of(&found.spec);
        (draft.spot.line, draft.spot.column) = (spot.line, spot.column);
    }
    draft.replicas = None;
    let mut pen = Pen { draft: &mut draft, template };
    pod(&found.spec, found.metadata.as_ref(), false, &mut pen);
    draft
}

/// Every mapping that has containers, outermost first; what lies inside one is its own.
fn pods_in<'a>(field: &Field<'a>, parent: Option<&Field<'a>>, found: &mut Vec<Found<'a>>) {
    if field.get("containers").is_some_and(|containers| is_containers(&containers)) {
        let metadata = parent.and_then(|parent| parent.get("metadata"));
        found.push(Found { spec: field.clone(), metadata });
        return;
    }
    for (key, child) in field.children() {
        // What a cluster reports is not what anybody asks for.
        if key != "status" && key != "managedFields" {
            pods_in(&child, Some(field), found);
        }
    }
    for item in field.elements() {
        pods_in(&item, Some(field), found);
    }
}

/// A list of mappings that are containers by their keys.
fn is_containers(list: &Field<'_>) -> bool {
    const KEYS: [&str; 5] = ["image", "resources", "command", "env", "volumeMounts"];
    let mut items = list.elements().peekable();
    items.peek().is_some()
        && items.all(|item| item.is_map() && KEYS.iter().any(|key| item.get(key).is_some()))
}

/// Looks for a TEE's words. None is a request by itself: what becomes of it the reader of the document decides.
fn walk(field: &Field<'_>, pen: &mut Pen<'_>) {
    if field.get("key").is_some() && field.get("operator").is_some() {
        requirement(field, Strength::Named, pen);
        pen.draft.demand = Amounts::UNKNOWN;
        return;
    }
    if let (Some(path), Some(value)) = (field.get("path"), field.get("value"))
        && field.get("op").is_some()
        && let Some((_, key)) = path.plain().and_then(|path| path.rsplit_once('/'))
    {
        // An operation of a JSON patch (RFC 6902), whose path escapes a slash (RFC 6901).
        entry(&key.replace("~1", "/").replace("~0", "~"), &value, pen);
    }
    for (key, child) in field.children() {
        if key == "status" || key == "managedFields" {
            continue;
        }
        entry(key, &child, pen);
        walk(&child, pen);
    }
    for item in field.elements() {
        walk(&item, pen);
    }
}

fn entry(key: &str, value: &Field<'_>, pen: &mut Pen<'_>) {
    let text = value.plain().unwrap_or_default();
    let possible = |pen: &mut Pen<'_>, what: What, tee: Option<Technology>, why: String| {
        pen.fact(what, value, Says::Possible, tee, |_| why);
        pen.draft.demand = Amounts::UNKNOWN;
    };
    if let Some(known) = resource(key).filter(|known| known.is_of_a_tee() && text != "0") {
        let why = format!("it names `{key}: {text}`, which becomes a request or not elsewhere");
        possible(pen, What::DeviceResource, known.technology, why);
    } else if ["runtimeClassName", "runtimeClass", "runtimeclass"].contains(&key) && !text.is_empty() {
        let tee = match runtime_class(text).map(|class| class.isolation) {
            Some(Isolation::Tee(technology)) => Some(technology),
            Some(Isolation::SomeTee | Isolation::Possible) => None,
            None if is_blank(text) => None,
            Some(Isolation::None) | None => return,
        };
        possible(pen, What::RuntimeClass, tee, format!("it names the runtime class `{text}`"));
    } else if LABELS.iter().any(|label| label.key == key) {
        let tee = match node_label(key, Some(text)) {
            Some(Label::Offers(tee)) => Some(tee),
            Some(Label::Is(tee) | Label::Perhaps(tee)) => tee,
            None => return,
        };
        possible(pen, What::NodeLabel, tee, format!("it names the node label `{key}={text}`"));
    } else if key == "launchSecurity" {
        // KubeVirt: `launchSecurity: {snp: {}}`.
        for (name, field) in value.children() {
            if let Some(Hint::Named(technology)) = hint(name) {
                pen.fact(What::Word, &field, Says::Asked, Some(technology), |_| {
                    format!("its `launchSecurity` is `{name}`")
                });
                // One, where its nodes count any.
                pen.draft.demand.keys = None;
            }
        }
    } else if key == "deviceClassName" {
        let tee = match hint(text) {
            Some(Hint::Named(technology)) => Some(technology),
            Some(Hint::Some) => None,
            None => return,
        };
        possible(pen, What::ResourceClaim, tee, format!("the device class `{text}` is named like a TEE's"));
    } else if is_switched_on(value) || (is_extended(key) && value.plain().is_some()) {
        // `sgx: true`, `tdx: {enabled: true}`, `example.com/sgx: 1`.
        let Some(Hint::Named(technology)) = hint(key) else { return };
        possible(pen, What::Word, Some(technology), format!("it switches on `{key}`"));
    }
}

fn is_switched_on(value: &Field<'_>) -> bool {
    value.is_true() || value.get("enabled").is_some_and(|enabled| enabled.is_true())
}
