//! Pod affinity and anti-affinity, rule by rule.

use casemate_affinity::{Objection, PodTerms, Rule};
use casemate_model::affinity::{
    LabelSelector, Labels, PodAffinity, PodAffinityTerm, PreferredPodTerm, Weight,
};

use crate::fixture::{Cluster, app, away, key, labels, near, node, selector, term};

fn preferring(pod: PodTerms, points: u8, term: PodAffinityTerm) -> PodTerms {
    let preferred = vec![PreferredPodTerm { weight: Weight::new(points).unwrap(), term }];
    PodTerms { pod_affinity: PodAffinity { required: Vec::new(), preferred }, ..pod }
}

fn avoiding(pod: PodTerms, points: u8, term: PodAffinityTerm) -> PodTerms {
    let preferred = vec![PreferredPodTerm { weight: Weight::new(points).unwrap(), term }];
    PodTerms { pod_anti_affinity: PodAffinity { required: Vec::new(), preferred }, ..pod }
}

#[test]
fn affinity_asks_for_a_pod_in_the_same_domain_not_on_the_same_node() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "1"), ("c", "2")]);
    cluster.put(&app("db"), "a");
    assert_eq!(cluster.allowed(&near(app("web"), &[term("zone", "db")])), ["a", "b"]);
    assert_eq!(cluster.allowed(&near(app("web"), &[term("host", "db")])), ["a"]);
}

#[test]
fn affinity_to_pods_that_are_nowhere_keeps_a_pod_out_everywhere() {
    let cluster = Cluster::zones(&[("a", "1")]);
    let pod = near(app("web"), &[term("zone", "db")]);
    assert_eq!(
        cluster.topology.objections(&pod, cluster.node("a")),
        [Objection::Alone { term: 0, topology_key: "zone".into(), domain: "1".into(), elsewhere: 0 }]
    );
}

#[test]
fn the_first_pod_of_a_group_that_wants_itself_may_go_anywhere_and_the_second_only_there() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "2")]);
    let pod = near(app("db"), &[term("zone", "db")]);
    assert_eq!(cluster.allowed(&pod), ["a", "b"]);
    cluster.put(&pod, "b");
    assert_eq!(cluster.allowed(&pod), ["b"]);
}

#[test]
fn the_first_pod_still_needs_a_node_with_every_topology_key() {
    let cluster = Cluster::of(vec![node("a", &[("zone", "1")]), node("b", &[("zone", "1"), ("rack", "1")])]);
    let pod = near(app("db"), &[term("zone", "db"), term("rack", "db")]);
    assert_eq!(cluster.allowed(&pod), ["b"]);
    assert_eq!(
        cluster.topology.objections(&pod, cluster.node("a")),
        [Objection::NoDomain { rule: Rule::Affinity(1), topology_key: "rack".into() }]
    );
}

#[test]
fn a_pod_that_only_some_of_its_own_terms_mean_is_no_first_one() {
    let cluster = Cluster::zones(&[("a", "1")]);
    let pod = near(app("db"), &[term("zone", "db"), term("zone", "web")]);
    assert!(cluster.allowed(&pod).is_empty());
}

#[test]
fn a_pod_on_a_node_without_the_topology_key_does_not_end_the_time_of_the_first() {
    let mut cluster = Cluster::of(vec![node("a", &[]), node("b", &[("zone", "1")])]);
    let pod = near(app("db"), &[term("zone", "db")]);
    cluster.put(&app("db"), "a");
    assert_eq!(cluster.allowed(&pod), ["b"]);
}

