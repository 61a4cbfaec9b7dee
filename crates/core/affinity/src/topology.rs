//! Which pods are in which domain.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use casemate_model::{NodeName, PodKey};

use crate::relation::{Profile, Relation};
use crate::shape::Shape;
use crate::tally::Change;
use crate::{Objection, PodTerms, Preference, View};
use casemate_model::affinity::{Labels, NodeFacts};

/// The label each namespace carries by itself, with its name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The nodes, the pods on them, and what is counted for pods that are to be placed.
///
/// A pod's terms may be learned ([`learn`](Self::learn)): from then on each change costs one step for each
/// learned terms, and a look at a node none for the pods that are placed. Terms that were not learned get
/// the same answers, each from a walk over all nodes and pods. A pod never counts against itself: one that
/// is to be moved has to be removed first.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    namespaces: BTreeMap<String, Labels>,
    nodes: BTreeMap<NodeName, Site>,
    pods: BTreeMap<PodKey, Placed>,
    /// Terms that are placed or learned.
    ids: BTreeMap<PodTerms, TermsId>,
    known: BTreeMap<TermsId, Known>,
    learned: BTreeMap<TermsId, Learned>,
    next: TermsId,
}

/// Why a change is refused. The caller erred: it leaves everything as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// The node was never set, or was removed.
    #[error("{pod} cannot be on {node}, which is not a known node: set the node first")]
    UnknownNode {
        /// The pod.
        pod: PodKey,
        /// The node it was said to be on.
        node: NodeName,
    },
    /// The pod is on a node.
    #[error("{pod} is on {node} already: remove it first")]
    AlreadyPlaced {
        /// The pod.
        pod: PodKey,
        /// Where it is.
        node: NodeName,
    },
}

/// The number of some terms. Not given out again.
type TermsId = u64;

#[derive(Clone, Debug)]
struct Site {
    facts: NodeFacts,
    pods: BTreeSet<PodKey>,
}

#[derive(Clone, Debug)]
struct Placed {
    terms: TermsId,
    node: NodeName,
    /// It is being deleted.
    leaving: bool,
}

#[derive(Clone, Debug)]
struct Known {
    profile: Profile,
    /// How many placed pods have these terms.
    placed: u64,
}

#[derive(Clone, Debug)]
struct Learned {
    shape: Shape,
    /// What pods of other terms mean to these, as far as they were placed.
    relations: BTreeMap<TermsId, Relation>,
}

impl Topology {
    /// No nodes and no pods.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what labels a namespace has, instead of those said before. Every namespace has, said or not,
    /// `kubernetes.io/metadata.name`. Counts everything anew.
    pub fn set_namespace(&mut self, name: &str, labels: Labels) {
        self.namespaces.insert(name.into(), labels);
        let namespace_labels = self.namespace_labels(name);
        for known in self.known.values_mut().filter(|it| it.profile.terms.namespace == name) {
            known.profile = Profile::of(&known.profile.terms, namespace_labels.clone());
        }
        let learned: Vec<TermsId> = self.learned.keys().copied().collect();
        for id in learned {
            self.count_anew(id);
        }
    }

    /// Adds a node, or says that what is known of it has changed. Pods on it stay.
    pub fn set_node(&mut self, facts: NodeFacts) {
        let name = facts.name.clone();
        let pods = self.nodes.get(&name).map(|site| site.pods.clone()).unwrap_or_default();
        self.change_pods(&pods, Change::Goes);
        self.change_node(&name, Change::Goes);
        self.nodes.insert(name.clone(), Site { facts, pods: pods.clone() });
        self.change_node(&name, Change::Comes);
        self.change_pods(&pods, Change::Comes);
    }

    /// Takes a node away with all pods on it, which are returned.
    pub fn remove_node(&mut self, name: &NodeName) -> BTreeSet<PodKey> {
        let pods = self.nodes.get(name).map(|site| site.pods.clone()).unwrap_or_default();
        for pod in &pods {
            self.remove(pod);
        }
        self.change_node(name, Change::Goes);
        self.nodes.remove(name);
        pods
    }

