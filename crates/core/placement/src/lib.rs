//! Filter, score, reserve and explain: which node runs which pod.
//!
//! A [`Ledger`] knows nodes and what is reserved on them. It answers a pod with a
//! [`Decision`]: a [`Plan`], which holds the reservation; or that the pod waits;
//! or that it can never be placed on these nodes. An [`Explanation`], made where it is asked for,
//! has every filter's answer for every node. A [`Queue`] orders the pods that wait. Below it is a
//! [`casemate_fleet`], which knows amounts and numbers only and finds the best of very many nodes.
//!
//! What may be reserved: the guaranteed encrypted memory, rounded up to whole pages for
//! each enclave, enclave slots, key slots, CPU and ordinary memory, overhead included. Sums
//! over pods never exceed what a node has. Limits beyond the request are paged and take no part.
//!
//! Fails closed. A confidential pod goes only where a witness of the node's platform holds
//! *now*; a node without one makes it wait, whatever room there is. What a plan rests on is in
//! its type: [`Plan<Hypothetical>`](Hypothetical) for nodes known from a document only,
//! [`Plan<OnEvidence>`](OnEvidence) for attested ones. There is no way from the first to the second.
//!
//! This crate sees witnesses and no evidence, starts nothing, and evicts nobody: a pod that is
//! placed stays until its plan is released.
//!
//! Cost: `place` is O(log nodes) for each different request in use (see [`casemate_fleet`]); to explain is
//! O(nodes), and so is a queue's pass for each pod that goes on waiting.

#![forbid(unsafe_code)]

mod amounts;
mod ask;
mod contention;
mod drain;
mod explanation;
mod facts;
mod filter;
mod grounds;
mod hurdle;
mod kinds;
mod ledger;
mod migration;
mod misfit;
mod objection;
mod options;
mod overcommit;
mod plan;
mod planning;
mod preemption;
mod queue;
mod resident;
mod resource;
mod room;
mod score;
mod slowdown;
mod society;
mod span;
mod units;

pub use casemate_fleet::Packing;
pub use contention::contention;
pub use drain::{Drain, DrainCause};
pub use explanation::{Explanation, FilterReport, NodeReport};
pub use grounds::{Grounds, Hypothetical, OnEvidence};
pub use hurdle::Hurdle;
pub use ledger::{Decision, Ledger, LedgerError};
pub use migration::{How, LIVE, Migration, Move, Stranded};
pub use misfit::Misfit;
pub use objection::{Objection, PodObjection};
pub use options::Options;
pub use overcommit::{Overcommit, Paging};
pub use plan::{Foreign, Plan, lost_plans};
pub use planning::{Condition, Displaced, Pending, Planning, Supposed, Use};
pub use preemption::{Cost, Preemption};
pub use queue::{Pass, Placed, Queue};
pub use resident::Resident;
pub use resource::Resource;
pub use score::Score;
pub use slowdown::Slowdown;
pub use society::Rivalry;
