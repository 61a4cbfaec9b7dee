//! The ledger: nodes, what vouches for them, and what is reserved on them.

mod asked;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use casemate_affinity::{PodTerms, View};
use casemate_model::affinity::{Labels, NodeAffinity, NodeFacts};
use casemate_model::{Capacity, Node, NodeName, Pod, PodKey, Scheduling, Timestamp};
use casemate_mutant::{Mutant, active as seeded};
use casemate_policy::{Attested, Platform};
use thiserror::Error;

use crate::amounts::{Amounts, rest};
use crate::ask::Ask;
use crate::drain::{Drain, DrainCause};
use crate::facts::{Asker, Facts, Numbers, TrustKind};
use crate::filter::{Company, Holds, Site, found, may_pass, passes, regard, reports};
use crate::grounds::{Hypothetical, OnEvidence, Trust};
use crate::kinds::Kinds;
use crate::plan::{Plan, Ticket};
use crate::resident::Resident;
use crate::room::Room;
use crate::score::Standing;
use crate::society::{Guest, Society, Tenants, wishes_of_others};
use crate::units::handed_out;
use crate::{Explanation, Foreign, Grounds, NodeReport, Options, Overcommit, PodObjection, Resource, Score};
use casemate_fleet::{Fleet, NodeId, Packer, WORST};

/// Nodes and reservations. What `G` is decides whether its plans can be run.
#[derive(Debug)]
pub struct Ledger<G: Grounds> {
    /// Tells this ledger's plans from another's.
    id: u64,
    /// By the number they have in the fleet.
    entries: Vec<Entry<G>>,
    by_name: BTreeMap<NodeName, NodeId>,
    fleet: Fleet<Packer>,
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
    placed: BTreeMap<PodKey, Resident>,
    /// Labels of those that went for others and have no place since.
    away: BTreeMap<PodKey, Labels>,
    next_ticket: u64,
    options: Options,
    society: Society,
    /// Whether nodes are kept as affinity looks at them.
    detailed: bool,
}

#[derive(Debug)]
struct Entry<G: Grounds> {
    node: Node,
    used: Amounts,
    voucher: G::Voucher,
    tenants: Tenants,
    facts: Option<Box<NodeFacts>>,
}

/// A pod that is to be placed, as those see it who are there.
struct Newcomer<'a> {
    guest: Guest,
    society: &'a Society,
    view: Option<View<'a>>,
    overcommit: Option<&'a Overcommit>,
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
        Self::with(nodes, Options::default())
    }

    /// The same in a cluster that places otherwise than by default.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Duplicate`].
    pub fn with(nodes: impl IntoIterator<Item = Node>, options: Options) -> Result<Self, LedgerError> {
        let mut ledger = Self::empty(options);
        let mut nodes: Vec<Node> = nodes.into_iter().collect();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        nodes.into_iter().try_for_each(|node| ledger.enter(node, None))?;
        Ok(ledger)
    }

    /// Supposes for a moment that the node is trusted; answers why it is not.
    pub(crate) fn trust_for_now(&mut self, node: &NodeName) -> Option<String> {
        let id = self.id_of(node)?;
        let doubt = self.entries[id.0 as usize].voucher.take();
        self.regroup(id);
        doubt
    }

    /// Supposes that no witness of this node holds, and why. What is placed there stays; nothing confidential is
    /// added.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Unknown`].
    pub fn distrust(&mut self, node: &NodeName, why: &str) -> Result<(), LedgerError> {
        let id = *self.by_name.get(node).ok_or_else(|| LedgerError::Unknown(node.clone()))?;
        self.entries[id.0 as usize].voucher = Some(why.to_owned());
        self.regroup(id);
        Ok(())
    }
}

