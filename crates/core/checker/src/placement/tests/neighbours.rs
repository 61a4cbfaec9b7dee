//! Affinity and anti-affinity between pods, both ways.

use std::collections::BTreeSet;

use casemate_model::affinity::{LabelSelector, PodAffinityTerm};
use casemate_model::{Node, Pod, Timestamp};

use crate::testing::*;
use crate::{Observation, Rule, Unplaced};

/// Nodes a and b in zone 1, c in zone 2, d in none.
fn cluster() -> Vec<Observation> {
    let zones = [("a", Some("1")), ("b", Some("1")), ("c", Some("2")), ("d", None)];
    let nodes = zones.into_iter().map(|(name, zone)| {
        let zone = zone.map(|zone| ("zone", zone));
        Node { labels: labels(zone.as_slice()), ..node(name) }
    });
    nodes
        .flat_map(|node| {
            [affirmed(&node.name.0.clone(), 0, 1000), Observation::NodeOffered { node }].into_iter().rev()
        })
        .collect()
}

fn app(name: &str, app: &str) -> Pod {
    let mut pod = pod(name);
    pod.scheduling.labels = labels(&[("app", app)]);
    pod
}

fn means(app: &str) -> PodAffinityTerm {
    PodAffinityTerm {
        label_selector: Some(selector(&[("app", app)])),
        topology_key: "zone".to_owned(),
        ..PodAffinityTerm::default()
    }
}

fn near(pod: Pod, terms: &[PodAffinityTerm]) -> Pod {
    let mut pod = pod;
    pod.scheduling.pod_affinity.required = terms.to_vec();
    pod
}

fn apart(pod: Pod, terms: &[PodAffinityTerm]) -> Pod {
    let mut pod = pod;
    pod.scheduling.pod_anti_affinity.required = terms.to_vec();
    pod
}

/// What breaks where pods are placed in this order.
fn placing(pods: &[(Pod, &str)]) -> Vec<Rule> {
    rules(cluster().into_iter().chain(pods.iter().map(|(pod, node)| placed(pod.clone(), node, 1))))
}

#[test]
fn a_pod_is_near_the_pods_it_has_to_be_near() {
    let web = || near(app("web", "web"), &[means("db")]);
    assert_eq!(placing(&[(app("db", "db"), "a"), (web(), "b")]), []);
    assert_eq!(placing(&[(app("db", "db"), "a"), (web(), "c")]), [Rule::PodAffinityIgnored]);
    assert_eq!(placing(&[(app("db", "db"), "a"), (web(), "d")]), [Rule::PodAffinityIgnored]);
    assert_eq!(placing(&[(web(), "a")]), [Rule::PodAffinityIgnored]);
}

#[test]
fn the_first_of_its_like_goes_anywhere_with_the_key_and_the_next_to_it() {
    let like = |name: &str| near(app(name, "db"), &[means("db")]);
    assert_eq!(placing(&[(like("p"), "a"), (like("q"), "b")]), []);
    assert_eq!(placing(&[(like("p"), "a"), (like("q"), "c")]), [Rule::PodAffinityIgnored]);
    assert_eq!(placing(&[(like("p"), "d")]), [Rule::PodAffinityIgnored]);
    let partly = near(app("p", "db"), &[means("db"), means("web")]);
    assert_eq!(placing(&[(partly, "a")]), [Rule::PodAffinityIgnored]);
}

#[test]
fn one_pod_has_to_be_meant_by_all_terms() {
    let tier = PodAffinityTerm { label_selector: Some(selector(&[("tier", "1")])), ..means("") };
    let web = near(app("web", "web"), &[means("db"), tier]);
    let mut tiered = pod("tiered");
    tiered.scheduling.labels = labels(&[("tier", "1")]);
    let apart = [(app("db", "db"), "a"), (tiered, "a"), (web.clone(), "a")];
    assert_eq!(placing(&apart), [Rule::PodAffinityIgnored]);
    let mut both = app("db", "db");
    both.scheduling.labels = labels(&[("app", "db"), ("tier", "1")]);
    assert_eq!(placing(&[(both, "a"), (web, "a")]), []);
}

#[test]
fn a_pod_keeps_away_from_those_it_has_to_keep_away_from() {
    let web = || apart(app("web", "web"), &[means("db")]);
    assert_eq!(placing(&[(app("db", "db"), "a"), (web(), "b")]), [Rule::AntiAffinityIgnored]);
    assert_eq!(placing(&[(app("db", "db"), "a"), (web(), "c")]), []);
    assert_eq!(
        placing(&[(app("db", "db"), "d"), (web(), "d")]),
        [],
        "a node without the key is in no domain"
    );
}

