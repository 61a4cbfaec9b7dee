//! Parses evidence and verifies its signatures and endorsements.
//!
//! [`Evidence`] is bytes somebody sent: a claim. [`verify`] turns it into [`VerifiedEvidence`],
//! whose claims were signed by a chain that ends in one of the [`Roots`]. Whether those claims
//! are *good* is not decided here: `policy` appraises them.
//!
//! Signatures are verified over the bytes received, never over a re-encoding. What is not known
//! (a version, a key type, a certification data type) is refused by name, lengths are never
//! adjusted, and nothing a sender can write makes this crate panic or hold more than the
//! evidence itself (at most [`MAX_EVIDENCE_BYTES`]).
//!
//! Reads no clock and no file: time is an argument.

#![forbid(unsafe_code)]

pub mod binding;
mod chain;
mod error;
mod evidence;
mod roots;
pub mod sgx;

pub use error::{ChainError, LayoutError, Party, QuoteError, VerifyError};
pub use evidence::{Claims, Evidence, MAX_EVIDENCE_BYTES, VerifiedEvidence, verify};
pub use roots::Roots;
