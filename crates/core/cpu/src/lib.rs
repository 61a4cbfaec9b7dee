//! The enclave run queue: which enclave a worker enters next, and for how long.
//!
//! Method: earliest eligible virtual deadline first (EEVDF; Stoica and
//! Abdel-Wahab 1995, "Earliest Eligible Virtual Deadline First: A Flexible and
//! Accurate Mechanism for Proportional Share Resource Allocation"), with lag
//! kept over sleep as Linux does since 6.6.
//!
//! Terms, as the paper and Linux use them:
//!
//! - *weight*: how large an enclave's share is, relative to the others'.
//! - *vruntime*: service received, divided by weight.
//! - *V*: the weighted mean of the vruntimes of all active enclaves (ready or
//!   running). It is where everybody's vruntime would be under perfect sharing.
//! - *lag*: service owed, `weight * (V - vruntime)`. Lags of the active sum to zero.
//! - *eligible*: lag is not negative.
//! - *request*, or slice: how much service an enclave asks for at a time.
//! - *virtual deadline*: vruntime at the request's start + request / weight.
//!
//! A worker is given the eligible ready enclave with the earliest virtual
//! deadline; equal deadlines go to the lower id. A shorter slice therefore buys
//! latency and no share.
//!
//! What differs from the paper, because several workers share one queue:
//!
//! - A running enclave counts in V with the vruntime it had when it was picked.
//! - Where every ready enclave is ineligible (those behind are all running), a
//!   worker takes the one with the least vruntime rather than stand idle.
//! - An enclave whose weight entitles it to more than a whole worker cannot
//!   consume that, and would be owed ever more. What it is owed beyond the
//!   longest request is forgiven, which is what re-weighting does in surplus fair
//!   scheduling (Chandra et al. 2000, section 2.1).
//!
//! Units: service in [`Nanos`](casemate_model::Nanos); virtual time in 2^-20 ns at
//! weight 1, as 128-bit integers, renormalised long before they could overflow.
//! No floating point.
//!
//! Cost for n enclaves and m workers: `pick` is O(log n) where the earliest
//! deadline is eligible, which is the usual case, and O(n) at worst; everything else is
//! O(log n + m). Renormalising is O(n log n), at most once in 2^52 units of V.
//!
//! This crate reads no clock, never blocks and enters no enclave. It knows
//! nothing of memory: the shell that pages may lengthen slices by
//! [`RunQueue::set_slice`].

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod active;
mod claim;
mod entity;
mod queue;
mod ready;
mod verdict;
mod vtime;
mod weight;

pub use claim::Claim;
pub use queue::{CpuConfig, RunQueue};
pub use verdict::{After, Misuse, Next, Standing, Wake};
pub use vtime::Lag;
pub use weight::Weight;
