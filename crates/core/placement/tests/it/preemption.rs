//! Who goes for a more important pod, and who does not.

use casemate_model::{BudgetBound, DisruptionBudget, PlacementPolicy, Pod, Preemption, Share};
use casemate_placement::{Options, Planning, Supposed};

use crate::{lines, words};

fn pre_emptive() -> Options {
    Options { policy: PlacementPolicy { preemptive: true, ..Default::default() }, ..Options::default() }
}

fn pods(all: &str) -> Vec<Pod> {
    lines(all).map(words::pod).collect()
}

/// Who loses a place, where `there` are on one node of 1000m, and the last comes.
fn victims(there: &str, coming: &str, change: impl Fn(&mut Vec<Pod>, &mut Options)) -> Vec<String> {
    let mut all = pods(there);
    for pod in &mut all {
        pod.scheduling.node = Some(crate::name("n"));
    }
    all.extend(pods(coming));
    let mut options = pre_emptive();
    change(&mut all, &mut options);
    let planning =
        Planning::with([words::node("name=n cpu=1000 memory=100")], &all, &options, &Supposed::default())
            .unwrap();
    let lost = planning.preempted().iter().map(|it| all[it.victim].key.name.clone()).collect();
    let last = all.len() - 1;
    let placed = planning.placed().any(|(nth, _)| nth == last);
    let victims: Vec<String> = lost;
    assert!(victims.is_empty() || placed, "whoever others went for has a place");
    victims
}

const THERE: &str = "name=a priority=1 cpu=300
    name=b priority=2 cpu=300
    name=c priority=3 cpu=300";

#[test]
fn the_least_important_go_and_no_more_than_it_takes() {
    assert_eq!(victims(THERE, "name=new priority=9 cpu=300", |_, _| ()), ["a"]);
    assert_eq!(victims(THERE, "name=new priority=9 cpu=500", |_, _| ()), ["a", "b"]);
    assert!(victims(THERE, "name=new priority=9 cpu=100", |_, _| ()).is_empty(), "there is room");
}

#[test]
fn nobody_goes_for_one_who_is_no_more_important_or_does_not_fit_at_all() {
    assert!(victims(THERE, "name=new priority=1 cpu=300", |_, _| ()).is_empty());
    assert!(victims(THERE, "name=new priority=2 cpu=500", |_, _| ()).is_empty());
    assert!(victims(THERE, "name=new priority=9 cpu=2000", |_, _| ()).is_empty());
    assert!(victims(THERE, "name=new priority=9 cpu=300 select:zone=a", |_, _| ()).is_empty());
}

#[test]
fn who_forgoes_it_and_who_is_not_pre_emptive_displaces_nobody() {
    let never = |pods: &mut Vec<Pod>, _: &mut Options| {
        pods.last_mut().unwrap().scheduling.preemption = Preemption::Never;
    };
    assert!(victims(THERE, "name=new priority=9 cpu=300", never).is_empty());
    let shared = |_: &mut Vec<Pod>, options: &mut Options| options.policy.preemptive = false;
    assert!(victims(THERE, "name=new priority=9 cpu=300", shared).is_empty());
}

#[test]
fn a_budget_is_kept_if_somebody_more_important_has_to_go_for_it() {
    let budget = |pods: &mut Vec<Pod>, options: &mut Options| {
        pods[0].scheduling.labels.insert("app".into(), "a".into());
        let mut selector = casemate_model::affinity::LabelSelector::default();
        selector.match_labels.insert("app".into(), "a".into());
        options.budgets.push(DisruptionBudget {
            namespace: "default".into(),
            name: "keep".into(),
            selector,
            bound: BudgetBound::MinAvailable(Share::Count(1)),
        });
    };
    assert_eq!(victims(THERE, "name=new priority=9 cpu=300", budget), ["b"]);
}

#[test]
fn who_went_before_counts_as_unavailable_until_he_has_a_place_again() {
    let all = |unavailable: u32| {
        let there = "name=a priority=1 cpu=500\n name=b priority=1 cpu=500";
        let coming = "name=first priority=9 cpu=500\n name=second priority=8 cpu=500";
        victims(there, coming, |pods, options| {
            for pod in &mut pods[..2] {
                pod.scheduling.labels.insert("app".into(), "a".into());
            }
            let mut selector = casemate_model::affinity::LabelSelector::default();
            selector.match_labels.insert("app".into(), "a".into());
            options.budgets.push(DisruptionBudget {
                namespace: "default".into(),
                name: "keep".into(),
                selector,
                bound: BudgetBound::MaxUnavailable(Share::Count(unavailable)),
            });
            // Whoever comes last has a place where anybody went.
            pods.swap(2, 3);
        })
    };
    assert_eq!(all(1).len(), 1, "the second one goes without");
    assert_eq!(all(2).len(), 2);
}

#[test]
fn of_very_many_those_who_need_not_go_stay() {
    let there: String = (0..20).map(|at| format!("name=p{at:02} priority={at} cpu=50\n")).collect();
    let gone = victims(&there, "name=new priority=99 cpu=100", |_, _| ());
    assert_eq!(gone, ["p00", "p01"]);
}

#[test]
fn nobody_goes_for_a_node_that_is_not_trusted() {
    let all = pods("name=there priority=0 cpu=900\n name=new priority=9 cpu=900 tee=sgx epc=1");
    let node = words::node("name=n cpu=1000 tee=sgx epc=64");
    let mut all = all;
    all[0].scheduling.node = Some(crate::name("n"));
    let supposed =
        Supposed { distrusted: vec![(crate::name("n"), "supposed".to_owned())], given_up: Vec::new() };
    let planning = Planning::with([node.clone()], &all, &pre_emptive(), &supposed).unwrap();
    assert!(planning.preempted().is_empty() && planning.placed().count() == 1);
    let planning = Planning::with([node], &all, &pre_emptive(), &Supposed::default()).unwrap();
    assert_eq!(planning.preempted().len(), 1, "trusted, it is worth it");
}
