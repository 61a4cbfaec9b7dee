//! Where a pod may be placed and how important it is: `nodeSelector`, affinity,
//! `tolerations`, priority, and what its runtime class adds to them.
//!
//! Affinity is read by [`crate::affinity`]: to run, by what of it matters on one node, and to plan, all of it.
//! A node that a pod names is where it has to be, or where it is already.

use std::collections::BTreeMap;

use casemate_model::{NodeName, Preemption, TaintEffect, Toleration, TolerationOperator};

use crate::affinity::{Affinity, one_node};
use crate::field::Field;
use crate::inputs::{Context, Found, Purpose};
use crate::metadata::{Identity, NameKind, name};
use crate::priority_class::{SYSTEM_CLASSES, preemption_policy};
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
    /// What else it says, where it is read to plan.
    pub(crate) said: casemate_model::Scheduling,
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
    let said = match context.purpose {
        Purpose::Run => {
            one_node::affinity(spec, identity, &mut node_selector, to);
            casemate_model::Scheduling::default()
        }
        Purpose::Plan => said(spec, identity, context, to),
    };
    Scheduling {
        priority: priority(spec, context, to),
        node_selector,
        tolerations,
        overhead: sandbox(spec, class, to),
        handler: class.map(|class| class.handler.clone()),
        said,
    }
}

/// What a spec says of its place where there are many nodes.
fn said(
    spec: &Field<'_>,
    identity: &Identity,
    context: &Context<'_>,
    to: &mut Findings,
) -> casemate_model::Scheduling {
    let Affinity { node, pods, anti, spread } = Affinity::of(spec, to);
    let scheduler = spec.get("schedulerName").filter(|field| !field.is_empty());
    if let Some(field) = scheduler.filter(|field| field.plain() != Some("default-scheduler")) {
        to.note(field.note("planned as any other pod is: what this scheduler would do is not known"));
    }
    casemate_model::Scheduling {
        labels: identity.labels.clone(),
        node_affinity: node,
        pod_affinity: pods,
        pod_anti_affinity: anti,
        topology_spread: spread,
        preemption: preemption(spec, context, to),
        node: chosen(spec, to),
        ..casemate_model::Scheduling::default()
    }
}

/// The node that a pod names: it has to be there, or is there in the cluster it was read from.
fn chosen(spec: &Field<'_>, to: &mut Findings) -> Option<NodeName> {
    let field = spec.get("nodeName").filter(|field| !field.is_empty())?;
    name(&field, NameKind::Subdomain, to).map(NodeName)
}

/// The pod's own preemption policy, else its class's.
fn preemption(spec: &Field<'_>, context: &Context<'_>, to: &mut Findings) -> Preemption {
    let own = spec.get("preemptionPolicy").and_then(|field| Some((preemption_policy(&field, to)?, field)));
    let class = match spec.get("priorityClassName").and_then(|field| field.plain()) {
        Some(name) => match context.inputs.priority_class(name) {
            Found::Here(class) => Some(class.preemption),
            // Told where the priority is read.
            Found::Broken | Found::Absent => None,
        },
        None => context.inputs.preemption_default(),
    };
    match (own, class) {
        (Some((own, field)), Some(class)) if own != class => {
            let remedy = "Take it out: the class's policy holds";
            to.refuse(field.problem("is not what the pod's PriorityClass says", remedy));
            own
        }
        (Some((own, _)), _) => own,
        (None, class) => class.unwrap_or_default(),
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
pub(crate) fn merge(
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
