//! Topology spread constraints.

use std::num::NonZeroU32;

use casemate_model::affinity::{Inclusion, SpreadConstraint, WhenUnsatisfiable};
use casemate_model::{Node, Pod, Taint, TaintEffect, Timestamp};

use crate::testing::*;
use crate::{Observation, Rule, Unplaced};

fn in_zone(name: &str, zone: &str) -> Node {
    Node { labels: labels(&[("zone", zone)]), ..node(name) }
}

fn three_zones() -> Vec<Node> {
    vec![in_zone("a", "1"), in_zone("b", "2"), in_zone("c", "3"), node("d")]
}

fn evenly() -> SpreadConstraint {
    SpreadConstraint {
        max_skew: NonZeroU32::MIN,
        min_domains: None,
        topology_key: "zone".to_owned(),
        when_unsatisfiable: WhenUnsatisfiable::DoNotSchedule,
        label_selector: Some(selector(&[("app", "db")])),
        match_label_keys: Default::default(),
        node_affinity_policy: Inclusion::Honor,
        node_taints_policy: Inclusion::Ignore,
    }
}

fn db(name: &str, constraint: SpreadConstraint) -> Pod {
    let mut pod = pod(name);
    pod.scheduling.labels = labels(&[("app", "db")]);
    pod.scheduling.topology_spread = vec![constraint];
    pod
}

fn on(nodes: Vec<Node>) -> impl Iterator<Item = Observation> {
    let names: Vec<_> = nodes.iter().map(|node| node.name.0.clone()).collect();
    let offered = nodes.into_iter().map(|node| Observation::NodeOffered { node });
    offered.chain(names.into_iter().map(|name| affirmed(&name, 0, 1000)))
}

/// What breaks when pods of this constraint are placed on these nodes, one after another.
fn placing(nodes: Vec<Node>, constraint: &SpreadConstraint, places: &[&str]) -> Vec<Rule> {
    let pods = places.iter().enumerate().map(|(nth, node)| {
        let pod = db(&format!("p{nth}"), constraint.clone());
        placed(pod, node, 1)
    });
    rules(on(nodes).chain(pods))
}

#[test]
fn no_domain_exceeds_the_emptiest_by_more_than_the_skew() {
    assert_eq!(placing(three_zones(), &evenly(), &["a", "b", "c", "a"]), []);
    assert_eq!(placing(three_zones(), &evenly(), &["a", "a"]), [Rule::SpreadIgnored]);
    let loose = SpreadConstraint { max_skew: NonZeroU32::new(2).expect("two"), ..evenly() };
    assert_eq!(placing(three_zones(), &loose, &["a", "a"]), []);
    let soft = SpreadConstraint { when_unsatisfiable: WhenUnsatisfiable::ScheduleAnyway, ..evenly() };
    assert_eq!(placing(three_zones(), &soft, &["a", "a"]), []);
}

#[test]
fn a_node_without_the_key_is_no_place() {
    assert_eq!(placing(three_zones(), &evenly(), &["d"]), [Rule::SpreadIgnored]);
}

#[test]
fn with_too_few_domains_the_emptiest_counts_as_empty() {
    let four = SpreadConstraint { min_domains: NonZeroU32::new(4), ..evenly() };
    assert_eq!(placing(three_zones(), &four, &["a", "b", "c"]), []);
    assert_eq!(placing(three_zones(), &four, &["a", "b", "c", "a"]), [Rule::SpreadIgnored]);
}

#[test]
fn pods_of_other_namespaces_and_of_other_labels_are_not_counted() {
    let with = |change: fn(&mut Pod)| {
        let mut first = db("first", evenly());
        change(&mut first);
        rules(on(three_zones()).chain([placed(first, "a", 1), placed(db("second", evenly()), "a", 1)]))
    };
    assert_eq!(with(|_| {}), [Rule::SpreadIgnored]);
    assert_eq!(with(|pod| pod.key.namespace = "other".to_owned()), []);
    assert_eq!(with(|pod| pod.scheduling.labels = labels(&[("app", "web")])), []);
}

