//! Pods that wait, in order, and the rule by which a small one may go before a large one.
//!
//! Order: higher priority first, then earlier arrival. A pass offers every pod to the ledger
//! in that order. One that does not fit waits, and those behind it may be placed all the same
//! (*backfill*): otherwise one large pod would leave the nodes empty.
//!
//! So that it does not wait for ever, each placement of a pod behind it, on a node where it lacks
//! nothing but room, counts as *passing it over*. A pod passed over as often as the queue's *patience* allows
//! gets one node *held*: of those where it lacks nothing but room, the one that lacks least, then by name.
//! Nothing behind it in the order is placed there until it is; pods before it still are, so priority holds.
//!
//! What follows: once a node is held, and as long as no pod of higher priority takes its
//! room, the pod is placed at the latest when everything that was on that node at that time has ended.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::mem;

use casemate_model::{NodeName, Pod, PodKey, Timestamp};

use crate::filter::{Hold, Holds};
use crate::{Decision, Explanation, Grounds, Ledger, NodeReport, Plan};

/// The waiting queue.
#[derive(Debug)]
pub struct Queue {
    waiting: BTreeMap<Rank, Waiting>,
    next_arrival: u64,
    patience: u32,
}

/// Place in the order, ascending: priority from high to low, then arrival.
type Rank = (Reverse<i32>, u64);

#[derive(Debug)]
struct Waiting {
    pod: Pod,
    passed_over: u32,
    /// The node held for it.
    held: Option<NodeName>,
    /// It was offered to the ledger before.
    again: bool,
}

/// What one pass decided.
#[derive(Debug)]
#[must_use = "placed pods' reservations are in here"]
pub struct Pass<G: Grounds> {
    /// Pods that got a place. They have left the queue.
    pub placed: Vec<Placed<G>>,
    /// Pods that can have none. They have left the queue.
    pub never: Vec<(Pod, Explanation)>,
    /// Why the others still wait, in order.
    pub waiting: Vec<Explanation>,
}

/// A pod and its place.
#[derive(Debug)]
pub struct Placed<G: Grounds> {
    /// The pod.
    pub pod: Pod,
    /// Its place.
    pub plan: Plan<G>,
}

impl Queue {
    /// An empty queue in which a waiting pod is passed over at most `patience` times before a node is held
    /// for it. With 0, a node is held as soon as it waits for room.
    #[must_use]
    pub fn new(patience: u32) -> Self {
        Self { waiting: BTreeMap::new(), next_arrival: 0, patience }
    }

    /// Adds a pod behind those of its priority.
    pub fn push(&mut self, pod: Pod) {
        let rank = (Reverse(pod.priority), self.next_arrival);
        self.next_arrival += 1;
        self.waiting.insert(rank, Waiting { pod, passed_over: 0, held: None, again: false });
    }

    /// Takes a pod out, as when its owner deletes it.
    pub fn remove(&mut self, pod: &PodKey) -> Option<Pod> {
        let rank = *self.waiting.iter().find(|(_, waiting)| waiting.pod.key == *pod)?.0;
        self.waiting.remove(&rank).map(|waiting| waiting.pod)
    }

    /// The pods that wait, in order.
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.waiting.values().map(|waiting| &waiting.pod)
    }

    /// How many pods wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Offers every pod to the ledger, in order.
    pub fn pass<G: Grounds>(&mut self, ledger: &mut Ledger<G>, now: Timestamp) -> Pass<G> {
        let mut pass = Pass { placed: Vec::new(), never: Vec::new(), waiting: Vec::new() };
        let mut passed: Vec<(Rank, Waiting)> = Vec::new();
        let mut holds = Holds::new();
        for (rank, mut entry) in mem::take(&mut self.waiting) {
            match ledger.place_beside(&entry.pod, now, &holds, entry.again) {
                Decision::Placed(plan) => {
                    for ((_, ahead), why) in passed.iter_mut().zip(&pass.waiting) {
                        ahead.pass_over(plan.node(), why, self.patience, &mut holds);
                    }
                    pass.placed.push(Placed { pod: entry.pod, plan });
                }
                Decision::Never => {
                    let why = ledger.explain_beside(&entry.pod, now, &holds);
                    pass.never.push((entry.pod, why));
                }
                Decision::Waiting => {
                    let why = ledger.explain_beside(&entry.pod, now, &holds);
                    entry.again = true;
                    entry.hold_if_due(&why, self.patience, &mut holds);
                    pass.waiting.push(why);
                    passed.push((rank, entry));
                }
            }
        }
        self.waiting.extend(passed);
        pass
    }
}

impl Waiting {
    /// Somebody behind was placed on `node`.
    fn pass_over(&mut self, node: &NodeName, why: &Explanation, patience: u32, holds: &mut Holds) {
        if why.node(node).and_then(NodeReport::shortfall).is_some() {
            self.passed_over = self.passed_over.saturating_add(1);
            self.hold_if_due(why, patience, holds);
        }
    }

    /// Holds a node once patience is at an end: the same as before while it still lacks only room there.
    fn hold_if_due(&mut self, why: &Explanation, patience: u32, holds: &mut Holds) {
        if self.passed_over < patience {
            return;
        }
        let ours = |name: &NodeName| holds.get(name).is_some_and(|hold| hold.pod == self.pod.key);
        if self.held.as_ref().is_some_and(ours) {
            return;
        }
        let still_due = |name: &NodeName| {
            !holds.contains_key(name) && why.node(name).and_then(NodeReport::shortfall).is_some()
        };
        let kept = self.held.take().filter(still_due);
        self.held = kept.or_else(|| nearest(why, holds));
        if let Some(node) = &self.held {
            let hold = Hold { pod: self.pod.key.clone(), passed_over: self.passed_over };
            holds.insert(node.clone(), hold);
        }
    }
}

/// The node that lacks least, of those that lack only room and are held for nobody. By name among equals.
fn nearest(why: &Explanation, holds: &Holds) -> Option<NodeName> {
    let candidates = why.nodes.iter().filter(|report| !holds.contains_key(&report.node));
    let lacking = candidates.filter_map(|report| report.shortfall().map(|short| (short, &report.node)));
    lacking
        .reduce(|least, next| if next.0.is_less_than(least.0) { next } else { least })
        .map(|(_, node)| node.clone())
}
