//! Label selectors: what is said of the labels of pods and of namespaces.
//!
//! Source: `meta/v1 LabelSelector` and `LabelSelectorRequirement`, Kubernetes v1.34, and
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

/// Labels by key; Kubernetes' `metadata.labels`.
pub type Labels = BTreeMap<String, String>;

/// `meta/v1 LabelSelector`. All of it has to hold; an empty one selects everything.
///
/// Where the API has an optional selector, an absent one selects nothing: there this is an `Option`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelSelector {
    /// `matchLabels`: labels with exactly these values.
    pub match_labels: Labels,
    /// `matchExpressions`.
    pub match_expressions: Vec<Requirement>,
}

/// `meta/v1 LabelSelectorRequirement`: what is said of one label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// What is said of it.
    pub operator: Operator,
}

/// What a requirement says of a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// It is there, with one of these values.
    In(BTreeSet<String>),
    /// It is absent, or has none of these values.
    NotIn(BTreeSet<String>),
    /// It is there.
    Exists,
    /// It is absent.
    DoesNotExist,
}

impl LabelSelector {
    /// Whether it selects what carries these labels.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|it| it.holds(labels))
    }

    /// Whether it says nothing, and so selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// With the pod's own values of some labels added: alike in `same`, different in `other`.
    ///
    /// A key the pod does not carry adds nothing (KEP-3633, KEP-3243). Adding what an API server has added
    /// before changes nothing of what is selected.
    #[must_use]
    pub fn with_keys(&self, own: &Labels, same: &BTreeSet<String>, other: &BTreeSet<String>) -> Self {
        let mut merged = self.clone();
        let value = |key: &String| own.get(key).map(|value| (key.clone(), BTreeSet::from([value.clone()])));
        for (key, values) in same.iter().filter_map(value) {
            merged.match_expressions.push(Requirement { key, operator: Operator::In(values) });
        }
        for (key, values) in other.iter().filter_map(value) {
            merged.match_expressions.push(Requirement { key, operator: Operator::NotIn(values) });
        }
        merged
    }
}

impl Requirement {
    /// Whether it holds of these labels.
    #[must_use]
    pub fn holds(&self, labels: &Labels) -> bool {
        self.operator.holds(labels.get(&self.key).map(String::as_str))
    }
}

impl Operator {
    /// Whether it holds of a label with this value, or of one that is absent.
    #[must_use]
    pub fn holds(&self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::In(values), Some(value)) => values.contains(value),
            (Self::NotIn(values), Some(value)) => !values.contains(value),
            (Self::Exists, Some(_)) | (Self::NotIn(_) | Self::DoesNotExist, None) => true,
            (Self::In(_) | Self::Exists, None) | (Self::DoesNotExist, Some(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::affinity::fixture::{does_not_exist, exists, is_in, labels, not_in, selector};

    #[test]
    fn an_empty_selector_selects_everything() {
        assert!(LabelSelector::default().matches(&Labels::new()));
        assert!(LabelSelector::default().matches(&labels(&[("app", "db")])));
    }

    #[test]
    fn all_labels_and_expressions_have_to_hold() {
        let mut it = selector(&[("app", "db")]);
        it.match_expressions = vec![exists("tier")];
        assert!(it.matches(&labels(&[("app", "db"), ("tier", "1")])));
        assert!(!it.matches(&labels(&[("app", "db")])));
        assert!(!it.matches(&labels(&[("app", "web"), ("tier", "1")])));
    }

    #[test]
    fn not_in_holds_of_an_absent_label_and_in_does_not() {
        assert!(not_in("app", &["db"]).holds(&Labels::new()));
        assert!(!is_in("app", &["db"]).holds(&Labels::new()));
        assert!(!not_in("app", &["db"]).holds(&labels(&[("app", "db")])));
        assert!(is_in("app", &["db"]).holds(&labels(&[("app", "db")])));
    }

    #[test]
    fn exists_and_does_not_exist_look_at_the_key_alone() {
        let with = labels(&[("app", "")]);
        assert!(exists("app").holds(&with) && !does_not_exist("app").holds(&with));
        assert!(!exists("app").holds(&Labels::new()) && does_not_exist("app").holds(&Labels::new()));
    }

    #[test]
    fn in_with_no_values_holds_of_nothing() {
        assert!(!is_in("app", &[]).holds(&labels(&[("app", "db")])));
    }

    #[test]
    fn keys_the_pod_does_not_carry_add_nothing() {
        let keys = BTreeSet::from([String::from("version")]);
        let it = selector(&[("app", "db")]);
        assert_eq!(it.with_keys(&Labels::new(), &keys, &keys), it);
    }

    #[test]
    fn keys_merged_twice_select_the_same() {
        let own = labels(&[("version", "2")]);
        let keys = BTreeSet::from([String::from("version")]);
        let once = selector(&[]).with_keys(&own, &keys, &BTreeSet::new());
        let twice = once.with_keys(&own, &keys, &BTreeSet::new());
        for other in [labels(&[("version", "2")]), labels(&[("version", "1")]), Labels::new()] {
            assert_eq!(once.matches(&other), twice.matches(&other));
            assert_eq!(once.matches(&other), other == own);
        }
    }
}