impl Ledger<OnEvidence> {
    /// A ledger without nodes.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "no Default for anything that rests on evidence")]
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    /// The same in a cluster that places otherwise than by default.
    #[must_use]
    pub fn with(options: Options) -> Self {
        Self::empty(options)
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
    /// Finds the best node for a pod and reserves its requests there. O(log nodes) for each request in use; for a
    /// pod that would rather be beside some than beside others O(nodes).
    pub fn place(&mut self, pod: &Pod, now: Timestamp) -> Decision<G> {
        self.place_beside(pod, now, &Holds::new(), false)
    }

    /// As [`place`](Self::place), for a pod that found no place before: nothing is learned from its coming.
    pub fn place_again(&mut self, pod: &Pod, now: Timestamp) -> Decision<G> {
        self.place_beside(pod, now, &Holds::new(), true)
    }

    /// As [`place`](Self::place), keeping off nodes that are held for others; `again`, if it came before.
    pub(crate) fn place_beside(
        &mut self,
        pod: &Pod,
        now: Timestamp,
        holds: &Holds,
        again: bool,
    ) -> Decision<G> {
        let Ok(ask) = Ask::under(pod, self.options.policy) else { return Decision::Never };
        if self.against(&ask).is_some() {
            return if self.placed.contains_key(&pod.key) { Decision::Waiting } else { Decision::Never };
        }
        self.keep_up(pod, now);
        let terms = self.meet(pod);
        let guest = self.society.guest(pod, ask.policy.sharing);
        let Self { entries, fleet, kinds, facts, askers, society, by_name, options, .. } = self;
        let overcommit = options.overcommit.as_ref();
        let newcomer = Newcomer { guest, view: society.view(&terms), society, overcommit };
        let asker = askers.number(&Asker::of(&ask));
        let regard = |number| regard(&ask, facts.get(number)?);
        // Everything is asked once more of the very node, as it is now.
        let may = |id: NodeId| {
            let entry = &entries[id.0 as usize];
            passes(&ask, &entry.site(&entry.node.name, &entry.used, now, holds, &newcomer))
        };
        let named = pod.scheduling.node.as_ref().filter(|_| !seeded(Mutant::PlacementIgnoresNodeName));
        let named = named.and_then(|name| by_name.get(name).copied());
        let walks = newcomer.view.is_some() && wishes_of_others(&terms);
        let placed = ask.localities().iter().find_map(|locality| {
            let shape = fleet.shape(&kinds.request(&ask, *locality), asker, regard);
            let reservation = match named {
                Some(node) => may(node).then(|| fleet.place_on(shape, node)).flatten(),
                None if walks => {
                    let nodes = entries.iter().zip(0..).map(|(entry, id)| (NodeId(id), entry));
                    let wished = nodes.filter(|(id, _)| may(*id)).filter_map(|(id, entry)| {
                        let rank = fleet.rank_of(shape, id)?;
                        let order = (rank / (WORST + 1), Reverse(entry.wish(&newcomer)), rank % (WORST + 1));
                        Some((order, id))
                    });
                    let best = wished.min();
                    best.and_then(|(_, node)| fleet.place_on(shape, node))
                }
                None if again => fleet.place_again(shape, may),
                None if ask.localities().last() == Some(locality) => fleet.place(shape, may),
                // Nothing is learned from one that is tried in vain: it would rank the next otherwise.
                None => fleet.best(shape, may).and_then(|node| fleet.place(shape, |it| it == node)),
            };
            Some((reservation?, *locality))
        });
        let Some((reservation, locality)) = placed else {
            let decision = self.undecided(&ask, now, guest, &terms);
            self.society.drop_unused(&terms);
            return decision;
        };
        let id = fleet.node_of(reservation).expect("it was placed");
        let entry = &entries[id.0 as usize];
        let site = entry.site(&entry.node.name, &entry.used, now, holds, &newcomer);
        let standing = Standing { trust: entry.trust(now), wish: entry.wish(&newcomer), rank: 0 };
        let score = Score::of(&ask, &site, locality, standing);
        let charge = ask.charge(&entry.node).into_owned();
        let tee = ask.pod.enclaves().find_map(|(_, enclave)| found(&ask, &entry.node, enclave.tee));
        let (name, policy) = (entry.node.name.clone(), ask.policy);
        let ticket = Ticket { ledger: self.id, number: self.next_ticket };
        self.next_ticket += 1;
        let entry = &mut self.entries[id.0 as usize];
        entry.used.add(&charge).expect("every filter passed, so the sum is within capacity");
        entry.tenants.enter(&guest);
        self.society.enter(&pod.key, &terms, &name);
        let resident =
            Resident::new((id, ticket.number, reservation), (guest, terms), pod.priority, policy, tee);
        self.placed.insert(pod.key.clone(), resident);
        Decision::Placed(Plan::new(ticket, pod.key.clone(), name, charge, score))
    }

    /// Every reason for and against every node, and the node that [`place`](Self::place) would choose.
    /// O(nodes), unlike the decision.
    #[must_use]
    pub fn explain(&self, pod: &Pod, now: Timestamp) -> Explanation {
        self.explain_beside(pod, now, &Holds::new())
    }

    pub(crate) fn explain_beside(&self, pod: &Pod, now: Timestamp, holds: &Holds) -> Explanation {
        let ask = match Ask::under(pod, self.options.policy) {
            Ok(ask) => ask,
            Err(resource) => return against(pod, PodObjection::Uncountable(resource)),
        };
        if let Some(objection) = self.against(&ask) {
            return against(pod, objection);
        }
        let look = self.look(&ask);
        let newcomer = look.newcomer(&self.society, self.options.overcommit.as_ref());
        let labels = keys_of(pod).cloned().collect();
        let look_at = |(name, id): (&NodeName, &NodeId)| {
            let entry = &self.entries[id.0 as usize];
            let facts = look.facts(entry);
            let site = entry.site_with(name, &entry.used, now, holds, &newcomer, facts.as_ref());
            let site = site.in_room(self.room(*id));
            let filters = reports(&ask, &site);
            let passes = filters.iter().all(|filter| filter.objections.is_empty());
            let score = passes.then(|| {
                let locality = site.locality(&ask);
                let request = self.kinds.known_request(&ask, locality);
                let facts = Facts::of(&entry.node, entry.trust(now), &labels);
                let rank = request.and_then(|it| self.fleet.rank(&it, regard(&ask, &facts), *id));
                let wish = if wishes_of_others(&look.terms) { look.wish(entry, &newcomer) } else { 0 };
                let rank = rank.unwrap_or(u64::MAX) % (WORST + 1);
                Score::of(&ask, &site, locality, Standing { trust: entry.trust(now), wish, rank })
            });
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
        let Some(Resident { node, reservation, .. }) = held else { return Err(Foreign(Box::new(plan))) };
        let (node, reservation) = (*node, *reservation);
        if !seeded(Mutant::PlacementKeepsReservations) {
            self.fleet.release(reservation);
            let entry = &mut self.entries[node.0 as usize];
            entry.used.subtract(plan.amounts());
        }
        if let Some(resident) = self.placed.remove(plan.pod()) {
            self.entries[node.0 as usize].tenants.leave(&resident.guest);
            self.society.leave(plan.pod(), resident.terms);
        }
        plan.settle();
        Ok(())
    }

    /// Gives back what a plan holds, as its pod goes for another one: until it has a place again, disruption budgets
    /// count it as unavailable.
    ///
    /// # Errors
    ///
    /// The plan is not one of this ledger's, which is as it was.
    pub fn displace(&mut self, plan: Plan<G>) -> Result<(), Foreign<G>> {
        let key = plan.pod().clone();
        let labels = self.resident(&key).map(|it| it.terms().labels.clone());
        self.release(plan)?;
        let Self { away, placed, .. } = self;
        away.retain(|key, _| !placed.contains_key(key));
        away.extend(labels.map(|labels| (key, labels)));
        Ok(())
    }

    /// Those that went for others and have no place since, with their labels.
    pub(crate) fn away(&self) -> impl Iterator<Item = (&PodKey, &Labels)> {
        self.away.iter().filter(|(key, _)| !self.placed.contains_key(*key))
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

    fn empty(options: Options) -> Self {
        /// Never shown and never compared in order: it only tells ledgers apart.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            entries: Vec::new(),
            by_name: BTreeMap::new(),
            fleet: Fleet::new(Packer::from(options.packing)),
            kinds: Kinds::new(),
            facts: Numbers::default(),
            askers: Numbers::default(),
            selected: BTreeSet::new(),
            changes: BTreeSet::new(),
            as_of: Timestamp(0),
            placed: BTreeMap::new(),
            away: BTreeMap::new(),
            next_ticket: 0,
            society: Society::new(&options),
            detailed: false,
            options,
        }
    }

    fn enter(&mut self, node: Node, voucher: G::Voucher) -> Result<(), LedgerError> {
        if self.by_name.contains_key(&node.name) {
            return Err(LedgerError::Duplicate(node.name));
        }
        let facts = self.detailed.then(|| Box::new(NodeFacts::from(&node)));
        self.society.set_node(|| NodeFacts::from(&node));
        let entry = Entry { node, used: Amounts::NOTHING, voucher, tenants: Tenants::default(), facts };
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
        let new: Vec<String> = keys_of(pod).filter(|key| !self.selected.contains(*key)).cloned().collect();
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
    fn undecided(&self, ask: &Ask<'_>, now: Timestamp, guest: Guest, terms: &PodTerms) -> Decision<G> {
        let overcommit = self.options.overcommit.as_ref();
        let newcomer = Newcomer { guest, society: &self.society, view: self.society.view(terms), overcommit };
        let (holds, nothing) = (Holds::new(), Amounts::NOTHING);
        // Nodes of a group differ by name only, and by domain.
        let by_name = ask.pod.scheduling.node.is_some()
            || ask.pod.scheduling.node_affinity.required.is_some()
            || newcomer.view.is_some();
        let may = |id: NodeId| {
            let entry = &self.entries[id.0 as usize];
            let site = entry.site(&entry.node.name, &nothing, now, &holds, &newcomer);
            may_pass(ask, &site.in_room(self.room(id).map(Room::emptied)))
        };
        let may_one_day = if by_name {
            self.by_name.values().any(|id| may(*id))
        } else {
            self.fleet.groups().any(|(_, id)| may(id))
        };
        if may_one_day { Decision::Waiting } else { Decision::Never }
    }

    /// What speaks against a pod whatever the node.
    fn against(&self, ask: &Ask<'_>) -> Option<PodObjection> {
        let pod = ask.pod;
        if let Some(name) = self.node_of(&pod.key) {
            return Some(PodObjection::AlreadyPlaced(name.clone()));
        }
        let Scheduling { unsupported, node, .. } = &pod.scheduling;
        if !unsupported.is_empty() {
            return Some(PodObjection::Unsupported(unsupported.clone()));
        }
        let missing = node.as_ref().filter(|name| !self.by_name.contains_key(*name));
        missing.map(|name| PodObjection::NoSuchNode(name.clone()))
    }

    /// Learns what a pod says of nodes and of others, and has at hand what it takes to answer.
    fn meet(&mut self, pod: &Pod) -> Arc<PodTerms> {
        let terms = self.society.terms(pod);
        let begins = self.society.begins_with(&terms);
        if !self.detailed && (begins || terms.node_affinity.required.is_some()) {
            self.detailed = true;
            for entry in &mut self.entries {
                entry.facts = Some(Box::new(NodeFacts::from(&entry.node)));
            }
        }
        if begins {
            let Self { society, entries, placed, .. } = self;
            engage(society, entries, placed);
        }
        self.society.learn(&terms);
        terms
    }

    /// What it takes to see the nodes as a pod does that may never have come.
    fn look(&self, ask: &Ask<'_>) -> Look {
        let terms = Arc::new(PodTerms::of(ask.pod));
        let own = self.society.begins_with(&terms).then(|| {
            let mut society = Society::new(&self.options);
            engage(&mut society, &self.entries, &self.placed);
            society
        });
        let guest = self.society.guest_of(ask.pod, ask.policy.sharing);
        Look { terms, guest, own }
    }

    /// Those who have a place on a node. O(pods placed).
    pub fn residents(&self, node: &NodeName) -> impl Iterator<Item = (&PodKey, &Resident)> {
        let id = self.by_name.get(node).copied();
        self.placed.iter().filter(move |(_, it)| Some(it.node) == id)
    }

    /// Where a pod is, and what it is there.
    #[must_use]
    pub fn resident(&self, pod: &PodKey) -> Option<&Resident> {
        self.placed.get(pod)
    }

    /// How the cluster places.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// Confidential pods on nodes whose platform no witness vouches for now, in the order of their names: they
    /// have to leave.
    #[must_use]
    pub fn drains(&self, now: Timestamp) -> Vec<Drain> {
        let cause = |it: &Resident| match G::trust(&self.entries[it.node.0 as usize].voucher, now) {
            Trust::Assumed | Trust::Fresh(_) => None,
            Trust::Lapsed(expired) => Some(DrainCause::Lapsed(expired)),
            Trust::Unattested => Some(DrainCause::Revoked),
            Trust::Distrusted(why) => Some(DrainCause::Distrusted(why.to_owned())),
        };
        let confidential = self.placed.iter().filter(|(_, it)| it.tee().is_some());
        let drain = |(pod, it): (&PodKey, &Resident)| {
            let cause = cause(it).filter(|_| !seeded(Mutant::PlacementForgetsDrains))?;
            let node = self.entries[it.node.0 as usize].node.name.clone();
            Some(Drain { pod: pod.clone(), node, cause })
        };
        confidential.filter_map(drain).collect()
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
    fn site<'a>(
        &'a self,
        name: &NodeName,
        used: &'a Amounts,
        now: Timestamp,
        holds: &'a Holds,
        newcomer: &'a Newcomer<'a>,
    ) -> Site<'a> {
        self.site_with(name, used, now, holds, newcomer, self.facts.as_deref())
    }

    fn site_with<'a>(
        &'a self,
        name: &NodeName,
        used: &'a Amounts,
        now: Timestamp,
        holds: &'a Holds,
        newcomer: &'a Newcomer<'a>,
        facts: Option<&'a NodeFacts>,
    ) -> Site<'a> {
        let trust = G::trust(&self.voucher, now);
        let rivalries = newcomer.society.rivalries(&newcomer.guest, &self.tenants);
        let overcommit = newcomer.overcommit;
        let company = Some(Company { facts, view: newcomer.view.as_ref(), rivalries, overcommit });
        Site { node: &self.node, used, room: None, trust, hold: holds.get(name), company }
    }

