//! The ledger: nodes, what vouches for them, and what is reserved on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use casemate_model::{Capacity, Node, NodeName, Pod, PodKey, Timestamp};
use casemate_mutant::{Mutant, active as seeded};
use casemate_policy::{Attested, Platform};
use thiserror::Error;

use crate::amounts::{Amounts, rest};
use crate::ask::Ask;
use crate::facts::{Asker, Facts, Numbers, TrustKind};
use crate::filter::{Holds, Site, may_pass, passes, regard, reports};
use crate::fleet::{BestFit, Fleet, NodeId, ReservationId};
use crate::grounds::{Hypothetical, OnEvidence};
use crate::kinds::Kinds;
use crate::plan::{Plan, Ticket};
use crate::room::Room;
use crate::units::handed_out;
use crate::{Explanation, Foreign, Grounds, NodeReport, PodObjection, Resource, Score};

/// Nodes and reservations. What `G` is decides whether its plans can be run.
#[derive(Debug)]
pub struct Ledger<G: Grounds> {
    /// Tells this ledger's plans from another's.
    id: u64,
    /// By the number they have in the fleet.
    entries: Vec<Entry<G>>,
    by_name: BTreeMap<NodeName, NodeId>,
    fleet: Fleet<BestFit>,
    kinds: Kinds,
    facts: Numbers<Facts>,
    askers: Numbers<Asker>,
    /// Labels that some pod selects nodes by. Others tell no nodes apart.
    selected: BTreeSet<String>,
    /// When what is known about nodes' platforms changes by itself.
    changes: BTreeSet<(Timestamp, NodeId)>,
    /// The instant for which nodes are in the right group.
    as_of: Timestamp,
    /// Where each placed pod is, and by which plan.
    placed: BTreeMap<PodKey, Held>,
    next_ticket: u64,
}

#[derive(Debug)]
struct Entry<G: Grounds> {
    node: Node,
    used: Amounts,
    voucher: G::Voucher,
}

#[derive(Debug)]
struct Held {
    node: NodeId,
    ticket: u64,
    reservation: ReservationId,
}

/// The answer to a pod.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once, and to box plans would allocate for each"
)]
#[must_use = "a placed pod's reservation is in here"]
pub enum Decision<G: Grounds> {
    /// It has a place.
    Placed(Plan<G>),
    /// It may have one later: when others end, or a node is attested. [`Ledger::explain`] says why.
    Waiting,
    /// It cannot have one on these nodes, even if they were empty and freshly attested.
    Never,
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
        let mut nodes: Vec<Node> = nodes.into_iter().collect();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
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
        match self.by_name.get(&node.name) {
            None => self.enter(node, Some(witness)),
            Some(id) if self.entries[id.0 as usize].node == node => {
                self.vouch(*id, Some(witness));
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
        let id = *self.by_name.get(name).ok_or_else(|| LedgerError::Unknown(name.clone()))?;
        check_speaks_of(&witness, &self.entries[id.0 as usize].node)?;
        self.vouch(id, Some(witness));
        Ok(())
    }

    /// Takes a node's witness away, as when its evidence is revoked. What is placed there stays; nothing
    /// confidential is added.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Unknown`].
    pub fn revoke(&mut self, node: &NodeName) -> Result<(), LedgerError> {
        let id = *self.by_name.get(node).ok_or_else(|| LedgerError::Unknown(node.clone()))?;
        self.vouch(id, None);
        Ok(())
    }

    /// The witness of a node's platform, holding or not.
    #[must_use]
    pub fn witness(&self, node: &NodeName) -> Option<&Attested<Platform>> {
        self.entry(node)?.voucher.as_ref()
    }

    /// What vouches for a node is another.
    fn vouch(&mut self, id: NodeId, witness: Option<Attested<Platform>>) {
        self.entries[id.0 as usize].voucher = witness;
        self.regroup(id);
    }
}

impl<G: Grounds> Ledger<G> {
    /// Finds the best node for a pod and reserves its requests there.
    pub fn place(&mut self, pod: &Pod, now: Timestamp) -> Decision<G> {
        self.place_beside(pod, now, &Holds::new())
    }

