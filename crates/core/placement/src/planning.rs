//! Many pods on nodes known from a document: where each would go, and why the others would not.

use std::collections::{BTreeMap, BTreeSet};

use casemate_affinity::PodTerms;
use casemate_model::{Capacity, Node, NodeName, Pod, PodKey, Scheduling, Timestamp};

use crate::ask::Ask;
use crate::facts::Asker;
use crate::migration::{How, Migration, Move, Stranded};
use crate::{
    Decision, Drain, Hurdle, Hypothetical, Ledger, LedgerError, Options, Plan, PodObjection, Resource,
    Slowdown,
};

/// What would become of pods. Nothing of it can be run.
#[derive(Debug)]
pub struct Planning {
    ledger: Ledger<Hypothetical>,
    /// By the pods' places in the list given.
    plans: BTreeMap<usize, Plan<Hypothetical>>,
    pending: Vec<Pending>,
    preempted: Vec<Displaced>,
    migration: Migration,
}

/// What is supposed beside what documents say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supposed {
    /// Nodes of which no witness holds, each with why.
    pub distrusted: Vec<(NodeName, String)>,
    /// Nodes that are given up.
    pub given_up: Vec<NodeName>,
}

/// A pod that lost its place to a more important one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Displaced {
    /// Which of the pods given.
    pub victim: usize,
    /// Where it was.
    pub node: NodeName,
    /// For which of them.
    pub by: usize,
}

/// Pods that ask for the same and got no place, for the same reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which of the pods given, in their order.
    pub pods: Vec<usize>,
    /// Why, in one of the words of the pod's condition `PodScheduled`.
    pub condition: Condition,
    /// Whether these nodes could not take one even if they were empty and freshly attested.
    pub never: bool,
    /// A reason that holds whatever the node.
    pub objection: Option<PodObjection>,
    /// What keeps them off the nodes.
    pub hurdles: Vec<Hurdle>,
}

/// Why a pod has no place, in the words of Kubernetes' condition `PodScheduled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// No node will do, now or ever.
    Unschedulable,
    /// It asks for what is not implemented.
    Unsupported,
}

impl Condition {
    fn of(objection: Option<&PodObjection>) -> Self {
        match objection {
            Some(PodObjection::Unsupported(_)) => Self::Unsupported,
            _ => Self::Unschedulable,
        }
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unschedulable => "Unschedulable",
            Self::Unsupported => "Unsupported",
        }
    }
}

/// No witness is asked for, so the time is of no account.
const NOW: Timestamp = Timestamp(0);

/// Different pods that are asked about where they fit.
const DIFFERENT_MOST: usize = 256;

/// How much of a resource there is and is handed out, on all nodes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Which.
    pub resource: Resource,
    /// What can be handed out.
    pub capacity: u64,
    /// What is.
    pub used: u64,
    /// The most that is free on one node: what is free besides is in smaller pieces.
    pub largest_free: u64,
}

impl Planning {
    /// Places pods one by one under the default options: as [`Planning::with`].
    ///
    /// # Errors
    ///
    /// Two nodes of one name.
    pub fn of(nodes: impl IntoIterator<Item = Node>, pods: &[Pod]) -> Result<Self, LedgerError> {
        Self::with(nodes, pods, &Options::default(), &Supposed::default())
    }

