//! A term about other pods, with everything filled in that it takes from its own pod.

use alloc::collections::BTreeSet;
use alloc::string::String;

use casemate_model::affinity::{LabelSelector, Labels, PodAffinityTerm};

use crate::PodTerms;

/// A term with everything it takes from its own pod filled in: a question about any other pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    namespaces: BTreeSet<String>,
    namespace_selector: Option<LabelSelector>,
    selector: Option<LabelSelector>,
    pub(crate) topology_key: String,
}

impl Reach {
    pub(crate) fn of(term: &PodAffinityTerm, owner: &PodTerms) -> Self {
        let mut namespaces = term.namespaces.clone();
        if namespaces.is_empty() && term.namespace_selector.is_none() {
            namespaces.insert(owner.namespace.clone());
        }
        let merged = |it: &LabelSelector| {
            it.with_keys(&owner.labels, &term.match_label_keys, &term.mismatch_label_keys)
        };
        Self {
            namespaces,
            namespace_selector: term.namespace_selector.clone(),
            selector: term.label_selector.as_ref().map(merged),
            topology_key: term.topology_key.clone(),
        }
    }

    /// Whether the term means a pod of these labels, in a namespace of that name and those labels.
    pub(crate) fn means(&self, pod: &PodTerms, namespace_labels: &Labels) -> bool {
        let in_scope = self.namespaces.contains(&pod.namespace)
            || self.namespace_selector.as_ref().is_some_and(|it| it.matches(namespace_labels));
        in_scope && self.selector.as_ref().is_some_and(|it| it.matches(&pod.labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{labels, near, pod, selector};

    fn means(term: &PodAffinityTerm, owner: &PodTerms, other: &PodTerms, namespace: &Labels) -> bool {
        Reach::of(term, owner).means(other, namespace)
    }

    fn in_namespace(name: &str) -> PodTerms {
        PodTerms { namespace: name.into(), ..pod(&[("app", "db")]) }
    }

    #[test]
    fn a_term_that_names_no_namespace_means_the_pods_own() {
        let (term, none) = (near("zone", &[("app", "db")]), Labels::new());
        assert!(means(&term, &in_namespace("a"), &in_namespace("a"), &none));
        assert!(!means(&term, &in_namespace("a"), &in_namespace("b"), &none));
    }

    #[test]
    fn an_empty_namespace_selector_means_all_namespaces_unlike_an_absent_one() {
        let all = PodAffinityTerm {
            namespace_selector: Some(LabelSelector::default()),
            ..near("zone", &[("app", "db")])
        };
        assert!(means(&all, &in_namespace("a"), &in_namespace("b"), &Labels::new()));
    }

    #[test]
    fn named_namespaces_leave_the_pods_own_out() {
        let term =
            PodAffinityTerm { namespaces: BTreeSet::from(["b".into()]), ..near("zone", &[("app", "db")]) };
        assert!(means(&term, &in_namespace("a"), &in_namespace("b"), &Labels::new()));
        assert!(!means(&term, &in_namespace("a"), &in_namespace("a"), &Labels::new()));
    }

    #[test]
    fn named_namespaces_and_selected_ones_are_added() {
        let term = PodAffinityTerm {
            namespaces: BTreeSet::from(["b".into()]),
            namespace_selector: Some(selector(&[("team", "x")])),
            ..near("zone", &[("app", "db")])
        };
        let of_team = labels(&[("team", "x")]);
        assert!(means(&term, &in_namespace("a"), &in_namespace("b"), &Labels::new()));
        assert!(means(&term, &in_namespace("a"), &in_namespace("c"), &of_team));
        assert!(!means(&term, &in_namespace("a"), &in_namespace("a"), &Labels::new()));
    }

    #[test]
    fn an_absent_label_selector_means_no_pod_and_an_empty_one_every_pod() {
        let none = PodAffinityTerm { label_selector: None, ..near("zone", &[]) };
        assert!(!means(&none, &pod(&[]), &pod(&[]), &Labels::new()));
        assert!(means(&near("zone", &[]), &pod(&[]), &pod(&[("app", "db")]), &Labels::new()));
    }

    #[test]
    fn match_label_keys_mean_pods_of_the_same_version_and_mismatch_those_of_another() {
        let keys = BTreeSet::from([String::from("version")]);
        let same = PodAffinityTerm { match_label_keys: keys.clone(), ..near("zone", &[]) };
        let other = PodAffinityTerm { mismatch_label_keys: keys, ..near("zone", &[]) };
        let [one, two] = ["1", "2"].map(|version| pod(&[("version", version)]));
        let none = Labels::new();
        assert!(means(&same, &one, &one, &none) && !means(&same, &one, &two, &none));
        assert!(!means(&other, &one, &one, &none) && means(&other, &one, &two, &none));
        assert!(!means(&same, &one, &pod(&[]), &none) && means(&other, &one, &pod(&[]), &none));
        assert!(means(&same, &pod(&[]), &two, &none), "a key the pod does not carry says nothing");
    }

    #[test]
    fn match_label_keys_without_a_selector_mean_no_pod() {
        let keys = BTreeSet::from([String::from("version")]);
        let term = PodAffinityTerm { label_selector: None, match_label_keys: keys, ..near("zone", &[]) };
        let own = pod(&[("version", "1")]);
        assert!(!means(&term, &own, &own, &Labels::new()));
    }
}
