//! A whole plan, judged at once.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::Labels;
use casemate_model::{Node, NodeName, PlacementPolicy, Pod, Timestamp};

use crate::placement::Placements;
use crate::record::Record;
use crate::{Findings, Leeway, Taken, Unplaced};

/// What a plan says. Nothing in it runs, so no witness is asked for: each node counts as attested but those that
/// are distrusted.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// The nodes.
    pub nodes: &'a [Node],
    /// Labels of namespaces. Those that are not in it have none but their name.
    pub namespaces: &'a BTreeMap<String, Labels>,
    /// How pods share that do not say.
    pub policy: PlacementPolicy,
    /// Namespaces that are nobody's rivals, beside the system's.
    pub exempt: &'a BTreeSet<String>,
    /// How far encrypted memory beyond requests is shared out. `None`: that is not looked at.
    pub overcommit: Option<Leeway>,
    /// Nodes that take nothing confidential.
    pub distrusted: &'a BTreeSet<NodeName>,
    /// Pods with a place, in the order in which they got it.
    pub placed: &'a [PlannedPod<'a>],
    /// Pods without one, as everything is in the end.
    pub pending: &'a [(&'a Pod, Unplaced)],
}

/// A pod and its place.
#[derive(Clone, Copy, Debug)]
pub struct PlannedPod<'a> {
    /// The pod, as asked for.
    pub pod: &'a Pod,
    /// Where it goes.
    pub node: &'a NodeName,
    /// Out of which parts of the node, where that is said.
    pub taken: Option<&'a Taken>,
}

/// Breaches that are kept in full.
const KEPT: usize = 1000;

/// Everything that is wrong with a plan. Pending pods that are alike are judged once.
///
/// Pods that were held back for others break no rule: a plan says once what becomes of each.
pub fn judge_plan(plan: &Planned<'_>) -> Findings {
    let now = Timestamp(0);
    let mut record = Record::new(KEPT);
    let mut placements = Placements::default();
    placements.default_to(plan.policy);
    plan.exempt.iter().cloned().for_each(|namespace| placements.exempt(namespace));
    if let Some(leeway) = plan.overcommit {
        placements.allow(leeway);
    }
    for (namespace, labels) in plan.namespaces {
        placements.name(namespace.clone(), labels.clone());
    }
    for node in plan.nodes {
        let tees = node.tee.into_iter().chain(node.hardware.other_tees.iter().copied());
        placements.offer(node.clone());
        for tee in tees.filter(|_| !plan.distrusted.contains(&node.name)) {
            placements.witness(&mut record, &node.name, Some(tee), (now, Timestamp(u64::MAX)));
        }
    }
    for PlannedPod { pod, node, taken } in plan.placed {
        placements.place(&mut record, now, (*pod).clone(), (*node).clone());
        if let Some(taken) = taken {
            placements.took(&mut record, &pod.key, (*taken).clone());
        }
        record.index = record.index.saturating_add(1);
    }
    let mut judged = BTreeSet::new();
    for (pod, verdict) in plan.pending {
        let verdict_kind = matches!(verdict, Unplaced::Never);
        if *verdict != Unplaced::HeldBack && judged.insert((verdict_kind, likeness(pod))) {
            placements.unplaced(&mut record, now, pod, *verdict);
        }
        record.index = record.index.saturating_add(1);
    }
    Findings { violations: record.kept, more: record.more, observations: record.index }
}

