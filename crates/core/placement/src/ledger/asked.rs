//! What a ledger is asked beside where a pod goes: who would fit where, if some were gone; how those who are
//! there fare.

use std::collections::BTreeSet;

use casemate_model::affinity::NodeFacts;
use casemate_model::{Node, NodeName, Pod, PodKey, Timestamp};
use casemate_mutant::{Mutant, active as seeded};

use super::Ledger;
use crate::amounts::Amounts;
use crate::ask::Ask;
use crate::filter::{Company, Holds, Site, may_pass, passes};
use crate::grounds::Trust;
use crate::kinds::Kinds;
use crate::room::Room;
use crate::{Grounds, Paging, Resident, Resource, Slowdown, contention};
use casemate_fleet::{NodeId, Stock, Taken};

impl<G: Grounds> Ledger<G> {
    /// Whether the node as it is would take one of these, were it not placed yet.
    pub(crate) fn takes_any(&self, node: &NodeName, pods: &[&Pod], now: Timestamp) -> bool {
        let holds = Holds::new();
        let Some(id) = self.by_name.get(node).copied() else { return false };
        let entry = &self.entries[id.0 as usize];
        let facts = NodeFacts::from(&entry.node);
        pods.iter().any(|pod| {
            let Ok(ask) = Ask::under(pod, self.options.policy) else { return false };
            // Whom it would be beside is not looked at: room is what is asked about.
            let trust = G::trust(&entry.voucher, now);
            let hold = holds.get(node);
            let company =
                Some(Company { facts: Some(&facts), view: None, rivalries: Vec::new(), overcommit: None });
            let site = Site { node: &entry.node, used: &entry.used, room: None, trust, hold, company };
            passes(&ask, &site.in_room(self.room(id)))
        })
    }

    /// Whether the node would take the pod if it were empty and freshly attested, and no others were there.
    pub(crate) fn could_take(&self, node: &NodeName, pod: &Pod, now: Timestamp) -> bool {
        let holds = Holds::new();
        let Some(id) = self.by_name.get(node).copied() else { return false };
        let Ok(ask) = Ask::under(pod, self.options.policy) else { return false };
        let entry = &self.entries[id.0 as usize];
        let trust = G::trust(&entry.voucher, now);
        let (hold, used) = (holds.get(node), &Amounts::NOTHING);
        let facts = NodeFacts::from(&entry.node);
        let company =
            Some(Company { facts: Some(&facts), view: None, rivalries: Vec::new(), overcommit: None });
        let site = Site { node: &entry.node, used, room: None, trust, hold, company };
        may_pass(&ask, &site.in_room(self.room(id).map(Room::emptied)))
    }

    /// Everybody who has a place, by name.
    pub(crate) fn placed_keys(&self) -> impl Iterator<Item = &PodKey> {
        self.placed.keys()
    }

    pub(crate) fn id_of(&self, node: &NodeName) -> Option<NodeId> {
        self.by_name.get(node).copied()
    }

    pub(crate) fn free_units(&self, id: NodeId) -> &[u64] {
        self.fleet.free(id)
    }

    pub(crate) fn taken_by(&self, resident: &Resident) -> impl Iterator<Item = Taken> {
        self.fleet.taken(resident.reservation)
    }

    /// For a question only: these are not beside anybody.
    pub(crate) fn lift(&mut self, pods: &BTreeSet<PodKey>) {
        self.society.lift(pods.iter());
    }

    /// The question is answered.
    pub(crate) fn put_back(&mut self, pods: &BTreeSet<PodKey>, node: &NodeName) {
        for pod in pods {
            if let Some(resident) = self.placed.get(pod) {
                self.society.enter(pod, &resident.terms, node);
            }
        }
    }

