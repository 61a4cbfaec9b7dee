//! The ledger: nodes, what vouches for them, and what is reserved on them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use casemate_model::{Capacity, Node, NodeName, Pod, PodKey, Timestamp};
use casemate_mutant::{Mutant, active as seeded};
use casemate_policy::{Attested, Platform};
use thiserror::Error;

use crate::ask::Ask;
use crate::filter::{Holds, Site, reports};
use crate::grounds::{Hypothetical, OnEvidence};
use crate::plan::{Plan, Ticket};
use crate::resource::{rest, sum, usable};
use crate::{Explanation, Foreign, Grounds, NodeReport, PodObjection, Score};

/// Nodes and reservations. What `G` is decides whether its plans can be run.
#[derive(Debug)]
pub struct Ledger<G: Grounds> {
    /// Tells this ledger's plans from another's.
    id: u64,
    nodes: BTreeMap<NodeName, Entry<G>>,
    /// Where each placed pod is, and by which plan.
    placed: BTreeMap<PodKey, (NodeName, u64)>,
    next_ticket: u64,
}

#[derive(Debug)]
struct Entry<G: Grounds> {
    node: Node,
    used: Capacity,
    voucher: G::Voucher,
}

/// The answer to a pod.
#[derive(Debug)]
#[must_use = "a placed pod's reservation is in here"]
pub enum Decision<G: Grounds> {
    /// It has a place.
    Placed(Plan<G>),
    /// It may have one later: when others end, or a node is attested.
    Waiting(Explanation),
    /// It cannot have one on these nodes, even if they were empty and freshly attested.
    Never(Explanation),
}

/// Something a ledger was told that does not fit what it knows. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// Two nodes of one name.
    #[error("node {0} is already in the ledger with other facts; node names must be unique")]
    Duplicate(NodeName),
    /// A witness of a node that is not in the ledger.
    #[error("node {0} is not in the ledger; admit it together with its witness")]
    Unknown(NodeName),
    /// The witness speaks of another node, another boot or another TEE.
    #[error(
        "the witness speaks of {} (uid {}, boot {}), the node is {node}; attest this node as it is now",
        .witnessed, .witnessed.identity.uid, .witnessed.identity.boot_id
    )]
    OtherPlatform {
        /// The node.
        node: NodeName,
        /// Whom the witness speaks of.
        witnessed: Box<Platform>,
    },
}

impl Ledger<Hypothetical> {
    /// A ledger over nodes that are taken at their word.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Duplicate`].
    pub fn new(nodes: impl IntoIterator<Item = Node>) -> Result<Self, LedgerError> {
        let mut ledger = Self::empty();
        nodes.into_iter().try_for_each(|node| ledger.enter(node, ()))?;
        Ok(ledger)
    }
}

impl Ledger<OnEvidence> {
    /// A ledger without nodes.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "no Default for anything that rests on evidence")]
    pub fn new() -> Self {
        Self::empty()
    }

    /// Takes in a node that nothing vouches for yet. Only pods that ask for no TEE can be placed on it;
    /// the others' explanations say what it lacks.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Duplicate`].
    pub fn announce(&mut self, node: Node) -> Result<(), LedgerError> {
        self.enter(node, None)
    }

    /// Takes in a node with the witness of its platform, or gives an announced node its witness.
    ///
    /// # Errors
    ///
    /// [`LedgerError::OtherPlatform`], [`LedgerError::Duplicate`].
    pub fn admit(&mut self, node: Node, witness: Attested<Platform>) -> Result<(), LedgerError> {
        check_speaks_of(&witness, &node)?;
        match self.nodes.get_mut(&node.name) {
            None => self.enter(node, Some(witness)),
            Some(entry) if entry.node == node => {
                entry.voucher = Some(witness);
                Ok(())
            }
            Some(_) => Err(LedgerError::Duplicate(node.name)),
        }
    }

    /// Replaces a node's witness by a newer one.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Unknown`], [`LedgerError::OtherPlatform`].
    pub fn renew(&mut self, witness: Attested<Platform>) -> Result<(), LedgerError> {
        let name = &witness.subject().node;
        let entry = self.nodes.get_mut(name).ok_or_else(|| LedgerError::Unknown(name.clone()))?;
        check_speaks_of(&witness, &entry.node)?;
        entry.voucher = Some(witness);
        Ok(())
    }

    /// Takes a node's witness away, as when its evidence is revoked. What is placed there stays; nothing
    /// confidential is added.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Unknown`].
    pub fn revoke(&mut self, node: &NodeName) -> Result<(), LedgerError> {
        let entry = self.nodes.get_mut(node).ok_or_else(|| LedgerError::Unknown(node.clone()))?;
        entry.voucher = None;
        Ok(())
    }

    /// The witness of a node's platform, holding or not.
    #[must_use]
    pub fn witness(&self, node: &NodeName) -> Option<&Attested<Platform>> {
        self.nodes.get(node)?.voucher.as_ref()
    }
}

impl<G: Grounds> Ledger<G> {
    /// Finds the best node for a pod and reserves its requests there.
    pub fn place(&mut self, pod: &Pod, now: Timestamp) -> Decision<G> {
        self.place_beside(pod, now, &Holds::new())
    }

