//! Affinity and spread, read to plan.

use std::collections::BTreeSet;

use casemate_affinity::PodTerms;
use casemate_model::affinity::{
    Inclusion, LabelSelector, NodeAffinity, NodeFacts, NodeOperator, Operator, PodAffinity, Requirement,
    SpreadConstraint, WhenUnsatisfiable,
};
use casemate_model::{NodeName, Preemption, Scheduling};
use proptest::prelude::*;

use crate::fixture::{summary, with_container};
use crate::nodes::planned;
use crate::plan::{pod, refused, with_spec};

/// What a pod with these lines in its spec says of its place.
fn said(lines: &str) -> Scheduling {
    pod(&with_spec(lines)).scheduling
}

fn node_affinity(terms: &str) -> NodeAffinity {
    said(&format!(
        "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: {terms}}}}}}}"
    ))
    .node_affinity
}

fn allowed(terms: &str, labels: &[(&str, &str)]) -> bool {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    node_affinity(terms).allows(&NodeFacts { name: NodeName("w7".into()), labels, taints: Vec::new() })
}

#[test]
fn every_operator_of_a_node_selector_is_taken() {
    for (expression, labels, expected) in [
        ("operator: In, values: [a, b]", [("k", "b")], true),
        ("operator: In, values: [a, b]", [("k", "c")], false),
        ("operator: NotIn, values: [a]", [("k", "a")], false),
        ("operator: NotIn, values: [a]", [("x", "a")], true),
        ("operator: Exists", [("k", "")], true),
        ("operator: Exists", [("x", "")], false),
        ("operator: DoesNotExist", [("x", "")], true),
        ("operator: DoesNotExist", [("k", "")], false),
        ("operator: Gt, values: [\"3\"]", [("k", "4")], true),
        ("operator: Gt, values: [\"3\"]", [("k", "3")], false),
        ("operator: Lt, values: [\"3\"]", [("k", "2")], true),
        ("operator: Lt, values: [\"3\"]", [("k", "3")], false),
    ] {
        let terms = format!("[{{matchExpressions: [{{key: k, {expression}}}]}}]");
        assert_eq!(allowed(&terms, &labels), expected, "{expression} {labels:?}");
    }
}

#[test]
fn one_term_of_several_is_enough_and_a_node_may_be_meant_by_its_name() {
    let either = "[{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: Exists}]}, \
                   {matchFields: [{key: metadata.name, operator: In, values: [w8]}]}, {}]";
    assert!(allowed(either, &[("a", ""), ("b", "")]));
    assert!(!allowed(either, &[("a", "")]));
    for (operator, name, expected) in
        [("In", "w7", true), ("In", "w8", false), ("NotIn", "w7", false), ("NotIn", "w8", true)]
    {
        let terms =
            format!("[{{matchFields: [{{key: metadata.name, operator: {operator}, values: [{name}]}}]}}]");
        assert_eq!(allowed(&terms, &[]), expected, "{terms}");
    }
}

#[test]
fn preferences_of_nodes_keep_their_weights() {
    let preferred = said(
        "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [\
           {weight: 100, preference: {matchExpressions: [{key: cores, operator: Gt, values: [\"-1\"]}]}}, \
           {weight: 1, preference: {}}]}}",
    )
    .node_affinity
    .preferred;
    assert_eq!(preferred.iter().map(|it| it.weight.points()).collect::<Vec<_>>(), [100, 1]);
    assert_eq!(preferred[0].term.expressions[0].operator, NodeOperator::Gt(-1));
}

