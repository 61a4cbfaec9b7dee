//! What is kept by count agrees with a walk over all pods, whatever comes and goes.

use casemate_affinity::{PodTerms, Topology};
use casemate_model::PodKey;
use casemate_model::affinity::{Labels, NodeFacts};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::some;
use crate::walk::{Pod, World};

/// One change. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    SetNode(NodeFacts),
    RemoveNode(usize),
    Add { terms: usize, node: usize },
    Remove(usize),
    Leave(usize),
    Learn(usize),
    Forget(usize),
    SetNamespace(String, Labels),
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0..1000_usize;
    prop_oneof![
        3 => some::node().prop_map(Step::SetNode),
        1 => any.clone().prop_map(Step::RemoveNode),
        12 => (any.clone(), any.clone()).prop_map(|(terms, node)| Step::Add { terms, node }),
        4 => any.clone().prop_map(Step::Remove),
        2 => any.clone().prop_map(Step::Leave),
        2 => any.clone().prop_map(Step::Learn),
        1 => any.prop_map(Step::Forget),
        1 => (some::namespace(), some::labels()).prop_map(|(name, labels)| Step::SetNamespace(name, labels)),
    ]
}

/// Both, side by side.
struct Pair {
    topology: Topology,
    world: World,
    pool: Vec<PodTerms>,
    named: usize,
}

impl Pair {
    fn new(nodes: Vec<NodeFacts>, pool: Vec<PodTerms>) -> Self {
        let mut pair = Self { topology: Topology::new(), world: World::default(), pool, named: 0 };
        nodes.into_iter().for_each(|node| pair.take(Step::SetNode(node)));
        // Half of the terms are known from the start, half are not.
        for number in (0..pair.pool.len()).step_by(2) {
            pair.take(Step::Learn(number));
        }
        pair
    }

    fn take(&mut self, step: Step) {
        let Self { topology, world, pool, named } = self;
        match step {
            Step::SetNode(node) => {
                world.nodes.insert(node.name.clone(), node.clone());
                topology.set_node(node);
            }
            Step::RemoveNode(number) => {
                let name = some::node_name(number);
                world.nodes.remove(&name);
                let gone = topology.remove_node(&name);
                let (on_it, others) =
                    std::mem::take(&mut world.pods).into_iter().partition(|it| it.1.node == name);
                world.pods = others;
                let on_it: std::collections::BTreeMap<PodKey, Pod> = on_it;
                assert!(gone.iter().eq(on_it.keys()));
            }
            Step::Add { terms, node } => {
                let terms = &pool[terms % pool.len()];
                let key = PodKey { namespace: terms.namespace.clone(), name: format!("p{named}") };
                *named += 1;
                let name = some::node_name(node);
                let added = topology.add(key.clone(), terms, &name);
                assert_eq!(added.is_ok(), world.nodes.contains_key(&name));
                if added.is_ok() {
                    world.pods.insert(key, Pod { terms: terms.clone(), node: name, leaving: false });
                }
            }
            Step::Remove(number) => {
                if let Some(key) = Self::chosen(world, number) {
                    world.pods.remove(&key);
                    assert!(topology.remove(&key));
                }
            }
            Step::Leave(number) => {
                if let Some(key) = Self::chosen(world, number) {
                    world.pods.get_mut(&key).unwrap().leaving = true;
                    assert!(topology.set_leaving(&key));
                }
            }
            Step::Learn(number) => topology.learn(&pool[number % pool.len()]),
            Step::Forget(number) => topology.forget(&pool[number % pool.len()]),
            Step::SetNamespace(name, labels) => {
                topology.set_namespace(&name, labels.clone());
                world.namespaces.insert(name, labels);
            }
        }
    }

    fn chosen(world: &World, number: usize) -> Option<PodKey> {
        world.pods.keys().nth(number % world.pods.len().max(1)).cloned()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for terms in &self.pool {
            let view = self.topology.view(terms);
            for node in self.world.nodes.values() {
                let objections = view.objections(node);
                prop_assert_eq!(&objections, &self.world.objections(terms, node));
                prop_assert_eq!(view.allows(node), objections.is_empty(), "{:?}", objections);
                prop_assert_eq!(view.preference(node), self.world.preference(terms, node));
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn counts_agree_with_a_walk_over_all_pods(
        nodes in vec(some::node(), 1..8),
        pool in vec(some::terms(), 1..6),
        steps in vec(step(), 0..40),
    ) {
        let mut pair = Pair::new(nodes, pool);
        for (number, step) in steps.into_iter().enumerate() {
            pair.take(step);
            if number % 8 == 0 {
                pair.check()?;
            }
        }
        pair.check()?;
    }
}
