//! What the API would refuse is told with its place.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use casemate_affinity::PodTerms;
use casemate_model::affinity::{
    LabelSelector, NodeAffinity, NodeSelector, Operator, PodAffinityTerm, Requirement, SpreadConstraint,
    WhenUnsatisfiable,
};

use crate::fixture::{app, away, near, spread, term};

fn told(pod: &PodTerms) -> Vec<String> {
    pod.mistakes().iter().map(ToString::to_string).collect()
}

#[test]
fn terms_the_api_accepts_have_no_mistakes() {
    let pod = away(near(app("db"), &[term("zone", "db")]), &[term("host", "db")]);
    let pod = PodTerms { spread: vec![spread("zone", "db", 1), spread("host", "db", 1)], ..pod };
    assert!(told(&pod).is_empty());
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let version = BTreeSet::from([String::from("version")]);
    let no_values = LabelSelector {
        match_expressions: vec![Requirement { key: "app".into(), operator: Operator::In(BTreeSet::new()) }],
        ..LabelSelector::default()
    };
    let pod = near(
        app("db"),
        &[
            PodAffinityTerm { label_selector: Some(no_values), ..term("", "db") },
            PodAffinityTerm { label_selector: None, match_label_keys: version.clone(), ..term("zone", "") },
            PodAffinityTerm {
                match_label_keys: version.clone(),
                mismatch_label_keys: version.clone(),
                ..term("zone", "db")
            },
        ],
    );
    let anyway = SpreadConstraint {
        min_domains: NonZeroU32::new(2),
        when_unsatisfiable: WhenUnsatisfiable::ScheduleAnyway,
        ..spread("zone", "db", 1)
    };
    let keyed = SpreadConstraint { label_selector: None, match_label_keys: version, ..spread("zone", "", 1) };
    let pod = PodTerms {
        node_affinity: NodeAffinity { required: Some(NodeSelector::default()), preferred: Vec::new() },
        spread: vec![spread("zone", "db", 1), anyway, keyed],
        ..pod
    };
    assert_eq!(
        told(&pod),
        [
            "nodeAffinity.required: there are no terms, which selects no node; write a term or leave it out",
            "podAffinity.required[0]: the topology key is empty; name a label of nodes",
            "podAffinity.required[0]: the requirement of app lists no values; list at least one",
            "podAffinity.required[1]: matchLabelKeys or mismatchLabelKeys need a labelSelector; write one, if \
             only {}",
            "podAffinity.required[2]: version is in matchLabelKeys and in mismatchLabelKeys; remove it from one",
            "topologySpreadConstraints[1]: minDomains needs whenUnsatisfiable: DoNotSchedule",
            "topologySpreadConstraints[2]: matchLabelKeys or mismatchLabelKeys need a labelSelector; write \
             one, if only {}",
            "topologySpreadConstraints[2]: a constraint before it has the same topology key zone and \
             whenUnsatisfiable; remove one",
        ]
    );
}
