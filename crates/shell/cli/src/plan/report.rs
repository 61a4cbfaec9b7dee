//! A plan as the document that is printed.

use std::collections::{BTreeMap, BTreeSet};

use casemate_catalogue::{Catalogue, Wanted};
use casemate_checker::{Leeway, Planned, PlannedPod as Judged, Taken, Unplaced, judge_plan};
use casemate_model::{DeviceKind, Node, NodeName, Pod, PodKey};
use casemate_placement::{
    Condition, Displaced, Hypothetical, Move, Pending, Plan, Planning, Resource, Slowdown, Stranded, Use,
};
use casemate_report::{
    NodeUse, PendingPods, PlanCheck, PlanReport, PlannedHurdle, PlannedMove, PlannedNode, PlannedPod,
    PlannedResource, PlannedVariant, PlannedVictim, StrandedPod, TenantPods, VariantResource,
};

use super::bound::bounds;
use super::scene::Scene;
use super::variant::Variant;

/// Instance types that are named for pods without a place.
const TYPES_NAMED: usize = 3;

/// Breaches of rules that are told.
const BROKEN_TOLD: usize = 20;

/// The document of a plan.
pub(super) fn report(scene: &Scene, variant: &Variant) -> PlanReport {
    let empty = PlanReport {
        schema: PlanReport::SCHEMA,
        policy: variant.to_string(),
        notes: scene.notes.clone(),
        errors: scene.errors.clone(),
        ..PlanReport::default()
    };
    match scene.plan(variant) {
        Ok(planning) => filled(empty, &planning, scene, variant),
        Err(error) => {
            let mut report = empty;
            report.errors.push(error.to_string());
            report
        }
    }
}

/// One row of a comparison.
pub(super) fn compared(scene: &Scene, variant: &Variant) -> PlannedVariant {
    let report = report(scene, variant);
    let percent = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 * 100.0 / of as f64 };
    let resource = |bound: &casemate_report::PlannedBound| {
        let of = report.resources.iter().find(|it| it.resource == bound.resource);
        VariantResource {
            resource: bound.resource.clone(),
            used_percent: of.map_or(0.0, |it| percent(it.used, it.capacity)),
            unusable_percent: of.map_or(0.0, |it| percent(it.unusable, it.capacity)),
            bound_percent: bound.percent,
        }
    };
    PlannedVariant {
        name: variant.name(),
        placed: report.placements.len(),
        pending: report.pods.saturating_sub(report.placements.len()),
        preempted: report.preempted.len(),
        nodes_used: report.nodes_used,
        resources: report.bounds.iter().map(resource).collect(),
        slowdown: report.placements.iter().filter_map(|it| it.slowdown).reduce(f64::max),
    }
}

fn filled(empty: PlanReport, planning: &Planning, scene: &Scene, variant: &Variant) -> PlanReport {
    let pods = &scene.pods;
    let placement = |(nth, plan): (usize, &Plan<Hypothetical>)| PlannedPod {
        pod: plan.pod().to_string(),
        node: plan.node().to_string(),
        there: pods.get(nth).is_some_and(|pod| pod.scheduling.node.is_some()),
        why: plan.score().to_string(),
        numa: planning.numa(plan.pod()),
        slowdown: pods.get(nth).and_then(|pod| planning.slowdown(pod)).map(factor),
    };
    let unusable = planning.unusable(pods);
    PlanReport {
        nodes: planning.nodes().count(),
        nodes_used: planning.nodes_used(),
        pods: pods.len(),
        placements: planning.placed().map(placement).collect(),
        pending: planning.pending().iter().map(|it| pending(it, pods)).collect(),
        preempted: planning.preempted().iter().filter_map(|it| victim(it, pods)).collect(),
        moves: planning.migration().moves.iter().map(moved).collect(),
        stranded: planning.migration().stranded.iter().map(stranded).collect(),
        freed: planning.migration().freed.iter().map(ToString::to_string).collect(),
        resources: planning.usage().into_iter().map(|it| resource(it, &unusable)).collect(),
        bounds: bounds(planning, pods),
        node_usage: node_usage(planning),
        checker: checked(planning, scene, variant),
        ..empty
    }
}

