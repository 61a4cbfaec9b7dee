//! Nodes (`core/v1 Node`), as `kubectl get nodes -o yaml` prints them or as people write them.
//!
//! Taken are the name, `metadata.uid` (the name where there is none), `status.nodeInfo.bootID`,
//! labels, taints, and what can be handed out (`amounts`). What keeps pods away and is
//! written elsewhere becomes the taint that Kubernetes makes of it: `spec.unschedulable`,
//! and conditions (`nodeConditionToTaintKeyStatusMap` of its node lifecycle controller).
//!
//! A node has the TEEs that its resources count, and those that its labels offer, of which it then has
//! nothing. Its first is one that is counted, and of these one that runs virtual machines: such hosts
//! offer SGX for the enclave that signs their quotes. A label that says that the node *is* a confidential
//! virtual machine offers no TEE to pods. What it is made of beside is read by [`hardware`].
//!
//! Refused: a node that does not say what it has, taints without an effect, amounts that are none.

mod amounts;
mod hardware;

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{Hardware, Node, NodeIdentity, NodeName, Taint, TaintEffect, Tee};

use crate::field::Field;
use crate::metadata::{NameKind, name};
use crate::problem::Findings;
use crate::scheduling::taint_effect;
use crate::topology::Topology;
use crate::vocabulary::labels::{Says, node_label};
use crate::{Place, Technology};
use amounts::Amounts;
use hardware::{Source, hardware};

/// A node that pods can be placed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeEntry {
    /// What it is and has.
    pub node: Node,
    /// Where its document begins.
    pub place: Place,
    /// Cordoned: `spec.unschedulable`. It has the taint of it too.
    pub unschedulable: bool,
    /// TEEs that can be used on it, by its resources or labels. [`Node::tee`] and those of its hardware
    /// are those of them that the model has.
    pub offers: BTreeSet<Technology>,
    /// Whether it is itself a confidential virtual machine, by its labels.
    pub is_confidential: bool,
    /// Which TEE it is inside of, where its labels say that.
    pub inside: Option<Technology>,
}

/// The name that a node has, right or wrong.
pub(crate) fn named<'a>(document: &Field<'a>) -> Option<&'a str> {
    document.at(&["metadata", "name"])?.plain()
}

/// Reads a node; `topology` is what is written of its NUMA nodes elsewhere.
pub(crate) fn node(
    document: &Field<'_>,
    topology: Option<&Topology>,
    to: &mut Findings,
) -> Option<NodeEntry> {
    let mut of_topology = None;
    let entry = to.sound(|to| {
        let metadata = document.need("metadata", "Give it at least a `name`", to)?;
        let name = metadata
            .need("name", "Give it a name, unique in the cluster", to)
            .and_then(|field| name(&field, NameKind::Subdomain, to));
        let uid = metadata.get("uid").and_then(|field| field.text(to)).filter(|uid| !uid.is_empty());
        let boot_id = document.at(&["status", "nodeInfo", "bootID"]).and_then(|field| field.text(to));
        let labels = metadata.get("labels").map(|field| field.texts(to)).unwrap_or_default();
        let unschedulable = document.at(&["spec", "unschedulable"]).and_then(|field| field.boolean(to));
        let unschedulable = unschedulable.unwrap_or(false);
        let mut taints = taints(document, to);
        let cordon = unschedulable.then_some("node.kubernetes.io/unschedulable");
        for key in cordon.into_iter().chain(conditions(document, to)) {
            let is_it = |taint: &Taint| taint.key == key && taint.effect == TaintEffect::NoSchedule;
            if !taints.iter().any(is_it) {
                let (key, value) = (key.to_owned(), String::new());
                taints.push(Taint { key, value, effect: TaintEffect::NoSchedule });
            }
        }
        let amounts = amounts(document, to);
        let labelled = Labelled::by(&labels);
        let (name, mut amounts) = (name?, amounts?);
        let uid = uid.map_or_else(|| name.clone(), str::to_owned);
        let boot_id = boot_id.unwrap_or_default().to_owned();
        let offers = &amounts.counted | &labelled.offers;
        let counted = amounts.tees();
        let offered = labelled.offers.iter().filter_map(|technology| technology.tee());
        let tees: Vec<Tee> = counted.iter().copied().chain(offered).collect();
        if let (true, Some(tee)) = (counted.is_empty(), tees.first()) {
            to.note(document.note(format!(
                "its labels offer {tee}, and it lists none of its resources: it is counted as having none left"
            )));
        }
        let tee = tees.first().copied();
        let capacity = amounts.capacity(&counted);
        let source = Source { metadata: &metadata, topology, epc: capacity.epc, devices: &mut amounts.devices };
        let (hardware, problem) = hardware(source, to);
        of_topology = problem;
        let node = Node {
            name: NodeName(name),
            identity: NodeIdentity { uid, boot_id },
            tee,
            labels,
            taints,
            capacity,
            devices: amounts.devices,
            hardware: Hardware {
                other_tees: tees.into_iter().filter(|other| Some(*other) != tee).collect(),
                ..hardware
            },
        };
        let Labelled { is_confidential, inside, .. } = labelled;
        Some(NodeEntry { node, place: document.place(), unschedulable, offers, is_confidential, inside })
    });
    // The node is as it was written; what is said of it elsewhere is left out.
    of_topology.into_iter().for_each(|problem| to.refuse(problem));
    entry
}

