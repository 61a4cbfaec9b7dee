//! Who gives way for whom.

use casemate_model::{BudgetBound, NodeName};
use casemate_model::{Bytes, Capacity, DisruptionBudget, Node, Pod, Preemption, Share, Timestamp};

use crate::testing::*;
use crate::{Observation, Rule};

/// A node for two of these pods.
fn for_two(name: &str) -> Node {
    Node { capacity: Capacity { memory: Bytes(2), ..node(name).capacity }, ..node(name) }
}

fn of(name: &str, priority: i32) -> Pod {
    let mut pod = Pod { priority, ..pod(name) };
    pod.scheduling.labels = labels(&[("app", "db")]);
    pod
}

/// Two pods of priority 1 on the only node.
fn full() -> Vec<Observation> {
    vec![
        Observation::NodeOffered { node: for_two("n") },
        affirmed("n", 0, 1000),
        placed(of("a", 1), "n", 1),
        placed(of("b", 1), "n", 1),
    ]
}

fn preempts(by: Pod, victims: &[&str]) -> Observation {
    let victims = victims.iter().map(|victim| pod_key(victim)).collect();
    Observation::PodsPreempted { at: Timestamp(2), by, node: node_name("n"), victims, beyond_budgets: false }
}

fn released(pod: &str) -> Observation {
    Observation::PodReleased { pod: pod_key(pod) }
}

fn after_full(stream: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    rules(full().into_iter().chain(stream))
}

#[test]
fn lower_priorities_give_way_and_equal_ones_do_not() {
    let with = |priority| {
        after_full([preempts(of("p", priority), &["a"]), released("a"), placed(of("p", priority), "n", 3)])
    };
    assert_eq!(with(2), []);
    assert_eq!(with(1), [Rule::VictimNotLower]);
}

#[test]
fn nobody_gives_way_to_a_pod_that_wants_none_to() {
    let mut modest = of("p", 2);
    modest.scheduling.preemption = Preemption::Never;
    assert_eq!(after_full([preempts(modest, &["a"])]), [Rule::PreemptionForbidden]);
}

#[test]
fn nobody_gives_way_on_a_node_that_is_not_attested() {
    let revoked = Observation::PlatformWitnessRevoked { node: NodeName("n".to_owned()) };
    assert_eq!(after_full([revoked, preempts(of("p", 2), &["a"])]), [Rule::PreemptedForUnattested]);
    let late = Observation::PodsPreempted {
        at: Timestamp(1001),
        by: of("p", 2),
        node: node_name("n"),
        victims: vec![pod_key("a")],
        beyond_budgets: false,
    };
    assert_eq!(after_full([late]), [Rule::PreemptedForUnattested]);
}

#[test]
fn nobody_gives_way_in_vain_or_needlessly() {
    let mut large = of("p", 2);
    large.containers[0].demand.memory = Bytes(2);
    assert_eq!(after_full([preempts(large.clone(), &["a"])]), [Rule::PreemptedInVain]);
    assert_eq!(after_full([preempts(large, &["a", "b"])]), []);
    let both = after_full([preempts(of("p", 2), &["a", "b"])]);
    assert_eq!(both, [Rule::NeedlessVictim, Rule::NeedlessVictim]);
}

#[test]
fn victims_are_on_the_node_that_is_cleared() {
    let elsewhere =
        [Observation::NodeOffered { node: for_two("m") }, affirmed("m", 0, 1000), placed(of("c", 1), "m", 1)];
    let stream = elsewhere.into_iter().chain([preempts(of("p", 2), &["c"])]);
    assert_eq!(after_full(stream), [Rule::VictimElsewhere, Rule::PreemptedInVain]);
    assert_eq!(after_full([preempts(of("p", 2), &["x", "a"])]), [Rule::NotInPlace]);
}

#[test]
fn for_whom_others_gave_way_is_placed_there() {
    let stream = [preempts(of("p", 2), &["a"]), released("a"), released("b")];
    let mut judge = crate::Judge::new(limits());
    full().into_iter().chain(stream).for_each(|it| judge.observe(it));
    let rules: Vec<_> = judge.finish().violations.iter().map(|it| it.rule).collect();
    assert_eq!(rules, [Rule::PreemptorNotPlaced]);
    let elsewhere = [Observation::NodeOffered { node: for_two("m") }, affirmed("m", 0, 1000)];
    let stream = elsewhere.into_iter().chain([preempts(of("p", 2), &["a"]), placed(of("p", 2), "m", 3)]);
    assert_eq!(after_full(stream), [Rule::PreemptorNotPlaced]);
}

fn budget(bound: BudgetBound) -> Observation {
    let budget = DisruptionBudget {
        namespace: "default".to_owned(),
        name: "db".to_owned(),
        selector: selector(&[("app", "db")]),
        bound,
    };
    Observation::BudgetSet { budget }
}

#[test]
fn as_many_stay_as_the_budget_says() {
    use BudgetBound::{MaxUnavailable, MinAvailable};
    let with = |bound| after_full([budget(bound), preempts(of("p", 2), &["a"])]);
    assert_eq!(with(MinAvailable(Share::Count(1))), []);
    assert_eq!(with(MinAvailable(Share::Count(2))), [Rule::BudgetIgnored]);
    assert_eq!(with(MinAvailable(Share::Percent(50))), []);
    assert_eq!(with(MinAvailable(Share::Percent(51))), [Rule::BudgetIgnored]);
    assert_eq!(with(MaxUnavailable(Share::Count(1))), []);
    assert_eq!(with(MaxUnavailable(Share::Count(0))), [Rule::BudgetIgnored]);
    assert_eq!(with(MaxUnavailable(Share::Percent(1))), []);
}

#[test]
fn budgets_of_other_namespaces_and_labels_say_nothing() {
    let other = |change: fn(&mut DisruptionBudget)| {
        let Observation::BudgetSet { mut budget } = budget(BudgetBound::MaxUnavailable(Share::Count(0)))
        else {
            unreachable!("it is one")
        };
        change(&mut budget);
        after_full([Observation::BudgetSet { budget }, preempts(of("p", 2), &["a"])])
    };
    assert_eq!(other(|budget| budget.namespace = "other".to_owned()), []);
    assert_eq!(other(|budget| budget.selector = selector(&[("app", "web")])), []);
    assert_eq!(other(|_| {}), [Rule::BudgetIgnored]);
}

#[test]
fn who_is_gone_already_counts_until_it_is_back() {
    let bound = BudgetBound::MaxUnavailable(Share::Count(1));
    let mut others = of("p", 2);
    others.scheduling.labels.clear();
    let mut more = Pod { key: pod_key("q"), ..others.clone() };
    more.priority = 3;
    let first = [budget(bound), preempts(others.clone(), &["a"]), released("a"), placed(others, "n", 3)];
    let again = [preempts(more.clone(), &["b"])];
    assert_eq!(after_full(first.clone().into_iter().chain(again.clone())), [Rule::BudgetIgnored]);
    let back =
        [Observation::NodeOffered { node: for_two("m") }, affirmed("m", 0, 1000), placed(of("a", 1), "m", 4)];
    assert_eq!(after_full(first.into_iter().chain(back).chain(again)), []);
}

#[test]
fn a_budget_may_be_exceeded_where_that_is_said() {
    let said = Observation::PodsPreempted {
        at: Timestamp(2),
        by: of("p", 2),
        node: node_name("n"),
        victims: vec![pod_key("a")],
        beyond_budgets: true,
    };
    assert_eq!(after_full([budget(BudgetBound::MaxUnavailable(Share::Count(0))), said]), []);
}
