//! The handshake between an enclave's owner and those who evict its pages.
//!
//! Sealing a page reads it. If the page's enclave starts to run meanwhile, a write
//! can land after the read and before the page is dropped, and is lost. So whoever
//! evicts says so first, and whoever is about to run an enclave says so and then
//! waits for the evictions under way to end:
//!
//! | bits | meaning |
//! |---|---|
//! | 31..16 | worker the enclave runs on, 0 for none |
//! | 15 | closed: being destroyed, nobody else may begin anything |
//! | 14..0 | pages of it being evicted now |
//!
//! One word, so that "nobody runs it" and "I evict" are one atomic step. A worker
//! may evict pages of the enclave it runs itself: while its thread is inside the
//! fault handler the enclave does not execute.
//!
//! `tests/loom.rs` explores every interleaving of this file's code.

use core::fmt;
use core::num::NonZeroU16;

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, Ordering};

use casemate_model::WorkerId;
use casemate_mutant::{Mutant, active as seeded};

const RUNNER_SHIFT: u32 = 16;
const CLOSED: u32 = 1 << 15;
const EVICTING: u32 = CLOSED - 1;

/// The gate of one enclave. See the module's documentation.
pub struct Gate {
    word: AtomicU32,
}

impl Gate {
    /// A gate of an enclave that does not run and loses no page.
    #[must_use]
    pub fn new() -> Self {
        Self { word: AtomicU32::new(0) }
    }

    /// Says that `worker` is about to run the enclave. From here on no other worker
    /// begins an eviction; those under way may still go on until [`Gate::is_quiet`].
    ///
    /// # Errors
    /// The enclave runs already, or is being destroyed.
    pub fn announce(&self, worker: WorkerId) -> Result<(), EnterError> {
        let mine = u32::from(worker.0.get()) << RUNNER_SHIFT;
        self.update(|word| match (runner(word), word & CLOSED) {
            (_, CLOSED) => Err(EnterError::Closed),
            (Some(other), _) => Err(EnterError::RunsOn(other)),
            (None, _) => Ok(word | mine),
        })
    }

    /// Whether no page of the enclave is being evicted.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.word.load(Ordering::Acquire) & EVICTING == 0
    }

    /// Announces `worker`, then calls `wait` until evictions under way have ended.
    /// Whoever evicts never waits for an owner, so this ends.
    ///
    /// # Errors
    /// As [`Gate::announce`].
    pub fn enter(&self, worker: WorkerId, mut wait: impl FnMut()) -> Result<(), EnterError> {
        self.announce(worker)?;
        while !self.is_quiet() {
            wait();
        }
        Ok(())
    }

    /// Says that the enclave no longer runs; its writes are visible to whoever evicts next.
    pub fn leave(&self) {
        self.word.fetch_and(CLOSED | EVICTING, Ordering::AcqRel);
    }

    /// Begins the eviction of one page on behalf of `worker` (`None`: a thread that
    /// runs no enclave). `false`: the enclave runs on another worker or is closed.
    #[must_use]
    pub fn try_begin_evict(&self, worker: Option<WorkerId>) -> bool {
        self.update(|word| if permits(word, worker) { Ok(word + 1) } else { Err(()) }).is_ok()
    }

    /// Whether `worker` could begin an eviction now.
    #[must_use]
    pub fn permits(&self, worker: Option<WorkerId>) -> bool {
        permits(self.word.load(Ordering::Relaxed), worker)
    }

    /// Ends one eviction: the page is sealed and gone, its content visible to the owner.
    pub fn end_evict(&self) {
        self.word.fetch_sub(1, Ordering::AcqRel);
    }

    /// Closes the gate for good: the enclave never runs and loses no page again.
    /// Evictions under way may still go on until [`Gate::is_quiet`].
    ///
    /// # Errors
    /// The enclave runs, or is closed already.
    pub fn close(&self) -> Result<(), EnterError> {
        self.update(|word| match (runner(word), word & CLOSED) {
            (_, CLOSED) => Err(EnterError::Closed),
            (Some(other), _) => Err(EnterError::RunsOn(other)),
            (None, _) => Ok(word | CLOSED),
        })
    }

    /// The worker the enclave runs on.
    #[must_use]
    pub fn runner(&self) -> Option<WorkerId> {
        runner(self.word.load(Ordering::Relaxed))
    }

    /// Replaces the word by what `next` makes of it, in one atomic step.
    fn update<E>(&self, next: impl Fn(u32) -> Result<u32, E>) -> Result<(), E> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            match self.word.compare_exchange(word, next(word)?, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(found) => word = found,
            }
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("runner", &self.runner()).field("quiet", &self.is_quiet()).finish()
    }
}

