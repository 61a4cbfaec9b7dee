//! A pod's spec, put together from its parts: its place ([`crate::scheduling`]), what it may
//! ask for ([`crate::admission`]), its volumes and its containers.
//!
//! Refused by name, because ignoring them would place or run the pod wrongly: see
//! [`unsupported`]; native sidecars, and a TEE that is asked for without a resource. Read to plan,
//! sidecars are counted ([`crate::sidecar`]), and for what is unsupported the pod waits.
//! Understood but not done, each with a note: [`NOT_DONE`].

use std::cell::OnceCell;
use std::collections::BTreeSet;

use casemate_model::affinity::{NodeField, NodeSelector, NodeSelectorTerm};
use casemate_model::{Container, Nanos, Pod, RestartPolicy};

use crate::admission::{guard_confidential, requested};
use crate::container::container;
use crate::downward::Amounts;
use crate::field::Field;
use crate::implicit::{ask_for, keys_of, machine_of_class, refuse_implicit};
use crate::inputs::{Context, Purpose};
use crate::metadata::{Identity, is_pod_name};
use crate::pod_resources::raise;
use crate::problem::{Findings, shown};
use crate::resources::demand;
use crate::scheduling::scheduling;
use crate::security::understand;
use crate::sidecar::{self, Read};
use crate::storage;
use crate::unsupported;
use crate::vocabulary::resources::resource;
use crate::volume::{Volumes, volumes};
use crate::wishes::wishes;
use crate::{Place, Problem};

/// A pod as it was read.
#[derive(Clone, Debug)]
pub(crate) enum PodRead {
    /// To be placed and run; with where each container's image is written.
    Pod(Box<Pod>, Vec<Place>),
    /// A device plugin that the policy allows: there is nothing here that it could serve.
    DevicePlugin,
}

/// What the parts of one pod are read with.
pub(crate) struct Scope<'c, 'a> {
    pub(crate) identity: &'c Identity,
    pub(crate) spec: &'c Field<'a>,
    pub(crate) context: &'c Context<'c>,
    /// What its containers ask for.
    amounts: OnceCell<Amounts<'a>>,
    labels: OnceCell<String>,
    annotations: OnceCell<String>,
}

impl<'c, 'a> Scope<'c, 'a> {
    fn new(identity: &'c Identity, spec: &'c Field<'a>, context: &'c Context<'c>) -> Self {
        let (labels, annotations) = (OnceCell::new(), OnceCell::new());
        Self { identity, spec, context, amounts: OnceCell::new(), labels, annotations }
    }

