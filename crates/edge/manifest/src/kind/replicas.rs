//! Deployments, ReplicaSets, ReplicationControllers, StatefulSets and DaemonSets as the
//! pods they make.
//!
//! As many pods as `replicas` says, of a DaemonSet one: here is one node. They are named
//! after what makes them, `-0`, `-1` and so on, which is Kubernetes' way with StatefulSets
//! only; elsewhere it draws names at random. All start at once, and none is replaced.
//!
//! Refused: more than [`PODS_MAX`](super::members::PODS_MAX) pods, claims of storage, a
//! selector that does not select the template's pods. Where pods are planned, a claim that is bound
//! ties its pod to a place, pods that are on nodes are not made again, and DaemonSets other than device
//! plugins are refused: there are as many nodes as there are.

use std::collections::BTreeMap;

use casemate_model::{Pod, RestartPolicy};

use super::Made;
use super::members::{Own, Template, pod_count};
use crate::field::Field;
use crate::inputs::{Context, Purpose};
use crate::metadata;
use crate::pod::too_many_choices;
use crate::problem::Findings;
use crate::scheduling::of_daemons;
use crate::storage::demand;
use crate::vocabulary::kinds::Kind;
use crate::workload::{Idle, WorkloadKind};

/// The pods of a document of one of these kinds.
pub(crate) fn replicas(
    kind: &'static Kind,
    document: &Field<'_>,
    context: &Context<'_>,
    to: &mut Findings,
) -> Option<Made> {
    to.sound(|to| {
        let key = metadata::key(document, to);
        let spec = document.need("spec", "Describe the pods under `spec.template`", to)?;
        if !spec.map(to) {
            return None;
        }
        let is_daemon = kind.name == "DaemonSet";
        let is_stateful = kind.name == "StatefulSet";
        let replicas = spec.get("replicas").filter(|_| !is_daemon);
        let count = pod_count(replicas.as_ref(), to);
        if let (Some(0), Some(field)) = (count, &replicas) {
            to.note(field.note("none of its pods is run"));
        }
        let first = if is_stateful { first_ordinal(&spec, to) } else { 0 };
        let claims = spec.get("volumeClaimTemplates").filter(|claims| !claims.is_empty());
        if let Some(claims) = claims.as_ref().filter(|_| context.purpose == Purpose::Run) {
            to.refuse(claims.not_run(
                "storage is not provisioned by this version",
                "Take the claims out, and mount an `emptyDir` in their place",
            ));
        }
        if let Some(field) = spec.get("paused").filter(|field| field.is_true()) {
            to.note(field.note("its pods are run all the same: there is no rollout to hold"));
        }
        let template = spec.need("template", "Describe the pods under `spec.template.spec`", to)?;
        selects_its_own(&spec, &template, to);
        let restarts: (&'static [RestartPolicy], _) = (&[RestartPolicy::Always], kind.name);
        let owners = &context.inputs.owners;
        let mut there = key.as_ref().and_then(|key| owners.there(kind.name, key));
        if let (true, Some(_), Some(name)) = (is_daemon, there, document.at(&["metadata", "name"])) {
            to.note(name.note("its pods are where the cluster has them: on other nodes none is planned"));
            return Some(Made::Nothing(Idle::NoPods));
        }
        let mut count = count?;
        // Those of a StatefulSet are known by their names.
        if !is_stateful {
            count = owners.left(kind.name, key.as_ref(), count, document, to);
            there = None;
        }
        let template = Template { key, template, first, count, there, restarts };
        let of_kind = |index| match kind.name {
            "Deployment" => WorkloadKind::Deployment { index },
            "StatefulSet" => WorkloadKind::StatefulSet { index },
            "DaemonSet" => WorkloadKind::DaemonSet,
            _ => WorkloadKind::ReplicaSet { index },
        };
        let own = |index: u32, name: &str| match is_stateful {
            true => Own {
                labels: BTreeMap::from([
                    ("statefulset.kubernetes.io/pod-name".to_owned(), name.to_owned()),
                    ("apps.kubernetes.io/pod-index".to_owned(), index.to_string()),
                ]),
                ..Own::default()
            },
            false => Own::default(),
        };
        let finish = |pod: &mut Pod| {
            if is_daemon {
                pod.tolerations.extend(of_daemons());
            }
            if let Some(claims) = claims.as_ref().filter(|_| context.purpose == Purpose::Plan) {
                claim(claims, context, pod);
            }
        };
        let made = template.make(context, to, of_kind, own, finish)?;
        if is_daemon && context.purpose == Purpose::Plan && matches!(made, Made::Pods(_)) {
            to.refuse(document.get("kind").unwrap_or_else(|| document.clone()).not_run(
                "a DaemonSet's pods, one on each node, are not planned by this version",
                "Take it out, and what its pods need out of each node's `allocatable`",
            ));
            return None;
        }
        if let (Some(name), Made::Pods(_), false) = (document.at(&["metadata", "name"]), &made, is_stateful) {
            to.note(name.note(if is_daemon {
                "one pod, since there is one node; its name ends in -0, not in letters drawn at random"
            } else {
                "its pods are numbered from -0, not named by letters drawn at random"
            }));
        }
        Some(made)
    })
}

/// Most claims of a pod that are looked at.
const CLAIMS_MAX: usize = 64;

/// Ties a StatefulSet's pod to where its claims are: of the template `t`, pod `p` has the claim `t-p`.
fn claim(templates: &Field<'_>, context: &Context<'_>, pod: &mut Pod) {
    if let Some(more) = templates.elements().nth(CLAIMS_MAX) {
        let cause = format!("more than {CLAIMS_MAX} claims of a pod are not planned");
        pod.scheduling.unsupported.push(more.not_run(cause, "Take some out").to_string());
    }
    for template in templates.elements().take(CLAIMS_MAX) {
        let Some(name) = template.at(&["metadata", "name"]).and_then(|field| field.plain()) else { continue };
        let claim = format!("{name}-{}", pod.key.name);
        match context.inputs.storage.nodes(&pod.key.namespace, &claim, &template) {
            Err(problem) => pod.scheduling.unsupported.push(problem.to_string()),
            Ok(nodes) if demand(&mut pod.scheduling.node_affinity, nodes) => {}
            Ok(_) => pod.scheduling.unsupported.push(too_many_choices(&template).to_string()),
        }
    }
}

/// `spec.ordinals.start` of a StatefulSet.
fn first_ordinal(spec: &Field<'_>, to: &mut Findings) -> u32 {
    spec.at(&["ordinals", "start"]).and_then(|field| field.integer(to)).unwrap_or(0)
}

/// Kubernetes takes no maker that does not select its own pods.
fn selects_its_own(spec: &Field<'_>, template: &Field<'_>, to: &mut Findings) {
    // A ReplicationController writes the labels without `matchLabels`.
    let Some(selector) = spec.get("selector") else { return };
    let labels = selector.get("matchLabels").or_else(|| {
        let is_plain = selector.children().all(|(_, value)| value.plain().is_some());
        is_plain.then(|| selector.clone())
    });
    let Some(labels) = labels else { return };
    let of_pods = template.at(&["metadata", "labels"]);
    let of_pods: BTreeMap<_, _> = of_pods.iter().flat_map(|labels| labels.children()).collect();
    for (key, value) in labels.children() {
        if of_pods.get(key).and_then(|value| value.plain()) != value.plain() {
            to.refuse(value.problem(
                "selects other pods than those of the template",
                "Write the same label under `spec.template.metadata.labels`",
            ));
        }
    }
}