    /// Asks about a node as the pod would see it if these were gone.
    pub(crate) fn with_company<R>(
        &mut self,
        ask: &Ask<'_>,
        id: NodeId,
        gone: &[Resident],
        asked: impl FnOnce(Site<'_>, &Kinds, &Stock) -> R,
        now: Timestamp,
    ) -> R
    where
        R: Default,
    {
        let terms = self.meet(ask.pod);
        let guest = self.society.guest(ask.pod, ask.policy.sharing);
        let entry = &self.entries[id.0 as usize];
        let mut tenants = entry.tenants.clone();
        gone.iter().for_each(|it| tenants.leave(&it.guest));
        let view = self.society.view(&terms);
        let facts = NodeFacts::from(&entry.node);
        let rivalries = self.society.rivalries(&guest, &tenants);
        let overcommit = self.options.overcommit.as_ref();
        let company = Some(Company { facts: Some(&facts), view: view.as_ref(), rivalries, overcommit });
        let trust = match G::trust(&entry.voucher, now) {
            _ if seeded(Mutant::PlacementDisplacesForUnattested) => Trust::Assumed,
            trust => trust,
        };
        let site = Site { node: &entry.node, used: &entry.used, room: None, trust, hold: None, company };
        let Some(stock) = self.fleet.stock(id) else { return R::default() };
        asked(site, &self.kinds, stock)
    }

    /// By how much a pod is predicted to run slower where it is, for paging and for memory bandwidth; `None` where
    /// neither is known of it.
    #[must_use]
    pub fn slowdown(&self, pod: &Pod) -> Option<Slowdown> {
        let resident = self.placed.get(&pod.key)?;
        let entry = &self.entries[resident.node.0 as usize];
        let ask = Ask::under(pod, self.options.policy).ok()?;
        let excess = &ask.request.excess;
        let paging = self.options.overcommit.map_or_else(Paging::default, |it| it.paging);
        let room = Resource::Epc.on(&entry.node).unwrap_or(0).saturating_sub(entry.used.capacity.epc.0);
        let paged = (!excess.is_none()).then(|| excess.slowdown(&entry.used.excess, room, &paging));
        let moved = self.contention_of(resident, ask.request.bandwidth);
        match (paged, moved) {
            (Some(paged), Some(moved)) => Some(paged.and(moved)),
            (one, other) => one.or(other),
        }
    }

    /// What a pod waits for those who take their bandwidth from the NUMA node that it has its own from; `None` where
    /// it takes none, or nobody knows how much there is.
    fn contention_of(&self, resident: &Resident, own: u64) -> Option<Slowdown> {
        let entry = &self.entries[resident.node.0 as usize];
        Resource::Bandwidth.on(&entry.node).filter(|_| own > 0)?;
        let stock = self.fleet.stock(resident.node)?;
        let range = stock.range(self.kinds.known(&Resource::Bandwidth)?);
        let mut units = self.fleet.taken(resident.reservation).map(|it| it.unit as usize);
        let unit = units.find(|unit| range.contains(unit))?;
        let (all, free) = (*stock.units().get(unit)?, *self.free_units(resident.node).get(unit)?);
        Some(contention(own, all.saturating_sub(free).saturating_sub(own), all))
    }

    /// The NUMA nodes that a pod's encrypted memory comes from, where the node tells them apart.
    #[must_use]
    pub fn numa(&self, pod: &PodKey) -> Vec<usize> {
        self.taken(pod, &Resource::Epc).into_iter().map(|(unit, _)| unit).collect()
    }

    /// From which units of its node a pod has how much of a resource, by their place among the node's; of what is
    /// one unit there, nothing is said.
    #[must_use]
    pub fn taken(&self, pod: &PodKey, resource: &Resource) -> Vec<(usize, u64)> {
        let Some(resident) = self.placed.get(pod) else { return Vec::new() };
        let stock = self.fleet.stock(resident.node);
        let range = stock.zip(self.kinds.known(resource)).map(|(stock, kind)| stock.range(kind));
        let Some(range) = range.filter(|it| it.len() > 1) else { return Vec::new() };
        let all = self.fleet.taken(resident.reservation).map(|it| (it.unit as usize, it.amount));
        let of =
            all.filter(|(unit, _)| range.contains(unit)).map(|(unit, amount)| (unit - range.start, amount));
        let mut taken: Vec<(usize, u64)> = of.collect();
        taken.sort_unstable();
        taken
    }

    /// Whether anything may be placed on the node.
    pub(crate) fn is_open(&self, node: &NodeName) -> bool {
        self.id_of(node).is_some_and(|id| self.fleet.is_open(id))
    }

    /// Nothing is placed on the node from now on, or it is again. Answers how it was.
    pub(crate) fn set_open(&mut self, node: &NodeName, open: bool) -> bool {
        let Some(id) = self.id_of(node) else { return false };
        self.fleet.set_open(id, open)
    }

    /// Whether somebody vouches for the node now, or nobody has to.
    pub(crate) fn is_trusted(&self, node: &NodeName, now: Timestamp) -> bool {
        self.entry(node)
            .is_some_and(|it| matches!(G::trust(&it.voucher, now), Trust::Assumed | Trust::Fresh(_)))
    }

    /// The node of this name.
    pub(crate) fn node(&self, name: &NodeName) -> Option<&Node> {
        self.entry(name).map(|it| &it.node)
    }
}
