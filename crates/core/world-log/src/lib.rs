//! What firmware and host say to each other: the [set-up](Setup) that a machine begins with, and the
//! [records](Record) of what happened on its CPUs and what was decided.
//!
//! A log is a set-up's [`Setup::BYTES`] bytes and then records of [`Record::BYTES`] bytes each, in the order in which
//! the decisions were made. Whoever has it can decide again and compare. All numbers are little-endian.

#![no_std]
#![forbid(unsafe_code)]

mod bytes;
mod codes;
mod decided;
mod record;
mod setup;

pub use bytes::Malformed;
pub use decided::Decided;
pub use record::{Note, Record, What};
pub use setup::{Ree, SPAWNS, Setup, Spawn};
