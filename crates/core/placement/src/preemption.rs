//! Who would have to go so that a more important pod finds room.
//!
//! Asked only for a pod whose policy is pre-emptive, that does not forgo it (`preemptionPolicy: Never`), and that
//! found no place. Nodes where something else is in the way than those who are there are not looked at: above all
//! nobody goes for a node that is not attested *now*, and nobody waits for it to be. Victims have strictly lower
//! priority; no disruption budget is violated.
//!
//! On each node the cheapest victims are sought: least the highest priority among them, then the sum of their
//! priorities, then how many lose their state, then how many they are. With up to [`EXACT`] pods of lower
//! priority there every set is tried; with more, all of them are taken away and given back from the most important
//! on, as Kubernetes does. Of the nodes the one with the cheapest victims is taken, then by name. At most
//! [`NODES_MOST`] nodes where it would do are compared.

use std::collections::BTreeSet;

use casemate_model::tee::Migration;
use casemate_model::{NodeName, Pod, PodKey, Preemption as Wish, Timestamp};
use casemate_mutant::{Mutant, active as seeded};

use crate::amounts::Amounts;
use crate::ask::Ask;
use crate::filter::passes;
use crate::room::Room;
use crate::{Grounds, Ledger, Resident, Resource};
use casemate_fleet::NodeId;

/// Pods of lower priority on a node of which every set is tried.
const EXACT: usize = 8;

/// Nodes that are compared.
const NODES_MOST: usize = 100;

/// What it would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preemption {
    /// Where room would be.
    pub node: NodeName,
    /// Who would have to go, by name.
    pub victims: BTreeSet<PodKey>,
    /// What that costs.
    pub cost: Cost,
}

/// What it costs to displace pods: compared in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// The highest priority among them, from the lowest there can be.
    pub highest: u64,
    /// The sum of all, each from the lowest there can be.
    pub sum: u64,
    /// How many lose what they hold: nothing takes them elsewhere as they run.
    pub restarts: u32,
    /// How many they are.
    pub pods: u32,
}

impl<G: Grounds> Ledger<G> {
    /// The cheapest way to make room for a pod by displacing less important ones; `None` where that is not asked
    /// for, or does not help. Decides only: whoever asks releases the victims' plans, and places the pod.
    pub fn preempt(&mut self, pod: &Pod, now: Timestamp) -> Option<Preemption> {
        let ask = Ask::under(pod, self.options().policy).ok()?;
        if !ask.policy.preemptive || pod.scheduling.preemption == Wish::Never {
            return None;
        }
        if self.explain(pod, now).objection.is_some() {
            return None;
        }
        let named = pod.scheduling.node.clone();
        let nodes: Vec<NodeName> = self.nodes().map(|node| node.name.clone()).collect();
        let wanted = nodes.into_iter().filter(|it| named.as_ref().is_none_or(|named| named == it));
        let mut best: Option<Preemption> = None;
        let mut compared = 0;
        for node in wanted {
            let Some(found) = self.victims_on(&ask, &node, now) else { continue };
            if best.as_ref().is_none_or(|best| found.cost < best.cost) {
                best = Some(found);
            }
            compared += 1;
            if compared >= NODES_MOST {
                break;
            }
        }
        best
    }

    fn victims_on(&mut self, ask: &Ask<'_>, node: &NodeName, now: Timestamp) -> Option<Preemption> {
        let priority = ask.pod.priority;
        let equals = seeded(Mutant::PlacementDisplacesEquals);
        let lower = |it: &Resident| it.priority() < priority || (equals && it.priority() == priority);
        let mut candidates: Vec<(PodKey, Cost)> = self
            .residents(node)
            .filter(|(_, it)| lower(it))
            .map(|(key, it)| (key.clone(), Cost::of(it)))
            .collect();
        if candidates.is_empty() {
            return None;
        }
        // The most important first.
        candidates.sort_by(|(one, cost), (other, others)| others.cmp(cost).then_with(|| one.cmp(other)));
        let all: BTreeSet<PodKey> = candidates.iter().map(|(key, _)| key.clone()).collect();
        if !self.fits_without(ask, node, &all, now) {
            return None;
        }
        let victims = if seeded(Mutant::PlacementDisplacesNeedlessly) {
            all
        } else if candidates.len() <= EXACT {
            self.cheapest(ask, node, &candidates, now)?
        } else {
            let mut victims = all;
            for (key, _) in &candidates {
                victims.remove(key);
                if !self.fits_without(ask, node, &victims, now) {
                    victims.insert(key.clone());
                }
            }
            victims
        };
        if self.violates_budgets(&victims) {
            return None;
        }
        let cost = candidates
            .iter()
            .filter(|(key, _)| victims.contains(key))
            .fold(Cost::default(), |sum, (_, cost)| sum.and(*cost));
        Some(Preemption { node: node.clone(), victims, cost })
    }