#[test]
fn a_selector_that_is_absent_or_says_nothing_counts_no_pod() {
    for label_selector in [None, Some(selector(&[]))] {
        let constraint = SpreadConstraint { label_selector, ..evenly() };
        assert_eq!(placing(three_zones(), &constraint, &["a", "a", "a"]), []);
    }
}

#[test]
fn nodes_a_pod_does_not_select_are_domains_only_where_that_is_ignored() {
    let mut nodes = three_zones();
    nodes[0].labels.insert("disk".to_owned(), "fast".to_owned());
    let with = |node_affinity_policy| {
        let pods = ["p", "q"].map(|name| {
            let mut pod = db(name, SpreadConstraint { node_affinity_policy, ..evenly() });
            pod.node_selector = labels(&[("disk", "fast")]);
            placed(pod, "a", 1)
        });
        rules(on(nodes.clone()).chain(pods))
    };
    assert_eq!(with(Inclusion::Honor), []);
    assert_eq!(with(Inclusion::Ignore), [Rule::SpreadIgnored]);
}

#[test]
fn tainted_nodes_are_domains_unless_that_is_honoured() {
    let mut nodes = three_zones();
    for node in &mut nodes[1..] {
        let taint = Taint { key: "gpu".to_owned(), value: String::new(), effect: TaintEffect::NoSchedule };
        node.taints.push(taint);
    }
    let with = |node_taints_policy| {
        placing(nodes.clone(), &SpreadConstraint { node_taints_policy, ..evenly() }, &["a", "a"])
    };
    assert_eq!(with(Inclusion::Honor), []);
    assert_eq!(with(Inclusion::Ignore), [Rule::SpreadIgnored]);
}

#[test]
fn a_node_belongs_to_a_domain_where_it_has_the_keys_of_all_constraints() {
    let mut nodes = three_zones();
    nodes[0].labels.insert("rack".to_owned(), "1".to_owned());
    let pods = ["p", "q"].map(|name| {
        let mut pod = db(name, evenly());
        let racks = SpreadConstraint {
            topology_key: "rack".to_owned(),
            max_skew: NonZeroU32::new(9).expect("nine"),
            ..evenly()
        };
        pod.scheduling.topology_spread.push(racks);
        placed(pod, "a", 1)
    });
    assert_eq!(rules(on(nodes).chain(pods)), [], "zones 2 and 3 have no node with a rack");
}

#[test]
fn who_left_is_not_counted_and_a_node_that_comes_is_a_domain() {
    let gone = Observation::PodReleased { pod: pod_key("p") };
    let stream = [placed(db("p", evenly()), "a", 1), gone, placed(db("q", evenly()), "a", 1)];
    assert_eq!(rules(on(three_zones()).chain(stream)), []);
    let alone = vec![in_zone("a", "1")];
    let first = [placed(db("p", evenly()), "a", 1), placed(db("q", evenly()), "a", 1)];
    let then = [Observation::NodeOffered { node: in_zone("b", "2") }, placed(db("r", evenly()), "a", 1)];
    assert_eq!(rules(on(alone).chain(first).chain(then)), [Rule::SpreadIgnored]);
}

#[test]
fn a_pod_waits_where_every_place_would_be_uneven_and_is_not_given_up() {
    let mut small = three_zones();
    small[1].capacity.slots = 0;
    small[2].capacity.slots = 0;
    let with = |verdict, before: &[&str]| {
        let before =
            before.iter().enumerate().map(|(nth, node)| placed(db(&format!("p{nth}"), evenly()), node, 1));
        let last = Observation::PodUnplaced { at: Timestamp(1), pod: db("last", evenly()), verdict };
        rules(on(small.clone()).chain(before).chain([last]))
    };
    assert_eq!(with(Unplaced::Waiting, &["a"]), []);
    assert_eq!(with(Unplaced::Waiting, &[]), [Rule::WaitsThoughItFits]);
    assert_eq!(with(Unplaced::Never, &["a"]), [Rule::GivenUpThoughPossible]);
}
