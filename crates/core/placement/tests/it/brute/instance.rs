//! Small random instances, in the words of the other tests.

use casemate_model::affinity::{LabelSelector, Labels, PodAffinityTerm};
use casemate_model::{Node, PlacementPolicy, Pod, Scope, Sharing};
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
        let named = nodes.iter().enumerate().map(|(nth, words)| words::node(&format!("name=n{nth} {words}")));
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
}

impl Social {
    fn said_by(self, mut pod: Pod) -> Pod {
        let labels = |app: &str| Labels::from([("app".to_owned(), app.to_owned())]);
        pod.key.namespace = self.tenant.to_owned();
        pod.scheduling.labels = labels(self.app);
        pod.scheduling.policy = Some(PlacementPolicy { sharing: self.sharing, ..PlacementPolicy::default() });
        let term = |app| PodAffinityTerm {
            label_selector: Some(LabelSelector { match_labels: labels(app), match_expressions: Vec::new() }),
            topology_key: "zone".to_owned(),
            ..PodAffinityTerm::default()
        };
        pod.scheduling.pod_anti_affinity.required = self.apart.map(term).into_iter().collect();
        pod
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
    (any_of(&["one", "one", "two"]), any_of(&["a", "b"]), sharing, apart)
        .prop_map(|(tenant, app, sharing, apart)| Social { tenant, app, sharing, apart })
}

fn any_of(words: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    select(words.to_vec())
}

fn node() -> impl Strategy<Value = String> {
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
    parts.prop_map(|(tee, enclaves, cpu, labels, taints, devices)| {
        format!("{tee} {enclaves} {cpu} {labels} {taints} {devices}")
    })
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