    /// A pod is on a node from now on.
    ///
    /// # Errors
    ///
    /// When the node is not known, or the pod is on a node already.
    pub fn add(&mut self, pod: PodKey, terms: &PodTerms, node: &NodeName) -> Result<(), TopologyError> {
        if let Some(placed) = self.pods.get(&pod) {
            return Err(TopologyError::AlreadyPlaced { pod, node: placed.node.clone() });
        }
        let Some(site) = self.nodes.get_mut(node) else {
            return Err(TopologyError::UnknownNode { pod, node: node.clone() });
        };
        site.pods.insert(pod.clone());
        let terms = self.id(terms);
        if let Some(known) = self.known.get_mut(&terms) {
            known.placed = known.placed.saturating_add(1);
        }
        self.pods.insert(pod.clone(), Placed { terms, node: node.clone(), leaving: false });
        self.change_pod(&pod, Change::Comes);
        Ok(())
    }

    /// A pod is gone. `false`: it was on no node.
    pub fn remove(&mut self, pod: &PodKey) -> bool {
        self.change_pod(pod, Change::Goes);
        let Some(placed) = self.pods.remove(pod) else { return false };
        if let Some(site) = self.nodes.get_mut(&placed.node) {
            site.pods.remove(pod);
        }
        if let Some(known) = self.known.get_mut(&placed.terms) {
            known.placed = known.placed.saturating_sub(1);
        }
        self.drop_unused(placed.terms);
        true
    }

    /// A pod is being deleted (`metadata.deletionTimestamp`): spreads do not count it any more, affinity
    /// and anti-affinity do until it is gone. `false`: it was on no node.
    pub fn set_leaving(&mut self, pod: &PodKey) -> bool {
        let Some(placed) = self.pods.get_mut(pod) else { return false };
        if placed.leaving {
            return true;
        }
        placed.leaving = true;
        let Self { nodes, pods, known, learned, .. } = self;
        let Some((placed, node)) = located(pods, nodes, pod) else { return false };
        for (id, learned) in learned {
            learned.with(*id, placed.terms, known, |shape, asking, relation| {
                shape.change_counted(asking, relation, node, Change::Goes);
            });
        }
        true
    }

    /// Where a pod is.
    #[must_use]
    pub fn node_of(&self, pod: &PodKey) -> Option<&NodeName> {
        self.pods.get(pod).map(|it| &it.node)
    }

    /// Keeps counts for pods of these terms from now on, at the cost of one walk over all nodes and pods.
    pub fn learn(&mut self, terms: &PodTerms) {
        let id = self.id(terms);
        if !self.learned.contains_key(&id) {
            self.count_anew(id);
        }
    }

    /// Keeps no counts for pods of these terms any more.
    pub fn forget(&mut self, terms: &PodTerms) {
        if let Some(id) = self.ids.get(terms).copied() {
            self.learned.remove(&id);
            self.drop_unused(id);
        }
    }

