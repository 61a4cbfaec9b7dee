//! Policies that could never affirm anything are refused; rules select as written.

use std::collections::BTreeSet;

use casemate_model::{ContainerKey, Nanos, PodKey};
use casemate_policy::{
    ParsePatternError, Pattern, PolicyDraft, PolicyError, Reference, Selector, WorkloadRule,
};
use casemate_softtee::synthetic::TestRoot;
use proptest::prelude::*;

use crate::{IMAGE, NOW, OTHER, draft, one_of, rule};

#[test]
fn a_policy_that_can_affirm_nothing_is_refused() {
    let good = draft(&TestRoot::new(NOW));
    let no_roots = PolicyDraft { roots: BTreeSet::new(), ..good.clone() };
    assert_eq!(no_roots.validate(), Err(PolicyError::NoRoots));
    let no_time = PolicyDraft { ttl: Nanos::ZERO, ..good.clone() };
    assert_eq!(no_time.validate(), Err(PolicyError::NoLifetime));
    let no_platform = PolicyDraft { platform: one_of([]), ..good.clone() };
    assert_eq!(no_platform.validate(), Err(PolicyError::NoPlatformReference));
    let workloads = vec![rule("a", Reference::Image), rule("b", one_of([]))];
    let no_workload = PolicyDraft { workloads, ..good.clone() };
    assert_eq!(no_workload.validate(), Err(PolicyError::NoWorkloadReference { index: 1 }));
    assert!(good.validate().is_ok());
}

#[test]
fn the_first_rule_that_selects_decides() {
    let good = draft(&TestRoot::new(NOW));
    let workloads =
        vec![rule("sgx-app", one_of([IMAGE])), rule("sgx-*", one_of([OTHER])), rule("*", Reference::Image)];
    let policy = PolicyDraft { workloads, ..good }.validate().expect("a policy");
    let of = |name: &str| policy.workload(&key("default", name, "main")).cloned();
    assert_eq!(of("sgx-app"), Some(one_of([IMAGE])));
    assert_eq!(of("sgx-app-0"), Some(one_of([OTHER])));
    assert_eq!(of("web"), Some(Reference::Image));
}

#[test]
fn a_container_that_no_rule_selects_has_no_reference() {
    let policy = draft(&TestRoot::new(NOW)).validate().expect("a policy");
    assert_eq!(policy.workload(&key("default", "web", "main")), None);
}

#[test]
fn every_part_of_a_selector_has_to_match() {
    let pattern = |text: &str| Some(text.parse().expect("a pattern"));
    let selector = Selector { namespace: pattern("prod"), name: pattern("db-*"), container: pattern("main") };
    assert!(selector.selects(&key("prod", "db-0", "main")));
    for other in [key("test", "db-0", "main"), key("prod", "web-0", "main"), key("prod", "db-0", "init")] {
        assert!(!selector.selects(&other), "{other}");
    }
    assert!(Selector::default().selects(&key("any", "thing", "at all")));
}

#[test]
fn a_pattern_has_its_star_at_the_end_or_nowhere() {
    assert_eq!("".parse::<Pattern>(), Err(ParsePatternError::Empty));
    for text in ["*a", "a*b", "**", "a**"] {
        assert_eq!(text.parse::<Pattern>(), Err(ParsePatternError::Star { pattern: text.into() }));
    }
    let all: Pattern = "*".parse().expect("a pattern");
    assert!(all.matches("anything") && all.matches(""));
}

fn key(namespace: &str, name: &str, container: &str) -> ContainerKey {
    let pod = PodKey { namespace: namespace.into(), name: name.into() };
    ContainerKey { pod, container: container.into() }
}

proptest! {
    #[test]
    fn patterns_read_as_they_are_written(text in "[a-z.-]{1,8}[*]?") {
        let pattern: Pattern = text.parse().expect("a pattern");
        prop_assert_eq!(pattern.to_string(), text);
    }

    #[test]
    fn a_pattern_matches_its_own_text_and_only_a_star_matches_more(text in "[a-z]{1,4}", more in "[a-z]{1,4}") {
        let exact: Pattern = text.parse().expect("a pattern");
        let prefix: Pattern = format!("{text}*").parse().expect("a pattern");
        let longer = format!("{text}{more}");
        prop_assert!(exact.matches(&text) && prefix.matches(&text) && prefix.matches(&longer));
        prop_assert!(!exact.matches(&longer));
        prop_assert_eq!(prefix.matches(&more), more.starts_with(&text));
    }

    /// However the rules stand, one that accepts only another measurement cannot be got around
    /// by a later one.
    #[test]
    fn a_later_rule_never_overrides_an_earlier_one(earlier in 0_usize..4, later in 0_usize..4) {
        let good = draft(&TestRoot::new(NOW));
        let mut workloads: Vec<WorkloadRule> = Vec::new();
        workloads.extend((0..earlier).map(|i| rule(&format!("else-{i}"), Reference::Image)));
        workloads.push(rule("sgx-app", one_of([OTHER])));
        workloads.extend((0..later).map(|_| rule("*", Reference::Image)));
        let policy = PolicyDraft { workloads, ..good }.validate().expect("a policy");
        prop_assert_eq!(policy.workload(&key("default", "sgx-app", "main")), Some(&one_of([OTHER])));
    }
}
