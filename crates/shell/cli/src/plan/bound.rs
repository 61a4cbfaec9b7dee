//! What any placement of these pods on these nodes could reach, at most.
//!
//! The bound sees amounts, units, and which nodes a pod may go to at all; not what pods say of each other, nor who
//! will not share. Both only lower what is possible, so it stays a bound.

use std::collections::{BTreeMap, BTreeSet};

use casemate_bound::{Group, bound, demands, groups};
use casemate_fleet::{Kind, Request, Stock, Want};
use casemate_model::{Node, Pod};
use casemate_placement::{Planning, Resource};
use casemate_report::PlannedBound;

/// Kinds of node, or different requests, beyond which no bound is looked for.
const MOST: usize = 4_096;

/// For each resource that pods ask for, what is placed of it beside what could be.
pub(super) fn bounds(planning: &Planning, pods: &[Pod]) -> Vec<PlannedBound> {
    let asked: Vec<Vec<(Resource, u64)>> = pods.iter().map(|pod| planning.asked(pod)).collect();
    let mut resources: Vec<Resource> = asked.iter().flatten().map(|(it, _)| it.clone()).collect();
    resources.sort();
    resources.dedup();
    // Pods by their number are no measure of anything.
    resources.retain(|it| it.to_string() != "pods");
    let placed: BTreeSet<usize> = planning.placed().map(|(nth, _)| nth).collect();
    let problem =
        (placed.len() < pods.len()).then(|| Problem::of(planning, pods, &asked, &resources)).flatten();
    let of = |resource: &Resource| {
        let amount = |nth: usize| {
            asked.get(nth).and_then(|all| all.iter().find(|it| it.0 == *resource)).map_or(0, |it| it.1)
        };
        let placed: u64 = placed.iter().map(|nth| amount(*nth)).fold(0, u64::saturating_add);
        let all: u64 = (0..pods.len()).map(amount).fold(0, u64::saturating_add);
        let most = match &problem {
            // All that is asked for is placed, or nobody looked.
            None if placed == all => all,
            None => return None,
            Some(problem) => problem.bound(amount, resource, &resources).min(all),
        };
        let percent = if most == 0 { 100.0 } else { placed as f64 * 100.0 / most as f64 };
        let (unit, resource) = (resource.unit(), resource.to_string());
        Some(PlannedBound { resource, unit, placed, most, percent })
    };
    resources.iter().filter_map(of).collect()
}

/// Groups of equal nodes, and each pod's request in numbers. A resource's kind is its number among those asked for.
struct Problem {
    groups: Vec<Group>,
    requests: Vec<Option<Asked>>,
}

/// What is asked for, and the facts of the nodes that will do.
#[derive(Clone)]
struct Asked {
    request: Request,
    on: BTreeSet<u32>,
}

impl Problem {
    fn of(
        planning: &Planning,
        pods: &[Pod],
        asked: &[Vec<(Resource, u64)>],
        resources: &[Resource],
    ) -> Option<Self> {
        // Nodes are alike where they have the same, and the same pods may go there.
        let kinds = kinds_of_pod(pods);
        let representatives: Vec<&Pod> = kinds.values().filter_map(|all| pods.get(*all.first()?)).collect();
        if representatives.len() > MOST {
            return None;
        }
        let mut looks: BTreeMap<String, Vec<bool>> = BTreeMap::new();
        let mut facts: BTreeMap<Vec<bool>, u32> = BTreeMap::new();
        let mut nodes: Vec<(Stock, u32)> = Vec::new();
        for node in planning.nodes() {
            let look = looks.entry(look_of(node)).or_insert_with(|| {
                representatives.iter().map(|pod| planning.could_take(&node.name, pod)).collect()
            });
            let next = u32::try_from(facts.len()).ok()?;
            let facts = *facts.entry(look.clone()).or_insert(next);
            let units = numbered(resources).map(|(kind, it)| (kind, it.units(node)));
            nodes.push((Stock::new(units.filter(|(_, units)| !units.is_empty())), facts));
        }
        let mut requests = vec![None; pods.len()];
        for ((_, members), kind) in kinds.iter().zip(0..) {
            let takes = |(look, _): &(&Vec<bool>, &u32)| look.get(kind).copied().unwrap_or(false);
            let on = facts.iter().filter(takes).map(|(_, facts)| *facts).collect();
            let amounts = members.first().and_then(|nth| asked.get(*nth))?;
            let wants = numbered(resources).map(|(kind, resource)| {
                let amount = amounts.iter().find(|it| it.0 == *resource).map_or(0, |it| it.1);
                (kind, want(resource, amount, planning))
            });
            let one = Asked { request: Request::new(wants).ok()?, on };
            for nth in members {
                if let Some(place) = requests.get_mut(*nth) {
                    *place = Some(one.clone());
                }
            }
        }
        Some(Self { groups: groups(nodes.iter().map(|(stock, facts)| (stock, *facts))), requests })
    }