/// Why an enclave cannot be entered, or destroyed, now. The caller erred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnterError {
    /// It runs on this worker already; an enclave runs on one worker at a time.
    RunsOn(WorkerId),
    /// It is being destroyed.
    Closed,
    /// There is no such enclave.
    Unknown,
    /// As many enclaves as the pool was made for are entered already.
    NoEntryLeft {
        /// The number the pool was made for.
        entries: u16,
    },
}

impl fmt::Display for EnterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunsOn(worker) => write!(f, "the enclave runs on {worker}; leave it there first"),
            Self::Closed => f.write_str("the enclave is being destroyed"),
            Self::Unknown => f.write_str("the pool has no such enclave"),
            Self::NoEntryLeft { entries } => {
                write!(
                    f,
                    "{entries} enclaves are entered already, as many as the pool was made for; leave one first"
                )
            }
        }
    }
}

impl core::error::Error for EnterError {}

fn runner(word: u32) -> Option<WorkerId> {
    // The shift leaves 16 bits.
    NonZeroU16::new((word >> RUNNER_SHIFT) as u16).map(WorkerId)
}

fn permits(word: u32, worker: Option<WorkerId>) -> bool {
    let runner = runner(word).filter(|_| !seeded(Mutant::EpcEvictsRunning));
    word & CLOSED == 0 && (runner.is_none() || runner == worker) && word & EVICTING != EVICTING
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn worker(n: u16) -> WorkerId {
        WorkerId(NonZeroU16::new(n).expect("workers are numbered from one"))
    }

    #[test]
    fn only_its_own_worker_evicts_from_a_running_enclave() {
        let gate = Gate::new();
        gate.enter(worker(1), || unreachable!("nothing is being evicted")).expect("nobody runs it");
        assert!(!gate.try_begin_evict(Some(worker(2))));
        assert!(!gate.try_begin_evict(None));
        assert!(gate.try_begin_evict(Some(worker(1))));
        gate.end_evict();
        gate.leave();
        assert!(gate.try_begin_evict(None));
        assert!(!gate.is_quiet());
    }

    #[test]
    fn an_enclave_runs_on_one_worker_at_a_time() {
        let gate = Gate::new();
        gate.announce(worker(1)).expect("nobody runs it");
        assert_eq!(gate.announce(worker(2)), Err(EnterError::RunsOn(worker(1))));
        assert_eq!(gate.announce(worker(1)), Err(EnterError::RunsOn(worker(1))));
    }

    #[test]
    fn entering_waits_until_the_evictions_under_way_have_ended() {
        let gate = Gate::new();
        assert!(gate.try_begin_evict(None));
        assert!(gate.try_begin_evict(Some(worker(2))));
        let mut waits = 0;
        gate.enter(worker(1), || {
            waits += 1;
            gate.end_evict();
        })
        .expect("nobody runs it");
        assert_eq!(waits, 2);
    }

    #[test]
    fn a_closed_gate_stays_closed() {
        let gate = Gate::new();
        gate.close().expect("nobody runs it");
        assert!(!gate.try_begin_evict(None));
        assert_eq!(gate.announce(worker(1)), Err(EnterError::Closed));
        assert_eq!(gate.close(), Err(EnterError::Closed));
    }
}
