//! Many pods on nodes known from a document: where each would go, and why the others would not.

use std::collections::{BTreeMap, BTreeSet};

use casemate_affinity::PodTerms;
use casemate_model::{Capacity, Node, NodeName, Pod, Scheduling, Timestamp};

use crate::ask::Ask;
use crate::facts::Asker;
use crate::{
    Decision, Drain, Hurdle, Hypothetical, Ledger, LedgerError, Options, Plan, PodObjection, Resource,
};

/// What would become of pods. Nothing of it can be run.
#[derive(Debug)]
pub struct Planning {
    ledger: Ledger<Hypothetical>,
    /// By the pods' places in the list given.
    plans: BTreeMap<usize, Plan<Hypothetical>>,
    pending: Vec<Pending>,
}

/// Pods that ask for the same and got no place, for the same reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which of the pods given, in their order.
    pub pods: Vec<usize>,
    /// Why, in one of the words of the pod's condition `PodScheduled`.
    pub condition: Condition,
    /// Whether these nodes could not take one even if they were empty and freshly attested.
    pub never: bool,
    /// A reason that holds whatever the node.
    pub objection: Option<PodObjection>,
    /// What keeps them off the nodes.
    pub hurdles: Vec<Hurdle>,
}

/// Why a pod has no place, in the words of Kubernetes' condition `PodScheduled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// No node will do, now or ever.
    Unschedulable,
    /// It asks for what is not implemented.
    Unsupported,
}

impl Condition {
    fn of(objection: Option<&PodObjection>) -> Self {
        match objection {
            Some(PodObjection::Unsupported(_)) => Self::Unsupported,
            _ => Self::Unschedulable,
        }
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unschedulable => "Unschedulable",
            Self::Unsupported => "Unsupported",
        }
    }
}

/// No witness is asked for, so the time is of no account.
const NOW: Timestamp = Timestamp(0);

/// Different pods that are asked about where they fit.
const DIFFERENT_MOST: usize = 256;

/// How much of a resource there is and is handed out, on all nodes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Which.
    pub resource: Resource,
    /// What can be handed out.
    pub capacity: u64,
    /// What is.
    pub used: u64,
    /// The most that is free on one node: what is free besides is in smaller pieces.
    pub largest_free: u64,
}

impl Planning {
    /// Places pods one by one under the default options: as [`Planning::with`].
    ///
    /// # Errors
    ///
    /// Two nodes of one name.
    pub fn of(nodes: impl IntoIterator<Item = Node>, pods: &[Pod]) -> Result<Self, LedgerError> {
        Self::with(nodes, pods, &Options::default(), &[])
    }

