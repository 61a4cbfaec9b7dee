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
//! Reads no clock and no file: time is an argument, and so are endorsements.

#![forbid(unsafe_code)]

pub mod binding;
mod cbor;
pub mod cca;
pub mod claims;
mod cose;
pub mod dcap;
mod endorsements;
mod evidence;
mod fault;
pub mod inspect;
mod layout_error;
pub mod nitro;
mod roots;
pub mod sgx;
pub mod snp;
pub mod tpm;
mod verify;
pub mod vtpm;
mod window;
pub mod x509;

pub use cbor::{CborError, Lengths};
pub use claims::Claims;
pub use cose::{CoseError, CoseSignatureError};
pub use endorsements::{CcaAnchor, CcaCurve, Endorsements, SignedJson};
pub use evidence::{AzureVtpm, Evidence, GceVtpm, MAX_EVIDENCE_BYTES, TpmQuote};
pub use fault::{CertificateError, ChainError, Fault, Party, Refused};
pub use layout_error::LayoutError;
pub use roots::{Product, Roots};
pub use verify::{VerifiedEvidence, verify};
pub use window::{Artifact, Window};
