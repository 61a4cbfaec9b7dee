//! Pods near which a pod has to be, or must not be, and pods that will not have it near them.
//!
//! Source: Kubernetes v1.34, "Inter-pod affinity and anti-affinity", `core/v1 PodAffinityTerm`. A pod that wants
//! to be near its own like is let in as the first: where no pod is meant by its terms anywhere, it is meant by
//! all of them itself, and the node is in a domain of each.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::{LabelSelector, Labels, PodAffinityTerm};
use casemate_model::{Node, Pod};

use super::against::Against;
use super::crowd::{Anchor, Answers, Population, anchor};
use super::labels::{completed, selects};
use crate::Rule;

/// The label that each namespace carries with its own name.
const NAME_OF_NAMESPACE: &str = "kubernetes.io/metadata.name";

/// Questions answered by keeping count. Beyond, all are forgotten and counted again when they are asked.
const KEPT: usize = 4096;

/// Which pods a term means, with everything filled in that it takes from its own pod, and what near means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reach {
    namespaces: BTreeSet<String>,
    namespace_selector: Option<LabelSelector>,
    selector: Option<LabelSelector>,
    key: String,
}

/// How many pods are in each domain: by topology key and value.
#[derive(Debug, Default)]
struct Domains(BTreeMap<String, BTreeMap<String, u64>>);

/// Who is near whom.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    namespaces: BTreeMap<String, Labels>,
    /// Pods that all of these mean at once.
    meant: Answers<Vec<Reach>, Domains>,
    /// Pods that refuse what this means.
    refusing: Answers<Reach, Domains>,
}

/// What is to be asked of each node for one pod.
#[derive(Debug)]
pub(super) struct Wishes<'a> {
    /// Topology keys of its affinity, and pods that all of its terms mean.
    near: Option<(Vec<Reach>, &'a Domains)>,
    /// Whether it may be the first of those it wants to be near.
    may_be_first: bool,
    /// Of each anti-affinity term the key, and the pods it means.
    apart: Vec<(String, &'a Domains)>,
    /// Of each term that means it the key, and the pods whose term it is.
    refused: Vec<(&'a str, &'a Domains)>,
}

impl Neighbours {
    /// Says what labels a namespace has.
    pub(super) fn name(&mut self, namespace: String, labels: Labels) {
        self.namespaces.insert(namespace, labels);
        self.meant.clear();
    }

    pub(super) fn come(&mut self, pod: &Pod, node: &Node) {
        self.change(pod, node, true);
    }

    pub(super) fn go(&mut self, pod: &Pod, node: &Node) {
        self.change(pod, node, false);
    }

    /// Forgets what can be counted again: nodes have other labels.
    pub(super) fn recount(&mut self, population: Population<'_>) {
        self.meant.clear();
        self.refusing.clear();
        population.all().for_each(|(pod, node)| self.come(pod, node));
    }

    /// Begins to count what this pod asks for.
    pub(super) fn learn(&mut self, pod: &Pod, population: Population<'_>) {
        if self.meant.len() > KEPT {
            self.meant.clear();
        }
        for question in questions(pod) {
            let anchor = common(&question);
            if self.meant.get(&anchor, &question).is_some() {
                continue;
            }
            let mut domains = Domains::default();
            for (other, node) in population.anchored(&anchor) {
                if means_all(&self.namespaces, &question, other) {
                    domains.change(&question, node, true);
                }
            }
            self.meant.insert(anchor, question, domains);
        }
    }

    /// What is to be asked of each node for this pod, which was learned.
    pub(super) fn wishes<'a>(&'a self, pod: &Pod) -> Wishes<'a> {
        let affinity = reaches(pod, &pod.scheduling.pod_affinity.required);
        let may_be_first = means_all(&self.namespaces, &affinity, pod);
        let near = self.meant.get(&common(&affinity), &affinity).filter(|_| !affinity.is_empty());
        let apart =
            reaches(pod, &pod.scheduling.pod_anti_affinity.required).into_iter().filter_map(|reach| {
                let key = reach.key.clone();
                let question = vec![reach];
                Some((key, self.meant.get(&common(&question), &question)?))
            });
        let about = self.refusing.about(&pod.scheduling.labels);
        let refused = about.filter(|(reach, _)| means(&self.namespaces, reach, pod));
        Wishes {
            near: near.map(|domains| (affinity, domains)),
            may_be_first,
            apart: apart.collect(),
            refused: refused.map(|(reach, domains)| (reach.key.as_str(), domains)).collect(),
        }
    }

    fn change(&mut self, pod: &Pod, node: &Node, comes: bool) {
        let Self { namespaces, meant, refusing } = self;
        meant.change(&pod.scheduling.labels, |question, domains| {
            if means_all(namespaces, question, pod) {
                domains.change(question, node, comes);
            }
        });
        for reach in reaches(pod, &pod.scheduling.pod_anti_affinity.required) {
            let anchor = anchor(reach.selector.as_ref());
            let mut domains = refusing.take(&anchor, &reach).unwrap_or_default();
            domains.change(std::slice::from_ref(&reach), node, comes);
            if !domains.is_empty() {
                refusing.insert(anchor, reach, domains);
            }
        }
    }
}