    /// As [`place`](Self::place), keeping off nodes that are held for others.
    pub(crate) fn place_beside(&mut self, pod: &Pod, now: Timestamp, holds: &Holds) -> Decision<G> {
        let Ok(ask) = Ask::of(pod) else { return Decision::Never };
        if self.placed.contains_key(&pod.key) {
            return Decision::Waiting;
        }
        self.keep_up(pod, now);
        let Self { entries, fleet, kinds, facts, askers, .. } = self;
        let asker = askers.number(&Asker::of(&ask));
        let regard = |number| regard(&ask, facts.get(number)?);
        // Everything is asked once more of the very node, as it is now.
        let may = |id: NodeId| {
            let entry = &entries[id.0 as usize];
            passes(&ask, &entry.site(&entry.node.name, &entry.used, now, holds))
        };
        let found = ask.localities().iter().find_map(|locality| {
            let shape = fleet.shape(&kinds.request(&ask, *locality), asker, regard);
            Some((fleet.place(shape, may)?, *locality))
        });
        let Some((reservation, locality)) = found else { return self.undecided(&ask, now) };
        let id = fleet.node_of(reservation).expect("it was placed");
        let entry = &mut entries[id.0 as usize];
        let site = entry.site(&entry.node.name, &entry.used, now, holds);
        let score = Score::of(&ask, &site, locality);
        let charge = ask.charge(&entry.node).into_owned();
        entry.used.add(&charge).expect("every filter passed, so the sum is within capacity");
        let name = entry.node.name.clone();
        let ticket = Ticket { ledger: self.id, number: self.next_ticket };
        self.next_ticket += 1;
        self.placed.insert(pod.key.clone(), Held { node: id, ticket: ticket.number, reservation });
        Decision::Placed(Plan::new(ticket, pod.key.clone(), name, charge, score))
    }

    /// Every reason for and against every node, and the node that [`place`](Self::place) would choose.
    /// O(nodes), unlike the decision.
    #[must_use]
    pub fn explain(&self, pod: &Pod, now: Timestamp) -> Explanation {
        self.explain_beside(pod, now, &Holds::new())
    }

    pub(crate) fn explain_beside(&self, pod: &Pod, now: Timestamp, holds: &Holds) -> Explanation {
        let ask = match Ask::of(pod) {
            Ok(ask) => ask,
            Err(resource) => return against(pod, PodObjection::Uncountable(resource)),
        };
        if let Some(name) = self.node_of(&pod.key) {
            return against(pod, PodObjection::AlreadyPlaced(name.clone()));
        }
        let look_at = |(name, id): (&NodeName, &NodeId)| {
            let entry = &self.entries[id.0 as usize];
            let site = entry.site(name, &entry.used, now, holds).in_room(self.room(*id));
            let filters = reports(&ask, &site);
            let passes = filters.iter().all(|filter| filter.objections.is_empty());
            let score = passes.then(|| Score::of(&ask, &site, site.locality(&ask)));
            (*id, NodeReport { node: name.clone(), filters, score })
        };
        let reports: Vec<_> = self.by_name.iter().map(look_at).collect();
        let chosen = best(&reports);
        let nodes = reports.into_iter().map(|(_, report)| report).collect();
        Explanation { pod: pod.key.clone(), objection: None, nodes, chosen }
    }

    /// Ends a plan and gives back what it reserved.
    ///
    /// # Errors
    ///
    /// Where another ledger made the plan, which is handed back.
    pub fn release(&mut self, plan: Plan<G>) -> Result<(), Foreign<G>> {
        let Ticket { ledger, number } = plan.ticket();
        let held = self.placed.get(plan.pod()).filter(|it| ledger == self.id && it.ticket == number);
        let Some(Held { node, reservation, .. }) = held else { return Err(Foreign(Box::new(plan))) };
        if !seeded(Mutant::PlacementKeepsReservations) {
            self.fleet.release(*reservation);
            let entry = &mut self.entries[node.0 as usize];
            entry.used.subtract(plan.amounts());
        }
        self.placed.remove(plan.pod());
        plan.settle();
        Ok(())
    }

    /// The nodes, by name.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.by_name.values().map(|id| &self.entries[id.0 as usize].node)
    }

    /// What is free on a node.
    #[must_use]
    pub fn free(&self, node: &NodeName) -> Option<Capacity> {
        self.entry(node).map(|entry| rest(&handed_out(&entry.node), &entry.used.capacity))
    }

    /// What is reserved of a resource on a node.
    pub(crate) fn used_of(&self, node: &NodeName, resource: &Resource) -> u64 {
        self.entry(node).map_or(0, |entry| resource.among(&entry.used))
    }

    /// Where a pod is placed.
    #[must_use]
    pub fn node_of(&self, pod: &PodKey) -> Option<&NodeName> {
        self.placed.get(pod).map(|held| &self.entries[held.node.0 as usize].node.name)
    }

