//! All that is known at the end of a simulation.

use casemate_world::Class;
use serde::Serialize;

use crate::Measured;
use crate::histogram::Histogram;

/// What came of a design under a load.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// The figures.
    pub measured: Measured,
    /// How long requests took from asking to the answer.
    pub requests: Distribution,
    /// How long interrupts of the REE took to their handlers.
    pub interrupts: Distribution,
    /// On what each CPU spent its time.
    pub spent: Vec<Spent>,
}

/// How long something took, as a rising curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Distribution {
    /// So many microseconds, and which share of 1 took no longer. Both rise; the last is the longest, and 1.
    pub at_most: Vec<[f64; 2]>,
}

impl Distribution {
    /// A curve has hardly more points.
    pub const POINTS_MOST: usize = 128;

    /// Of times in nanoseconds, in any order.
    #[must_use]
    pub fn of(nanos: impl IntoIterator<Item = u64>) -> Self {
        let mut histogram = Histogram::new();
        nanos.into_iter().for_each(|it| histogram.add(it));
        histogram.distribution()
    }
}

/// On what a CPU spent its time, in nanoseconds; together all that was simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// The REE had it.
    pub ree_ns: u64,
    /// The TEE had it, while the REE had something to do, for all the TEE was told.
    pub tee_ns: u64,
    /// The TEE had it, while the REE slept and had said so.
    pub tee_during_idle_ns: u64,
    /// It slept.
    pub idle_ns: u64,
}

impl Spent {
    pub(crate) fn of(classes: &[u64; Class::ALL.len()]) -> Self {
        let of = |class: Class| classes[class as usize];
        Self {
            ree_ns: of(Class::Ree),
            tee_ns: of(Class::Requested) + of(Class::SelfScheduled),
            tee_during_idle_ns: of(Class::DuringIdle),
            idle_ns: of(Class::Idle) + of(Class::Off),
        }
    }

    /// All of it.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.ree_ns + self.tee_ns + self.tee_during_idle_ns + self.idle_ns
    }
}