    /// How pods of these terms see the nodes: to be asked for once, when many nodes are looked at.
    #[must_use]
    pub fn view(&self, terms: &PodTerms) -> View<'_> {
        let id = self.ids.get(terms);
        let kept = id.and_then(|id| Some((self.known.get(id)?, self.learned.get(id)?)));
        if let Some((known, learned)) = kept {
            return View::new(Cow::Borrowed(&known.profile), Cow::Borrowed(&learned.shape));
        }
        let profile = Profile::of(terms, self.namespace_labels(&terms.namespace));
        let learned = self.counted(&profile);
        View::new(Cow::Owned(profile), Cow::Owned(learned.shape))
    }

    /// Everything that keeps a pod from a node ([`View::objections`]).
    #[must_use]
    pub fn objections(&self, pod: &PodTerms, node: &NodeFacts) -> Vec<Objection> {
        self.view(pod).objections(node)
    }

    /// Whether nothing keeps a pod from a node ([`View::allows`]).
    #[must_use]
    pub fn allows(&self, pod: &PodTerms, node: &NodeFacts) -> bool {
        self.view(pod).allows(node)
    }

    /// How gladly a pod would go to a node ([`View::preference`]).
    #[must_use]
    pub fn preference(&self, pod: &PodTerms, node: &NodeFacts) -> Preference {
        self.view(pod).preference(node)
    }

    fn namespace_labels(&self, name: &str) -> Labels {
        let mut labels = self.namespaces.get(name).cloned().unwrap_or_default();
        labels.insert(NAMESPACE_NAME.into(), name.into());
        labels
    }

    fn id(&mut self, terms: &PodTerms) -> TermsId {
        if let Some(id) = self.ids.get(terms) {
            return *id;
        }
        let id = self.next;
        self.next = self.next.saturating_add(1);
        let profile = Profile::of(terms, self.namespace_labels(&terms.namespace));
        self.ids.insert(terms.clone(), id);
        self.known.insert(id, Known { profile, placed: 0 });
        id
    }

    /// Drops terms that no pod has and nobody learned.
    fn drop_unused(&mut self, id: TermsId) {
        let placed = self.known.get(&id).is_some_and(|it| it.placed > 0);
        if placed {
            return;
        }
        for learned in self.learned.values_mut() {
            learned.relations.remove(&id);
        }
        if !self.learned.contains_key(&id)
            && let Some(known) = self.known.remove(&id)
        {
            self.ids.remove(&known.profile.terms);
        }
    }

    fn count_anew(&mut self, id: TermsId) {
        if let Some(known) = self.known.get(&id) {
            let learned = self.counted(&known.profile);
            self.learned.insert(id, learned);
        }
    }

    /// What is counted for these terms, from a walk over all nodes and pods.
    fn counted(&self, asking: &Profile) -> Learned {
        let mut shape = Shape::of(asking);
        let mut relations = BTreeMap::new();
        for site in self.nodes.values() {
            shape.change_node(asking, &site.facts, Change::Comes);
        }
        for placed in self.pods.values() {
            let (Some(site), Some(known)) = (self.nodes.get(&placed.node), self.known.get(&placed.terms))
            else {
                continue;
            };
            let relation =
                relations.entry(placed.terms).or_insert_with(|| Relation::of(asking, &known.profile));
            shape.change_pod(asking, relation, &site.facts, !placed.leaving, Change::Comes);
        }
        Learned { shape, relations }
    }

    fn change_node(&mut self, name: &NodeName, change: Change) {
        let Some(site) = self.nodes.get(name) else { return };
        for (id, learned) in &mut self.learned {
            if let Some(known) = self.known.get(id) {
                learned.shape.change_node(&known.profile, &site.facts, change);
            }
        }
    }

    fn change_pods(&mut self, pods: &BTreeSet<PodKey>, change: Change) {
        for pod in pods {
            self.change_pod(pod, change);
        }
    }

    fn change_pod(&mut self, pod: &PodKey, change: Change) {
        let Self { nodes, pods, known, learned, .. } = self;
        let Some((placed, node)) = located(pods, nodes, pod) else { return };
        for (id, learned) in learned {
            learned.with(*id, placed.terms, known, |shape, asking, relation| {
                shape.change_pod(asking, relation, node, !placed.leaving, change);
            });
        }
    }
}

impl Learned {
    /// Changes the shape by what pods of the terms `placed` mean to those of `asking`.
    fn with(
        &mut self,
        asking: TermsId,
        placed: TermsId,
        known: &BTreeMap<TermsId, Known>,
        change: impl FnOnce(&mut Shape, &Profile, &Relation),
    ) {
        let (Some(asking), Some(other)) = (known.get(&asking), known.get(&placed)) else { return };
        let relation =
            self.relations.entry(placed).or_insert_with(|| Relation::of(&asking.profile, &other.profile));
        change(&mut self.shape, &asking.profile, relation);
    }
}

/// A placed pod and its node.
fn located<'a>(
    pods: &'a BTreeMap<PodKey, Placed>,
    nodes: &'a BTreeMap<NodeName, Site>,
    pod: &PodKey,
) -> Option<(&'a Placed, &'a NodeFacts)> {
    let placed = pods.get(pod)?;
    Some((placed, &nodes.get(&placed.node)?.facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{near, node, pod};

    #[test]
    fn nothing_is_kept_of_pods_that_are_gone_and_terms_that_were_forgotten() {
        let mut topology = Topology::new();
        let a = node("a", &[("zone", "1")]);
        topology.set_node(a.clone());
        let asking = pod(&[("app", "web")]);
        topology.learn(&asking);
        let mut repelling = pod(&[("app", "db")]);
        repelling.pod_anti_affinity.required.push(near("zone", &[("app", "web")]));
        let key = PodKey { namespace: "default".into(), name: "p".into() };
        topology.add(key.clone(), &repelling, &a.name).unwrap();
        assert!(!topology.allows(&asking, &a));
        topology.remove(&key);
        assert_eq!(topology.known.len(), 1);
        assert!(topology.learned.values().all(|it| it.relations.is_empty() && it.shape.repelled.is_empty()));
        topology.forget(&asking);
        assert!(topology.known.is_empty() && topology.ids.is_empty() && topology.learned.is_empty());
    }
}
