//! A pod's spec: where it may run, how important it is, and its containers.
//!
//! Refused by name, because ignoring them would place or run the pod wrongly:
//! init containers, required node affinity, scheduling gates, and `nodeName` on
//! a confidential pod, which would go around attestation.
//! Understood but not done, each with a note: [`NOT_DONE`], a `nodeName` on an
//! ordinary pod, and a priority class that is not Kubernetes' own.
//! Every container runs once: `restartPolicy` changes nothing in this version.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{
    Bytes, Container, MilliCpu, Pod, PodKey, RestartPolicy, TaintEffect, Toleration, TolerationOperator,
};

use crate::Place;
use crate::container::container;
use crate::field::Field;
use crate::implicit::refuse_implicit;
use crate::problem::Findings;
use crate::quantity::Quantity;

/// A pod but for its name, and where its containers' images are written.
#[derive(Clone, Debug)]
pub(crate) struct PodSpec {
    pub(crate) pod: Pod,
    pub(crate) images: Vec<Place>,
}

/// Reads a pod's spec; `extra_env` is put before every container's own environment.
pub(crate) fn pod(
    key: PodKey,
    spec: &Field<'_>,
    extra_env: &[(String, String)],
    to: &mut Findings,
) -> Option<PodSpec> {
    to.sound(|to| {
        if !spec.map(to) {
            return None;
        }
        refuse_unrunnable(spec, to);
        let found = to.found;
        let (containers, images) = containers(spec, extra_env, to);
        let all_read = to.found == found;
        let (overhead_cpu, overhead_memory) = overhead(spec, to);
        let pod = Pod {
            key,
            priority: priority(spec, to),
            node_selector: node_selector(spec, to),
            tolerations: tolerations(spec, to),
            overhead_memory,
            overhead_cpu,
            overhead_key_slots: 0,
            init_containers: Vec::new(),
            containers,
            restart_policy: RestartPolicy::Never,
            restarts_max: None,
            active_deadline: None,
            volumes: Vec::new(),
        };
        if pod.is_confidential() {
            if let Some(node) = spec.get("nodeName") {
                to.refuse(node.problem(
                    "a confidential pod may not choose its node by name: that goes around attestation",
                    "Take it out; use `nodeSelector` to narrow the choice",
                ));
            }
        } else if all_read {
            refuse_implicit(spec, to);
            if let Some(node) = spec.get("nodeName") {
                to.note(node.note("ignored: everything runs on this machine"));
            }
        }
        for (key, instead) in NOT_DONE {
            if let Some(field) = spec.get(key).filter(|field| !field.is_empty()) {
                to.note(field.note(instead));
            }
        }
        Some(PodSpec { pod, images })
    })
}

/// What is understood but not done, and what happens instead.
const NOT_DONE: [(&str, &str); 3] = [
    ("activeDeadlineSeconds", "not enforced by this version"),
    ("topologySpreadConstraints", "not considered: there is one node"),
    ("hostNetwork", "ignored: programs see no network"),
];

fn refuse_unrunnable(spec: &Field<'_>, to: &mut Findings) {
    let required = spec
        .get("affinity")
        .and_then(|affinity| affinity.get("nodeAffinity"))
        .and_then(|affinity| affinity.get("requiredDuringSchedulingIgnoredDuringExecution"));
    let refused = [
        (
            spec.get("initContainers"),
            "init containers are not run by this version",
            "Start them as pods of their own",
        ),
        (required, "required node affinity is not considered by this version", "Use `nodeSelector`"),
        (spec.get("schedulingGates"), "scheduling gates are not lifted by this version", "Take them out"),
    ];
    for (field, cause, remedy) in refused {
        if let Some(field) = field.filter(|field| !field.is_empty()) {
            to.refuse(field.not_run(cause, remedy));
        }
    }
}