    /// Places pods one by one: first those that say on which node they are, then the others, each time higher
    /// priority first and then in the order given. Of nodes that are `distrusted` no witness is supposed to hold;
    /// pods that are there already stay for the moment ([`drains`](Self::drains)).
    ///
    /// # Errors
    ///
    /// Two nodes of one name, or a distrusted node that is not there.
    pub fn with(
        nodes: impl IntoIterator<Item = Node>,
        pods: &[Pod],
        options: &Options,
        distrusted: &[(NodeName, String)],
    ) -> Result<Self, LedgerError> {
        let ledger = Ledger::<Hypothetical>::with(nodes, options.clone())?;
        let mut planning = Self { ledger, plans: BTreeMap::new(), pending: Vec::new() };
        let mut order: Vec<usize> = (0..pods.len()).collect();
        order.sort_by_key(|nth| std::cmp::Reverse(pods[*nth].priority));
        let (there, coming): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|nth| pods[*nth].scheduling.node.is_some());
        let mut unplaced = planning.place(pods, there);
        for (node, why) in distrusted {
            planning.ledger.distrust(node, why)?;
        }
        unplaced.extend(planning.place(pods, coming));
        planning.tell(pods, unplaced);
        Ok(planning)
    }

    /// Places these, in this order; answers those that found no place, each with whether it never can.
    fn place(&mut self, pods: &[Pod], order: Vec<usize>) -> Vec<(usize, bool)> {
        let mut unplaced = Vec::new();
        for nth in order {
            match self.ledger.place(&pods[nth], NOW) {
                Decision::Placed(plan) => drop(self.plans.insert(nth, plan)),
                Decision::Waiting => unplaced.push((nth, false)),
                Decision::Never => unplaced.push((nth, true)),
            }
        }
        unplaced
    }

    /// Says of those without a place why: once for all that ask for the same. As it is in the end, which is what
    /// whoever reads it looks at.
    fn tell(&mut self, pods: &[Pod], unplaced: Vec<(usize, bool)>) {
        let mut alike: BTreeMap<_, usize> = BTreeMap::new();
        for (nth, never) in unplaced {
            let pod = &pods[nth];
            let ask = Ask::under(pod, self.ledger.options().policy).ok();
            let likeness = ask.filter(|_| self.ledger.node_of(&pod.key).is_none()).map(|ask| {
                let amounts: Vec<_> =
                    ask.request.resources().map(|it| (it.among(&ask.request), it)).collect();
                let Scheduling { unsupported, node, .. } = &pod.scheduling;
                let others = (PodTerms::of(pod), ask.policy, unsupported.clone(), node.clone());
                (Asker::of(&ask), amounts, others)
            });
            match likeness.as_ref().and_then(|it| alike.get(it)) {
                Some(at) => self.pending[*at].pods.push(nth),
                None => {
                    alike.extend(likeness.map(|it| (it, self.pending.len())));
                    let explanation = self.ledger.explain(pod, NOW);
                    let condition = Condition::of(explanation.objection.as_ref());
                    let hurdles = explanation.hurdles();
                    let objection = explanation.objection;
                    self.pending.push(Pending { pods: vec![nth], condition, never, objection, hurdles });
                }
            }
        }
    }

    /// Confidential pods on nodes that nobody vouches for: they have to leave.
    #[must_use]
    pub fn drains(&self) -> Vec<Drain> {
        self.ledger.drains(NOW)
    }

    /// What is free of each resource on nodes as they are where none of these pods would fit. Pods that ask for the
    /// same are asked about once; of very many different ones the first so many.
    #[must_use]
    pub fn unusable(&self, pods: &[Pod]) -> BTreeMap<Resource, u64> {
        let mut seen = BTreeSet::new();
        let different = pods.iter().filter(|pod| {
            let ask = Ask::under(pod, self.ledger.options().policy).ok();
            let key = ask.map(|ask| {
                let amounts: Vec<_> =
                    ask.request.resources().map(|it| (it.among(&ask.request), it)).collect();
                (Asker::of(&ask), amounts)
            });
            key.is_some_and(|key| seen.insert(key))
        });
        let different: Vec<&Pod> = different.take(DIFFERENT_MOST).collect();
        let mut unusable = BTreeMap::new();
        for node in self.ledger.nodes().filter(|node| !self.ledger.takes_any(&node.name, &different, NOW)) {
            for resource in Resource::counted(node) {
                let capacity = resource.on(node).unwrap_or(0);
                let free = capacity.saturating_sub(self.ledger.used_of(&node.name, &resource));
                let sum: &mut u64 = unusable.entry(resource).or_default();
                *sum = sum.saturating_add(free);
            }
        }
        unusable
    }

    /// What a pod asks for of each resource, where it shares as pods do here.
    #[must_use]
    pub fn asked(&self, pod: &Pod) -> Vec<(Resource, u64)> {
        let ask = Ask::under(pod, self.ledger.options().policy);
        let amounts = |ask: Ask<'_>| {
            ask.request.resources().map(|it| (it.among(&ask.request), it)).map(|(a, it)| (it, a)).collect()
        };
        ask.map(amounts).unwrap_or_default()
    }

    /// Whether a pod could go to a node that is empty and trusted, as far as that does not depend on other pods.
    #[must_use]
    pub fn could_take(&self, node: &NodeName, pod: &Pod) -> bool {
        self.ledger.could_take(node, pod, NOW)
    }

    /// What is handed out of a resource on a node.
    #[must_use]
    pub fn used(&self, node: &NodeName, resource: &Resource) -> u64 {
        self.ledger.used_of(node, resource)
    }

    /// How many nodes have pods.
    #[must_use]
    pub fn nodes_used(&self) -> usize {
        self.plans.values().map(Plan::node).collect::<BTreeSet<_>>().len()
    }

    /// Each pod that has a place, in the order given: which, and where.
    pub fn placed(&self) -> impl Iterator<Item = (usize, &Plan<Hypothetical>)> {
        self.plans.iter().map(|(nth, plan)| (*nth, plan))
    }

    /// Those that have none, higher priority first.
    #[must_use]
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// Each resource that some node has.
    #[must_use]
    pub fn usage(&self) -> Vec<Use> {
        let devices: BTreeSet<_> = self.ledger.nodes().flat_map(|node| node.devices.keys()).collect();
        let devices = devices.into_iter().map(|kind| Resource::Device(kind.clone()));
        let all = Resource::ALL.into_iter().chain(devices).map(|resource| {
            let mut total = Use { resource: resource.clone(), capacity: 0, used: 0, largest_free: 0 };
            for node in self.ledger.nodes() {
                let Some(capacity) = resource.on(node) else { continue };
                let free = capacity.saturating_sub(self.ledger.used_of(&node.name, &resource));
                total.capacity = total.capacity.saturating_add(capacity);
                total.used = total.used.saturating_add(capacity.saturating_sub(free));
                total.largest_free = total.largest_free.max(free);
            }
            total
        });
        all.filter(|it| it.capacity > 0).collect()
    }

    /// The nodes, by name.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.ledger.nodes()
    }

    /// What is free on a node.
    #[must_use]
    pub fn free(&self, node: &NodeName) -> Option<Capacity> {
        self.ledger.free(node)
    }
}

impl Drop for Planning {
    /// Nothing was going to run: the plans end here.
    fn drop(&mut self) {
        for plan in std::mem::take(&mut self.plans).into_values() {
            self.ledger.release(plan).expect("this ledger made it");
        }
    }
}
