//! Many pods on nodes known from a document: where each would go, and why the others would not.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{Capacity, Node, NodeName, Pod, Timestamp};

use crate::ask::Ask;
use crate::facts::Asker;
use crate::{Decision, Hurdle, Hypothetical, Ledger, LedgerError, Plan, PodObjection, Resource};

/// What would become of pods. Nothing of it can be run.
#[derive(Debug)]
pub struct Planning {
    ledger: Ledger<Hypothetical>,
    plans: Vec<(usize, Plan<Hypothetical>)>,
    pending: Vec<Pending>,
}

/// Pods that ask for the same and got no place, for the same reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which of the pods given, in their order.
    pub pods: Vec<usize>,
    /// Whether these nodes could not take one even if they were empty and freshly attested.
    pub never: bool,
    /// A reason that holds whatever the node.
    pub objection: Option<PodObjection>,
    /// What keeps them off the nodes.
    pub hurdles: Vec<Hurdle>,
}

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
    /// Places pods one by one: higher priority first, then in the order given. Nobody is displaced.
    ///
    /// # Errors
    ///
    /// Two nodes of one name.
    pub fn of(nodes: impl IntoIterator<Item = Node>, pods: &[Pod]) -> Result<Self, LedgerError> {
        // No witness is asked for, so the time is of no account.
        let now = Timestamp(0);
        let mut ledger = Ledger::<Hypothetical>::new(nodes)?;
        let mut order: Vec<usize> = (0..pods.len()).collect();
        order.sort_by_key(|nth| std::cmp::Reverse(pods[*nth].priority));
        let (mut plans, mut pending) = (Vec::with_capacity(pods.len()), Vec::new());
        let mut alike: BTreeMap<_, usize> = BTreeMap::new();
        for nth in order {
            let pod = &pods[nth];
            let never = match ledger.place(pod, now) {
                Decision::Placed(plan) => {
                    plans.push((nth, plan));
                    continue;
                }
                Decision::Waiting => false,
                Decision::Never => true,
            };
            // Room only becomes less: whoever asks for the same later has the same hurdles, and one more node
            // may be short of it.
            let likeness = Ask::of(pod).ok().filter(|_| ledger.node_of(&pod.key).is_none()).map(|ask| {
                let amounts: Vec<_> =
                    ask.request.resources().map(|it| (it.among(&ask.request), it)).collect();
                (Asker::of(&ask), amounts)
            });
            match likeness.as_ref().and_then(|it| alike.get(it)) {
                Some(at) => {
                    let pending: &mut Vec<Pending> = &mut pending;
                    pending[*at].pods.push(nth);
                }
                None => {
                    alike.extend(likeness.map(|it| (it, pending.len())));
                    pending.push(Pending { pods: vec![nth], never, objection: None, hurdles: Vec::new() });
                }
            }
        }
        // As it is in the end, which is what whoever reads it looks at.
        for it in &mut pending {
            let Some(first) = it.pods.first() else { continue };
            let explanation = ledger.explain(&pods[*first], now);
            it.hurdles = explanation.hurdles();
            it.objection = explanation.objection;
        }
        plans.sort_by_key(|(nth, _)| *nth);
        Ok(Self { ledger, plans, pending })
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
        for (_, plan) in self.plans.drain(..) {
            self.ledger.release(plan).expect("this ledger made it");
        }
    }
}
