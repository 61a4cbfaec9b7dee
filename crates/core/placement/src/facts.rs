//! What tells nodes apart for pods, and pods for nodes, beside amounts: numbered, so that each pair is
//! looked at once.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::NodeAffinity;
use casemate_model::{
    Capacity, Features, Hardware, Node, NodeIdentity, NodeName, Runtime, Taint, Tee, Timestamp, Toleration,
};

use crate::ask::Ask;
use crate::grounds::Trust;
use crate::span::Span;

/// What pods look at of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Facts {
    tee: Option<Tee>,
    taints: Vec<Taint>,
    /// Those that some pod selects nodes by.
    labels: BTreeMap<String, String>,
    trust: TrustKind,
    other_tees: BTreeSet<Tee>,
}

/// What is known about a platform, as far as pods differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TrustKind {
    Assumed,
    /// With how long it still holds.
    Fresh(Span),
    Lapsed,
    Unattested,
    Distrusted,
}

/// What nodes look at of a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asker {
    tees: BTreeSet<Tee>,
    node_selector: BTreeMap<String, String>,
    tolerations: Vec<Toleration>,
    node_affinity: NodeAffinity,
    other_tees: Vec<Tee>,
    needs: Features,
    runtime: Option<Runtime>,
    /// Whether it names its node, where some taints are not for it.
    names_node: bool,
    /// How long it needs its witness.
    lasts: Span,
}

/// Values by the order in which they were seen first.
#[derive(Debug)]
pub(crate) struct Numbers<T> {
    numbers: BTreeMap<T, u32>,
    values: Vec<T>,
}

impl Facts {
    pub(crate) fn of(node: &Node, trust: TrustKind, selected: &BTreeSet<String>) -> Self {
        let labels = node.labels.iter().filter(|(key, _)| selected.contains(*key));
        Self {
            tee: node.tee,
            taints: node.taints.clone(),
            labels: labels.map(|(key, value)| (key.clone(), value.clone())).collect(),
            trust,
            other_tees: node.hardware.other_tees.clone(),
        }
    }

    /// What is known about platforms of these facts.
    pub(crate) const fn trust(&self) -> TrustKind {
        self.trust
    }

    /// A node of which nothing is known but these facts.
    pub(crate) fn node(&self) -> Node {
        let Self { tee, taints, labels, other_tees, .. } = self.clone();
        let identity = NodeIdentity { uid: String::new(), boot_id: String::new() };
        let (name, capacity, devices) = (NodeName(String::new()), Capacity::default(), BTreeMap::new());
        Node {
            name,
            identity,
            tee,
            labels,
            taints,
            capacity,
            devices,
            hardware: Hardware { other_tees, ..Hardware::default() },
        }
    }
}

impl TrustKind {
    pub(crate) fn of(trust: &Trust<'_>, now: Timestamp) -> Self {
        match trust {
            Trust::Assumed => Self::Assumed,
            Trust::Fresh(fresh) => Self::Fresh(Span::until(fresh.not_after(), now)),
            Trust::Lapsed(_) => Self::Lapsed,
            Trust::Unattested => Self::Unattested,
            Trust::Distrusted(_) => Self::Distrusted,
        }
    }
}

impl Asker {
    pub(crate) fn of(ask: &Ask<'_>) -> Self {
        Self {
            tees: ask.pod.enclaves().map(|(_, enclave)| enclave.tee).collect(),
            node_selector: ask.pod.node_selector.clone(),
            tolerations: ask.pod.tolerations.clone(),
            node_affinity: ask.pod.scheduling.node_affinity.clone(),
            other_tees: ask.pod.scheduling.other_tees.clone(),
            needs: ask.pod.scheduling.needs,
            runtime: ask.pod.scheduling.runtime,
            names_node: ask.pod.scheduling.node.is_some(),
            lasts: ask.lasts(),
        }
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), values: Vec::new() }
    }
}

impl<T: Clone + Ord> Numbers<T> {
    /// The value's number.
    pub(crate) fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).expect("fewer than 2^32 values fit into memory");
        self.numbers.insert(value.clone(), number);
        self.values.push(value.clone());
        number
    }

    /// The number of a value that has one.
    pub(crate) fn find(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    /// The value of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }
}