fn containers(
    spec: &Field<'_>,
    extra_env: &[(String, String)],
    to: &mut Findings,
) -> (Vec<Container>, Vec<Place>) {
    let mut containers = Vec::new();
    let mut images = Vec::new();
    let mut names = BTreeSet::new();
    let remedy = "Add at least one container";
    let Some(list) = spec.need("containers", remedy, to) else { return (containers, images) };
    let items = list.items(to);
    if items.is_empty() && list.is_list() {
        to.refuse(list.problem("is empty", remedy));
    }
    for item in items {
        let Some((container, image)) = container(&item, extra_env, to) else { continue };
        if !names.insert(container.name.clone()) {
            let cause = format!("a second container named `{}`", container.name);
            to.refuse(item.problem(cause, "Give each container of a pod its own name"));
        }
        containers.push(container);
        images.push(image);
    }
    (containers, images)
}

fn overhead(spec: &Field<'_>, to: &mut Findings) -> (MilliCpu, Bytes) {
    let mut cpu = MilliCpu::ZERO;
    let mut memory = Bytes::ZERO;
    let Some(overhead) = spec.get("overhead") else { return (cpu, memory) };
    for entry in overhead.entries(to) {
        let Some(text) = entry.value.scalar("a quantity", to) else { continue };
        let amount = match entry.key {
            "cpu" => {
                Quantity::parse(text).and_then(Quantity::thousandths).map(|amount| cpu = MilliCpu(amount))
            }
            "memory" => Quantity::parse(text).and_then(Quantity::whole).map(|amount| memory = Bytes(amount)),
            other => {
                let cause = format!("overhead in `{other}` is not counted by this version");
                to.refuse(entry.value.not_run(cause, "State overhead in `cpu` and `memory`"));
                continue;
            }
        };
        if let Err(error) = amount {
            let shown: String = text.chars().take(40).collect();
            to.refuse(entry.value.problem(
                format!("the amount `{shown}` {error}"),
                "Write a quantity such as `250m`, `160Mi`",
            ));
        }
    }
    (cpu, memory)
}

/// Priority classes that every cluster has (`pkg/apis/scheduling`).
const SYSTEM_CLASSES: [(&str, i32); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

fn priority(spec: &Field<'_>, to: &mut Findings) -> i32 {
    if let Some(priority) = spec.get("priority") {
        return priority.integer(to).unwrap_or_default();
    }
    let Some(class) = spec.get("priorityClassName") else { return 0 };
    let Some(name) = class.text(to) else { return 0 };
    match SYSTEM_CLASSES.iter().find(|(known, _)| *known == name) {
        Some((_, priority)) => *priority,
        None => {
            to.note(
                class.note("priority classes are not resolved by this version: 0 is used; write `priority`"),
            );
            0
        }
    }
}

fn node_selector(spec: &Field<'_>, to: &mut Findings) -> BTreeMap<String, String> {
    let Some(selector) = spec.get("nodeSelector") else { return BTreeMap::new() };
    let mut labels = BTreeMap::new();
    for entry in selector.entries(to) {
        if let Some(value) = entry.value.text(to) {
            labels.insert(entry.key.to_owned(), value.to_owned());
        }
    }
    labels
}

fn tolerations(spec: &Field<'_>, to: &mut Findings) -> Vec<Toleration> {
    let Some(list) = spec.get("tolerations") else { return Vec::new() };
    let mut tolerations = Vec::new();
    for item in list.items(to) {
        tolerations.extend(to.sound(|to| toleration(&item, to)));
    }
    tolerations
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
        "NoSchedule" => Some(TaintEffect::NoSchedule),
        "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
        "NoExecute" => Some(TaintEffect::NoExecute),
        other => {
            let cause = format!("unknown effect `{other}`");
            to.refuse(item.problem(cause, "Use `NoSchedule`, `PreferNoSchedule` or `NoExecute`"));
            None
        }
    };
    Some(Toleration { key, operator, effect })
}
