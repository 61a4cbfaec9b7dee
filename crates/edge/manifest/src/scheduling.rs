//! Where a pod may be placed and how important it is: `nodeSelector`, affinity,
//! `tolerations`, priority, and what its runtime class adds to them.
//!
//! Required node affinity is taken where it says no more than a node selector can: one
//! term whose expressions are all `In` with one value. Any other is refused by name,
//! since ignoring it would place the pod where it must not be. Between pods, and where
//! only preferred, affinity is noted and not considered: there is one node.
//!
//! Read to plan, there are many: what is required between pods and of their spread is
//! refused by name, and only preferences are noted. A node chosen by name is one that is
//! selected by its label `kubernetes.io/hostname`, which is its name as a rule.

use std::collections::BTreeMap;

use casemate_model::{TaintEffect, Toleration, TolerationOperator};

use crate::field::Field;
use crate::inputs::{Context, Found, Purpose};
use crate::metadata::Identity;
use crate::priority_class::SYSTEM_CLASSES;
use crate::problem::{Findings, shown};
use crate::runtime_class::{Overhead, RuntimeClass, known_overhead, overhead};

/// What a pod's spec says of its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scheduling {
    pub(crate) priority: i32,
    pub(crate) node_selector: BTreeMap<String, String>,
    pub(crate) tolerations: Vec<Toleration>,
    pub(crate) overhead: Overhead,
    /// The runtime's own name, where a RuntimeClass says it.
    pub(crate) handler: Option<String>,
}

/// Reads what a spec says of its place.
pub(crate) fn scheduling(
    spec: &Field<'_>,
    identity: &Identity,
    context: &Context<'_>,
    to: &mut Findings,
) -> Scheduling {
    let class = runtime_class(spec, context, to);
    let mut node_selector = spec.get("nodeSelector").map(|field| field.texts(to)).unwrap_or_default();
    let mut tolerations = tolerations(spec, to);
    if let (Some(class), Some(field)) = (class, spec.get("runtimeClassName")) {
        merge(&mut node_selector, &class.node_selector, &field, to);
        tolerations.extend(class.tolerations.iter().cloned());
    }
    affinity(spec, identity, context.purpose, &mut node_selector, to);
    if context.purpose == Purpose::Plan {
        spread(spec, to);
        chosen(spec, identity, &mut node_selector, to);
    }
    Scheduling {
        priority: priority(spec, context, to),
        node_selector,
        tolerations,
        overhead: sandbox(spec, class, to),
        handler: class.map(|class| class.handler.clone()),
    }
}

fn runtime_class<'c>(spec: &Field<'_>, context: &Context<'c>, to: &mut Findings) -> Option<&'c RuntimeClass> {
    let field = spec.get("runtimeClassName")?;
    match context.inputs.runtime_class(field.text(to)?) {
        Found::Here(class) => to.spend(&field, class.weight).then_some(class),
        Found::Broken => {
            to.refuse(field.problem("the RuntimeClass of this name could not be read", "Mend it first"));
            None
        }
        Found::Absent => None,
    }
}

/// The pod's own overhead, else its class's, else what a class of the name is known to cost.
fn sandbox(spec: &Field<'_>, class: Option<&RuntimeClass>, to: &mut Findings) -> Overhead {
    let own = spec.get("overhead").map(|field| (overhead(&field, to), field));
    match (own, class) {
        (Some((own, field)), Some(class)) if own != class.overhead => {
            to.refuse(field.problem(
                "is not what the pod's RuntimeClass says",
                "Take it out: the class's overhead is counted",
            ));
            own
        }
        (Some((own, _)), _) => own,
        (None, Some(class)) => class.overhead,
        (None, None) => {
            let Some(field) = spec.get("runtimeClassName") else { return Overhead::default() };
            let Some(known) = field.plain().and_then(known_overhead) else { return Overhead::default() };
            let keys = if known.key_slots > 0 { " and a key slot" } else { "" };
            to.note(field.note(format!(
                "the sandbox is counted as its makers say: {} of CPU, {} of memory{keys}; give the \
                 RuntimeClass to say otherwise",
                known.cpu, known.memory
            )));
            known
        }
    }
}

fn priority(spec: &Field<'_>, context: &Context<'_>, to: &mut Findings) -> i32 {
    if let Some(priority) = spec.get("priority") {
        return priority.integer(to).unwrap_or_default();
    }
    let Some(class) = spec.get("priorityClassName") else { return context.inputs.priority_default() };
    let Some(name) = class.text(to) else { return 0 };
    match context.inputs.priority_class(name) {
        Found::Here(class) => class.value,
        Found::Broken => {
            to.refuse(class.problem("the PriorityClass of this name could not be read", "Mend it first"));
            0
        }
        Found::Absent => match SYSTEM_CLASSES.iter().find(|(known, _)| *known == name) {
            Some((_, priority)) => *priority,
            None => {
                to.note(class.note(
                    "there is no PriorityClass of this name in these files: 0 is used; give the class, or \
                     write `priority`",
                ));
                0
            }
        },
    }
}