    /// How gladly the pod would be beside those who are there.
    fn wish(&self, newcomer: &Newcomer<'_>) -> i64 {
        let seen = newcomer.view.as_ref().zip(self.facts.as_deref());
        seen.map_or(0, |(view, facts)| wish(view, facts))
    }

    fn trust(&self, now: Timestamp) -> TrustKind {
        TrustKind::of(&G::trust(&self.voucher, now), now)
    }
}

/// How a pod sees the nodes, whether or not it ever came.
struct Look {
    terms: Arc<PodTerms>,
    guest: Guest,
    /// Where it would be the first that says anything of others.
    own: Option<Society>,
}

impl Look {
    fn newcomer<'a>(&'a self, society: &'a Society, overcommit: Option<&'a Overcommit>) -> Newcomer<'a> {
        let view = self.own.as_ref().unwrap_or(society).view(&self.terms);
        // Tenants are known to the ledger's own.
        Newcomer { guest: self.guest, society, view, overcommit }
    }

    fn facts<G: Grounds>(&self, entry: &Entry<G>) -> Option<NodeFacts> {
        Some(NodeFacts::from(&entry.node))
    }

    fn wish<G: Grounds>(&self, entry: &Entry<G>, newcomer: &Newcomer<'_>) -> i64 {
        newcomer.view.as_ref().map_or(0, |view| wish(view, &NodeFacts::from(&entry.node)))
    }
}

/// Points for those a pod would be beside: what it says of nodes is counted elsewhere.
fn wish(view: &View<'_>, facts: &NodeFacts) -> i64 {
    let preference = view.preference(facts);
    preference.pods.saturating_add(preference.spread)
}

/// From now on, or for this look, neighbours matter.
fn engage<G: Grounds>(society: &mut Society, entries: &[Entry<G>], placed: &BTreeMap<PodKey, Resident>) {
    let pods = placed.iter().map(|(key, it)| (key, &it.terms, &entries[it.node.0 as usize].node.name));
    society.engage(entries.iter().map(|it| NodeFacts::from(&it.node)), pods);
}

/// Labels of nodes that a pod looks at.
fn keys_of(pod: &Pod) -> impl Iterator<Item = &String> {
    let NodeAffinity { required, preferred } = &pod.scheduling.node_affinity;
    let required = required.iter().flat_map(|it| &it.terms);
    let terms = required.chain(preferred.iter().map(|it| &it.term));
    let keys = terms.flat_map(|it| it.expressions.iter().map(|it| &it.key));
    pod.node_selector.keys().chain(keys)
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