fn means_all(namespaces: &BTreeMap<String, Labels>, question: &[Reach], pod: &Pod) -> bool {
    question.iter().all(|reach| means(namespaces, reach, pod))
}

fn means(namespaces: &BTreeMap<String, Labels>, reach: &Reach, pod: &Pod) -> bool {
    let namespace = &pod.key.namespace;
    let is_selected = |selector: &LabelSelector| {
        let mut labels = namespaces.get(namespace).cloned().unwrap_or_default();
        labels.insert(NAME_OF_NAMESPACE.to_owned(), namespace.clone());
        selects(selector, &labels)
    };
    let in_scope =
        || reach.namespaces.contains(namespace) || reach.namespace_selector.as_ref().is_some_and(is_selected);
    reach.selector.as_ref().is_some_and(|selector| selects(selector, &pod.scheduling.labels)) && in_scope()
}

/// An anchor of those whom all of these mean.
fn common(question: &[Reach]) -> Anchor {
    question.iter().find_map(|reach| anchor(reach.selector.as_ref()))
}

impl Wishes<'_> {
    /// What speaks against the node. With `whoever_is_there` false, only what no other pod could change.
    pub(super) fn object(&self, against: &mut Against, node: &Node, whoever_is_there: bool) {
        if let Some((terms, meant)) = &self.near {
            let missing = terms.iter().find(|term| !node.labels.contains_key(&term.key));
            let alone = terms.iter().find(|term| meant.at(&term.key, node) == 0);
            let is_first = self.may_be_first && meant.is_empty();
            if let Some(term) = missing {
                against.add(
                    Rule::PodAffinityIgnored,
                    format_args!("no label {}, which its affinity goes by", term.key),
                    format_args!("nodes with it"),
                );
            } else if let Some(term) = alone.filter(|_| whoever_is_there && !is_first) {
                against.add(
                    Rule::PodAffinityIgnored,
                    format_args!("no pod it wants to be near has the same {}", term.key),
                    format_args!("a node near one"),
                );
            }
        }
        if !whoever_is_there {
            return;
        }
        for (key, meant) in &self.apart {
            let there = meant.at(key, node);
            if there > 0 {
                against.add(
                    Rule::AntiAffinityIgnored,
                    format_args!("{there} pods it keeps away from have the same {key}"),
                    format_args!("none of them"),
                );
            }
        }
        for (key, refusing) in &self.refused {
            let there = refusing.at(key, node);
            if there > 0 {
                against.add(
                    Rule::OthersAntiAffinityIgnored,
                    format_args!("{there} pods that keep away from it have the same {key}"),
                    format_args!("none of them"),
                );
            }
        }
    }
}

impl Domains {
    /// A pod that is counted once for each of the terms comes to the node, or goes.
    fn change(&mut self, terms: &[Reach], node: &Node, comes: bool) {
        for term in terms {
            let Some(value) = node.labels.get(&term.key) else { continue };
            let values = self.0.entry(term.key.clone()).or_default();
            let count = values.entry(value.clone()).or_default();
            *count = if comes { count.saturating_add(1) } else { count.saturating_sub(1) };
            if *count == 0 {
                values.remove(value);
            }
            if values.is_empty() {
                self.0.remove(&term.key);
            }
        }
    }

    /// How many are in the node's domain; in none where it has no such label.
    fn at(&self, key: &str, node: &Node) -> u64 {
        let value = node.labels.get(key);
        let count = value.and_then(|value| self.0.get(key)?.get(value));
        count.copied().unwrap_or(0)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What has to be counted for the pod: its affinity as one question, its anti-affinity term by term.
fn questions(pod: &Pod) -> Vec<Vec<Reach>> {
    let mut questions = vec![reaches(pod, &pod.scheduling.pod_affinity.required)];
    let apart = reaches(pod, &pod.scheduling.pod_anti_affinity.required);
    questions.extend(apart.into_iter().map(|reach| vec![reach]));
    questions.retain(|question| !question.is_empty());
    questions
}

fn reaches(pod: &Pod, terms: &[PodAffinityTerm]) -> Vec<Reach> {
    let reach = |term: &PodAffinityTerm| {
        let mut namespaces = term.namespaces.clone();
        if term.namespace_selector.is_none() && namespaces.is_empty() {
            namespaces.insert(pod.key.namespace.clone());
        }
        let own = &pod.scheduling.labels;
        let (alike, unlike) = (&term.match_label_keys, &term.mismatch_label_keys);
        Reach {
            namespaces,
            namespace_selector: term.namespace_selector.clone(),
            selector: completed(term.label_selector.as_ref(), own, alike, unlike),
            key: term.topology_key.clone(),
        }
    };
    terms.iter().map(reach).collect()
}
