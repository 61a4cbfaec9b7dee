//! The book of nodes and of what was placed on them. Sums in 128 bits, so that no request can wrap one.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{
    Capacity, Container, Node, NodeName, Pod, PodKey, Taint, TaintEffect, Tee, Timestamp, Toleration,
    TolerationOperator,
};

use crate::record::Record;
use crate::witness::Validity;
use crate::{Rule, Unplaced};

/// Nodes on offer and pods in place.
#[derive(Debug, Default)]
pub(crate) struct Placements {
    nodes: BTreeMap<NodeName, Offered>,
    placed: BTreeMap<PodKey, (NodeName, Amounts)>,
    /// Pods told to wait and not placed since.
    waiting: BTreeSet<PodKey>,
}

#[derive(Debug)]
struct Offered {
    node: Node,
    witness: Option<Validity>,
    used: Amounts,
}

/// Bytes in a page of encrypted memory, of which an enclave has whole ones.
const EPC_PAGE: u128 = 4096;

/// Encrypted memory, enclave slots, key slots, CPU, memory: in that order.
type Amounts = [u128; 5];

const RESOURCES: [(&str, Rule); 5] = [
    ("bytes of EPC", Rule::EpcOvercommitted),
    ("enclave slots", Rule::SlotsOvercommitted),
    ("key slots", Rule::KeySlotsOvercommitted),
    ("milli-CPU", Rule::CpuOvercommitted),
    ("bytes of memory", Rule::MemoryOvercommitted),
];

/// Why a pod may not be where it is.
struct Objection {
    rule: Rule,
    seen: String,
    allowed: String,
}

impl Placements {
    pub(crate) fn offer(&mut self, node: Node) {
        match self.nodes.get_mut(&node.name) {
            Some(offered) => offered.node = node,
            None => {
                let name = node.name.clone();
                self.nodes.insert(name, Offered { node, witness: None, used: Amounts::default() });
            }
        }
    }

    pub(crate) fn witness(
        &mut self,
        record: &mut Record,
        name: &NodeName,
        not_before: Timestamp,
        not_after: Timestamp,
    ) {
        match self.nodes.get_mut(name) {
            Some(offered) => offered.witness = Some(Validity { from: not_before.0, until: not_after.0 }),
            None => unknown_node(record, name),
        }
    }

    pub(crate) fn place(&mut self, record: &mut Record, at: Timestamp, pod: Pod, name: NodeName) {
        let asked = demands(&pod);
        self.waiting.remove(&pod.key);
        if let Some((elsewhere, amounts)) = self.placed.remove(&pod.key) {
            record.breach(
                Rule::PlacedTwice,
                &pod.key,
                format_args!("placed on {name} and already on {elsewhere}"),
                format_args!("one place at a time"),
            );
            self.give_back(&elsewhere, amounts);
        }
        let Some(offered) = self.nodes.get_mut(&name) else {
            unknown_node(record, &name);
            return;
        };
        for Objection { rule, seen, allowed } in objections(&pod, offered, offered.used, Some(at)) {
            record.breach(rule, &pod.key, format_args!("on {name}: {seen}"), format_args!("{allowed}"));
        }
        offered.used = sums(offered.used, asked);
        self.placed.insert(pod.key, (name, asked));
    }

    pub(crate) fn unplaced(&mut self, record: &mut Record, at: Timestamp, pod: &Pod, verdict: Unplaced) {
        let somebody_else_waits = self.waiting.iter().any(|other| *other != pod.key);
        match verdict {
            Unplaced::Waiting | Unplaced::HeldBack => self.waiting.insert(pod.key.clone()),
            Unplaced::Never => self.waiting.remove(&pod.key),
        };
        if self.is_placed(&pod.key) || (verdict == Unplaced::HeldBack && somebody_else_waits) {
            return;
        }
        let could = |offered: &&Offered| match verdict {
            Unplaced::Waiting | Unplaced::HeldBack => {
                objections(pod, offered, offered.used, Some(at)).is_empty()
            }
            Unplaced::Never => objections(pod, offered, Amounts::default(), None).is_empty(),
        };
        let Some(offered) = self.nodes.values().find(could) else { return };
        let (rule, seen) = match verdict {
            Unplaced::Waiting => (Rule::WaitsThoughItFits, "it waits"),
            Unplaced::HeldBack => (Rule::WaitsThoughItFits, "it is held back while nobody else waits"),
            Unplaced::Never => (Rule::GivenUpThoughPossible, "it is given up"),
        };
        record.breach(
            rule,
            &pod.key,
            format_args!("{seen}"),
            format_args!("{} can take it", offered.node.name),
        );
    }

