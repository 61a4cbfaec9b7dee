//! What tells nodes apart for pods, and pods for nodes, beside amounts: numbered, so that each pair is
//! looked at once.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{Capacity, Hardware, Node, NodeIdentity, NodeName, Taint, Tee, Toleration};

use crate::ask::Ask;
use crate::grounds::Trust;

/// What pods look at of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Facts {
    tee: Option<Tee>,
    taints: Vec<Taint>,
    /// Those that some pod selects nodes by.
    labels: BTreeMap<String, String>,
    trust: TrustKind,
}

/// What is known about a platform, as far as pods differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TrustKind {
    Assumed,
    Fresh,
    Lapsed,
    Unattested,
}

/// What nodes look at of a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asker {
    tees: BTreeSet<Tee>,
    node_selector: BTreeMap<String, String>,
    tolerations: Vec<Toleration>,
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
        }
    }

    /// What is known about platforms of these facts.
    pub(crate) const fn trust(&self) -> TrustKind {
        self.trust
    }

    /// A node of which nothing is known but these facts.
    pub(crate) fn node(&self) -> Node {
        let Self { tee, taints, labels, .. } = self.clone();
        let identity = NodeIdentity { uid: String::new(), boot_id: String::new() };
        let (name, capacity, devices) = (NodeName(String::new()), Capacity::default(), BTreeMap::new());
        Node { name, identity, tee, labels, taints, capacity, devices, hardware: Hardware::default() }
    }
}

impl TrustKind {
    pub(crate) const fn of(trust: &Trust<'_>) -> Self {
        match trust {
            Trust::Assumed => Self::Assumed,
            Trust::Fresh(_) => Self::Fresh,
            Trust::Lapsed(_) => Self::Lapsed,
            Trust::Unattested => Self::Unattested,
        }
    }
}

impl Asker {
    pub(crate) fn of(ask: &Ask<'_>) -> Self {
        Self {
            tees: ask.pod.enclaves().map(|(_, enclave)| enclave.tee).collect(),
            node_selector: ask.pod.node_selector.clone(),
            tolerations: ask.pod.tolerations.clone(),
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