/// Adds labels to a selector; two values for one label can never both be had.
fn merge(
    selector: &mut BTreeMap<String, String>,
    added: &BTreeMap<String, String>,
    field: &Field<'_>,
    to: &mut Findings,
) {
    for (key, value) in added {
        match selector.get(key) {
            Some(other) if other != value => {
                let cause = format!("demands `{key}: {value}` of a node, the pod elsewhere `{key}: {other}`");
                to.refuse(field.problem(cause, "No node can have both: take one out"));
            }
            _ => drop(selector.insert(key.clone(), value.clone())),
        }
    }
}

fn affinity(
    spec: &Field<'_>,
    identity: &Identity,
    purpose: Purpose,
    selector: &mut BTreeMap<String, String>,
    to: &mut Findings,
) {
    let Some(affinity) = spec.get("affinity") else { return };
    for key in ["podAffinity", "podAntiAffinity"] {
        let Some(field) = affinity.get(key).filter(|field| !field.is_empty()) else { continue };
        match (purpose, field.get(REQUIRED).filter(|required| !required.is_empty())) {
            (Purpose::Run, _) => to.note(field.note("not considered: there is one node")),
            (Purpose::Plan, None) => to.note(field.note("a preference, which is not weighed")),
            (Purpose::Plan, Some(required)) => to.refuse(required.not_run(
                "what is required of other pods nearby is not planned by this version",
                "Take it out, or narrow the choice of nodes with `nodeSelector`",
            )),
        }
    }
    let Some(node) = affinity.get("nodeAffinity") else { return };
    if let Some(field) =
        node.get("preferredDuringSchedulingIgnoredDuringExecution").filter(|it| !it.is_empty())
    {
        to.note(field.note(match purpose {
            Purpose::Run => "not considered: there is one node",
            Purpose::Plan => "a preference, which is not weighed",
        }));
    }
    let Some(required) = node.get(REQUIRED) else { return };
    let remedy = "List at least one term: with none, no node will do";
    let Some(list) = required.need("nodeSelectorTerms", remedy, to) else { return };
    let terms = list.items(to);
    let [term] = terms.as_slice() else {
        if terms.is_empty() && list.is_list() {
            to.refuse(list.problem("is empty", remedy));
        } else if terms.len() > 1 {
            to.refuse(list.not_run(
                format!("a choice among {} terms is not considered by this version", terms.len()),
                "Write the one that fits this machine as `nodeSelector`",
            ));
        }
        return;
    };
    if !term.map(to) {
        return;
    }
    let labels = term.get("matchExpressions").map(|list| expressions(&list, false, to)).unwrap_or_default();
    merge(selector, &labels, term, to);
    if let Some(fields) = term.get("matchFields").filter(|fields| !fields.is_empty()) {
        let names = expressions(&fields, true, to);
        if purpose == Purpose::Plan {
            let name = names.into_values().map(|name| (HOSTNAME.to_owned(), name)).collect();
            merge(selector, &name, &fields, to);
        } else if identity.live && !names.is_empty() {
            to.note(fields.note("ignored: the cluster it was read from had chosen that node"));
        } else if !names.is_empty() {
            to.refuse(fields.not_run(
                "choosing a node by its name is not considered by this version",
                "Take it out: everything runs on this machine",
            ));
        }
    } else if labels.is_empty() && term.get("matchExpressions").is_none_or(|list| list.is_empty()) {
        to.refuse(term.problem("an empty term matches no node", "Write `matchExpressions`, or take it out"));
    }
}

/// What is required of the spread of alike pods.
fn spread(spec: &Field<'_>, to: &mut Findings) {
    let Some(list) = spec.get("topologySpreadConstraints") else { return };
    for item in list.items(to) {
        if item.get("whenUnsatisfiable").and_then(|field| field.plain()) == Some("ScheduleAnyway") {
            to.note(item.note("a preference, which is not weighed"));
        } else {
            to.refuse(item.not_run(
                "a spread that is required is not planned by this version",
                "Write `whenUnsatisfiable: ScheduleAnyway`, or take it out",
            ));
        }
    }
}

