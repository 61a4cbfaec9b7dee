//! The walk: nodes, who is on them, and every rule of the matter as plainly as it can be written.

use std::collections::BTreeSet;

use casemate_model::affinity::{LabelSelector, NodeField, NodeOperator, NodeSelectorTerm, Operator};
use casemate_model::{
    DeviceKind, Node, NodeName, Pod, PodKey, Runtime, Scope, Sharing, Taint, TaintEffect, Tee, Toleration,
    TolerationOperator,
};

pub(super) struct World {
    nodes: Vec<Node>,
    /// Every pod in place, and where.
    residents: Vec<(Pod, NodeName)>,
}

impl World {
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        Self { nodes, residents: Vec::new() }
    }

    pub(super) fn place(&mut self, pod: &Pod, node: &NodeName) {
        self.residents.push((pod.clone(), node.clone()));
    }

    pub(super) fn release(&mut self, pod: &PodKey) {
        self.residents.retain(|(resident, _)| resident.key != *pod);
    }

    pub(super) fn nth_pod(&self, nth: usize) -> Option<PodKey> {
        let index = nth.checked_rem(self.residents.len())?;
        self.residents.get(index).map(|(pod, _)| pod.key.clone())
    }

    /// The nodes against which nothing speaks.
    pub(super) fn allowed(&self, pod: &Pod) -> BTreeSet<NodeName> {
        let names = self.nodes.iter().map(|node| &node.name);
        names.filter(|name| self.against(pod, name).is_empty()).cloned().collect()
    }

    /// Whether every node would object even if it were empty.
    pub(super) fn never(&self, pod: &Pod) -> bool {
        self.nodes.iter().all(|node| self.never_on(pod, &node.name))
    }

    /// Whether this node would object even if it were empty, and whoever the pod wants to be near were there.
    pub(super) fn never_on(&self, pod: &Pod, name: &NodeName) -> bool {
        let mut alone = pod.clone();
        let node = self.nodes.iter().find(|node| node.name == *name).expect("it is one of them");
        let terms = std::mem::take(&mut alone.scheduling.pod_affinity.required);
        let no_domain = !terms.is_empty() && !node.labels.contains_key("zone");
        let empty = Self::new(self.nodes.clone());
        no_domain || !empty.against(&alone, name).is_empty()
    }

    /// Whether the pod wants to be near others and none is in the node's zone. Who wants to be near its own kind
    /// may be the first of it.
    fn is_lonely(&self, pod: &Pod, node: &Node) -> bool {
        let terms = &pod.scheduling.pod_affinity.required;
        let selects = |other: &Pod| {
            let same = other.key.namespace == pod.key.namespace;
            let all = |selector: &LabelSelector| selector.matches(&other.scheduling.labels);
            same && terms.iter().all(|term| term.label_selector.as_ref().is_some_and(all))
        };
        let zones: Vec<&String> = self
            .residents
            .iter()
            .filter(|(other, _)| selects(other))
            .filter_map(|(_, place)| self.zone(place))
            .collect();
        match node.labels.get("zone") {
            _ if terms.is_empty() => false,
            None => true,
            Some(_) if zones.is_empty() => !selects(pod),
            Some(zone) => !zones.contains(&zone),
        }
    }

    /// Whether the node's zone would have too many of the pod's kind.
    fn is_uneven(&self, pod: &Pod, node: &Node) -> bool {
        pod.scheduling.topology_spread.iter().any(|constraint| {
            let Some(zone) = node.labels.get("zone") else { return true };
            let selector = constraint.label_selector.as_ref().expect("there is one");
            let eligible = |node: &&Node| {
                node.labels.contains_key("zone")
                    && pod.node_selector.iter().all(|(key, value)| node.labels.get(key) == Some(value))
                    && is_wanted(pod, node)
            };
            let eligible: Vec<&Node> = self.nodes.iter().filter(eligible).collect();
            let count = |zone: &String| {
                let there = |place: &NodeName| {
                    eligible.iter().any(|it| it.name == *place && it.labels.get("zone") == Some(zone))
                };
                let counted = |other: &Pod| {
                    other.key.namespace == pod.key.namespace && selector.matches(&other.scheduling.labels)
                };
                self.residents.iter().filter(|(other, place)| counted(other) && there(place)).count()
            };
            let emptiest = eligible.iter().filter_map(|it| it.labels.get("zone")).map(count).min();
            let own = usize::from(selector.matches(&pod.scheduling.labels));
            let most = usize::try_from(constraint.max_skew.get()).expect("small");
            emptiest.is_some_and(|emptiest| count(zone) + own > emptiest + most)
        })
    }

    fn zone(&self, name: &NodeName) -> Option<&String> {
        self.nodes.iter().find(|it| it.name == *name)?.labels.get("zone")
    }

    /// Which filters object.
    pub(super) fn against(&self, pod: &Pod, name: &NodeName) -> BTreeSet<&'static str> {
        let node = self.nodes.iter().find(|node| node.name == *name).expect("it is one of them");
        let mut against = BTreeSet::new();
        let mut object = |filter, objects: bool| {
            if objects {
                against.insert(filter);
            }
        };
        object("tee", !has_tees(pod, node));
        object("features", lacks_needs(pod, node));
        object(
            "node-selector",
            pod.node_selector.iter().any(|(key, value)| node.labels.get(key) != Some(value)),
        );
        object("taints", node.taints.iter().any(|taint| forbids(taint, pod) && !is_tolerated(taint, pod)));
        let on_it = self.residents.iter().filter(|(_, place)| place == name).map(|(pod, _)| pod);
        let on_it: Vec<&Pod> = on_it.collect();
        object("sharing", on_it.iter().any(|other| is_rival(pod, other) || is_rival(other, pod)));
        let in_zone = self.residents.iter().filter(|(_, place)| {
            let zone = self.zone(place);
            zone.is_some() && zone == node.labels.get("zone")
        });
        let near: Vec<&Pod> = in_zone.map(|(other, _)| other).collect();
        let kept = near.iter().any(|other| keeps_from(pod, other) || keeps_from(other, pod));
        object(
            "affinity",
            !is_wanted(pod, node) || kept || self.is_lonely(pod, node) || self.is_uneven(pod, node),
        );
        object("node-name", pod.scheduling.node.as_ref().is_some_and(|named| named != name));
        let everybody: Vec<&Pod> = on_it.into_iter().chain([pod]).collect();
        for (filter, kind, capacity) in stock(node) {
            let asks = need(pod, &kind);
            let sum: u128 = everybody.iter().map(|pod| need(pod, &kind)).sum();
            object(filter, asks > 0 && sum > capacity);
        }
        let unlisted = pod.containers.iter().chain(&pod.init_containers).flat_map(|it| &it.demand.devices);
        object(
            "devices",
            unlisted.clone().any(|(kind, amount)| *amount > 0 && !node.devices.contains_key(kind)),
        );
        against
    }
}