/// What was read already. A name stands for one node, and so does what evidence is bound to.
#[derive(Default)]
pub(crate) struct Seen {
    names: BTreeMap<NodeName, Place>,
    uids: BTreeMap<String, Place>,
}

impl Seen {
    /// Whether no node before had its name or its uid; a problem where one had.
    pub(crate) fn is_first(&mut self, entry: &NodeEntry, root: &Field<'_>, to: &mut Findings) -> bool {
        let (name, uid) = (&entry.node.name, &entry.node.identity.uid);
        let second = match (self.names.get(name), self.uids.get(uid)) {
            (Some(first), _) => Some((format!("named {name}"), first)),
            (None, Some(first)) => Some((format!("with the uid {uid}"), first)),
            (None, None) => None,
        };
        if let Some((what, first)) = second {
            let cause = format!("a second node {what}; the first is at {first}");
            to.refuse(root.problem(cause, "Keep one of them"));
            return false;
        }
        self.names.insert(name.clone(), entry.place.clone());
        self.uids.insert(uid.clone(), entry.place.clone());
        true
    }
}

/// What can be handed out. Of what the system keeps for itself nothing can, so `capacity` only stands in.
fn amounts<'a>(document: &Field<'a>, to: &mut Findings) -> Option<Amounts<'a>> {
    const REMEDY: &str =
        "Write `allocatable` with `cpu`, `memory` and what else it has, as a cluster prints it";
    let status = document.need("status", REMEDY, to)?;
    let section = match status.get("allocatable").or_else(|| status.get("capacity")) {
        Some(section) => section,
        None => status.need("allocatable", REMEDY, to)?,
    };
    Amounts::of(section, to)
}

fn taints(document: &Field<'_>, to: &mut Findings) -> Vec<Taint> {
    let Some(list) = document.at(&["spec", "taints"]) else { return Vec::new() };
    let mut taints = Vec::new();
    for item in list.items(to) {
        taints.extend(to.sound(|to| taint(&item, to)));
    }
    taints
}

fn taint(item: &Field<'_>, to: &mut Findings) -> Option<Taint> {
    if !item.map(to) {
        return None;
    }
    let key = item.need("key", "Name the taint", to).and_then(|field| field.text(to));
    let value = item.get("value").map_or(Some(""), |field| field.text(to));
    let remedy = "Say what it does: `NoSchedule`, `PreferNoSchedule` or `NoExecute`";
    let effect = item.need("effect", remedy, to);
    let effect = effect.and_then(|field| taint_effect(field.text(to)?, &field, to));
    Some(Taint { key: key?.to_owned(), value: value?.to_owned(), effect: effect? })
}

/// Taints that Kubernetes makes of conditions.
fn conditions(document: &Field<'_>, to: &mut Findings) -> BTreeSet<&'static str> {
    const TAINTS: [(&str, &str, &str); 6] = [
        ("Ready", "False", "node.kubernetes.io/not-ready"),
        ("Ready", "Unknown", "node.kubernetes.io/unreachable"),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ];
    let Some(list) = document.at(&["status", "conditions"]) else { return BTreeSet::new() };
    let mut keys = BTreeSet::new();
    for item in list.items(to) {
        if !item.map(to) {
            continue;
        }
        let mut text = |key: &str| item.need(key, "Write it as a cluster prints it", to)?.text(to);
        let (kind, status) = (text("type"), text("status"));
        let known = TAINTS.iter().find(|(is, when, _)| (Some(*is), Some(*when)) == (kind, status));
        keys.extend(known.map(|(.., key)| *key));
    }
    keys
}

/// What labels say of a node and TEEs.
#[derive(Default)]
struct Labelled {
    offers: BTreeSet<Technology>,
    is_confidential: bool,
    inside: Option<Technology>,
}

impl Labelled {
    /// Those that only look like a TEE's say nothing here.
    fn by(labels: &BTreeMap<String, String>) -> Self {
        let mut labelled = Self::default();
        for says in labels.iter().filter_map(|(key, value)| node_label(key, Some(value))) {
            match says {
                Says::Offers(technology) => drop(labelled.offers.insert(technology)),
                Says::Is(technology) => {
                    labelled.is_confidential = true;
                    labelled.inside = labelled.inside.or(technology);
                }
                Says::Perhaps(_) => {}
            }
        }
        labelled
    }
}
