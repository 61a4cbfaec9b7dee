//! Recordings of Linux' scheduler as text: who ran for how long and then slept, and which interrupts came.
//!
//! Read are `/sys/kernel/tracing/trace`, what `trace-cmd report` prints, and what `perf script` prints of
//! `sched:*` and `irq:*`; which of them it is need not be said, and they may use either form of `sched_switch`.
//! What comes of it is a [`Recording`]: each task as bursts of running and sleeping, free of whom it had to wait
//! for, so that another scheduler can be given the same work.
//!
//! Waiting for a CPU is neither running nor sleeping. The time that interrupts took while a task ran is theirs.
//! What a CPU did before its first switch, and around events that were lost, is not known and not made up.
//!
//! Nothing is read here but the bytes that are given, all of them within [`limits`].

#![forbid(unsafe_code)]

mod cpu;
mod event;
mod follow;
pub mod limits;
mod line;
mod problem;
mod recording;
mod weight;

pub use problem::Problem;
pub use recording::{Burst, Interrupt, LeftOut, Recording, Tally, Task};
pub use weight::weight;
