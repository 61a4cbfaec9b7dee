//! The life of one pod: which of its containers is started, when, and when again.
//!
//! As Kubernetes has it ("Pod Lifecycle", "Init Containers", "Jobs"), with what differs said:
//!
//! - Init containers run one after another, each once the one before has ended with 0; the others
//!   start together after the last. Where an init container fails for good, the others never start.
//! - A container that ended with 0 is not started again, under `Always` either: a run is to end.
//! - One that failed is started again under `OnFailure` and `Always`, the first time at once, then
//!   after delays that double up to a longest, and only so often for all containers of a pod
//!   together. Kubernetes waits from 10 s to 5 min, without end; here [`Restarts`] says.
//! - Under `Never` a pod whose kind allows retries (a Job's `backoffLimit`) is replaced as a whole
//!   once all its containers are over, after the same delays.
//! - A container of a pod that goes on runs on when another has failed.
//! - An enclave that is not trusted (its evidence was refused, a page of it was tampered with) is
//!   the end of its container. Another would be attested just as strictly, so nothing unattested
//!   would get in; but who answers tampering with a new attempt lets the host have as many as it
//!   likes, and a refusal does not pass by being asked for again.
//!
//! Each start is a new instance, numbered from 0: a new enclave. Time is the caller's, on a clock
//! that does not go back. This crate reads no clock and starts nothing: it answers with [`Step`]s.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod life;
mod restarts;
mod step;

pub use life::PodLife;
pub use restarts::Restarts;
pub use step::{End, Step, Why};