#[test]
fn pods_are_meant_by_label_and_namespace_in_every_way_there_is() {
    let text = "affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
    - topologyKey: topology.kubernetes.io/zone
      labelSelector:
        matchLabels: {app: db}
        matchExpressions: [{key: tier, operator: NotIn, values: [\"1\", \"2\"]}, {key: old, operator: DoesNotExist}]
      namespaces: [shop, stock]
      namespaceSelector: {matchLabels: {team: a}}
      matchLabelKeys: [pod-template-hash]
      mismatchLabelKeys: [tenant]
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
    - {topologyKey: kubernetes.io/hostname, labelSelector: {}, namespaceSelector: {}}
    preferredDuringSchedulingIgnoredDuringExecution:
    - {weight: 7, podAffinityTerm: {topologyKey: kubernetes.io/hostname}}
";
    let said = said(text);
    let [near] = said.pod_affinity.required.as_slice() else { panic!("{said:?}") };
    let strings = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(near.topology_key, "topology.kubernetes.io/zone");
    let selector = near.label_selector.as_ref().unwrap();
    assert_eq!(selector.match_labels["app"], "db");
    let expected = [
        Requirement { key: "tier".into(), operator: Operator::NotIn(strings(&["1", "2"])) },
        Requirement { key: "old".into(), operator: Operator::DoesNotExist },
    ];
    assert_eq!(selector.match_expressions, expected);
    assert_eq!(near.namespaces, strings(&["shop", "stock"]));
    assert_eq!(near.namespace_selector.as_ref().unwrap().match_labels["team"], "a");
    assert_eq!(near.match_label_keys, strings(&["pod-template-hash"]));
    assert_eq!(near.mismatch_label_keys, strings(&["tenant"]));
    assert_eq!(said.pod_affinity.preferred, []);
    let PodAffinity { required, preferred } = said.pod_anti_affinity;
    assert_eq!(required[0].label_selector, Some(LabelSelector::default()), "an empty one is every pod");
    assert_eq!(required[0].namespace_selector, Some(LabelSelector::default()), "and every namespace");
    assert_eq!((preferred[0].weight.points(), &preferred[0].term.label_selector), (7, &None));
}

#[test]
fn a_spread_is_taken_with_everything_it_may_say_and_with_its_defaults() {
    let text = "topologySpreadConstraints:
- {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}
- {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 3, labelSelector: {matchLabels: {app: db}}, matchLabelKeys: [hash], nodeAffinityPolicy: Ignore, nodeTaintsPolicy: Honor}
";
    let [lax, strict] = <[SpreadConstraint; 2]>::try_from(said(text).topology_spread).unwrap();
    assert_eq!(lax.when_unsatisfiable, WhenUnsatisfiable::ScheduleAnyway);
    assert_eq!((lax.node_affinity_policy, lax.node_taints_policy), (Inclusion::Honor, Inclusion::Ignore));
    assert_eq!((lax.min_domains, lax.label_selector), (None, None));
    assert_eq!(strict.when_unsatisfiable, WhenUnsatisfiable::DoNotSchedule);
    assert_eq!(
        (strict.node_affinity_policy, strict.node_taints_policy),
        (Inclusion::Ignore, Inclusion::Honor)
    );
    assert_eq!((strict.max_skew.get(), strict.min_domains.map(|it| it.get())), (2, Some(3)));
    assert_eq!(strict.match_label_keys, BTreeSet::from(["hash".to_owned()]));
}

#[test]
fn what_the_api_would_not_accept_is_told_at_its_own_place() {
    let nodes = |terms: &str| {
        format!("affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {terms}}}}}")
    };
    let expression = |it: &str| nodes(&format!("{{nodeSelectorTerms: [{{matchExpressions: [{{{it}}}]}}]}}"));
    let pods = |term: &str| {
        format!("affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{term}]}}}}")
    };
    let preferred = |it: &str| {
        format!("affinity: {{podAntiAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: [{it}]}}}}")
    };
    let spread = |constraints: &str| format!("topologySpreadConstraints: [{constraints}]");
    let cases = [
        "affinity: [a]".to_owned(),
        "affinity: {nodeAffinity: 1}".to_owned(),
        nodes("{}"),
        nodes("{nodeSelectorTerms: []}"),
        nodes("{nodeSelectorTerms: [{matchFields: [{key: metadata.uid, operator: In, values: [x]}]}]}"),
        nodes("{nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [w1, w2]}]}]}"),
        expression("key: a, operator: In"),
        expression("key: a, operator: Exists, values: [b]"),
        expression("key: a, operator: Gt, values: [b]"),
        expression("key: a, operator: Near, values: [b]"),
        expression("key: -a, operator: Exists"),
        expression("operator: Exists"),
        pods("{}"),
        pods("{topologyKey: \"\"}"),
        pods("{topologyKey: a b}"),
        pods(
            "{topologyKey: z, labelSelector: {matchExpressions: [{key: a, operator: Gt, values: [\"1\"]}]}}",
        ),
        pods("{topologyKey: z, labelSelector: {matchLabels: {a: b/c}}}"),
        pods("{topologyKey: z, matchLabelKeys: [a]}"),
        pods("{topologyKey: z, labelSelector: {}, matchLabelKeys: [a], mismatchLabelKeys: [a]}"),
        pods("{topologyKey: z, namespaces: [A]}"),
        preferred("{podAffinityTerm: {topologyKey: z}}"),
        preferred("{weight: 0, podAffinityTerm: {topologyKey: z}}"),
        preferred("{weight: 101, podAffinityTerm: {topologyKey: z}}"),
        preferred("{weight: 1}"),
        spread("{topologyKey: z, whenUnsatisfiable: DoNotSchedule}"),
        spread("{maxSkew: 0, topologyKey: z, whenUnsatisfiable: DoNotSchedule}"),
        spread("{maxSkew: 1, whenUnsatisfiable: DoNotSchedule}"),
        spread("{maxSkew: 1, topologyKey: z}"),
        spread("{maxSkew: 1, topologyKey: z, whenUnsatisfiable: Never}"),
        spread("{maxSkew: 1, topologyKey: z, whenUnsatisfiable: ScheduleAnyway, minDomains: 2}"),
        spread("{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, minDomains: -1}"),
        spread("{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [a]}"),
        spread("{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honour}"),
        spread(
            "{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: z, whenUnsatisfiable: DoNotSchedule}",
        ),
    ];
    let told = cases.map(|lines| {
        let reading = planned(&with_spec(&lines));
        assert!(refused(&reading), "{lines}");
        format!("{lines}\n{}", summary(&reading))
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_policy_of_preemption_is_the_pods_or_its_classs() {
    let class = |name: &str, more: &str| {
        format!(
            "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {name}}}\nvalue: 1\n{more}"
        )
    };
    let meek = class("meek", "preemptionPolicy: Never\n");
    let usual = class("usual", "globalDefault: true\npreemptionPolicy: Never\n");
    let of = |text: &str| pod(text).scheduling.preemption;
    assert_eq!(of(&with_container("")), Preemption::LowerPriority);
    assert_eq!(of(&with_spec("preemptionPolicy: Never")), Preemption::Never);
    assert_eq!(of(&(with_spec("priorityClassName: meek") + &meek)), Preemption::Never);
    assert_eq!(of(&(with_container("") + &usual)), Preemption::Never);
    assert_eq!(
        of(&(with_spec("priorityClassName: other") + &usual + &class("other", ""))),
        Preemption::LowerPriority
    );
    for text in [
        with_spec("preemptionPolicy: Sometimes"),
        with_spec("priorityClassName: meek\npreemptionPolicy: PreemptLowerPriority") + &meek,
    ] {
        assert!(refused(&planned(&text)), "{text}");
    }
}

#[test]
fn labels_are_those_of_the_pod_and_of_what_makes_it() {
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, labels: {not: this}}\nspec:\n  replicas: 2\n  \
               template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: i}]}}\n";
    let pods: Vec<_> =
        planned(set).workloads.into_iter().map(|workload| workload.pod.scheduling.labels).collect();
    assert_eq!(pods[1]["app"], "db");
    assert_eq!(pods[1]["statefulset.kubernetes.io/pod-name"], "db-1");
    assert!(!pods[1].contains_key("not"));
}

#[test]
fn pods_of_a_job_carry_its_name_by_which_they_keep_apart() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  completions: 2\n  template: {spec: {restartPolicy: Never, \
               containers: [{name: c, image: i}]}}\n";
    let reading = planned(job);
    for workload in &reading.workloads {
        assert_eq!(workload.pod.scheduling.labels["batch.kubernetes.io/job-name"], "j");
        assert_eq!(workload.pod.scheduling.labels["job-name"], "j");
    }
}