/// Something of which pods take and nodes have.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Epc,
    Slots,
    Keys,
    Cpu,
    Memory,
    Device(DeviceKind),
}

/// What a node has, and which filter minds.
fn stock(node: &Node) -> Vec<(&'static str, Kind, u128)> {
    let capacity = &node.capacity;
    let whole_pages = |bytes: u64| bytes / 4096 * 4096;
    let by_numa: u64 = node.hardware.numa.iter().map(|numa| whole_pages(numa.epc.0)).sum();
    let most = if by_numa > 0 { by_numa } else { u64::MAX };
    let epc = whole_pages(capacity.epc.0).min(most);
    let mut stock = vec![
        ("epc", Kind::Epc, epc.into()),
        ("slots", Kind::Slots, capacity.slots.into()),
        ("key-slots", Kind::Keys, capacity.key_slots.into()),
        ("cpu", Kind::Cpu, capacity.cpu.0.into()),
        ("memory", Kind::Memory, capacity.memory.0.into()),
    ];
    stock.extend(
        node.devices.iter().map(|(kind, amount)| ("devices", Kind::Device(kind.clone()), (*amount).into())),
    );
    stock
}

/// What a pod needs: all containers at once, or one init container alone if that is more; and its sandbox.
fn need(pod: &Pod, kind: &Kind) -> u128 {
    let of = |container: &casemate_model::Container| -> u128 {
        let demand = &container.demand;
        let enclave = demand.enclave.as_ref();
        match kind {
            Kind::Epc => enclave.map_or(0, |it| u128::from(it.epc_guaranteed.0).div_ceil(4096) * 4096),
            Kind::Slots => enclave.map_or(0, |it| it.slots.into()),
            Kind::Keys => enclave.map_or(0, |it| it.key_slots.into()),
            Kind::Cpu => demand.cpu.0.into(),
            Kind::Memory => demand.memory.0.into(),
            Kind::Device(device) => demand.devices.get(device).copied().unwrap_or(0).into(),
        }
    };
    let together: u128 = pod.containers.iter().map(of).sum();
    let alone = pod.init_containers.iter().map(of).max().unwrap_or(0);
    let sandbox = match kind {
        Kind::Keys => pod.overhead_key_slots.into(),
        Kind::Cpu => pod.overhead_cpu.0.into(),
        Kind::Memory => pod.overhead_memory.0.into(),
        Kind::Device(device) if device.as_str() == DeviceKind::PODS => 1,
        _ => 0,
    };
    together.max(alone) + sandbox
}