    fn bound(&self, value: impl Fn(usize) -> u64, counted: &Resource, resources: &[Resource]) -> u64 {
        let counted = numbered(resources).find(|(_, it)| *it == counted).map(|(kind, _)| kind);
        let mut groups = self.groups.clone();
        for group in &mut groups {
            // Where no kind has several units, what is counted is looked at unit by unit.
            if let (0 | 1, Some(counted)) = (group.stock.units_of(group.divided).len(), counted) {
                group.divided = counted;
            }
        }
        let asked = self.requests.iter().enumerate();
        let asked = asked.filter_map(|(nth, it)| {
            let it = it.as_ref()?;
            Some((&it.request, Some(&it.on), value(nth)))
        });
        bound(&groups, &demands(asked)).most
    }
}

/// Each resource with the number of its kind.
fn numbered(resources: &[Resource]) -> impl Iterator<Item = (Kind, &Resource)> {
    (0..=u16::MAX).map(Kind).zip(resources)
}

/// Pods that differ in nothing that decides about their place but who they are.
fn kinds_of_pod(pods: &[Pod]) -> BTreeMap<String, Vec<usize>> {
    let mut kinds: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (nth, pod) in pods.iter().enumerate() {
        let demands: Vec<_> = pod.all_containers().map(|it| &it.demand).collect();
        let overhead = (pod.overhead_cpu, pod.overhead_memory, pod.overhead_key_slots);
        let terms = (&pod.node_selector, &pod.tolerations, &pod.scheduling.node_affinity);
        let other =
            (&pod.scheduling.needs, &pod.scheduling.other_tees, &pod.scheduling.policy, &pod.scheduling.node);
        let likeness = format!("{demands:?} {overhead:?} {terms:?} {other:?} {:?}", pod.scheduling.runtime);
        kinds.entry(likeness).or_default().push(nth);
    }
    kinds
}

/// All of a node that decides who may go there.
fn look_of(node: &Node) -> String {
    let labels: BTreeMap<_, _> =
        node.labels.iter().filter(|(key, _)| key.as_str() != "kubernetes.io/hostname").collect();
    format!(
        "{:?} {labels:?} {:?} {:?} {:?} {:?}",
        node.tee, node.taints, node.capacity, node.devices, node.hardware
    )
}

/// A share of one unit, several whole ones, or so much in all.
fn want(resource: &Resource, amount: u64, planning: &Planning) -> Want {
    if *resource == Resource::Epc {
        return Want::Spread(amount);
    }
    let unit = planning.nodes().flat_map(|node| resource.units(node)).max().unwrap_or(0);
    let several = planning.nodes().any(|node| resource.units(node).len() > 1);
    match (several, unit) {
        (true, unit) if unit > 0 && amount > unit && amount.is_multiple_of(unit) => {
            u32::try_from(amount / unit).map_or(Want::Spread(amount), Want::Whole)
        }
        _ => Want::Share(amount),
    }
}