fn pending(of: &Pending, pods: &[Pod]) -> PendingPods {
    let asking = of.pods.iter().filter_map(|nth| pods.get(*nth));
    let hurdle = |it: &casemate_placement::Hurdle| PlannedHurdle {
        nodes: it.nodes,
        example: it.example.to_string(),
        reasons: it.objections.iter().map(ToString::to_string).collect(),
    };
    let supported = of.condition != Condition::Unsupported;
    PendingPods {
        pods: asking.clone().map(|pod| pod.key.to_string()).collect(),
        condition: of.condition.as_str().to_owned(),
        never: of.never,
        reason: of.objection.as_ref().map(ToString::to_string),
        hurdles: of.hurdles.iter().map(hurdle).collect(),
        instance_types: asking.clone().next().filter(|_| supported).map(instance_types).unwrap_or_default(),
    }
}

/// What could be rented for a confidential pod. Catalogues say nothing of devices, nor of other pods.
fn instance_types(pod: &Pod) -> Vec<String> {
    let wanted = Wanted::of(pod).ok().filter(|_| pod.is_confidential() && pod.devices().is_empty());
    let Some(wanted) = wanted else { return Vec::new() };
    let answer = Catalogue::builtin().answer(&wanted);
    answer.fits.iter().take(TYPES_NAMED).map(|fit| fit.instance_type.to_string()).collect()
}

fn victim(of: &Displaced, pods: &[Pod]) -> Option<PlannedVictim> {
    let name = |nth: usize| pods.get(nth).map(|pod| pod.key.to_string());
    Some(PlannedVictim { pod: name(of.victim)?, node: of.node.to_string(), by: name(of.by)? })
}

fn moved(of: &Move) -> PlannedMove {
    PlannedMove {
        wave: of.wave,
        pod: of.pod.to_string(),
        from: of.from.to_string(),
        to: of.to.to_string(),
        how: of.how.as_str().to_owned(),
        why: of.why.clone(),
    }
}

fn stranded(of: &Stranded) -> StrandedPod {
    let (pod, node) = (of.pod.to_string(), of.node.to_string());
    StrandedPod { pod, node, reasons: of.reasons.clone() }
}

fn factor(of: Slowdown) -> f64 {
    of.thousandths() as f64 / 1000.0
}

fn resource(it: Use, unusable: &BTreeMap<Resource, u64>) -> PlannedResource {
    let Use { resource, capacity, used, largest_free } = it;
    let unusable = unusable.get(&resource).copied().unwrap_or(0);
    let written = [capacity, used, largest_free, unusable].map(|amount| Resource::about(&resource, amount));
    let (unit, resource) = (resource.unit(), resource.to_string());
    PlannedResource { resource, unit, capacity, used, largest_free, unusable, written }
}

fn node_usage(planning: &Planning) -> Vec<PlannedNode> {
    let mut tenants: BTreeMap<&NodeName, BTreeMap<&str, usize>> = BTreeMap::new();
    for (_, plan) in planning.placed() {
        *tenants.entry(plan.node()).or_default().entry(&plan.pod().namespace).or_default() += 1;
    }
    let of = |node: &casemate_model::Node| {
        let there = tenants.get(&node.name);
        let uses = Resource::counted(node).filter_map(|resource| {
            let capacity = resource.listed(node).filter(|it| *it > 0)?;
            let used = planning.used(&node.name, &resource);
            Some(NodeUse { resource: resource.to_string(), used, capacity })
        });
        let tenants: Vec<TenantPods> = there
            .into_iter()
            .flatten()
            .map(|(tenant, pods)| TenantPods { tenant: (*tenant).to_owned(), pods: *pods })
            .collect();
        PlannedNode {
            node: node.name.to_string(),
            tee: node.tee.map(|tee| tee.to_string()),
            pods: tenants.iter().map(|it| it.pods).sum(),
            tenants,
            resources: uses.collect(),
        }
    };
    planning.nodes().map(of).collect()
}