    pub(crate) fn release(&mut self, record: &mut Record, pod: &PodKey) {
        match self.placed.remove(pod) {
            Some((name, amounts)) => self.give_back(&name, amounts),
            None => record.breach(
                Rule::ReleasedUnplaced,
                pod,
                format_args!("released"),
                format_args!("only once after each placement"),
            ),
        }
    }

    pub(crate) fn is_placed(&self, pod: &PodKey) -> bool {
        self.placed.contains_key(pod)
    }

    pub(crate) fn finish(&self, record: &mut Record) {
        for (pod, (name, _)) in &self.placed {
            record.breach(
                Rule::PodNotReleased,
                pod,
                format_args!("still holds its place on {name}"),
                format_args!("released"),
            );
        }
    }

    fn give_back(&mut self, name: &NodeName, amounts: Amounts) {
        if let Some(offered) = self.nodes.get_mut(name) {
            offered.used = std::array::from_fn(|i| offered.used[i].saturating_sub(amounts[i]));
        }
    }
}

/// Every reason against this pod on this node beside what is `used` there. Without an instant, no witness is asked for.
fn objections(pod: &Pod, offered: &Offered, used: Amounts, at: Option<Timestamp>) -> Vec<Objection> {
    let mut found = tee_objections(pod, &offered.node);
    if let Some(at) = at.filter(|_| wanted_tees(pod).next().is_some()) {
        found.extend(witness_objection(offered, at));
    }
    let (asked, capacity) = (demands(pod), capacities(&offered.node.capacity));
    for (i, (unit, rule)) in RESOURCES.into_iter().enumerate() {
        let total = used[i].saturating_add(asked[i]);
        if asked[i] > 0 && total > capacity[i] {
            found.push(Objection {
                rule,
                seen: format!("{total} {unit} with this pod's {}", asked[i]),
                allowed: format!("{} {unit}", capacity[i]),
            });
        }
    }
    for (label, value) in &pod.node_selector {
        let has = offered.node.labels.get(label);
        if has != Some(value) {
            found.push(Objection {
                rule: Rule::NodeSelectorIgnored,
                seen: has.map_or(format!("no label {label}"), |has| format!("label {label}={has}")),
                allowed: format!("{label}={value}"),
            });
        }
    }
    for taint in offered.node.taints.iter().filter(|taint| forbids(taint)) {
        if !pod.tolerations.iter().any(|toleration| covers(toleration, taint)) {
            found.push(Objection {
                rule: Rule::TaintIgnored,
                seen: format!("taint {}={}, which it does not tolerate", taint.key, taint.value),
                allowed: "tolerated taints only".to_owned(),
            });
        }
    }
    found
}

fn tee_objections(pod: &Pod, node: &Node) -> Vec<Objection> {
    let refuse = |wanted: Tee| match node.tee {
        None => Some(Objection {
            rule: Rule::NodeWithoutTee,
            seen: "no TEE".to_owned(),
            allowed: format!("a node with {}", tee_name(wanted)),
        }),
        Some(has) if !stands_in(has, wanted) => Some(Objection {
            rule: Rule::WrongTee,
            seen: tee_name(has).to_owned(),
            allowed: format!("a node with {}", tee_name(wanted)),
        }),
        Some(_) => None,
    };
    wanted_tees(pod).find_map(refuse).into_iter().collect()
}