/// The node that a pod names. Where it was read from a cluster, that cluster had chosen it.
fn chosen(spec: &Field<'_>, identity: &Identity, selector: &mut BTreeMap<String, String>, to: &mut Findings) {
    let Some(field) = spec.get("nodeName") else { return };
    let Some(name) = field.text(to) else { return };
    if identity.live {
        to.note(field.note("planned anew: the cluster it was read from had chosen that node"));
    } else {
        merge(selector, &BTreeMap::from([(HOSTNAME.to_owned(), name.to_owned())]), &field, to);
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

const HOSTNAME: &str = "kubernetes.io/hostname";

/// Expressions that are `In` with one value, as labels; what is beyond that is refused by name.
fn expressions(list: &Field<'_>, of_fields: bool, to: &mut Findings) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for item in list.items(to) {
        let key = item.need("key", "Name the label", to).and_then(|field| field.text(to));
        let operator = item.need("operator", OPERATORS, to);
        let Some((operator, field)) = operator.and_then(|field| Some((field.text(to)?, field))) else {
            continue;
        };
        let values = item.get("values").map(|list| list.items(to)).unwrap_or_default();
        let values: Vec<_> = values.iter().filter_map(|value| value.text(to)).collect();
        let wants = match operator {
            "In" | "NotIn" => values.is_empty().then_some("at least one value"),
            "Exists" | "DoesNotExist" => (!values.is_empty()).then_some("no values"),
            "Gt" | "Lt" => {
                let is_one = values.len() == 1 && values.iter().all(|value| value.parse::<i64>().is_ok());
                (!is_one).then_some("one value, a whole number")
            }
            other => {
                to.refuse(field.problem(format!("unknown operator `{}`", shown(other)), OPERATORS));
                continue;
            }
        };
        if let Some(wants) = wants {
            to.refuse(
                item.problem(format!("`{operator}` takes {wants}"), "Write it so, or change the operator"),
            );
            continue;
        }
        match (key, operator, values.as_slice()) {
            (Some("metadata.name"), "In", [name]) if of_fields => {
                let name = BTreeMap::from([("metadata.name".to_owned(), (*name).to_owned())]);
                merge(&mut labels, &name, &item, to);
            }
            (Some(key), _, _) if of_fields => {
                to.refuse(item.problem(
                    format!("`{}` with `{operator}` is not a field of a node to match", shown(key)),
                    "Match `metadata.name` with `In` and one value",
                ));
            }
            (Some(key), "In", [value]) => {
                let label = BTreeMap::from([(key.to_owned(), (*value).to_owned())]);
                merge(&mut labels, &label, &item, to);
            }
            (Some(_), ..) => to.refuse(item.not_run(
                format!("required node affinity with `{operator}` is not considered by this version"),
                "Say it with `nodeSelector`, or with `In` and one value",
            )),
            (None, ..) => {}
        }
    }
    labels
}

const OPERATORS: &str = "Use `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`";

/// Reads `tolerations` of a pod's spec or of a RuntimeClass's `scheduling`.
pub(crate) fn tolerations(holder: &Field<'_>, to: &mut Findings) -> Vec<Toleration> {
    let Some(list) = holder.get("tolerations") else { return Vec::new() };
    let mut tolerations = Vec::new();
    for item in list.items(to) {
        tolerations.extend(to.sound(|to| toleration(&item, to)));
    }
    tolerations
}

/// What every pod of a DaemonSet can live with (`AddOrUpdateDaemonPodTolerations`).
pub(crate) fn of_daemons() -> Vec<Toleration> {
    let toleration = |(key, effect): (&str, TaintEffect)| Toleration {
        key: Some(format!("node.kubernetes.io/{key}")),
        operator: TolerationOperator::Exists,
        effect: Some(effect),
    };
    [
        ("not-ready", TaintEffect::NoExecute),
        ("unreachable", TaintEffect::NoExecute),
        ("disk-pressure", TaintEffect::NoSchedule),
        ("memory-pressure", TaintEffect::NoSchedule),
        ("pid-pressure", TaintEffect::NoSchedule),
        ("unschedulable", TaintEffect::NoSchedule),
    ]
    .map(toleration)
    .into()
}

/// As `core/v1 Toleration`: `Equal` where no operator is written, any effect where none is.
fn toleration(item: &Field<'_>, to: &mut Findings) -> Option<Toleration> {
    if !item.map(to) {
        return None;
    }
    let text = |key: &str, to: &mut Findings| item.get(key).map_or(Some(""), |field| field.text(to));
    let key = Some(text("key", to)?.to_owned()).filter(|key| !key.is_empty());
    let value = text("value", to)?.to_owned();
    let operator = match text("operator", to)? {
        "" | "Equal" => TolerationOperator::Equal(value),
        "Exists" if value.is_empty() => TolerationOperator::Exists,
        "Exists" => {
            to.refuse(item.problem("`Exists` takes no value", "Take `value` out, or use `Equal`"));
            return None;
        }
        other => {
            to.refuse(item.problem(format!("unknown operator `{other}`"), "Use `Exists` or `Equal`"));
            return None;
        }
    };
    if key.is_none() && operator != TolerationOperator::Exists {
        to.refuse(
            item.problem(
                "a toleration without a key must use `Exists`",
                "Add the key, or `operator: Exists`",
            ),
        );
    }
    let effect = match text("effect", to)? {
        "" => None,
        other => taint_effect(other, item, to),
    };
    Some(Toleration { key, operator, effect })
}

/// What a taint does, by its name.
pub(crate) fn taint_effect(name: &str, item: &Field<'_>, to: &mut Findings) -> Option<TaintEffect> {
    match name {
        "NoSchedule" => Some(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
        "NoExecute" => Some(TaintEffect::NoExecute),
        other => {
            let cause = format!("unknown effect `{}`", shown(other));
            to.refuse(item.problem(cause, "Use `NoSchedule`, `PreferNoSchedule` or `NoExecute`"));
            None
        }
    }
}