    /// Every set of them, the cheapest that will do and keeps the budgets.
    fn cheapest(
        &mut self,
        ask: &Ask<'_>,
        node: &NodeName,
        candidates: &[(PodKey, Cost)],
        now: Timestamp,
    ) -> Option<BTreeSet<PodKey>> {
        let mut sets: Vec<(Cost, u32)> = (1..1_u32 << candidates.len())
            .map(|set| {
                let chosen = candidates.iter().zip(0..).filter(|(_, at)| set & (1 << at) != 0);
                (chosen.fold(Cost::default(), |sum, ((_, cost), _)| sum.and(*cost)), set)
            })
            .collect();
        sets.sort_unstable();
        sets.into_iter().find_map(|(_, set)| {
            let chosen = candidates.iter().zip(0..).filter(|(_, at)| set & (1 << at) != 0);
            let victims: BTreeSet<PodKey> = chosen.map(|((key, _), _)| key.clone()).collect();
            let will_do = !self.violates_budgets(&victims) && self.fits_without(ask, node, &victims, now);
            will_do.then_some(victims)
        })
    }

    /// Whether some budget would not allow so many of these to go at once.
    pub(crate) fn violates_budgets(&self, victims: &BTreeSet<PodKey>) -> bool {
        let kept = !seeded(Mutant::PlacementIgnoresBudgets);
        let mut budgets = self.options().budgets.iter().filter(|_| kept);
        budgets.any(|budget| {
            let means = |key: &PodKey| {
                let labels = self.resident(key).map(|it| &it.terms().labels);
                labels.is_some_and(|labels| budget.means(&key.namespace, labels))
            };
            let going = victims.iter().filter(|key| means(key)).count();
            going > 0 && {
                let healthy = self.placed_keys().filter(|key| means(key)).count();
                let away = self.away().filter(|(key, labels)| budget.means(&key.namespace, labels)).count();
                let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
                let allowed = budget.allowed(count(healthy + away));
                count(going + away) > allowed
            }
        })
    }

    /// Whether every filter passes on a node if these were not there.
    fn fits_without(
        &mut self,
        ask: &Ask<'_>,
        node: &NodeName,
        without: &BTreeSet<PodKey>,
        now: Timestamp,
    ) -> bool {
        let Some(id) = self.id_of(node) else { return false };
        let gone: Vec<Resident> = without.iter().filter_map(|key| self.resident(key)).cloned().collect();
        self.lift(without);
        let free = self.free_without(id, &gone);
        let fits = self.with_company(
            ask,
            id,
            &gone,
            |entry_site, kinds, stock| {
                let mut site = entry_site;
                let used = Amounts::left_of(site.node, kinds, stock, &free, &site.used.excess);
                site.used = &used;
                passes(ask, &site.in_room(Some(Room::new(kinds, stock, &free))))
            },
            now,
        );
        self.put_back(without, node);
        fits
    }

    /// What would be free of each unit.
    fn free_without(&self, id: NodeId, gone: &[Resident]) -> Vec<u64> {
        let mut free = self.free_units(id).to_vec();
        for resident in gone {
            for taken in self.taken_by(resident) {
                if let Some(unit) = free.get_mut(taken.unit as usize) {
                    *unit = unit.saturating_add(taken.amount);
                }
            }
        }
        free
    }
}

impl Cost {
    fn of(resident: &Resident) -> Self {
        let above = (i64::from(resident.priority()) - i64::from(i32::MIN)).unsigned_abs();
        let is_live = resident.tee().is_some_and(|tee| tee.migration() == Migration::LiveWhereOffered);
        Self { highest: above, sum: above, restarts: u32::from(!is_live), pods: 1 }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            highest: if self.highest > other.highest { self.highest } else { other.highest },
            sum: self.sum.saturating_add(other.sum),
            restarts: self.restarts.saturating_add(other.restarts),
            pods: self.pods.saturating_add(other.pods),
        }
    }
}

impl Amounts {
    /// What is handed out where so much is free.
    fn left_of(
        node: &casemate_model::Node,
        kinds: &crate::kinds::Kinds,
        stock: &casemate_fleet::Stock,
        free: &[u64],
        excess: &crate::overcommit::Excess,
    ) -> Self {
        let mut used = Self { excess: excess.clone(), ..Self::NOTHING };
        let room = Room::new(kinds, stock, free);
        for resource in Resource::counted(node) {
            let (units, free) = room.of(&resource);
            let sum = |all: &[u64]| all.iter().copied().fold(0, u64::saturating_add);
            used.set(&resource, sum(units).saturating_sub(sum(free)));
        }
        used
    }
}