#[test]
fn one_pod_has_to_be_meant_by_all_affinity_terms() {
    let mut cluster = Cluster::zones(&[("a", "1")]);
    let tier = PodAffinityTerm { label_selector: Some(selector(&[("tier", "1")])), ..term("zone", "") };
    let pod = near(app("web"), &[term("zone", "db"), tier]);
    cluster.put(&app("db"), "a");
    cluster.put(&PodTerms { labels: labels(&[("tier", "1")]), ..app("") }, "a");
    assert!(cluster.allowed(&pod).is_empty(), "two pods, each meant by one term, are not enough");
    cluster.put(&PodTerms { labels: labels(&[("app", "db"), ("tier", "1")]), ..app("") }, "a");
    assert_eq!(cluster.allowed(&pod), ["a"]);
}

#[test]
fn terms_of_two_topology_keys_may_be_met_by_two_pods() {
    let mut cluster = Cluster::of(vec![
        node("a", &[("zone", "1"), ("rack", "1")]),
        node("b", &[("zone", "1"), ("rack", "2")]),
        node("c", &[("zone", "2"), ("rack", "1")]),
        node("d", &[("zone", "2"), ("rack", "3")]),
    ]);
    cluster.put(&app("db"), "b");
    cluster.put(&app("db"), "c");
    let pod = near(app("web"), &[term("zone", "db"), term("rack", "db")]);
    assert_eq!(cluster.allowed(&pod), ["a", "b", "c"]);
}

#[test]
fn anti_affinity_keeps_out_of_the_domain_and_says_how_many_are_there() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "1"), ("c", "2")]);
    cluster.put(&app("db"), "a");
    cluster.put(&app("db"), "b");
    let pod = away(app("web"), &[term("zone", "db")]);
    assert_eq!(cluster.allowed(&pod), ["c"]);
    assert_eq!(
        cluster.topology.objections(&pod, cluster.node("b")),
        [Objection::Crowded { term: 0, topology_key: "zone".into(), domain: "1".into(), pods: 2 }]
    );
}

#[test]
fn a_placed_pods_anti_affinity_keeps_new_ones_out() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "2")]);
    let placed = cluster.put(&away(app("db"), &[term("zone", "web")]), "a");
    assert_eq!(cluster.allowed(&app("web")), ["b"]);
    assert_eq!(
        cluster.topology.objections(&app("web"), cluster.node("a")),
        [Objection::Repelled { topology_key: "zone".into(), domain: "1".into(), pods: 1 }]
    );
    assert!(cluster.topology.remove(&placed));
    assert_eq!(cluster.allowed(&app("web")), ["a", "b"]);
}

#[test]
fn a_pod_whose_two_terms_keep_another_out_counts_once() {
    let mut cluster = Cluster::zones(&[("a", "1")]);
    let every = PodAffinityTerm { label_selector: Some(LabelSelector::default()), ..term("zone", "") };
    cluster.put(&away(app("db"), &[term("zone", "web"), every]), "a");
    let objections = cluster.topology.objections(&app("web"), cluster.node("a"));
    assert!(matches!(objections.as_slice(), [Objection::Repelled { pods: 1, .. }]));
}

#[test]
fn anti_affinity_says_nothing_of_nodes_without_the_topology_key() {
    let mut cluster = Cluster::of(vec![node("a", &[])]);
    let pod = away(app("db"), &[term("zone", "db")]);
    cluster.put(&pod, "a");
    assert_eq!(cluster.allowed(&pod), ["a"]);
}

#[test]
fn a_pod_that_is_being_deleted_still_keeps_others_out() {
    let mut cluster = Cluster::zones(&[("a", "1")]);
    let pod = away(app("db"), &[term("zone", "db")]);
    let placed = cluster.put(&pod, "a");
    assert!(cluster.topology.set_leaving(&placed));
    assert!(cluster.allowed(&pod).is_empty());
}

