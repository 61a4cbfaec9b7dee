//! What stays true when every placement went through `allows`.

use casemate_affinity::{PodTerms, Topology};
use casemate_model::PodKey;
use casemate_model::affinity::{PodAffinity, WhenUnsatisfiable};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::some;
use crate::walk::{Pod, World};

/// Places what is allowed, each pod on the node its number says, and says what came of it.
fn placed(
    nodes: Vec<casemate_model::affinity::NodeFacts>,
    pods: &[(PodTerms, usize)],
) -> (World, Vec<PodTerms>) {
    let (mut topology, mut world) = (Topology::new(), World::default());
    for node in nodes {
        world.nodes.insert(node.name.clone(), node.clone());
        topology.set_node(node);
    }
    let mut taken = Vec::new();
    for (number, (terms, node)) in pods.iter().enumerate() {
        let name = some::node_name(*node);
        topology.learn(terms);
        let Some(node) = world.nodes.get(&name) else { continue };
        if topology.allows(terms, node) {
            let key = PodKey { namespace: terms.namespace.clone(), name: format!("p{number}") };
            topology.add(key.clone(), terms, &name).unwrap();
            world.pods.insert(key, Pod { terms: terms.clone(), node: name, leaving: false });
            taken.push(terms.clone());
        }
    }
    (world, taken)
}

/// Required anti-affinity alone, of pods that differ in their labels.
fn repelling() -> impl Strategy<Value = PodTerms> {
    (some::namespace(), some::labels(), vec(some::pod_term(), 0..3)).prop_map(
        |(namespace, labels, required)| {
            let pod_anti_affinity = PodAffinity { required, preferred: Vec::new() };
            PodTerms { namespace, labels, pod_anti_affinity, ..PodTerms::default() }
        },
    )
}

proptest! {
    #[test]
    fn two_pods_of_which_one_repels_the_other_keep_each_other_out(
        nodes in vec(some::node(), 1..8), one in repelling(), other in repelling(),
    ) {
        let mut topology = Topology::new();
        nodes.iter().cloned().for_each(|node| topology.set_node(node));
        // Of a name that was set twice the last counts.
        let last = |node: &casemate_model::affinity::NodeFacts| {
            nodes.iter().rev().find(|it| it.name == node.name) == Some(node)
        };
        let nodes: Vec<_> = nodes.iter().filter(|it| last(it)).collect();
        let key = PodKey { namespace: "a".into(), name: "p".into() };
        for here in &nodes {
            for there in &nodes {
                let mut allows = |placed: &PodTerms, new: &PodTerms| {
                    topology.add(key.clone(), placed, &here.name).unwrap();
                    let allowed = topology.allows(new, there);
                    topology.remove(&key);
                    allowed
                };
                prop_assert_eq!(allows(&one, &other), allows(&other, &one));
            }
        }
    }

    #[test]
    fn no_placed_pod_is_where_anti_affinity_forbids_it_in_either_direction(
        nodes in vec(some::node(), 1..8), pods in vec((repelling(), 0..some::NODES), 1..30),
    ) {
        let (world, _) = placed(nodes, &pods);
        for (key, pod) in &world.pods {
            let mut others = world.clone();
            others.pods.remove(key);
            prop_assert_eq!(others.objections(&pod.terms, &world.nodes[&pod.node]), []);
        }
    }

    #[test]
    fn the_skew_of_alike_pods_is_never_exceeded(
        nodes in vec(some::node(), 1..8), terms in some::terms(), order in vec(0..some::NODES, 1..60),
    ) {
        let pods: Vec<_> = order.into_iter().map(|node| (terms.clone(), node)).collect();
        let (world, taken) = placed(nodes, &pods);
        let hard = |it: &&casemate_model::affinity::SpreadConstraint| {
            it.when_unsatisfiable == WhenUnsatisfiable::DoNotSchedule
        };
        for constraint in terms.spread.iter().filter(hard) {
            let counts = world.domains(&terms, constraint);
            let few = counts.len() < constraint.min_domains.map_or(1, |it| it.get() as usize);
            let least = if few { 0 } else { counts.values().min().copied().unwrap_or(0) };
            for (domain, pods) in &counts {
                let most = least + u64::from(constraint.max_skew.get());
                prop_assert!(*pods <= most, "{} pods in {}, {} placed", pods, domain, taken.len());
            }
        }
    }

    #[test]
    fn what_is_allowed_depends_on_neither_order_nor_history(
        nodes in vec(some::node(), 1..8), terms in vec((some::terms(), 0..some::NODES), 1..12),
    ) {
        let build = |learn_first: bool| {
            let mut topology = Topology::new();
            if learn_first {
                terms.iter().for_each(|(it, _)| topology.learn(it));
            }
            nodes.iter().cloned().for_each(|node| topology.set_node(node));
            let mut numbered: Vec<_> = terms.iter().enumerate().collect();
            if learn_first {
                numbered.reverse();
            }
            for (number, (it, node)) in numbered {
                let key = PodKey { namespace: "a".into(), name: format!("p{number}") };
                let _unknown_node = topology.add(key, it, &some::node_name(*node));
            }
            topology
        };
        let (one, other) = (build(true), build(false));
        for (it, _) in &terms {
            for node in &nodes {
                prop_assert_eq!(one.objections(it, node), other.objections(it, node));
                prop_assert_eq!(one.preference(it, node), other.preference(it, node));
            }
        }
    }
}
