//! Pods in place, and questions about them, found by a label: so that nobody looks at all of either.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::{LabelSelector, Labels, Operator};
use casemate_model::{Node, NodeName, Pod, PodKey};

use super::{Offered, Resident};

/// A label that everything has which a selector selects. `None`: there is no such.
pub(super) type Anchor = Option<(String, String)>;

/// An anchor of what this selects. A selector that is absent selects nothing, so any will do.
pub(super) fn anchor(selector: Option<&LabelSelector>) -> Anchor {
    let selector = selector?;
    let exact = selector.match_labels.iter().map(|(key, value)| (key.clone(), value.clone()));
    let only = selector.match_expressions.iter().filter_map(|said| match &said.operator {
        Operator::In(values) if values.len() == 1 => Some((said.key.clone(), values.first()?.clone())),
        _ => None,
    });
    exact.chain(only).next()
}

/// Which pods carry which label.
#[derive(Debug, Default)]
pub(super) struct Crowd(BTreeMap<(String, String), BTreeSet<PodKey>>);

impl Crowd {
    pub(super) fn come(&mut self, pod: &Pod) {
        for (key, value) in &pod.scheduling.labels {
            self.0.entry((key.clone(), value.clone())).or_default().insert(pod.key.clone());
        }
    }

    pub(super) fn go(&mut self, pod: &Pod) {
        for (key, value) in &pod.scheduling.labels {
            let label = (key.clone(), value.clone());
            if let Some(pods) = self.0.get_mut(&label) {
                pods.remove(&pod.key);
                if pods.is_empty() {
                    self.0.remove(&label);
                }
            }
        }
    }
}

/// Everybody in place.
#[derive(Clone, Copy)]
pub(super) struct Population<'a> {
    pub(super) nodes: &'a BTreeMap<NodeName, Offered>,
    pub(super) placed: &'a BTreeMap<PodKey, Resident>,
    pub(super) crowd: &'a Crowd,
}

impl<'a> Population<'a> {
    /// Every pod, with its node.
    pub(super) fn all(self) -> impl Iterator<Item = (&'a Pod, &'a Node)> {
        self.placed.values().filter_map(move |resident| self.with_node(resident))
    }

    /// Every pod that has the anchor's label, with its node.
    pub(super) fn anchored(self, anchor: &Anchor) -> Vec<(&'a Pod, &'a Node)> {
        let Some(label) = anchor else { return self.all().collect() };
        let keys = self.crowd.0.get(label).into_iter().flatten();
        keys.filter_map(|key| self.with_node(self.placed.get(key)?)).collect()
    }

    pub(super) fn nodes(self) -> impl Iterator<Item = &'a Node> {
        self.nodes.values().map(|offered| &offered.node)
    }

    fn with_node(self, resident: &'a Resident) -> Option<(&'a Pod, &'a Node)> {
        Some((&resident.pod, &self.nodes.get(&resident.node)?.node))
    }
}

/// Answers to questions, by the anchor of those whom a question means.
#[derive(Debug)]
pub(super) struct Answers<Q, A> {
    by_anchor: BTreeMap<Anchor, BTreeMap<Q, A>>,
    len: usize,
}

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self { by_anchor: BTreeMap::new(), len: 0 }
    }
}

impl<Q: Ord, A> Answers<Q, A> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn get(&self, anchor: &Anchor, question: &Q) -> Option<&A> {
        self.by_anchor.get(anchor)?.get(question)
    }

    pub(super) fn insert(&mut self, anchor: Anchor, question: Q, answer: A) {
        if self.by_anchor.entry(anchor).or_default().insert(question, answer).is_none() {
            self.len += 1;
        }
    }

    /// Takes an answer out.
    pub(super) fn take(&mut self, anchor: &Anchor, question: &Q) -> Option<A> {
        let questions = self.by_anchor.get_mut(anchor)?;
        let answer = questions.remove(question)?;
        if questions.is_empty() {
            self.by_anchor.remove(anchor);
        }
        self.len -= 1;
        Some(answer)
    }

    /// Every question that may mean a pod of these labels.
    pub(super) fn about(&self, labels: &Labels) -> impl Iterator<Item = (&Q, &A)> {
        anchors(labels).filter_map(|anchor| self.by_anchor.get(&anchor)).flatten()
    }

    /// Does this to every question that may mean a pod of these labels.
    pub(super) fn change(&mut self, labels: &Labels, mut change: impl FnMut(&Q, &mut A)) {
        for anchor in anchors(labels) {
            if let Some(questions) = self.by_anchor.get_mut(&anchor) {
                questions.iter_mut().for_each(|(question, answer)| change(question, answer));
            }
        }
    }
}

fn anchors(labels: &Labels) -> impl Iterator<Item = Anchor> {
    let each = labels.iter().map(|(key, value)| Some((key.clone(), value.clone())));
    std::iter::once(None).chain(each)
}