    /// As [`place`](Self::place), keeping off nodes that are held for others.
    pub(crate) fn place_beside(&mut self, pod: &Pod, now: Timestamp, holds: &Holds) -> Decision<G> {
        let ask = match Ask::of(pod) {
            Ok(ask) => ask,
            Err(resource) => return refuse(pod, PodObjection::Uncountable(resource)),
        };
        if let Some((node, _)) = self.placed.get(&pod.key) {
            return refuse(pod, PodObjection::AlreadyPlaced(node.clone()));
        }
        let nodes = self.nodes.iter().map(|(name, entry)| look_at(&ask, name, entry, now, holds)).collect();
        let mut explanation = Explanation { pod: pod.key.clone(), objection: None, nodes, chosen: None };
        let Some(name) = best(&explanation.nodes) else { return undecided(explanation) };
        explanation.chosen = Some(name.clone());
        let entry = self.nodes.get_mut(&name).expect("the best node is one of the ledger's");
        entry.used =
            sum(&entry.used, &ask.request).expect("every filter passed, so the sum is within capacity");
        let ticket = Ticket { ledger: self.id, number: self.next_ticket };
        self.next_ticket += 1;
        self.placed.insert(pod.key.clone(), (name.clone(), ticket.number));
        Decision::Placed(Plan::new(ticket, name, ask.request, explanation))
    }

    /// Ends a plan and gives back what it reserved.
    ///
    /// # Errors
    ///
    /// Where another ledger made the plan, which is handed back.
    pub fn release(&mut self, plan: Plan<G>) -> Result<(), Foreign<G>> {
        let Ticket { ledger, number } = plan.ticket();
        let ours = self.placed.get(plan.pod()).is_some_and(|(_, ticket)| *ticket == number);
        let (true, true, Some(entry)) = (ledger == self.id, ours, self.nodes.get_mut(plan.node())) else {
            return Err(Foreign(Box::new(plan)));
        };
        if !seeded(Mutant::PlacementKeepsReservations) {
            entry.used = rest(&entry.used, plan.reserved());
        }
        self.placed.remove(plan.pod());
        plan.settle();
        Ok(())
    }

    /// The nodes, by name.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().map(|entry| &entry.node)
    }

    /// What is free on a node.
    #[must_use]
    pub fn free(&self, node: &NodeName) -> Option<Capacity> {
        self.nodes.get(node).map(|entry| rest(&usable(&entry.node.capacity), &entry.used))
    }

    /// Where a pod is placed.
    #[must_use]
    pub fn node_of(&self, pod: &PodKey) -> Option<&NodeName> {
        self.placed.get(pod).map(|(node, _)| node)
    }

    fn empty() -> Self {
        /// Never shown and never compared in order: it only tells ledgers apart.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { id, nodes: BTreeMap::new(), placed: BTreeMap::new(), next_ticket: 0 }
    }

    fn enter(&mut self, node: Node, voucher: G::Voucher) -> Result<(), LedgerError> {
        if self.nodes.contains_key(&node.name) {
            return Err(LedgerError::Duplicate(node.name));
        }
        let name = node.name.clone();
        self.nodes.insert(name, Entry { node, used: Capacity::default(), voucher });
        Ok(())
    }
}

fn look_at<G: Grounds>(
    ask: &Ask<'_>,
    name: &NodeName,
    entry: &Entry<G>,
    now: Timestamp,
    holds: &Holds,
) -> NodeReport {
    let trust = G::trust(&entry.voucher, now);
    let site = Site { node: &entry.node, used: &entry.used, trust, hold: holds.get(name) };
    let filters = reports(ask, &site);
    let passes = filters.iter().all(|filter| filter.objections.is_empty());
    let score = passes.then(|| Score::of(ask, &site));
    NodeReport { node: name.clone(), filters, score }
}

/// The best of the nodes that pass. They come by name, so among equals the first wins.
fn best(reports: &[NodeReport]) -> Option<NodeName> {
    let passing =
        reports.iter().filter_map(|report| report.score.as_ref().map(|score| (score, &report.node)));
    let (_, node) = passing.reduce(|best, next| if next.0.is_better_than(best.0) { next } else { best })?;
    Some(node.clone())
}

fn refuse<G: Grounds>(pod: &Pod, objection: PodObjection) -> Decision<G> {
    let pod = pod.key.clone();
    undecided(Explanation { pod, objection: Some(objection), nodes: Vec::new(), chosen: None })
}

fn undecided<G: Grounds>(explanation: Explanation) -> Decision<G> {
    if explanation.is_permanent() { Decision::Never(explanation) } else { Decision::Waiting(explanation) }
}

fn check_speaks_of(witness: &Attested<Platform>, node: &Node) -> Result<(), LedgerError> {
    let Platform { node: name, identity, tee } = witness.subject();
    if *name == node.name && *identity == node.identity && Some(*tee) == node.tee {
        return Ok(());
    }
    let witnessed = Box::new(witness.subject().clone());
    Err(LedgerError::OtherPlatform { node: node.name.clone(), witnessed })
}
