//! The independent judge of every schedule.
//!
//! A [`Judge`] is told what happened, one [`Observation`] after another, and answers with every
//! [`Violation`] of what had been promised: which [`Rule`], what was seen, what would have been allowed.
//! It runs beside every test, simulation and `casemate run`. A plan on paper is judged whole by [`judge_plan`].
//!
//! It decides nothing, repairs nothing and trusts no decider. It sees `model` only, shares no code with
//! `placement`, `policy`, `enclave`, `epc` or `cpu` (not even the helper methods of `model` that those
//! use), and does its own sums on plain integers: a bug in a decider is not repeated here.
//!
//! Units: memory in bytes or in 4 KiB pages, as each field says; time in nanoseconds since the Unix epoch.
//! State is proportional to what is alive (nodes, placed pods, undestroyed enclaves and their pages);
//! of the violations the first [`Limits::violations`] are kept and the rest are counted.
//!
//! Observations must come in an order in which they can have happened: where several threads act, whoever
//! holds the lock under which a decision is made reports it before letting go.

#![forbid(unsafe_code)]

mod contest;
mod course;
mod judge;
mod leeway;
mod life;
mod memory;
mod observation;
mod placement;
mod plan;
mod record;
mod rule;
mod taken;
mod witness;

#[cfg(test)]
mod testing;

pub use judge::{Findings, Judge, Limits};
pub use leeway::Leeway;
pub use observation::{Contender, EvidenceFacts, HowEnded, HowLeft, Observation, Unplaced};
pub use plan::{Planned, PlannedPod, judge_plan};
pub use record::Violation;
pub use rule::Rule;
pub use taken::{Moved, Taken};