#[test]
fn those_that_keep_away_from_a_pod_are_left_alone() {
    let web = || apart(app("web", "web"), &[means("db")]);
    assert_eq!(placing(&[(web(), "a"), (app("db", "db"), "b")]), [Rule::OthersAntiAffinityIgnored]);
    assert_eq!(placing(&[(web(), "a"), (app("db", "db"), "c")]), []);
    let gone = Observation::PodReleased { pod: pod_key("web") };
    let stream = [placed(web(), "a", 1), gone, placed(app("db", "db"), "b", 2)];
    assert_eq!(rules(cluster().into_iter().chain(stream)), []);
}

#[test]
fn a_term_means_pods_of_its_own_namespace_unless_it_names_or_selects_others() {
    let elsewhere = || {
        let mut db = app("db", "db");
        db.key.namespace = "other".to_owned();
        db
    };
    let with = |term: PodAffinityTerm| {
        let stream = [placed(elsewhere(), "a", 1), placed(apart(app("web", "web"), &[term]), "b", 1)];
        let team = labels(&[("team", "x")]);
        let labelled = Observation::NamespaceLabelled { name: "other".to_owned(), labels: team };
        rules(cluster().into_iter().chain([labelled]).chain(stream))
    };
    let named = PodAffinityTerm { namespaces: BTreeSet::from(["other".to_owned()]), ..means("db") };
    let selecting =
        |pairs: &[(&str, &str)]| PodAffinityTerm { namespace_selector: Some(selector(pairs)), ..means("db") };
    assert_eq!(with(means("db")), []);
    assert_eq!(with(named), [Rule::AntiAffinityIgnored]);
    assert_eq!(with(selecting(&[])), [Rule::AntiAffinityIgnored]);
    assert_eq!(with(selecting(&[("team", "x")])), [Rule::AntiAffinityIgnored]);
    assert_eq!(with(selecting(&[("team", "y")])), []);
    assert_eq!(with(selecting(&[("kubernetes.io/metadata.name", "other")])), [Rule::AntiAffinityIgnored]);
}

#[test]
fn keys_of_labels_tell_versions_apart() {
    let version = |name: &str, version: &str| {
        let mut pod = app(name, "db");
        pod.scheduling.labels = labels(&[("app", "db"), ("version", version)]);
        pod
    };
    let keys = BTreeSet::from(["version".to_owned()]);
    let same = PodAffinityTerm { match_label_keys: keys.clone(), ..means("db") };
    let others = PodAffinityTerm { mismatch_label_keys: keys, ..means("db") };
    let with = |term: &PodAffinityTerm, second: &str| {
        placing(&[(version("p", "1"), "a"), (apart(version("q", second), std::slice::from_ref(term)), "b")])
    };
    assert_eq!(with(&same, "1"), [Rule::AntiAffinityIgnored]);
    assert_eq!(with(&same, "2"), []);
    assert_eq!(with(&others, "1"), []);
    assert_eq!(with(&others, "2"), [Rule::AntiAffinityIgnored]);
}

#[test]
fn a_term_without_a_selector_means_no_pod_and_an_empty_one_all() {
    let with = |label_selector| {
        let term = PodAffinityTerm { label_selector, ..means("") };
        placing(&[(app("p", "db"), "a"), (apart(app("q", "web"), &[term]), "a")])
    };
    assert_eq!(with(None), []);
    assert_eq!(with(Some(LabelSelector::default())), [Rule::AntiAffinityIgnored]);
}

#[test]
fn a_pod_waits_for_those_it_has_to_be_near_and_is_not_given_up() {
    let web = || near(app("web", "web"), &[means("db")]);
    let unplaced = |verdict| Observation::PodUnplaced { at: Timestamp(5), pod: web(), verdict };
    let with = |verdict, db: &[(Pod, &str)]| {
        let db = db.iter().map(|(pod, node)| placed(pod.clone(), node, 1));
        rules(cluster().into_iter().chain(db).chain([unplaced(verdict)]))
    };
    assert_eq!(with(Unplaced::Waiting, &[]), []);
    assert_eq!(with(Unplaced::Never, &[]), [Rule::GivenUpThoughPossible]);
    assert_eq!(with(Unplaced::Waiting, &[(app("db", "db"), "c")]), [Rule::WaitsThoughItFits]);
}

#[test]
fn labels_a_node_gets_later_count_from_then_on() {
    let relabelled = Node { labels: labels(&[("zone", "2")]), ..node("a") };
    let stream = [
        placed(app("db", "db"), "a", 1),
        Observation::NodeOffered { node: relabelled },
        placed(apart(app("web", "web"), &[means("db")]), "b", 1),
        placed(apart(app("web-2", "web"), &[means("db")]), "c", 1),
    ];
    assert_eq!(rules(cluster().into_iter().chain(stream)), [Rule::AntiAffinityIgnored]);
}