#[test]
fn another_scheduler_is_noted_and_the_usual_one_is_not() {
    assert_eq!(planned(&with_spec("schedulerName: default-scheduler")).notes, []);
    let other = planned(&with_spec("schedulerName: volcano"));
    assert_eq!((other.workloads.len(), other.notes.len()), (1, 1));
}

/// One of these nine times in ten, else one of those.
fn mostly(
    right: &'static [&'static str],
    wrong: &'static [&'static str],
) -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => proptest::sample::select(right), 1 => proptest::sample::select(wrong)]
}

/// Expressions as they may be written, mostly right.
fn expressions() -> impl Strategy<Value = String> {
    let key = mostly(&["a", "x.io/b", "metadata.name"], &["\"\"", "-", "1", "{}"]);
    let rest = mostly(
        &[
            "operator: In, values: [v, \"3\"]",
            "operator: NotIn, values: [v]",
            "operator: Exists",
            "operator: DoesNotExist",
        ],
        &[
            "operator: In",
            "operator: Exists, values: [v]",
            "operator: Gt, values: [\"3\"]",
            "operator: Is",
            "values: [v]",
        ],
    );
    let expression = (key, rest).prop_map(|(key, rest)| format!("{{key: {key}, {rest}}}"));
    proptest::collection::vec(expression, 0..3).prop_map(|all| all.join(", "))
}

