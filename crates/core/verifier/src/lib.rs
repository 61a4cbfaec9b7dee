//! Remembers what is expensive to verify, decides what is verified next, and takes verdicts back.
//!
//! A platform's certificates and quoting enclave stay the same for weeks while its evidence is new each
//! time. So platforms are verified once and kept ([`Platforms`], and those of every vendor with
//! everything else in [`Verifier`]); what collateral says of each is asked again without any cryptography
//! whenever collateral changes, and whoever rests on one that fell is told ([`Event`]) or warned before
//! ([`Forecast`]). Around that: who is served next ([`queue`]), what is verified once of many ([`batch`]),
//! and whose evidence it is ([`enrolment`], [`nonce`]).
//!
//! Nothing here decides what is good, and nothing changes a verdict: with and without memory it is the
//! same. Everything held is bounded. Reads no clock; time is an argument.

#![forbid(unsafe_code)]

pub mod batch;
pub mod bundle;
mod cache;
mod dcap;
pub mod enrolment;
pub mod forecast;
pub mod nonce;
mod platforms;
pub mod queue;
mod snp;
mod stages;
mod standing;
mod store;
mod verifier;

pub use cache::Cache;
pub use dcap::{Dcap, VouchedPlatform};
pub use forecast::Forecast;
pub use platforms::{Bounds, Examined, FACTS_OF_PLATFORM, Learnt, Platforms, SUBJECTS_OF_PLATFORM};
pub use snp::{Snp, SnpCollateral, SnpEvidence, VouchedVek};
pub use stages::{Key, Rated, Stages};
pub use standing::{Change, Course, Event, Standing};
pub use store::{Age, Offered, Place, Store, StoreFault};
pub use verifier::{Examination, Lesson, Verifier};