    /// Places pods one by one: first those that say on which node they are, then the others, each time higher
    /// priority first and then in the order given. What is supposed is so once those are there who say so: who has
    /// to leave moves last.
    ///
    /// # Errors
    ///
    /// Two nodes of one name, or a distrusted node that is not there.
    pub fn with(
        nodes: impl IntoIterator<Item = Node>,
        pods: &[Pod],
        options: &Options,
        supposed: &Supposed,
    ) -> Result<Self, LedgerError> {
        let ledger = Ledger::<Hypothetical>::with(nodes, options.clone())?;
        let mut planning = Self {
            ledger,
            plans: BTreeMap::new(),
            pending: Vec::new(),
            preempted: Vec::new(),
            migration: Migration::default(),
        };
        let mut order: Vec<usize> = (0..pods.len()).collect();
        order.sort_by_key(|nth| std::cmp::Reverse(pods[*nth].priority));
        let (there, coming): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|nth| pods[*nth].scheduling.node.is_some());
        let mut unplaced = planning.place(pods, there);
        for (node, why) in &supposed.distrusted {
            planning.ledger.distrust(node, why)?;
        }
        for node in &supposed.given_up {
            planning.ledger.set_open(node, false);
        }
        unplaced.extend(planning.place(pods, coming));
        planning.displace(pods, &mut unplaced);
        let leaving: Vec<(PodKey, String)> =
            planning.drains().into_iter().map(|it| (it.pod, it.cause.to_string())).collect();
        planning.evacuate(pods, &leaving);
        planning.give_up(pods, &supposed.given_up);
        planning.in_waves();
        planning.tell(pods, unplaced);
        Ok(planning)
    }

    /// Places these, in this order; answers those that found no place, each with whether it never can.
    fn place(&mut self, pods: &[Pod], order: Vec<usize>) -> Vec<(usize, bool)> {
        let mut unplaced = Vec::new();
        for nth in order {
            match self.ledger.place(&pods[nth], NOW) {
                Decision::Placed(plan) => drop(self.plans.insert(nth, plan)),
                Decision::Waiting => unplaced.push((nth, false)),
                Decision::Never => unplaced.push((nth, true)),
            }
        }
        unplaced
    }

    /// Makes room for those that may displace others, the most important first.
    fn displace(&mut self, pods: &[Pod], unplaced: &mut Vec<(usize, bool)>) {
        let mut waiting = std::mem::take(unplaced);
        waiting.sort_by_key(|(nth, _)| std::cmp::Reverse(pods[*nth].priority));
        let mut victims = Vec::new();
        for (nth, never) in waiting {
            let preemption = if never { None } else { self.ledger.preempt(&pods[nth], NOW) };
            let Some(preemption) = preemption else {
                unplaced.push((nth, never));
                continue;
            };
            let held: Vec<usize> = self
                .plans
                .iter()
                .filter(|(_, plan)| preemption.victims.contains(plan.pod()))
                .map(|(at, _)| *at)
                .collect();
            for at in held {
                if let Some(plan) = self.plans.remove(&at) {
                    self.ledger.displace(plan).expect("this ledger made it");
                }
                victims.push(Displaced { victim: at, node: preemption.node.clone(), by: nth });
            }
            // Where room was made for it, and nowhere else.
            let mut there = pods[nth].clone();
            there.scheduling.node = Some(preemption.node);
            match self.ledger.place_again(&there, NOW) {
                Decision::Placed(plan) => drop(self.plans.insert(nth, plan)),
                Decision::Waiting | Decision::Never => unplaced.push((nth, false)),
            }
        }
        for displaced in victims {
            let mut pod = pods[displaced.victim].clone();
            pod.scheduling.node = None;
            match self.ledger.place_again(&pod, NOW) {
                Decision::Placed(plan) => drop(self.plans.insert(displaced.victim, plan)),
                Decision::Waiting => unplaced.push((displaced.victim, false)),
                Decision::Never => unplaced.push((displaced.victim, true)),
            }
            self.preempted.push(displaced);
        }
    }

    /// Moves pods off their nodes, the most important first; each with why.
    fn evacuate(&mut self, pods: &[Pod], leaving: &[(PodKey, String)]) {
        let mut order: Vec<(usize, &String)> = leaving
            .iter()
            .filter_map(|(key, why)| {
                let nth = self.plans.iter().find(|(_, plan)| plan.pod() == key).map(|(nth, _)| *nth)?;
                Some((nth, why))
            })
            .collect();
        order.sort_by_key(|(nth, _)| std::cmp::Reverse(pods[*nth].priority));
        for (nth, why) in order {
            if let Err(reasons) = self.shift(pods, nth, why) {
                let Some(plan) = self.plans.get(&nth) else { continue };
                let (pod, node) = (plan.pod().clone(), plan.node().clone());
                self.migration.stranded.push(Stranded { pod, node, reasons });
            }
        }
    }

    /// Moves a pod elsewhere, or says why not.
    fn shift(&mut self, pods: &[Pod], nth: usize, why: &str) -> Result<(), Vec<String>> {
        let Some(plan) = self.plans.get(&nth) else { return Ok(()) };
        let (key, from) = (plan.pod().clone(), plan.node().clone());
        let Some(resident) = self.ledger.resident(&key).cloned() else { return Ok(()) };
        let mut moved = pods[nth].clone();
        moved.scheduling.node = None;
        let is_trusted = self.ledger.is_trusted(&from, NOW);
        let plan = self.plans.remove(&nth).expect("it was looked up");
        self.ledger.release(plan).expect("this ledger made it");
        let was_open = self.ledger.set_open(&from, false);
        let decision = self.ledger.place_again(&moved, NOW);
        self.ledger.set_open(&from, was_open);
        match decision {
            Decision::Placed(plan) => {
                let to = plan.node().clone();
                self.plans.insert(nth, plan);
                let ends = self.ledger.node(&from).zip(self.ledger.node(&to));
                let how = ends.map_or(How::Restart, |(from, to)| How::of(&resident, from, to, is_trusted));
                self.migration.moves.push(Move { wave: 1, pod: key, from, to, how, why: why.to_owned() });
                Ok(())
            }
            Decision::Waiting | Decision::Never => {
                let mut explanation = self.ledger.explain(&moved, NOW);
                // Where it is, and where nobody may go, is no place for it.
                explanation.nodes.retain(|it| it.node != from && self.ledger.is_open(&it.node));
                explanation.chosen = None;
                let hurdles = explanation.hurdles();
                let mut reasons = vec![why.to_owned()];
                reasons.extend(hurdles.iter().map(ToString::to_string));
                self.restore(&pods[nth], nth, from);
                Err(reasons)
            }
        }
    }

    /// Back to where it was, trusted or not: it never left.
    fn restore(&mut self, pod: &Pod, nth: usize, node: NodeName) {
        let mut there = pod.clone();
        there.scheduling.node = Some(node.clone());
        let doubt = self.ledger.trust_for_now(&node);
        let was_open = self.ledger.set_open(&node, true);
        if let Decision::Placed(plan) = self.ledger.place_again(&there, NOW) {
            self.plans.insert(nth, plan);
        }
        self.ledger.set_open(&node, was_open);
        if let Some(why) = doubt {
            self.ledger.distrust(&node, &why).expect("it was there");
        }
    }

    /// As few waves as the budgets allow: of the pods that a budget means so many move at a time.
    fn in_waves(&mut self) {
        let budgets = self.ledger.options().budgets.clone();
        let mut counts = vec![0_u32; budgets.len()];
        for moved in &mut self.migration.moves {
            let labels = self.ledger.resident(&moved.pod).map(|it| it.terms().labels.clone());
            let Some(labels) = labels else { continue };
            for (budget, count) in budgets.iter().zip(&mut counts) {
                if !budget.means(&moved.pod.namespace, &labels) {
                    continue;
                }
                let means = |key: &PodKey| {
                    let labels = self.ledger.resident(key).map(|it| &it.terms().labels);
                    labels.is_some_and(|labels| budget.means(&key.namespace, labels))
                };
                let healthy = self.ledger.placed_keys().filter(|key| means(key)).count();
                let allowed = budget.allowed(u32::try_from(healthy).unwrap_or(u32::MAX)).max(1);
                let wave = usize::try_from(*count / allowed).unwrap_or(usize::MAX).saturating_add(1);
                moved.wave = moved.wave.max(wave);
                *count = count.saturating_add(1);
            }
        }
        self.migration.moves.sort_by_key(|it| it.wave);
    }

    /// Gives up these nodes: all their pods move elsewhere, if they can.
    fn give_up(&mut self, pods: &[Pod], nodes: &[NodeName]) {
        let on = |plan: &Plan<Hypothetical>| nodes.contains(plan.node());
        let leaving: Vec<(PodKey, String)> = self
            .plans
            .values()
            .filter(|plan| on(plan))
            .map(|plan| (plan.pod().clone(), format!("{} is given up", plan.node())))
            .collect();
        self.evacuate(pods, &leaving);
        let empty = nodes.iter().filter(|node| self.ledger.residents(node).next().is_none());
        self.migration.freed.extend(empty.cloned().collect::<Vec<_>>());
    }

    /// Empties as many nodes as it can into others that are in use: those with the fewest pods first, each as a
    /// whole or not at all. Nothing moves twice.
    pub fn consolidate(&mut self, pods: &[Pod]) {
        let mut there: BTreeMap<NodeName, Vec<usize>> = BTreeMap::new();
        for (nth, plan) in &self.plans {
            there.entry(plan.node().clone()).or_default().push(*nth);
        }
        let names: Vec<NodeName> = self.ledger.nodes().map(|node| node.name.clone()).collect();
        for name in names.iter().filter(|name| !there.contains_key(*name)) {
            self.ledger.set_open(name, false);
        }
        let mut order: Vec<(usize, NodeName)> =
            there.iter().map(|(name, pods)| (pods.len(), name.clone())).collect();
        order.sort();
        let mut received = BTreeSet::new();
        for (_, name) in order {
            if received.contains(&name) {
                continue;
            }
            let before = self.migration.moves.len();
            let leaving = there.get(&name).cloned().unwrap_or_default();
            let why = format!("{name} is emptied");
            self.ledger.set_open(&name, false);
            let stays = leaving.iter().any(|nth| self.shift(pods, *nth, &why).is_err());
            if stays {
                self.ledger.set_open(&name, true);
                let undone = self.migration.moves.split_off(before);
                for moved in undone.into_iter().rev() {
                    self.undo(pods, &moved);
                }
            } else {
                received.extend(self.migration.moves.iter().skip(before).map(|it| it.to.clone()));
                self.migration.freed.push(name);
            }
        }
        for name in names {
            self.ledger.set_open(&name, true);
        }
        self.in_waves();
    }

    /// The pod goes back.
    fn undo(&mut self, pods: &[Pod], moved: &Move) {
        let nth = self.plans.iter().find(|(_, plan)| *plan.pod() == moved.pod).map(|(nth, _)| *nth);
        let Some(nth) = nth else { return };
        if let Some(plan) = self.plans.remove(&nth) {
            self.ledger.release(plan).expect("this ledger made it");
        }
        self.restore(&pods[nth], nth, moved.from.clone());
    }

    /// What would be moved.
    #[must_use]
    pub const fn migration(&self) -> &Migration {
        &self.migration
    }

    /// Who lost a place, in the order in which they did.
    #[must_use]
    pub fn preempted(&self) -> &[Displaced] {
        &self.preempted
    }

    /// By how much a pod is predicted to run slower where it is, where that is known.
    #[must_use]
    pub fn slowdown(&self, pod: &Pod) -> Option<Slowdown> {
        self.ledger.slowdown(pod)
    }

    /// The NUMA nodes that a pod's encrypted memory comes from, where its node tells them apart.
    #[must_use]
    pub fn numa(&self, pod: &PodKey) -> Vec<usize> {
        self.ledger.numa(pod)
    }

    /// As [`Ledger::taken`].
    #[must_use]
    pub fn taken(&self, pod: &PodKey, resource: &Resource) -> Vec<(usize, u64)> {
        self.ledger.taken(pod, resource)
    }

    /// Says of those without a place why: once for all that ask for the same. As it is in the end, which is what
    /// whoever reads it looks at.
    fn tell(&mut self, pods: &[Pod], unplaced: Vec<(usize, bool)>) {
        let mut alike: BTreeMap<_, usize> = BTreeMap::new();
        for (nth, never) in unplaced {
            let pod = &pods[nth];
            let ask = Ask::under(pod, self.ledger.options().policy).ok();
            let likeness = ask.filter(|_| self.ledger.node_of(&pod.key).is_none()).map(|ask| {
                let amounts: Vec<_> =
                    ask.request.resources().map(|it| (it.among(&ask.request), it)).collect();
                let Scheduling { unsupported, node, .. } = &pod.scheduling;
                let others = (PodTerms::of(pod), ask.policy, unsupported.clone(), node.clone());
                (Asker::of(&ask), amounts, others)
            });
            match likeness.as_ref().and_then(|it| alike.get(it)) {
                Some(at) => self.pending[*at].pods.push(nth),
                None => {
                    alike.extend(likeness.map(|it| (it, self.pending.len())));
                    let explanation = self.ledger.explain(pod, NOW);
                    let condition = Condition::of(explanation.objection.as_ref());
                    let hurdles = explanation.hurdles();
                    let objection = explanation.objection;
                    self.pending.push(Pending { pods: vec![nth], condition, never, objection, hurdles });
                }
            }
        }
    }

    /// Confidential pods on nodes that nobody vouches for: they have to leave.
    #[must_use]
    pub fn drains(&self) -> Vec<Drain> {
        self.ledger.drains(NOW)
    }

    /// What is free of each resource on nodes as they are where none of these pods would fit. Pods that ask for the
    /// same are asked about once; of very many different ones the first so many.
    #[must_use]
    pub fn unusable(&self, pods: &[Pod]) -> BTreeMap<Resource, u64> {
        let mut seen = BTreeSet::new();
        let different = pods.iter().filter(|pod| {
            let ask = Ask::under(pod, self.ledger.options().policy).ok();
            let key = ask.map(|ask| {
                let amounts: Vec<_> =
                    ask.request.resources().map(|it| (it.among(&ask.request), it)).collect();
                (Asker::of(&ask), amounts)
            });
            key.is_some_and(|key| seen.insert(key))
        });
        let different: Vec<&Pod> = different.take(DIFFERENT_MOST).collect();
        let mut unusable = BTreeMap::new();
        for node in self.ledger.nodes().filter(|node| !self.ledger.takes_any(&node.name, &different, NOW)) {
            for resource in Resource::counted(node) {
                let capacity = resource.on(node).unwrap_or(0);
                let free = capacity.saturating_sub(self.ledger.used_of(&node.name, &resource));
                let sum: &mut u64 = unusable.entry(resource).or_default();
                *sum = sum.saturating_add(free);
            }
        }
        unusable
    }

    /// What a pod asks for of each resource, where it shares as pods do here.
    #[must_use]
    pub fn asked(&self, pod: &Pod) -> Vec<(Resource, u64)> {
        let ask = Ask::under(pod, self.ledger.options().policy);
        let amounts = |ask: Ask<'_>| {
            ask.request.resources().map(|it| (it.among(&ask.request), it)).map(|(a, it)| (it, a)).collect()
        };
        ask.map(amounts).unwrap_or_default()
    }

    /// Whether a pod could go to a node that is empty and trusted, as far as that does not depend on other pods.
    #[must_use]
    pub fn could_take(&self, node: &NodeName, pod: &Pod) -> bool {
        self.ledger.could_take(node, pod, NOW)
    }

    /// What is handed out of a resource on a node.
    #[must_use]
    pub fn used(&self, node: &NodeName, resource: &Resource) -> u64 {
        self.ledger.used_of(node, resource)
    }

    /// How many nodes have pods.
    #[must_use]
    pub fn nodes_used(&self) -> usize {
        self.plans.values().map(Plan::node).collect::<BTreeSet<_>>().len()
    }

    /// Each pod that has a place, in the order given: which, and where.
    pub fn placed(&self) -> impl Iterator<Item = (usize, &Plan<Hypothetical>)> {
        self.plans.iter().map(|(nth, plan)| (*nth, plan))
    }

    /// Those that have none, higher priority first.
    #[must_use]
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// Each resource that some node has.
    #[must_use]
    pub fn usage(&self) -> Vec<Use> {
        let devices: BTreeSet<_> = self.ledger.nodes().flat_map(|node| node.devices.keys()).collect();
        let devices = devices.into_iter().map(|kind| Resource::Device(kind.clone()));
        let all = Resource::ALL.into_iter().chain(devices).map(|resource| {
            let mut total = Use { resource: resource.clone(), capacity: 0, used: 0, largest_free: 0 };
            for node in self.ledger.nodes() {
                let Some(capacity) = resource.on(node) else { continue };
                let free = capacity.saturating_sub(self.ledger.used_of(&node.name, &resource));
                total.capacity = total.capacity.saturating_add(capacity);
                total.used = total.used.saturating_add(capacity.saturating_sub(free));
                total.largest_free = total.largest_free.max(free);
            }
            total
        });
        all.filter(|it| it.capacity > 0).collect()
    }

    /// The nodes, by name.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.ledger.nodes()
    }

    /// What is free on a node.
    #[must_use]
    pub fn free(&self, node: &NodeName) -> Option<Capacity> {
        self.ledger.free(node)
    }
}

impl Drop for Planning {
    /// Nothing was going to run: the plans end here.
    fn drop(&mut self) {
        for plan in std::mem::take(&mut self.plans).into_values() {
            self.ledger.release(plan).expect("this ledger made it");
        }
    }
}