    /// What its containers ask for.
    pub(crate) fn amounts(&self) -> &Amounts<'a> {
        self.amounts.get_or_init(|| Amounts::of(CONTAINERS.iter().flat_map(|key| self.spec.elements_of(key))))
    }

    /// All labels, or all annotations, as a file holds them.
    pub(crate) fn lines(&self, of: Texts) -> &str {
        let (cell, texts) = match of {
            Texts::Labels => (&self.labels, &self.identity.labels),
            Texts::Annotations => (&self.annotations, &self.identity.annotations),
        };
        let line = |(key, value): (&String, &String)| format!("{key}={value:?}");
        cell.get_or_init(|| texts.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// Which of a pod's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    Labels,
    Annotations,
}

/// Both lists of containers.
const CONTAINERS: [&str; 2] = ["initContainers", "containers"];

/// Reads a pod's spec, and of its `metadata` the annotations that are ours; `extra_env` is put before every
/// container's own environment.
pub(crate) fn pod(
    identity: &Identity,
    metadata: Option<&Field<'_>>,
    spec: &Field<'_>,
    extra_env: &[(String, String)],
    context: &Context<'_>,
    to: &mut Findings,
) -> Option<PodRead> {
    to.take_unsupported();
    to.sound(|to| {
        if !spec.map(to) {
            return None;
        }
        if !is_pod_name(&identity.key.name) {
            let cause = format!("the pod's name would be `{}`, which is too long", shown(&identity.key.name));
            to.refuse(spec.problem(cause, "Shorten the name it is made from"));
        }
        if context.purpose == Purpose::Plan {
            unsupported::annotations(identity, metadata, to);
        }
        let requested = requested(spec, to);
        let admitted = requested.admit(identity, context, to);
        // One that is on a node takes of it what it asks for.
        if requested.is_device_plugin && !asks_for_a_tee(spec) && !identity.there {
            device_plugin(spec, context.purpose, to);
            return Some(PodRead::DevicePlugin);
        }
        let scope = Scope::new(identity, spec, context);
        unsupported::fields(spec, context.purpose, to);
        let volumes = volumes(&scope, admitted && !(requested.is_device_plugin && identity.there), to);
        let found = to.found;
        let mut names = BTreeSet::new();
        let [init, others] =
            CONTAINERS.map(|list| read_containers(list, &scope, extra_env, &volumes, &mut names, to));
        let all_read = to.found == found;
        let (init, sidecars) = sidecar::apart(init, spec, to);
        let mut images = Vec::new();
        let mut unzip = |reads: Vec<Read>| -> Vec<Container> {
            let one = |read: Read| {
                images.push(read.image);
                read.container
            };
            reads.into_iter().map(one).collect()
        };
        let init_containers = unzip(init);
        let containers = unzip(sidecars.into_iter().chain(others).collect());
        understand(spec, to);
        let scheduling = scheduling(spec, identity, context, to);
        let mut pod = Pod {
            key: identity.key.clone(),
            priority: scheduling.priority,
            node_selector: scheduling.node_selector,
            tolerations: scheduling.tolerations,
            overhead_memory: scheduling.overhead.memory,
            overhead_cpu: scheduling.overhead.cpu,
            overhead_key_slots: scheduling.overhead.key_slots,
            init_containers,
            containers,
            restart_policy: restart_policy(spec, to).unwrap_or_default(),
            restarts_max: None,
            active_deadline: active_deadline(spec, 1, to),
            volumes: volumes.list,
            scheduling: scheduling.said,
        };
        if context.purpose == Purpose::Plan {
            raise(spec, &mut pod, to);
        }
        if !volumes.nodes.is_empty() {
            let affinity = &mut pod.scheduling.node_affinity;
            if !storage::demand(affinity, volumes.nodes.values().flatten()) {
                to.not_done(context.purpose, too_many_choices(spec));
            }
            to.spend(spec, storage::cost_of(affinity));
        }
        let machine = machine_of_class(spec, scheduling.handler.as_deref());
        if let Some(tee) = machine.filter(|_| context.purpose == Purpose::Plan && !pod.is_confidential()) {
            ask_for(tee, &mut pod.containers);
            ask_for(tee, &mut pod.init_containers);
            if scheduling.handler.is_none() && spec.get("overhead").is_none() {
                pod.overhead_key_slots = pod.overhead_key_slots.max(keys_of(tee));
            }
        }
        if context.purpose == Purpose::Plan && all_read {
            let class = spec.get("runtimeClassName");
            let name = class.as_ref().and_then(|class| class.plain());
            wishes(&mut pod, metadata, scheduling.handler.as_deref().or(name), machine, to);
        }
        // What could not be read may have been what makes the pod confidential.
        let confidential = if all_read { pod.is_confidential() } else { asks_for_a_tee(spec) };
        if confidential {
            guard_confidential(spec, identity, context.purpose, to);
        } else if all_read {
            let debugging = spec.get("ephemeralContainers").filter(|field| !field.is_empty());
            // They take nothing of their node.
            if let Some(field) = debugging.filter(|_| context.purpose == Purpose::Run) {
                to.refuse(field.not_run(
                    "ephemeral containers are not run by this version",
                    "Take them out, or write them among `containers`",
                ));
            }
            refuse_implicit(spec, scheduling.handler.as_deref(), to);
            if let Some(node) = spec.get("nodeName").filter(|_| context.purpose == Purpose::Run) {
                to.note(node.note("ignored: everything runs on this machine"));
            }
        }
        for (key, instead) in NOT_DONE.into_iter().filter(|_| context.purpose == Purpose::Run) {
            if let Some(field) = spec.get(key).filter(|field| !field.is_empty()) {
                to.note(field.note(instead));
            }
        }
        pod.scheduling.unsupported = to.take_unsupported();
        let told = pod.scheduling.unsupported.iter().map(String::len).fold(0, usize::saturating_add);
        to.spend(spec, told);
        if identity.there {
            pin(spec, &mut pod, to);
        }
        Some(PodRead::Pod(Box::new(pod), images))
    })
}

/// Leaves a pod that is on a node there, whatever it asks for that is not planned: the node has it, and what takes
/// of the node is to be counted. To another node it does not go.
fn pin(spec: &Field<'_>, pod: &mut Pod, to: &mut Findings) {
    let said = &mut pod.scheduling;
    let (Some(node), Some(first)) = (&said.node, said.unsupported.first()) else { return };
    let field = spec.get("nodeName").unwrap_or_else(|| spec.clone());
    to.note(field.note(format!("stays here, since what it asks for is not planned elsewhere: {first}")));
    let fields = vec![NodeField::NameIs(node.0.clone())];
    let here = NodeSelector { terms: vec![NodeSelectorTerm { expressions: Vec::new(), fields }] };
    if !storage::demand(&mut said.node_affinity, [&here]) {
        said.node_affinity.required = Some(here);
    }
    said.unsupported.clear();
}

/// What is not done where volumes and affinity leave many choices each.
pub(crate) fn too_many_choices(at: &Field<'_>) -> Problem {
    let at = at.get("volumes").unwrap_or_else(|| at.clone());
    at.not_run(
        "its volumes and its affinity leave more choices of nodes than are weighed together",
        "Narrow one of them",
    )
}

/// What is understood but not done where pods are run, and what happens instead.
const NOT_DONE: [(&str, &str); 2] = [
    ("topologySpreadConstraints", "not considered: there is one node"),
    ("readinessGates", "not waited for: there is no one to report them"),
];

/// Whether any container asks for a resource of a TEE, be it rightly or wrongly.
fn asks_for_a_tee(spec: &Field<'_>) -> bool {
    let of_a_tee = |name: &str| resource(name).is_some_and(|known| known.technology.is_some());
    let containers = CONTAINERS.iter().flat_map(|key| spec.elements_of(key));
    let mut sections = containers.flat_map(|container| {
        ["requests", "limits"].into_iter().filter_map(move |section| container.at(&["resources", section]))
    });
    sections
        .any(|section| section.children().any(|(name, value)| of_a_tee(name) && value.plain() != Some("0")))
}

/// What is wrong with a device plugin, as far as anybody could know who does not run it.
fn device_plugin(spec: &Field<'_>, purpose: Purpose, to: &mut Findings) {
    let Some(list) = spec.need("containers", ADD_ONE, to) else { return };
    for item in list.items(to) {
        if item.map(to) {
            let _ = item.need("name", "Give the container a name, unique in its pod", to);
            demand(&item, purpose, to);
        }
    }
}

const ADD_ONE: &str = "Add at least one container";

fn read_containers(
    key: &str,
    scope: &Scope<'_, '_>,
    extra_env: &[(String, String)],
    volumes: &Volumes,
    names: &mut BTreeSet<String>,
    to: &mut Findings,
) -> Vec<Read> {
    let is_init = key == "initContainers";
    let list = if is_init { scope.spec.get(key) } else { scope.spec.need(key, ADD_ONE, to) };
    let Some(list) = list else { return Vec::new() };
    let items = list.items(to);
    if items.is_empty() && list.is_list() && !is_init {
        to.refuse(list.problem("is empty", ADD_ONE));
    }
    let mut containers = Vec::new();
    for item in items {
        let is_sidecar = restarts_of_its_own(&item, is_init, scope.context.purpose, to);
        let Some((container, image)) = container(&item, extra_env, scope, volumes, to) else { continue };
        if !names.insert(container.name.clone()) {
            let cause = format!("a second container named `{}`", container.name);
            to.refuse(item.problem(cause, "Give each container of a pod its own name"));
        }
        containers.push(Read { container, image, is_sidecar });
    }
    containers
}

/// A container's own `restartPolicy`. Whether it makes a sidecar of an init container.
fn restarts_of_its_own(container: &Field<'_>, is_init: bool, purpose: Purpose, to: &mut Findings) -> bool {
    let Some(policy) = container.get("restartPolicy") else { return false };
    let Some(text) = policy.text(to) else { return false };
    match (purpose, text, is_init) {
        (Purpose::Run, "Always", true) => to.refuse(policy.not_run(
            "an init container that goes on running (a sidecar) is not run by this version",
            "Write it among `containers`: they start together, after all init containers have ended",
        )),
        (Purpose::Run, ..) => to.refuse(policy.not_run(
            "a container with a restart policy of its own is not run by this version",
            "Write it for the whole pod, as `spec.restartPolicy`",
        )),
        (Purpose::Plan, "Always", _) => return is_init,
        // How often it starts again takes nothing more of its node (KEP-5307).
        (Purpose::Plan, "OnFailure" | "Never", _) => {}
        (Purpose::Plan, other, _) => {
            let cause = format!("unknown restart policy `{}`", shown(other));
            to.refuse(policy.problem(cause, "Use `Always`, `OnFailure` or `Never`"));
        }
    }
    false
}

/// `spec.restartPolicy`, `Always` where it is absent.
pub(crate) fn restart_policy(spec: &Field<'_>, to: &mut Findings) -> Option<RestartPolicy> {
    let Some(field) = spec.get("restartPolicy") else { return Some(RestartPolicy::Always) };
    match field.text(to)? {
        "Always" => Some(RestartPolicy::Always),
        "OnFailure" => Some(RestartPolicy::OnFailure),
        "Never" => Some(RestartPolicy::Never),
        other => {
            let cause = format!("unknown restart policy `{}`", shown(other));
            to.refuse(field.problem(cause, "Use `Always`, `OnFailure` or `Never`"));
            None
        }
    }
}

/// `activeDeadlineSeconds` of a pod or a Job, `least` or more.
pub(crate) fn active_deadline(spec: &Field<'_>, least: u32, to: &mut Findings) -> Option<Nanos> {
    let field = spec.get("activeDeadlineSeconds")?;
    let secs: u32 = field.integer(to)?;
    // `int32` in all but name: Kubernetes takes no more.
    if secs < least || i32::try_from(secs).is_err() {
        let remedy = format!("Write {least} to {} seconds, or take it out", i32::MAX);
        to.refuse(field.problem(format!("`{secs}` seconds are no deadline"), remedy));
        return None;
    }
    Some(Nanos::from_secs(u64::from(secs)))
}
