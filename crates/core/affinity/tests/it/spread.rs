//! Topology spread constraints, rule by rule.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use casemate_affinity::{Objection, PodTerms, Rule};
use casemate_model::affinity::{Inclusion, LabelSelector, NodeFacts, SpreadConstraint, WhenUnsatisfiable};
use casemate_model::{Taint, TaintEffect, Toleration, TolerationOperator};

use crate::fixture::{Cluster, app, labels, node, spread};

fn spreading(constraint: SpreadConstraint) -> PodTerms {
    PodTerms { spread: vec![constraint], ..app("db") }
}

fn three_zones() -> Cluster {
    Cluster::zones(&[("a", "1"), ("b", "2"), ("c", "3")])
}

fn tainted(name: &str, zone: &str, effect: TaintEffect) -> NodeFacts {
    let taint = Taint { key: "gpu".into(), value: String::new(), effect };
    NodeFacts { taints: vec![taint], ..node(name, &[("zone", zone)]) }
}

#[test]
fn a_domain_may_exceed_the_emptiest_by_the_skew_and_no_more() {
    let mut cluster = three_zones();
    let pod = spreading(spread("zone", "db", 1));
    assert_eq!(cluster.allowed(&pod), ["a", "b", "c"]);
    cluster.put(&pod, "a");
    assert_eq!(cluster.allowed(&pod), ["b", "c"]);
    cluster.put(&pod, "b");
    cluster.put(&pod, "c");
    assert_eq!(cluster.allowed(&pod), ["a", "b", "c"]);
}

#[test]
fn an_objection_says_what_was_counted() {
    let mut cluster = three_zones();
    let pod = spreading(spread("zone", "db", 2));
    cluster.put(&pod, "a");
    cluster.put(&pod, "a");
    let expected = Objection::Skewed {
        constraint: 0,
        topology_key: "zone".into(),
        domain: "1".into(),
        pods: 3,
        least: 0,
        domains: 3,
        max_skew: 2,
    };
    assert_eq!(cluster.topology.objections(&pod, cluster.node("a")), [expected]);
}

#[test]
fn a_node_without_the_topology_key_is_refused_and_is_no_domain() {
    let mut cluster = Cluster::of(vec![node("a", &[("zone", "1")]), node("b", &[])]);
    let pod = spreading(spread("zone", "db", 1));
    cluster.put(&pod, "a");
    cluster.put(&pod, "b");
    assert_eq!(cluster.allowed(&pod), ["a"]);
    let expected = Objection::NoDomain { rule: Rule::Spread(0), topology_key: "zone".into() };
    assert_eq!(cluster.topology.objections(&pod, cluster.node("b")), [expected]);
}

#[test]
fn a_node_that_lacks_one_of_the_topology_keys_counts_for_none() {
    let mut cluster = Cluster::of(vec![
        node("a", &[("zone", "1"), ("rack", "1")]),
        node("b", &[("zone", "2")]),
        node("c", &[("zone", "1")]),
    ]);
    let pod = PodTerms { spread: vec![spread("zone", "db", 1), spread("rack", "db", 9)], ..app("db") };
    cluster.put(&pod, "c");
    assert_eq!(cluster.allowed(&pod), ["a"], "the pod on c is not counted");
    cluster.put(&pod, "a");
    assert_eq!(cluster.allowed(&pod), ["a"], "zone 2, with no such node, is not the emptiest domain");
}

#[test]
fn with_fewer_domains_than_asked_for_the_emptiest_counts_as_empty() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "2")]);
    let three = SpreadConstraint { min_domains: NonZeroU32::new(3), ..spread("zone", "db", 1) };
    cluster.put(&app("db"), "a");
    cluster.put(&app("db"), "b");
    assert_eq!(cluster.allowed(&spreading(spread("zone", "db", 1))), ["a", "b"]);
    assert!(cluster.allowed(&spreading(three)).is_empty());
}

#[test]
fn only_pods_of_the_same_namespace_are_counted() {
    let mut cluster = three_zones();
    cluster.put(&PodTerms { namespace: "other".into(), ..app("db") }, "a");
    assert_eq!(cluster.allowed(&spreading(spread("zone", "db", 1))), ["a", "b", "c"]);
}

#[test]
fn pods_that_are_being_deleted_are_not_counted() {
    let mut cluster = three_zones();
    let pod = spreading(spread("zone", "db", 1));
    cluster.topology.learn(&pod);
    let placed = cluster.put(&pod, "a");
    assert_eq!(cluster.allowed(&pod), ["b", "c"]);
    assert!(cluster.topology.set_leaving(&placed) && cluster.topology.set_leaving(&placed));
    assert_eq!(cluster.allowed(&pod), ["a", "b", "c"]);
    cluster.topology.remove(&placed);
    cluster.put(&pod, "a");
    assert_eq!(cluster.allowed(&pod), ["b", "c"]);
}

#[test]
fn a_pod_that_is_said_twice_to_be_deleted_is_left_out_once() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "2")]);
    let pod = spreading(spread("zone", "db", 1));
    cluster.topology.learn(&pod);
    let placed = cluster.put(&pod, "a");
    cluster.put(&pod, "a");
    assert!(cluster.topology.set_leaving(&placed) && cluster.topology.set_leaving(&placed));
    assert_eq!(cluster.allowed(&pod), ["b"], "the other pod still counts");
}

#[test]
fn a_pod_its_own_selector_does_not_mean_adds_nothing_to_a_domain() {
    let mut cluster = three_zones();
    cluster.put(&app("web"), "a");
    assert_eq!(cluster.allowed(&spreading(spread("zone", "web", 1))), ["a", "b", "c"]);
    cluster.put(&app("web"), "a");
    assert_eq!(cluster.allowed(&spreading(spread("zone", "web", 1))), ["b", "c"]);
}

