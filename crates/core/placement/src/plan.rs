//! A plan: the one token that stands for a pod's reservation.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use casemate_model::{Capacity, Devices, NodeName, PodKey};

use crate::amounts::Amounts;
use crate::{Grounds, Score};

/// How many plans were dropped instead of released, in this process, ever.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Plans that were dropped instead of released. Each is a reservation nobody can give back any more:
/// anything but zero is a fault of ours, and tests assert on it.
#[must_use]
pub fn lost_plans() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// A pod's place on a node, reserved. Linear as far as Rust goes: it cannot be copied, only
/// [`Ledger::release`](crate::Ledger::release) ends it, and dropping it elsewhere is counted
/// by [`lost_plans`].
#[must_use = "a plan holds a reservation until it is released"]
pub struct Plan<G: Grounds> {
    ticket: Ticket,
    pod: PodKey,
    node: NodeName,
    reserved: Amounts,
    score: Score,
    released: bool,
    grounds: PhantomData<fn() -> G>,
}

/// Which reservation of which ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) ledger: u64,
    pub(crate) number: u64,
}

impl<G: Grounds> Plan<G> {
    pub(crate) fn new(ticket: Ticket, pod: PodKey, node: NodeName, reserved: Amounts, score: Score) -> Self {
        Self { ticket, pod, node, reserved, score, released: false, grounds: PhantomData }
    }

    /// The pod.
    #[must_use]
    pub fn pod(&self) -> &PodKey {
        &self.pod
    }

    /// Where it goes.
    #[must_use]
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// What is reserved for it there.
    #[must_use]
    pub const fn reserved(&self) -> &Capacity {
        &self.reserved.capacity
    }

    /// The devices that are reserved for it there.
    #[must_use]
    pub const fn devices(&self) -> &Devices {
        &self.reserved.devices
    }

    pub(crate) const fn amounts(&self) -> &Amounts {
        &self.reserved
    }

    /// How good the node was for it. What spoke against the others,
    /// [`Ledger::explain`](crate::Ledger::explain) says where it is asked before.
    #[must_use]
    pub const fn score(&self) -> &Score {
        &self.score
    }

    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The end a plan should have.
    pub(crate) fn settle(mut self) {
        self.released = true;
    }
}

impl<G: Grounds> Drop for Plan<G> {
    fn drop(&mut self) {
        if !self.released {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<G: Grounds> fmt::Debug for Plan<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({} on {})", self.pod, self.node)
    }
}

/// A plan given to a ledger that did not make it, handed back.
#[derive(Debug)]
#[must_use = "the plan in it still holds a reservation"]
pub struct Foreign<G: Grounds>(pub Box<Plan<G>>);

impl<G: Grounds> fmt::Display for Foreign<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plan for {} was made by another ledger: release it there", self.0.pod)
    }
}

impl<G: Grounds> std::error::Error for Foreign<G> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::fixture::words::{node, pod};
    use crate::{Decision, Hypothetical, Ledger};
    use casemate_model::Timestamp;

    // The only unit test that makes plans: the count is of the whole process.
    #[test]
    fn a_plan_that_is_dropped_is_counted_and_one_that_is_released_is_not() {
        let mut ledger = Ledger::<Hypothetical>::new([node("cpu=1000")]).unwrap();
        let mut place = |name: &str| ledger.place(&pod(&format!("name={name} cpu=1")), Timestamp(0));
        let (Decision::Placed(kept), Decision::Placed(lost)) = (place("kept"), place("lost")) else {
            panic!("there is room for both")
        };
        let before = lost_plans();
        ledger.release(kept).unwrap();
        assert_eq!(lost_plans(), before);
        drop(lost);
        assert_eq!(lost_plans(), before + 1);
    }
}
