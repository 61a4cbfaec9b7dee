//! What a plan is made with beside pods and nodes: namespaces and disruption budgets.

use casemate_manifest::read;
use casemate_model::affinity::LabelSelector;
use casemate_model::{BudgetBound, Share};

use crate::fixture::{source, summary, with_container};
use crate::nodes::planned;

#[test]
fn namespaces_have_their_labels_and_all_have_their_name() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n---\n".to_owned()
        + &with_container("").replace("{name: p}", "{name: p, namespace: other}");
    let reading = planned(&text);
    assert_eq!((reading.problems.len(), reading.notes.len()), (0, 0));
    let namespaces = &reading.namespaces;
    assert_eq!(namespaces.keys().collect::<Vec<_>>(), ["other", "shop"]);
    assert_eq!(namespaces["shop"]["team"], "a");
    for (name, labels) in namespaces {
        assert_eq!(&labels["kubernetes.io/metadata.name"], name);
    }
    assert!(read(&[source(&text)]).namespaces.is_empty(), "to run, there are none");
}

fn budget(spec: &str) -> String {
    format!(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b, namespace: shop}}\nspec: {{{spec}}}\n"
    )
}

#[test]
fn budgets_bound_what_stays_or_what_goes_by_number_or_by_percentage() {
    for (spec, bound) in [
        ("minAvailable: 2", BudgetBound::MinAvailable(Share::Count(2))),
        ("minAvailable: 50%", BudgetBound::MinAvailable(Share::Percent(50))),
        ("maxUnavailable: 0", BudgetBound::MaxUnavailable(Share::Count(0))),
        ("maxUnavailable: 100%", BudgetBound::MaxUnavailable(Share::Percent(100))),
    ] {
        let reading = planned(&budget(&format!("{spec}, selector: {{matchLabels: {{app: db}}}}")));
        assert_eq!(reading.problems, []);
        let budget = &reading.budgets[0];
        assert_eq!((budget.namespace.as_str(), budget.name.as_str(), budget.bound), ("shop", "b", bound));
        assert_eq!(budget.selector.match_labels["app"], "db");
    }
    let everyone = planned(&budget("minAvailable: 1, selector: {}"));
    assert_eq!(everyone.budgets[0].selector, LabelSelector::default());
}

#[test]
fn a_budget_that_is_wrong_or_keeps_nothing_is_told() {
    let cases = [
        "minAvailable: 1, maxUnavailable: 1, selector: {}",
        "selector: {}",
        "minAvailable: 1",
        "minAvailable: -1, selector: {}",
        "minAvailable: 101%, selector: {}",
        "minAvailable: half, selector: {}",
        "minAvailable: \"2\", selector: {}",
        "minAvailable: [1], selector: {}",
        "minAvailable: 1, selector: {matchExpressions: [{key: a, operator: In}]}",
    ];
    let told = cases.map(|spec| {
        let reading = planned(&budget(spec));
        assert!(reading.budgets.is_empty(), "{spec}");
        format!("{spec}\n{}", summary(&reading))
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn budgets_and_namespaces_are_read_once_each_in_lists_too_and_of_the_version_there_is() {
    let one = budget("minAvailable: 1, selector: {}");
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    for (text, expected) in [
        (format!("{one}---\n{one}"), "a second budget"),
        (format!("{namespace}---\n{namespace}"), "a second namespace"),
        (one.replace("policy/v1", "policy/v1beta1"), "is not a version of PodDisruptionBudget"),
    ] {
        let reading = planned(&text);
        assert_eq!(reading.problems.len(), 1, "{text}");
        assert!(reading.problems[0].cause.contains(expected), "{}", reading.problems[0]);
    }
    let list = "{apiVersion: policy/v1, kind: PodDisruptionBudgetList, items: [{metadata: {name: b}, \
                spec: {maxUnavailable: 1, selector: {}}}]}";
    assert_eq!(planned(list).budgets.len(), 1);
}

#[test]
fn what_a_plan_does_without_is_said_in_its_own_words() {
    let text = |kind: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\n");
    for (kind, expected) in [
        ("LimitRange", "are not filled in"),
        ("ResourceQuota", "may have in all is not looked at"),
        ("Service", "placed without it"),
    ] {
        let notes = planned(&text(kind)).notes;
        assert!(notes[0].text.contains(expected), "{}", notes[0]);
    }
}

#[test]
fn what_bears_on_places_and_is_not_looked_at_is_noted() {
    for (version, kind) in [("storage.k8s.io/v1", "CSINode"), ("resource.k8s.io/v1", "ResourceSlice")] {
        let text = format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n");
        let reading = planned(&text);
        assert_eq!((reading.problems.len(), reading.notes.len()), (0, 1), "{kind}");
        assert_eq!(read(&[source(&text)]).problems.len(), 1, "to run it is refused as ever");
    }
}