fn witness_objection(offered: &Offered, at: Timestamp) -> Option<Objection> {
    match offered.witness {
        None => Some(Objection {
            rule: Rule::NoPlatformWitness,
            seen: "its platform was never affirmed".to_owned(),
            allowed: "a platform with a witness".to_owned(),
        }),
        Some(witness) if !witness.holds_at(at) => Some(Objection {
            rule: Rule::StalePlatformWitness,
            seen: format!("at {}", at.0),
            allowed: format!("from {} to {}", witness.from, witness.until),
        }),
        Some(_) => None,
    }
}

fn wanted_tees(pod: &Pod) -> impl Iterator<Item = Tee> {
    let all = pod.init_containers.iter().chain(pod.containers.iter());
    all.filter_map(|container| container.demand.enclave.map(|enclave| enclave.tee))
}

/// What the pod has in use at its worst moment: while one of its init containers runs, alone, or
/// while all the others do. The sandbox is there at every moment.
fn demands(pod: &Pod) -> Amounts {
    let mut worst = Amounts::default();
    for container in &pod.containers {
        worst = sums(worst, demand(container));
    }
    for container in &pod.init_containers {
        let alone = demand(container);
        for (worst, alone) in worst.iter_mut().zip(alone) {
            if alone > *worst {
                *worst = alone;
            }
        }
    }
    let keys = u128::from(pod.overhead_key_slots);
    sums(worst, [0, 0, keys, u128::from(pod.overhead_cpu.0), u128::from(pod.overhead_memory.0)])
}

fn demand(container: &Container) -> Amounts {
    let demand = &container.demand;
    let mut amounts = [0, 0, 0, u128::from(demand.cpu.0), u128::from(demand.memory.0)];
    if let Some(enclave) = demand.enclave {
        amounts[0] = u128::from(enclave.epc_guaranteed.0).div_ceil(EPC_PAGE) * EPC_PAGE;
        amounts[1] = u128::from(enclave.slots);
        amounts[2] = u128::from(enclave.key_slots);
    }
    amounts
}

fn capacities(capacity: &Capacity) -> Amounts {
    [
        u128::from(capacity.epc.0) / EPC_PAGE * EPC_PAGE,
        u128::from(capacity.slots),
        u128::from(capacity.key_slots),
        u128::from(capacity.cpu.0),
        u128::from(capacity.memory.0),
    ]
}

fn sums(a: Amounts, b: Amounts) -> Amounts {
    std::array::from_fn(|i| a[i].saturating_add(b[i]))
}

/// A node's TEE does for what is asked if it is that, or is software asked to play SGX.
fn stands_in(has: Tee, wanted: Tee) -> bool {
    matches!((has, wanted), (Tee::Software, Tee::Sgx)) || tee_name(has) == tee_name(wanted)
}

fn tee_name(tee: Tee) -> &'static str {
    match tee {
        Tee::Sgx => "SGX",
        Tee::Tdx => "TDX",
        Tee::SevSnp => "SEV-SNP",
        Tee::Cca => "CCA",
        Tee::Nitro => "Nitro",
        Tee::TrustZone => "TrustZone",
        Tee::Software => "the software TEE",
    }
}

fn forbids(taint: &Taint) -> bool {
    match taint.effect {
        TaintEffect::NoSchedule | TaintEffect::NoExecute => true,
        TaintEffect::PreferNoSchedule => false,
    }
}

/// Kubernetes' rule: effect, key and value must each match; an absent effect matches all effects, and an
/// absent key matches all keys provided the operator is `Exists`.
fn covers(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = match toleration.effect {
        None => true,
        Some(effect) => effect == taint.effect,
    };
    let exists = matches!(toleration.operator, TolerationOperator::Exists);
    let key = match &toleration.key {
        Some(key) if !key.is_empty() => *key == taint.key,
        _ => exists,
    };
    let value = match &toleration.operator {
        TolerationOperator::Exists => true,
        TolerationOperator::Equal(value) => *value == taint.value,
    };
    effect && key && value
}

fn unknown_node(record: &mut Record, name: &NodeName) {
    record.breach(
        Rule::NodeUnknown,
        name,
        format_args!("used although never offered"),
        format_args!("nodes on offer only"),
    );
}

#[cfg(test)]
mod tests;