/// Out of which parts of its node a pod has what it asks for.
fn taken(planning: &Planning, pod: &PodKey, on: &Node) -> Taken {
    let kinds = on.hardware.units.keys();
    let of = |kind: &DeviceKind| (kind.clone(), planning.taken(pod, &Resource::Device(kind.clone())));
    Taken {
        epc: planning.taken(pod, &Resource::Epc),
        bandwidth: planning.taken(pod, &Resource::Bandwidth),
        units: kinds.map(of).filter(|(_, parts)| !parts.is_empty()).collect(),
    }
}

/// The plan before a judge that shares no code with who made it.
fn checked(planning: &Planning, scene: &Scene, variant: &Variant) -> PlanCheck {
    let nodes: Vec<_> = planning.nodes().cloned().collect();
    let pod = |nth: usize| scene.pods.get(nth);
    // In the order in which they were placed: those who were there first, then by priority.
    let mut placed: Vec<(usize, &NodeName)> =
        planning.placed().map(|(nth, plan)| (nth, plan.node())).collect();
    placed.sort_by_key(|(nth, _)| {
        let of = pod(*nth);
        let there = of.is_some_and(|it| it.scheduling.node.is_some());
        (!there, std::cmp::Reverse(of.map_or(0, |it| it.priority)), *nth)
    });
    // Who is where nobody vouches for the node any more was there before: what is judged is what is placed.
    let distrusted: BTreeSet<NodeName> =
        scene.supposed.distrusted.iter().map(|(node, _)| node.clone()).collect();
    let stays = |(nth, node): &&(usize, &NodeName)| {
        let secret = pod(*nth).is_some_and(Pod::is_confidential);
        !(secret && distrusted.contains(*node))
    };
    // Who was moved is no more bound to the node that the document names.
    let moved: BTreeMap<String, Pod> = planning
        .placed()
        .filter_map(|(nth, plan)| {
            let mut of = pod(nth)?.clone();
            let elsewhere = of.scheduling.node.as_ref().is_some_and(|it| it != plan.node());
            of.scheduling.node = None;
            elsewhere.then(|| (of.key.to_string(), of))
        })
        .collect();
    let as_is = |nth: usize| pod(nth).map(|it| moved.get(&it.key.to_string()).unwrap_or(it));
    let named: BTreeMap<&NodeName, &Node> = nodes.iter().map(|node| (&node.name, node)).collect();
    let parts_of =
        |(nth, name): &(usize, &NodeName)| Some(taken(planning, &pod(*nth)?.key, named.get(name)?));
    let parts: Vec<Taken> = placed.iter().map(|it| parts_of(it).unwrap_or_default()).collect();
    let placed: Vec<Judged<'_>> = placed
        .iter()
        .zip(&parts)
        .filter(|(it, _)| stays(it))
        .filter_map(|((nth, node), taken)| Some(Judged { pod: as_is(*nth)?, node, taken: Some(taken) }))
        .collect();
    let verdict = |it: &Pending| match (it.condition, it.never) {
        (Condition::Unsupported, _) => Unplaced::HeldBack,
        (_, true) => Unplaced::Never,
        (_, false) => Unplaced::Waiting,
    };
    // Where pods left room after the others had been looked at, what those could have is another question.
    let migration = planning.migration();
    let whole = placed.len() == planning.placed().count()
        && planning.preempted().is_empty()
        && migration.moves.is_empty()
        && scene.supposed.given_up.is_empty();
    let pending: Vec<(&Pod, Unplaced)> = planning
        .pending()
        .iter()
        .filter(|_| whole)
        .flat_map(|it| it.pods.iter().filter_map(|nth| Some((pod(*nth)?, verdict(it)))))
        .collect();
    let overcommit = scene.options.overcommit.map(|it| Leeway {
        slowdown_max: it.slowdown_max.thousandths(),
        page_cost: it.paging.page_cost,
        touches: it.paging.touches,
    });
    let findings = judge_plan(&Planned {
        nodes: &nodes,
        namespaces: &scene.options.namespaces,
        policy: variant.policy,
        exempt: &scene.options.exempt,
        overcommit,
        distrusted: &distrusted,
        placed: &placed,
        pending: &pending,
    });
    let broken = findings.violations.iter().take(BROKEN_TOLD).map(ToString::to_string).collect();
    PlanCheck { checked: placed.len() + pending.len(), broken }
}