/// Whether one of the terms of its node affinity holds: the terms here name the zone, or the node.
fn is_wanted(pod: &Pod, node: &Node) -> bool {
    let holds = |term: &NodeSelectorTerm| {
        let zone = term.expressions.iter().all(|it| match &it.operator {
            NodeOperator::Label(Operator::In(zones)) => {
                node.labels.get("zone").is_some_and(|zone| zones.contains(zone))
            }
            other => panic!("{other:?} is not among them"),
        });
        let name = term.fields.iter().all(|it| *it == NodeField::NameIs(node.name.0.clone()));
        let says = term.expressions.len() + term.fields.len() > 0;
        says && zone && name
    };
    let required = &pod.scheduling.node_affinity.required;
    required.as_ref().is_none_or(|it| it.terms.iter().any(holds))
}

/// Whether `pod` will not have `other` in its scope.
fn is_rival(pod: &Pod, other: &Pod) -> bool {
    let sharing = pod.scheduling.policy.map_or(Sharing::Shared, |policy| policy.sharing);
    let in_scope = match sharing {
        Sharing::Exclusive(Scope::Node) => true,
        Sharing::Exclusive(Scope::Tee) => other.is_confidential(),
        Sharing::Exclusive(Scope::Core) | Sharing::Shared => false,
    };
    in_scope && pod.key.namespace != other.key.namespace
}

/// Whether `pod` keeps away from `other` within a zone: the terms here name no other namespace and no other key.
fn keeps_from(pod: &Pod, other: &Pod) -> bool {
    let terms = &pod.scheduling.pod_anti_affinity.required;
    let selects = |selector: &LabelSelector| selector.matches(&other.scheduling.labels);
    pod.key.namespace == other.key.namespace
        && terms.iter().any(|term| term.label_selector.as_ref().is_some_and(selects))
}

/// Whether none of the node's TEEs that would do offers what the pod needs, under any runtime.
fn lacks_needs(pod: &Pod, node: &Node) -> bool {
    let Some((_, enclave)) = pod.enclaves().next() else { return false };
    let asked = || std::iter::once(&enclave.tee).chain(&pod.scheduling.other_tees);
    let does = |has: &&Tee| asked().any(|asked| has.satisfies(*asked));
    let offers = |tee: &Tee| {
        let offered = |runtime| casemate_model::tee::offered(tee.least_variant(), runtime);
        let all = |runtime| pod.scheduling.needs.iter().all(|need| offered(runtime).contains(need));
        Runtime::ALL.into_iter().any(all)
    };
    let mut doing = node.tee.iter().chain(&node.hardware.other_tees).filter(does).peekable();
    doing.peek().is_some() && !doing.any(offers)
}

fn has_tees(pod: &Pod, node: &Node) -> bool {
    let has = || node.tee.iter().chain(&node.hardware.other_tees);
    pod.enclaves().all(|(_, enclave)| {
        let asked = || std::iter::once(&enclave.tee).chain(&pod.scheduling.other_tees);
        has().any(|has| asked().any(|asked| has.satisfies(*asked)))
    })
}

/// Who names its node is there already, and has to leave for `NoExecute` only.
fn forbids(taint: &Taint, pod: &Pod) -> bool {
    match taint.effect {
        TaintEffect::NoExecute => true,
        TaintEffect::NoSchedule => pod.scheduling.node.is_none(),
        TaintEffect::PreferNoSchedule => false,
    }
}

fn is_tolerated(taint: &Taint, pod: &Pod) -> bool {
    let tolerates = |toleration: &Toleration| {
        let value = match &toleration.operator {
            TolerationOperator::Exists => true,
            TolerationOperator::Equal(value) => *value == taint.value,
        };
        let any_key = toleration.key.is_none() && toleration.operator == TolerationOperator::Exists;
        let key = any_key || toleration.key.as_ref() == Some(&taint.key);
        value && key && toleration.effect.is_none_or(|effect| effect == taint.effect)
    };
    pod.tolerations.iter().any(tolerates)
}
