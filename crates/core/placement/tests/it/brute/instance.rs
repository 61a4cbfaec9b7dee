//! Small random instances, in the words of the other tests.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use casemate_model::affinity::{
    Inclusion, LabelSelector, Labels, NodeField, NodeOperator, NodeRequirement, NodeSelector,
    NodeSelectorTerm, Operator, PodAffinityTerm, SpreadConstraint, WhenUnsatisfiable,
};
use casemate_model::{
    Bytes, Feature, Features, Node, NodeName, NumaNode, PlacementPolicy, Pod, Scope, Sharing, Tee,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::words;

/// What happens to a ledger.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Place(Box<Pod>),
    /// The pod of this number among those in place goes.
    Release(usize),
}

impl Step {
    pub(super) fn pod(self) -> Option<Pod> {
        match self {
            Self::Place(pod) => Some(*pod),
            Self::Release(_) => None,
        }
    }
}

/// Up to four nodes, and what happens to them.
pub(super) fn instances() -> impl Strategy<Value = (Vec<Node>, Vec<Step>)> {
    let nodes = proptest::collection::vec(node(), 1..=4);
    let placed = (pod(), social());
    let steps = proptest::collection::vec((placed, any::<usize>(), 0..5u8), 1..=8);
    (nodes, steps).prop_map(|(nodes, steps)| {
        let named = nodes.iter().enumerate().map(|(nth, (words, second, numa))| {
            let mut node = words::node(&format!("name=n{nth} {words}"));
            node.hardware.other_tees = second.iter().copied().filter(|it| Some(*it) != node.tee).collect();
            let of = |mib: &u64| NumaNode { epc: Bytes::mib(*mib), ..NumaNode::default() };
            node.hardware.numa = numa.iter().map(of).collect();
            node
        });
        let step =
            |(nth, ((words, social), which, chance)): (usize, ((String, Social), usize, u8))| match chance {
                0 => Step::Release(which),
                _ => Step::Place(Box::new(social.said_by(words::pod(&format!("name=p{nth} {words}"))))),
            };
        (named.collect(), steps.into_iter().enumerate().map(step).collect())
    })
}

/// What a pod says of others.
#[derive(Clone, Debug)]
struct Social {
    tenant: &'static str,
    app: &'static str,
    sharing: Sharing,
    /// Pods it keeps away from within its zone.
    apart: Option<&'static str>,
    /// Pods of which one has to be in its zone.
    near: Option<&'static str>,
    /// How uneven zones may get in pods of its kind.
    skew: Option<u32>,
    /// The node it names.
    node: Option<&'static str>,
    /// A TEE that will do as well.
    other: Option<Tee>,
    /// Terms of which one has to hold of its node: values of its zone, and its name.
    nodes: &'static [(&'static str, &'static str)],
    /// Whether all its encrypted memory should be of one NUMA node.
    local: bool,
    /// What its programs cannot do without, where they all run in a TEE of one kind.
    need: Option<Feature>,
}

impl Social {
    fn said_by(self, mut pod: Pod) -> Pod {
        let labels = |app: &str| Labels::from([("app".to_owned(), app.to_owned())]);
        pod.key.namespace = self.tenant.to_owned();
        pod.scheduling.labels = labels(self.app);
        pod.scheduling.policy = Some(PlacementPolicy {
            sharing: self.sharing,
            affinity: self.local,
            ..PlacementPolicy::default()
        });
        let term = |app| PodAffinityTerm {
            label_selector: Some(LabelSelector { match_labels: labels(app), match_expressions: Vec::new() }),
            topology_key: "zone".to_owned(),
            ..PodAffinityTerm::default()
        };
        pod.scheduling.pod_anti_affinity.required = self.apart.map(term).into_iter().collect();
        pod.scheduling.pod_affinity.required = self.near.map(term).into_iter().collect();
        let spread = |skew| SpreadConstraint {
            max_skew: NonZeroU32::new(skew).expect("above 0"),
            min_domains: None,
            topology_key: "zone".to_owned(),
            when_unsatisfiable: WhenUnsatisfiable::DoNotSchedule,
            label_selector: Some(LabelSelector {
                match_labels: labels(self.app),
                match_expressions: Vec::new(),
            }),
            match_label_keys: BTreeSet::new(),
            node_affinity_policy: Inclusion::Honor,
            node_taints_policy: Inclusion::Ignore,
        };
        pod.scheduling.topology_spread = self.skew.map(spread).into_iter().collect();
        pod.scheduling.node = self.node.map(|name| NodeName(name.to_owned()));
        let terms: Vec<_> = self.nodes.iter().map(|(zone, name)| node_term(zone, name)).collect();
        pod.scheduling.node_affinity.required = (!terms.is_empty()).then_some(NodeSelector { terms });
        let tees: BTreeSet<Tee> = pod.enclaves().map(|(_, enclave)| enclave.tee).collect();
        let need = self.need.filter(|_| tees.len() <= 1);
        pod.scheduling.needs = need.map_or(Features::NONE, |it| Features::of(&[it]));
        pod.scheduling.other_tees = self.other.into_iter().collect();
        pod
    }
}