/// Terms as they may be written, right about as often as wrong.
fn terms() -> impl Strategy<Value = String> {
    let keys = mostly(
        &["", "matchLabelKeys: [a, b], mismatchLabelKeys: [c], "],
        &["matchLabelKeys: [a], mismatchLabelKeys: [a], "],
    );
    let number = mostly(&["1", "100"], &["0", "101", "-1", "x"]);
    let when = mostly(
        &["DoNotSchedule, minDomains: 2", "ScheduleAnyway"],
        &["ScheduleAnyway, minDomains: 2", "Never"],
    );
    let parts = (expressions(), expressions(), keys, number, when, mostly(&["z"], &["", "a/b/c"]), 0_u8..10);
    parts.prop_map(|(one, two, keys, number, when, key, selected)| {
        let selector =
            if selected > 0 { format!("labelSelector: {{matchExpressions: [{one}]}}, ") } else { String::new() };
        let term = format!("{{{selector}{keys}topologyKey: {key:?}}}");
        format!(
            "affinity:\n  nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{{matchExpressions: [{two}]}}]}}}}\n  \
             podAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: [{{weight: {number}, podAffinityTerm: {term}}}]}}\n  \
             podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{term}]}}\n\
             topologySpreadConstraints: [{{{selector}maxSkew: {number}, topologyKey: {key:?}, whenUnsatisfiable: {when}}}]\n"
        )
    })
}

proptest! {
    #[test]
    fn what_is_read_is_what_the_api_would_accept(lines in terms()) {
        let reading = planned(&with_spec(&lines));
        prop_assert_eq!(reading.workloads.is_empty(), !reading.problems.is_empty());
        for workload in &reading.workloads {
            prop_assert_eq!(PodTerms::of(&workload.pod).mistakes(), []);
            prop_assert_eq!(workload.pod.scheduling.topology_spread.len(), 1);
        }
    }
}