#[test]
fn an_absent_and_an_empty_selector_count_no_pod() {
    let mut cluster = three_zones();
    cluster.put(&app("db"), "a");
    for label_selector in [None, Some(LabelSelector::default())] {
        let pod = spreading(SpreadConstraint { label_selector, ..spread("zone", "db", 1) });
        assert_eq!(cluster.allowed(&pod), ["a", "b", "c"]);
    }
}

#[test]
fn match_label_keys_spread_each_version_by_itself() {
    let mut cluster = three_zones();
    let constraint =
        SpreadConstraint { match_label_keys: BTreeSet::from(["version".into()]), ..spread("zone", "db", 1) };
    let version = |number: &str| PodTerms {
        labels: labels(&[("app", "db"), ("version", number)]),
        ..spreading(constraint.clone())
    };
    cluster.put(&version("1"), "a");
    assert_eq!(cluster.allowed(&version("1")), ["b", "c"]);
    assert_eq!(cluster.allowed(&version("2")), ["a", "b", "c"]);
}

#[test]
fn nodes_the_pod_does_not_select_are_no_domains_unless_the_policy_ignores_it() {
    let mut cluster = Cluster::of(vec![
        node("a", &[("zone", "1"), ("disk", "fast")]),
        node("b", &[("zone", "2"), ("disk", "fast")]),
        node("c", &[("zone", "3")]),
    ]);
    let choosing = |policy| PodTerms {
        node_selector: labels(&[("disk", "fast")]),
        ..spreading(SpreadConstraint { node_affinity_policy: policy, ..spread("zone", "db", 1) })
    };
    cluster.put(&app("db"), "a");
    cluster.put(&app("db"), "b");
    assert_eq!(cluster.allowed(&choosing(Inclusion::Honor)), ["a", "b"]);
    assert!(cluster.allowed(&choosing(Inclusion::Ignore)).is_empty(), "zone 3 is empty and stays so");
}

#[test]
fn tainted_nodes_are_domains_unless_the_policy_honours_taints() {
    let with = |effect| {
        let mut cluster = Cluster::of(vec![node("a", &[("zone", "1")]), tainted("b", "2", effect)]);
        cluster.put(&app("db"), "a");
        cluster
    };
    let pod = |policy| spreading(SpreadConstraint { node_taints_policy: policy, ..spread("zone", "db", 1) });
    let (ignoring, honouring) = (pod(Inclusion::Ignore), pod(Inclusion::Honor));
    assert_eq!(with(TaintEffect::NoSchedule).allowed(&ignoring), ["b"], "another filter keeps it from b");
    for effect in [TaintEffect::NoSchedule, TaintEffect::NoExecute] {
        assert_eq!(with(effect).allowed(&honouring), ["a", "b"], "zone 2 is not the emptiest domain");
    }
    assert_eq!(with(TaintEffect::PreferNoSchedule).allowed(&honouring), ["b"]);
    let toleration =
        Toleration { key: Some("gpu".into()), operator: TolerationOperator::Exists, effect: None };
    let tolerating = PodTerms { tolerations: vec![toleration], ..honouring };
    assert_eq!(with(TaintEffect::NoSchedule).allowed(&tolerating), ["b"]);
}

#[test]
fn a_toleration_of_another_value_or_effect_does_not_help() {
    let mut cluster =
        Cluster::of(vec![node("a", &[("zone", "1")]), tainted("b", "2", TaintEffect::NoSchedule)]);
    cluster.put(&app("db"), "a");
    let honouring =
        spreading(SpreadConstraint { node_taints_policy: Inclusion::Honor, ..spread("zone", "db", 1) });
    let with = |value: &str, effect| {
        let operator = TolerationOperator::Equal(value.into());
        let tolerations = vec![Toleration { key: Some("gpu".into()), operator, effect }];
        PodTerms { tolerations, ..honouring.clone() }
    };
    assert_eq!(cluster.allowed(&with("yes", None)), ["a", "b"]);
    assert_eq!(cluster.allowed(&with("", Some(TaintEffect::NoExecute))), ["a", "b"]);
    assert_eq!(cluster.allowed(&with("", Some(TaintEffect::NoSchedule))), ["b"]);
}

#[test]
fn schedule_anyway_refuses_nothing_and_prefers_emptier_domains() {
    let mut cluster =
        Cluster::of(vec![node("a", &[("zone", "1")]), node("b", &[("zone", "2")]), node("c", &[])]);
    let pod = spreading(SpreadConstraint {
        when_unsatisfiable: WhenUnsatisfiable::ScheduleAnyway,
        ..spread("zone", "db", 1)
    });
    cluster.put(&pod, "a");
    cluster.put(&pod, "a");
    cluster.put(&pod, "c");
    assert_eq!(cluster.allowed(&pod), ["a", "b", "c"]);
    let points = |node: &str| cluster.topology.preference(&pod, cluster.node(node)).spread;
    assert_eq!(["a", "b", "c"].map(points), [-2, 0, -3], "a node without the key is worse than any with it");
}

#[test]
fn a_domain_begins_and_ends_with_its_nodes() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "2")]);
    let pod = spreading(spread("zone", "db", 1));
    cluster.topology.learn(&pod);
    cluster.put(&pod, "a");
    assert!(!cluster.topology.allows(&pod, cluster.node("a")), "zone 2 is empty");
    let b = cluster.node("b").clone();
    cluster.topology.remove_node(&b.name);
    assert!(cluster.topology.allows(&pod, cluster.node("a")), "zone 2 is gone");
    cluster.topology.set_node(b);
    assert!(!cluster.topology.allows(&pod, cluster.node("a")), "zone 2 is back");
}