/// Everything of a pod that decides about its place, as text.
fn likeness(pod: &Pod) -> String {
    let containers = |all: &[casemate_model::Container]| -> Vec<_> {
        all.iter().map(|it| (it.name.clone(), it.demand.clone())).collect()
    };
    let demands = (containers(&pod.init_containers), containers(&pod.containers));
    let overhead = (pod.overhead_cpu, pod.overhead_memory, pod.overhead_key_slots);
    let terms = (&pod.node_selector, &pod.tolerations, &pod.scheduling);
    format!("{:?} {demands:?} {overhead:?} {terms:?}", pod.key.namespace)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use casemate_model::affinity::{Inclusion, PodAffinityTerm, SpreadConstraint, WhenUnsatisfiable};
    use casemate_model::{MilliCpu, Scope, Sharing};

    use super::*;
    use crate::Rule;
    use crate::testing::*;

    struct Paper {
        nodes: Vec<Node>,
        policy: PlacementPolicy,
        exempt: BTreeSet<String>,
        overcommit: Option<Leeway>,
        distrusted: BTreeSet<NodeName>,
    }

    fn paper(nodes: &[&str]) -> Paper {
        let nodes = nodes.iter().map(|name| node(name)).collect();
        Paper {
            nodes,
            policy: PlacementPolicy::default(),
            exempt: BTreeSet::new(),
            overcommit: None,
            distrusted: BTreeSet::new(),
        }
    }

    impl Paper {
        fn judged(&self, placed: &[(Pod, &str)], pending: &[(Pod, Unplaced)]) -> Vec<Rule> {
            let names: Vec<_> = placed.iter().map(|(_, node)| node_name(node)).collect();
            let placed = placed.iter().zip(&names);
            let placed: Vec<_> =
                placed.map(|((pod, _), node)| PlannedPod { pod, node, taken: None }).collect();
            let pending: Vec<_> = pending.iter().map(|(pod, verdict)| (pod, *verdict)).collect();
            let findings = judge_plan(&Planned {
                nodes: &self.nodes,
                namespaces: &BTreeMap::new(),
                policy: self.policy,
                exempt: &self.exempt,
                overcommit: self.overcommit,
                distrusted: &self.distrusted,
                placed: &placed,
                pending: &pending,
            });
            findings.violations.iter().map(|violation| violation.rule).collect()
        }
    }

    fn large(name: &str, cpu: u64) -> Pod {
        let mut pod = pod(name);
        pod.containers[0].demand.cpu = MilliCpu(cpu);
        pod
    }

    #[test]
    fn a_plan_needs_no_witness_and_no_releases() {
        assert_eq!(paper(&["n"]).judged(&[(pod("p"), "n")], &[(large("q", 10), Unplaced::Waiting)]), []);
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_found() {
        let placed = [(large("p", 6), "n"), (large("q", 6), "n")];
        assert_eq!(paper(&["n", "m"]).judged(&placed, &[]), [Rule::CpuOvercommitted]);
        let pending = [(pod("w"), Unplaced::Waiting), (pod("x"), Unplaced::Never)];
        let rules = paper(&["n"]).judged(&[], &pending);
        assert_eq!(rules, [Rule::WaitsThoughItFits, Rule::GivenUpThoughPossible]);
    }

    #[test]
    fn pods_that_are_alike_are_judged_once_and_those_that_are_not_each() {
        let with = |second: Pod| {
            let pending = [(pod("w"), Unplaced::Waiting), (second, Unplaced::Waiting)];
            paper(&["n"]).judged(&[], &pending).len()
        };
        assert_eq!(with(pod("x")), 1);
        assert_eq!(with(large("x", 2)), 2);
        let mut labelled = pod("x");
        labelled.scheduling.labels = labels(&[("app", "db")]);
        assert_eq!(with(labelled), 2);
    }

    #[test]
    fn a_distrusted_node_takes_nothing_confidential() {
        let distrusting = Paper { distrusted: BTreeSet::from([node_name("n")]), ..paper(&["n"]) };
        assert_eq!(distrusting.judged(&[(pod("p"), "n")], &[]), [Rule::NoPlatformWitness]);
        assert_eq!(distrusting.judged(&[], &[(pod("p"), Unplaced::Waiting)]), []);
    }

    #[test]
    fn the_clusters_policy_is_that_of_pods_that_name_none() {
        let policy =
            PlacementPolicy { sharing: Sharing::Exclusive(Scope::Node), ..PlacementPolicy::default() };
        let mut stranger = pod("q");
        stranger.key.namespace = "other".to_owned();
        let rules = Paper { policy, ..paper(&["n"]) }.judged(&[(pod("p"), "n"), (stranger, "n")], &[]);
        assert_eq!(rules, [Rule::ExclusiveIgnored, Rule::OthersExclusiveIgnored]);
    }

    #[test]
    fn who_is_exempt_is_nobodys_rival_and_who_is_not_is() {
        let alone =
            PlacementPolicy { sharing: Sharing::Exclusive(Scope::Node), ..PlacementPolicy::default() };
        let mut first = pod("p");
        first.scheduling.policy = Some(alone);
        let mut agent = Pod { key: pod_key("q"), ..first.clone() };
        agent.key.namespace = "monitoring".to_owned();
        let with = |exempt: &str, waits: bool| {
            let exempt = BTreeSet::from([exempt.to_owned()]);
            let paper = Paper { exempt, ..paper(&["n"]) };
            if waits {
                paper.judged(&[(first.clone(), "n")], &[(agent.clone(), Unplaced::Waiting)])
            } else {
                paper.judged(&[(first.clone(), "n"), (agent.clone(), "n")], &[])
            }
        };
        assert_eq!(with("monitoring", false), []);
        assert_eq!(with("monitoring", true), [Rule::WaitsThoughItFits]);
        assert_eq!(with("other", false), [Rule::ExclusiveIgnored, Rule::OthersExclusiveIgnored]);
        assert_eq!(with("other", true), []);
    }

    /// Terms of all kinds on two hundred nodes. Counting on with each pod finds what counting anew does.
    #[test]
    fn what_is_counted_on_is_what_would_be_counted_anew() {
        let zone = |nth: usize| format!("{}", nth % 7);
        let nodes: Vec<Node> = (0..200)
            .map(|nth| Node {
                labels: labels(&[("zone", &zone(nth)), ("host", &nth.to_string())]),
                ..node(&format!("n{nth}"))
            })
            .collect();
        let term = |app: &str, key: &str| PodAffinityTerm {
            label_selector: Some(selector(&[("app", app)])),
            topology_key: key.to_owned(),
            ..PodAffinityTerm::default()
        };
        let pods: Vec<(Pod, NodeName)> = (0..600usize)
            .map(|nth| {
                let app = format!("{}", nth % 5);
                let mut pod = pod(&format!("p{nth}"));
                pod.scheduling.labels = labels(&[("app", &app)]);
                match nth % 5 {
                    0 => pod.scheduling.pod_anti_affinity.required = vec![term("0", "host")],
                    1 => pod.scheduling.pod_affinity.required = vec![term("1", "zone")],
                    2 => {
                        pod.scheduling.topology_spread = vec![SpreadConstraint {
                            max_skew: NonZeroU32::new(2).expect("two"),
                            min_domains: None,
                            topology_key: "zone".to_owned(),
                            when_unsatisfiable: WhenUnsatisfiable::DoNotSchedule,
                            label_selector: Some(selector(&[("app", &app)])),
                            match_label_keys: BTreeSet::new(),
                            node_affinity_policy: Inclusion::Honor,
                            node_taints_policy: Inclusion::Ignore,
                        }];
                    }
                    _ => {}
                }
                (pod, node_name(&format!("n{}", nth * 31 % 200)))
            })
            .collect();
        let judged = |placed: &[(Pod, NodeName)]| {
            let placed: Vec<_> =
                placed.iter().map(|(pod, node)| PlannedPod { pod, node, taken: None }).collect();
            let found = judge_plan(&Planned {
                nodes: &nodes,
                namespaces: &BTreeMap::new(),
                policy: PlacementPolicy::default(),
                exempt: &BTreeSet::new(),
                overcommit: None,
                distrusted: &BTreeSet::new(),
                placed: &placed,
                pending: &[],
            });
            found.violations.into_iter().map(|it| (it.index, it.rule)).collect::<Vec<_>>()
        };
        let all = judged(&pods);
        assert!(all.iter().any(|(_, rule)| *rule == Rule::PodAffinityIgnored), "{all:?}");
        assert!(all.iter().any(|(_, rule)| *rule == Rule::SpreadIgnored), "{all:?}");
        // Without the others' terms, nobody has asked before the last pod does, and its counts begin with it.
        for last in [101, 102, 351, 502] {
            let mut anew = pods[..last].to_vec();
            anew.iter_mut().for_each(|(pod, _)| {
                pod.scheduling.pod_affinity.required.clear();
                pod.scheduling.topology_spread.clear();
            });
            anew.push(pods[last].clone());
            let of_last = |found: &[(u64, Rule)]| -> Vec<Rule> {
                let last = last as u64;
                found.iter().filter(|(index, _)| *index == last).map(|(_, rule)| *rule).collect()
            };
            assert_eq!(of_last(&judged(&anew)), of_last(&all), "{last}");
        }
    }
}
