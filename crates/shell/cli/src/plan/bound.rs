//! What any placement of these pods on these nodes could reach, at most.
//!
//! The bound sees amounts, units, and which nodes a pod may go to at all; not what pods say of each other, nor who
//! will not share. Both only lower what is possible, so it stays a bound.

use std::collections::{BTreeMap, BTreeSet};

use casemate_bound::{Demand, Group, bound};
use casemate_model::{Node, Pod};
use casemate_packing::{Label, Request, Want};
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

/// Groups of equal nodes, and each pod's request in numbers.
struct Problem {
    groups: Vec<(casemate_packing::Node, u32)>,
    requests: Vec<Option<Request>>,
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
        let mut labels: BTreeMap<(Vec<bool>, Vec<Vec<u64>>), Label> = BTreeMap::new();
        let mut groups: BTreeMap<Label, (casemate_packing::Node, u32)> = BTreeMap::new();
        let mut accepted: BTreeMap<Label, Vec<bool>> = BTreeMap::new();
        for node in planning.nodes() {
            let units: Vec<Vec<u64>> = resources.iter().map(|it| units(it, node)).collect();
            let look = looks.entry(look_of(node)).or_insert_with(|| {
                representatives.iter().map(|pod| planning.could_take(&node.name, pod)).collect()
            });
            let next = Label(u16::try_from(labels.len()).ok()?);
            let label = *labels.entry((look.clone(), units.clone())).or_insert(next);
            accepted.insert(label, look.clone());
            let of = casemate_packing::Node::new(label, units).ok()?;
            groups.entry(label).or_insert((of, 0)).1 += 1;
        }
        let mut requests = vec![None; pods.len()];
        for ((_, members), kind) in kinds.iter().zip(0..) {
            let takes = |(_, accepts): &(&Label, &Vec<bool>)| accepts.get(kind).copied().unwrap_or(false);
            let labels: BTreeSet<Label> = accepted.iter().filter(takes).map(|(label, _)| *label).collect();
            let amounts = members.first().and_then(|nth| asked.get(*nth))?;
            let wants = resources.iter().map(|resource| {
                let amount = amounts.iter().find(|it| it.0 == *resource).map_or(0, |it| it.1);
                want(resource, amount, planning)
            });
            let request = Request::new(wants.collect(), Some(labels)).ok()?;
            for nth in members {
                if let Some(place) = requests.get_mut(*nth) {
                    *place = Some(request.clone());
                }
            }
        }
        Some(Self { groups: groups.into_values().collect(), requests })
    }

    fn bound(&self, value: impl Fn(usize) -> u64, counted: &Resource, resources: &[Resource]) -> u64 {
        let at = resources.iter().position(|it| it == counted).unwrap_or(0);
        let groups: Vec<Group> = self
            .groups
            .iter()
            .map(|(node, count)| {
                // Unit by unit is looked at what has most units, else what is counted.
                let most = (0..node.kinds()).max_by_key(|kind| node.units(*kind).len()).unwrap_or(at);
                let divided = if node.units(most).len() > 1 { most } else { at };
                Group { node: node.clone(), count: *count, divided }
            })
            .collect();
        let mut counts: BTreeMap<(&Request, u64), u64> = BTreeMap::new();
        for (nth, request) in self.requests.iter().enumerate() {
            if let Some(request) = request {
                *counts.entry((request, value(nth))).or_default() += 1;
            }
        }
        let demands: Vec<Demand> = counts
            .into_iter()
            .map(|((request, value), count)| Demand { request: request.clone(), count, value })
            .collect();
        bound(&groups, &demands).most
    }
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

fn units(resource: &Resource, node: &Node) -> Vec<u64> {
    resource.units(node)
}

/// A share of one unit, several whole ones, or so much in all.
fn want(resource: &Resource, amount: u64, planning: &Planning) -> Want {
    if amount == 0 {
        return Want::Nothing;
    }
    if *resource == Resource::Epc {
        return Want::Spread(amount);
    }
    let unit = planning.nodes().flat_map(|node| units(resource, node)).max().unwrap_or(0);
    let several = planning.nodes().any(|node| units(resource, node).len() > 1);
    match (several, unit) {
        (true, unit) if unit > 0 && amount > unit && amount.is_multiple_of(unit) => {
            u32::try_from(amount / unit).map_or(Want::Spread(amount), Want::Whole)
        }
        _ => Want::Share(amount),
    }
}
