//! What objections say.

use casemate_affinity::PodTerms;
use casemate_model::affinity::{NodeAffinity, NodeSelector, NodeSelectorTerm};

use crate::fixture::{Cluster, app, away, labels, near, node, spread, term};

fn words(cluster: &Cluster, pod: &PodTerms, node: &str) -> Vec<String> {
    let objections = cluster.topology.objections(pod, cluster.node(node));
    objections.iter().map(ToString::to_string).collect()
}

#[test]
fn every_objection_is_told_with_its_term_its_domain_and_its_count() {
    let mut cluster = Cluster::of(vec![
        node("a", &[("zone", "1"), ("disk", "slow")]),
        node("b", &[("zone", "2")]),
        node("c", &[]),
    ]);
    cluster.put(&away(app("db"), &[term("zone", "web")]), "a");
    cluster.put(&app("web"), "a");
    cluster.put(&app("cache"), "b");
    let required = Some(NodeSelector { terms: vec![NodeSelectorTerm::default()] });
    let pod = away(near(app("web"), &[term("zone", "cache")]), &[term("zone", "db")]);
    let pod = PodTerms {
        node_selector: labels(&[("disk", "fast")]),
        node_affinity: NodeAffinity { required, preferred: Vec::new() },
        spread: vec![casemate_model::affinity::SpreadConstraint {
            node_affinity_policy: casemate_model::affinity::Inclusion::Ignore,
            ..spread("zone", "web", 1)
        }],
        ..pod
    };
    assert_eq!(
        words(&cluster, &pod, "a"),
        [
            "selects disk=fast, the node has disk=slow",
            "none of the 1 terms of its required node affinity holds of the node",
            "required pod affinity term 0: no such pod in zone=1, 1 elsewhere",
            "required pod anti-affinity term 0: such pods in zone=1: 1",
            "pods in zone=1 whose required anti-affinity keeps it out: 1",
            "topology spread constraint 0: zone=1 would count 2, the least of 2 eligible domains counts 0, a \
             skew of 1 is allowed",
        ]
    );
    assert_eq!(
        words(&cluster, &pod, "c"),
        [
            "selects disk=fast, the node has no label disk",
            "none of the 1 terms of its required node affinity holds of the node",
            "required pod affinity term 0 asks for the label zone, which the node has not",
            "topology spread constraint 0 asks for the label zone, which the node has not",
        ]
    );
}

#[test]
fn only_what_labels_alone_decide_is_permanent() {
    let mut cluster = Cluster::zones(&[("a", "1"), ("b", "2")]);
    cluster.put(&app("db"), "a");
    let crowded = away(app("db"), &[term("zone", "db")]);
    let permanent = |pod: &PodTerms| {
        let objections = cluster.topology.objections(pod, cluster.node("a"));
        assert_eq!(objections.len(), 1);
        objections.iter().all(casemate_affinity::Objection::is_permanent)
    };
    assert!(!permanent(&crowded));
    assert!(!permanent(&near(app("web"), &[term("zone", "cache")])));
    assert!(!permanent(&PodTerms { spread: vec![spread("zone", "db", 1)], ..app("db") }));
    assert!(permanent(&near(app("web"), &[term("rack", "db")])));
    assert!(permanent(&PodTerms { node_selector: labels(&[("disk", "fast")]), ..app("db") }));
}