/// Nodes in this zone and of this name; of an empty one nothing is said, and a term that says nothing holds of none.
fn node_term(zone: &str, name: &str) -> NodeSelectorTerm {
    let operator = |zone: &str| NodeOperator::Label(Operator::In([zone.to_owned()].into()));
    let expression = |zone: &str| NodeRequirement { key: "zone".to_owned(), operator: operator(zone) };
    NodeSelectorTerm {
        expressions: Some(zone).filter(|it| !it.is_empty()).map(expression).into_iter().collect(),
        fields: Some(name)
            .filter(|it| !it.is_empty())
            .map(|it| NodeField::NameIs(it.to_owned()))
            .into_iter()
            .collect(),
    }
}

fn social() -> impl Strategy<Value = Social> {
    let sharing = select(vec![
        Sharing::Shared,
        Sharing::Shared,
        Sharing::Exclusive(Scope::Tee),
        Sharing::Exclusive(Scope::Node),
    ]);
    let apart = select(vec![None, None, Some("a"), Some("b")]);
    let near = select(vec![None, None, None, Some("a"), Some("b")]);
    let skew = select(vec![None, None, None, Some(1), Some(2)]);
    let node = select(vec![None, None, None, None, None, Some("n0"), Some("n2"), Some("nowhere")]);
    let other = select(vec![None, None, Some(Tee::Tdx), Some(Tee::Sgx)]);
    let nodes: Vec<&'static [(&'static str, &'static str)]> = vec![
        &[],
        &[],
        &[],
        &[("a", "")],
        &[("", "n0")],
        &[("b", ""), ("", "n1")],
        &[("a", "n0")],
        &[("", "")],
    ];
    let where_to = (node, select(nodes), any::<bool>());
    let own = (any_of(&["one", "one", "two"]), any_of(&["a", "b"]), sharing);
    let need = select(vec![None, None, Some(Feature::Fork), Some(Feature::Threads), Some(Feature::Gpu)]);
    (own, (apart, near, skew), where_to, (other, need)).prop_map(
        |((tenant, app, sharing), (apart, near, skew), (node, nodes, local), (other, need))| Social {
            tenant,
            app,
            sharing,
            apart,
            near,
            skew,
            node,
            other,
            nodes,
            local,
            need,
        },
    )
}

fn any_of(words: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    select(words.to_vec())
}

fn node() -> impl Strategy<Value = (String, Option<Tee>, &'static [u64])> {
    let parts = (
        any_of(&["", "tee=sgx", "tee=tdx", "tee=software", "tee=sgx"]),
        any_of(&["epc=8 slots=3 keys=2", "epc=4 slots=2 keys=1", "epc=0 slots=1"]),
        any_of(&["cpu=2000 memory=8", "cpu=1000 memory=4", "cpu=4000 memory=16"]),
        any_of(&["", "label:zone=a", "label:zone=b"]),
        any_of(&[
            "",
            "",
            "taint:sgx=only:NoSchedule",
            "taint:sgx=only:PreferNoSchedule",
            "taint:x=y:NoExecute",
        ]),
        any_of(&["", "device:gpu=2", "device:gpu=1 device:pods=2"]),
    );
    let words = parts.prop_map(|(tee, enclaves, cpu, labels, taints, devices)| {
        format!("{tee} {enclaves} {cpu} {labels} {taints} {devices}")
    });
    let numa: Vec<&'static [u64]> = vec![&[], &[], &[4, 4], &[2, 1], &[0, 0]];
    (words, select(vec![None, None, None, Some(Tee::Sgx), Some(Tee::Tdx)]), select(numa))
}

fn pod() -> impl Strategy<Value = String> {
    let first = (
        any_of(&["", "tee=sgx", "tee=tdx", "tee=software", "tee=sgx"]),
        any_of(&["epc=1 slots=1", "epc=4 slots=1 keys=1", "epc=0 keys=1", "epc=9"]),
        any_of(&["cpu=500 memory=2", "cpu=1000 memory=4", "cpu=0", "cpu=9000"]),
        any_of(&["", "", "device:gpu=1", "device:gpu=2"]),
    );
    let rest = (
        any_of(&["", "select:zone=a", "select:zone=b"]),
        any_of(&["", "tolerate:sgx", "tolerate:*", "tolerate:sgx=only:NoSchedule", "tolerate:sgx=other"]),
        any_of(&["", "overhead-cpu=100 overhead-memory=1 overhead-keys=1"]),
        any_of(&["", "", "priority=1", "priority=2"]),
        any_of(&["", "", "+ cpu=500 memory=1", "+ tee=sgx epc=1 slots=1"]),
        any_of(&["", "", "tee=sgx epc=6 cpu=100 >", "cpu=2000 >"]),
    );
    (first, rest).prop_map(
        |((tee, enclaves, cpu, devices), (labels, tolerated, sandbox, priority, second, init))| {
            format!(
                "{init} {tee} {enclaves} {cpu} {devices} {labels} {tolerated} {sandbox} {priority} {second}"
            )
        },
    )
}