    fn empty() -> Self {
        /// Never shown and never compared in order: it only tells ledgers apart.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            entries: Vec::new(),
            by_name: BTreeMap::new(),
            fleet: Fleet::new(BestFit),
            kinds: Kinds::new(),
            facts: Numbers::default(),
            askers: Numbers::default(),
            selected: BTreeSet::new(),
            changes: BTreeSet::new(),
            as_of: Timestamp(0),
            placed: BTreeMap::new(),
            next_ticket: 0,
        }
    }

    fn enter(&mut self, node: Node, voucher: G::Voucher) -> Result<(), LedgerError> {
        if self.by_name.contains_key(&node.name) {
            return Err(LedgerError::Duplicate(node.name));
        }
        let entry = Entry { node, used: Amounts::NOTHING, voucher };
        let id = NodeId(u32::try_from(self.entries.len()).expect("fewer than 2^32 nodes"));
        let facts = self.facts.number(&Facts::of(&entry.node, entry.trust(self.as_of), &self.selected));
        let group = self.fleet.group(self.kinds.stock(&entry.node), facts);
        let added = self.fleet.add(group);
        debug_assert_eq!(added, id, "the ledger numbers nodes as the fleet does");
        self.by_name.insert(entry.node.name.clone(), id);
        let change = G::changes_after(&entry.voucher, self.as_of);
        self.changes.extend(change.map(|at| (at, id)));
        self.entries.push(entry);
        Ok(())
    }

    /// Puts every node into the group it belongs to at this instant, for what this pod asks.
    fn keep_up(&mut self, pod: &Pod, now: Timestamp) {
        let is_new = |key: &&String| !self.selected.contains(*key);
        let new: Vec<String> = pod.node_selector.keys().filter(is_new).cloned().collect();
        let back = now < self.as_of;
        self.as_of = now;
        if back || !new.is_empty() {
            self.selected.extend(new);
            (0..self.entries.len())
                .for_each(|it| self.regroup(NodeId(u32::try_from(it).unwrap_or(u32::MAX))));
        }
        while let Some((at, id)) = self.changes.first().copied().filter(|(at, _)| *at <= now) {
            self.changes.remove(&(at, id));
            self.regroup(id);
        }
    }

    /// Puts a node into the group it belongs to now.
    fn regroup(&mut self, id: NodeId) {
        let entry = &self.entries[id.0 as usize];
        let facts = self.facts.number(&Facts::of(&entry.node, entry.trust(self.as_of), &self.selected));
        let group = self.fleet.group(self.kinds.stock(&entry.node), facts);
        let moved = self.fleet.move_to(id, group);
        debug_assert!(moved, "its stock is what it was");
        let change = G::changes_after(&entry.voucher, self.as_of);
        self.changes.extend(change.map(|at| (at, id)));
    }

    /// No node will do now.
    fn undecided(&self, ask: &Ask<'_>, now: Timestamp) -> Decision<G> {
        let (holds, nothing) = (Holds::new(), Amounts::NOTHING);
        let may_one_day = self.fleet.groups().any(|(_, id)| {
            let entry = &self.entries[id.0 as usize];
            let site = entry.site(&entry.node.name, &nothing, now, &holds);
            may_pass(ask, &site.in_room(self.room(id).map(Room::emptied)))
        });
        if may_one_day { Decision::Waiting } else { Decision::Never }
    }

    /// What is free on a node, unit by unit.
    fn room(&self, id: NodeId) -> Option<Room<'_>> {
        Some(Room::new(&self.kinds, self.fleet.stock(id)?, self.fleet.free(id)))
    }

    fn entry(&self, node: &NodeName) -> Option<&Entry<G>> {
        self.by_name.get(node).map(|id| &self.entries[id.0 as usize])
    }
}

impl<G: Grounds> Entry<G> {
    fn site<'a>(&'a self, name: &NodeName, used: &'a Amounts, now: Timestamp, holds: &'a Holds) -> Site<'a> {
        let trust = G::trust(&self.voucher, now);
        Site { node: &self.node, used, room: None, trust, hold: holds.get(name) }
    }

    fn trust(&self, now: Timestamp) -> TrustKind {
        TrustKind::of(&G::trust(&self.voucher, now))
    }
}

/// The best of the nodes that pass: among equals the one that came first.
fn best(reports: &[(NodeId, NodeReport)]) -> Option<NodeName> {
    let mut passing: Vec<_> =
        reports.iter().filter_map(|(id, report)| Some((*id, report.score.as_ref()?, &report.node))).collect();
    passing.sort_by_key(|(id, ..)| *id);
    let best =
        passing.into_iter().reduce(|best, next| if next.1.is_better_than(best.1) { next } else { best });
    best.map(|(.., node)| node.clone())
}

fn against(pod: &Pod, objection: PodObjection) -> Explanation {
    Explanation { pod: pod.key.clone(), objection: Some(objection), nodes: Vec::new(), chosen: None }
}

fn check_speaks_of(witness: &Attested<Platform>, node: &Node) -> Result<(), LedgerError> {
    let Platform { node: name, identity, tee } = witness.subject();
    if *name == node.name && *identity == node.identity && Some(*tee) == node.tee {
        return Ok(());
    }
    let witnessed = Box::new(witness.subject().clone());
    Err(LedgerError::OtherPlatform { node: node.name.clone(), witnessed })
}