#[test]
fn namespaces_are_chosen_by_their_labels_which_may_change() {
    let mut cluster = Cluster::zones(&[("a", "1")]);
    let other = PodTerms { namespace: "other".into(), ..app("db") };
    cluster.put(&other, "a");
    let of_team =
        PodAffinityTerm { namespace_selector: Some(selector(&[("team", "x")])), ..term("zone", "db") };
    let pod = away(app("web"), &[of_team]);
    cluster.topology.learn(&pod);
    assert_eq!(cluster.allowed(&pod), ["a"]);
    cluster.topology.set_namespace("other", labels(&[("team", "x")]));
    assert!(cluster.allowed(&pod).is_empty());
    cluster.topology.set_namespace("other", Labels::new());
    assert_eq!(cluster.allowed(&pod), ["a"]);
}

#[test]
fn every_namespace_carries_its_name_as_a_label() {
    let mut cluster = Cluster::zones(&[("a", "1")]);
    cluster.put(&PodTerms { namespace: "other".into(), ..app("db") }, "a");
    let by_name = PodAffinityTerm {
        namespace_selector: Some(selector(&[("kubernetes.io/metadata.name", "other")])),
        ..term("zone", "db")
    };
    assert!(cluster.allowed(&away(app("web"), &[by_name])).is_empty());
}

#[test]
fn each_pod_of_a_preferred_term_adds_its_weight_in_its_domain() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "1"), ("c", "2")]);
    cluster.put(&app("db"), "a");
    cluster.put(&app("db"), "a");
    let points = |pod: &PodTerms, node: &str| cluster.topology.preference(pod, cluster.node(node)).pods;
    let willing = preferring(app("web"), 10, term("zone", "db"));
    assert_eq!(["a", "b", "c"].map(|node| points(&willing, node)), [20, 20, 0]);
    let unwilling = avoiding(app("web"), 10, term("host", "db"));
    assert_eq!(["a", "b", "c"].map(|node| points(&unwilling, node)), [-20, 0, 0]);
}

#[test]
fn what_placed_pods_prefer_counts_for_new_ones_too() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "2"), ("c", "3")]);
    cluster.put(&preferring(app("db"), 7, term("zone", "web")), "a");
    cluster.put(&avoiding(app("db"), 5, term("zone", "web")), "b");
    let points = |node: &str| cluster.topology.preference(&app("web"), cluster.node(node)).pods;
    assert_eq!(["a", "b", "c"].map(points), [7, -5, 0]);
}

#[test]
fn a_placed_pods_required_affinity_draws_those_it_means_by_one_point() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "2")]);
    cluster.put(&near(app("web"), &[term("zone", "web")]), "a");
    let points = |node: &str| cluster.topology.preference(&app("web"), cluster.node(node)).pods;
    assert_eq!(["a", "b"].map(points), [1, 0]);
}

#[test]
fn a_pod_is_on_one_node_that_is_known() {
    let mut cluster = Cluster::zones(&[("a", "1")]);
    let unknown = casemate_model::NodeName("z".into());
    let refused = cluster.topology.add(key("p"), &app("db"), &unknown).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "default/p cannot be on z, which is not a known node: set the node first"
    );
    let placed = cluster.put(&app("db"), "a");
    let a = cluster.node("a").name.clone();
    let refused = cluster.topology.add(placed.clone(), &app("db"), &a).unwrap_err();
    assert_eq!(refused.to_string(), "default/p0 is on a already: remove it first");
    assert_eq!(cluster.topology.node_of(&placed), Some(&a));
    assert!(cluster.topology.remove(&placed) && !cluster.topology.remove(&placed));
    assert!(!cluster.topology.set_leaving(&placed));
}

#[test]
fn a_node_that_goes_takes_its_pods_with_it() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "1")]);
    let pod = away(app("db"), &[term("zone", "db")]);
    cluster.topology.learn(&pod);
    let placed = cluster.put(&pod, "a");
    let a = cluster.node("a").name.clone();
    assert!(cluster.topology.remove_node(&a).iter().eq([&placed]));
    assert_eq!(cluster.topology.node_of(&placed), None);
    assert_eq!(cluster.allowed(&pod), ["a", "b"]);
}
