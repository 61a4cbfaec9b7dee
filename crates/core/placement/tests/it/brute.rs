//! Against a direct, slow walk over every node and every pod that is there: on small random instances a pod is
//! placed where the walk allows it whenever it allows any node, and nowhere else; what is explained of each node
//! is what the walk finds there; and the independent checker finds nothing wrong with any plan.

mod instance;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use casemate_checker::{Planned, PlannedPod, Unplaced, judge_plan};
use casemate_model::{Node, NodeName, PlacementPolicy, Pod};
use casemate_placement::{Decision, Explanation, Hypothetical, Ledger, NodeReport, Planning};
use proptest::prelude::*;

use crate::{NOW, finish};
use instance::{Step, instances};
use world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_pod_is_placed_where_the_walk_allows_it_and_nowhere_else((nodes, steps) in instances()) {
        let mut ledger = Ledger::<Hypothetical>::new(nodes.clone()).unwrap();
        let mut world = World::new(nodes);
        let mut plans = BTreeMap::new();
        for step in steps {
            let pod = match step {
                Step::Place(pod) => pod,
                Step::Release(nth) => {
                    let Some(key) = world.nth_pod(nth) else { continue };
                    world.release(&key);
                    finish(&mut ledger, plans.remove(&key));
                    continue;
                }
            };
            let allowed = world.allowed(&pod);
            let explained = ledger.explain(&pod, NOW);
            for report in &explained.nodes {
                check_report(report, &world.against(&pod, &report.node))?;
            }
            check_hurdles(&explained, &world, &pod)?;
            match ledger.place(&pod, NOW) {
                Decision::Placed(plan) => {
                    prop_assert!(allowed.contains(plan.node()), "{:?}, not {}", allowed, plan.node());
                    prop_assert_eq!(explained.chosen.as_ref(), Some(plan.node()));
                    world.place(&pod, plan.node());
                    plans.insert(pod.key.clone(), plan);
                }
                Decision::Waiting => {
                    prop_assert!(allowed.is_empty(), "{allowed:?}");
                    prop_assert!(!world.never(&pod), "{explained}");
                }
                Decision::Never => prop_assert!(world.never(&pod), "{allowed:?}"),
            }
        }
        finish(&mut ledger, plans.into_values());
    }

    #[test]
    fn a_planned_pod_is_where_the_walk_allows_it_and_the_checker_finds_nothing_wrong(
        (nodes, steps) in instances(),
    ) {
        // Who names a node or wants to be near others may come before its turn, or once more.
        let pods: Vec<Pod> = steps.into_iter().filter_map(Step::pod).map(alone).collect();
        let planning = Planning::of(nodes.clone(), &pods).unwrap();
        let placed: BTreeMap<usize, NodeName> =
            planning.placed().map(|(nth, plan)| (nth, plan.node().clone())).collect();
        let never: BTreeMap<usize, bool> =
            planning.pending().iter().flat_map(|it| it.pods.iter().map(|nth| (*nth, it.never))).collect();
        let mut order: Vec<usize> = (0..pods.len()).collect();
        order.sort_by_key(|nth| std::cmp::Reverse(pods[*nth].priority));
        let mut world = World::new(nodes.clone());
        for nth in &order {
            let pod = &pods[*nth];
            match placed.get(nth) {
                Some(node) => {
                    prop_assert!(world.allowed(pod).contains(node), "{} on {node}", pod.key);
                    world.place(pod, node);
                }
                None => prop_assert_eq!(never.get(nth), Some(&world.never(pod))),
            }
        }
        for nth in never.keys() {
            prop_assert_eq!(&world.allowed(&pods[*nth]), &BTreeSet::new());
        }
        check_plan(&nodes, &pods, &order, &placed, &never)?;
    }
}

fn alone(mut pod: Pod) -> Pod {
    pod.scheduling.node = None;
    pod.scheduling.pod_affinity.required.clear();
    pod
}

/// What a node is said to object to is what the walk finds there.
fn check_report(report: &NodeReport, against: &BTreeSet<&'static str>) -> Result<(), TestCaseError> {
    let said: BTreeSet<&str> = report.objections().map(|(filter, _)| filter).collect();
    prop_assert_eq!(&said, against, "of {}", report);
    prop_assert_eq!(report.score.is_some(), against.is_empty(), "{}", report);
    Ok(())
}

/// Every node is told of once, in no more words than it takes: of a node that could never take the pod, only why.
fn check_hurdles(explained: &Explanation, world: &World, pod: &Pod) -> Result<(), TestCaseError> {
    let hurdles = explained.hurdles();
    if !world.allowed(pod).is_empty() {
        prop_assert!(hurdles.is_empty());
        return Ok(());
    }
    prop_assert_eq!(hurdles.iter().map(|it| it.nodes).sum::<usize>(), explained.nodes.len());
    let mut told = BTreeSet::new();
    for hurdle in &hurdles {
        let report = explained.node(&hurdle.example);
        let of_example: Vec<_> = report.iter().flat_map(|it| it.objections()).collect();
        let kinds = |it: &casemate_placement::Objection| std::mem::discriminant(it);
        for objection in &hurdle.objections {
            let held = of_example.iter().any(|(_, other)| kinds(other) == kinds(objection));
            prop_assert!(held, "{} of {}", objection, hurdle.example);
        }
        let never = world.never_on(pod, &hurdle.example);
        prop_assert_eq!(hurdle.is_permanent(), never, "{}", hurdle);
        prop_assert!(!hurdle.objections.is_empty());
        if never {
            prop_assert!(hurdle.objections.iter().all(|it| it.is_permanent()), "{}", hurdle);
        }
        let mut texts: Vec<_> = hurdle.objections.iter().map(ToString::to_string).collect();
        texts.sort();
        prop_assert!(told.insert(texts), "said twice: {}", hurdle);
    }
    Ok(())
}

fn check_plan(
    nodes: &[Node],
    pods: &[Pod],
    order: &[usize],
    placed: &BTreeMap<usize, NodeName>,
    never: &BTreeMap<usize, bool>,
) -> Result<(), TestCaseError> {
    let places = order.iter().filter_map(|nth| {
        let node = placed.get(nth)?;
        Some(PlannedPod { pod: &pods[*nth], node, taken: None })
    });
    let verdict = |never: bool| if never { Unplaced::Never } else { Unplaced::Waiting };
    let pending: Vec<_> = never.iter().map(|(nth, never)| (&pods[*nth], verdict(*never))).collect();
    let findings = judge_plan(&Planned {
        nodes,
        namespaces: &BTreeMap::new(),
        policy: PlacementPolicy::default(),
        exempt: &BTreeSet::new(),
        overcommit: None,
        distrusted: &BTreeSet::new(),
        placed: &places.collect::<Vec<_>>(),
        pending: &pending,
    });
    prop_assert!(findings.is_clean(), "{:#?}", findings.violations);
    Ok(())
}
