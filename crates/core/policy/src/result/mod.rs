//! Attestation results that others can verify: EAR (draft-ietf-rats-ear-04) with the trustworthiness
//! vector of AR4SI (draft-ietf-rats-ar4si), as a JWT in JWS compact form (RFC 7515, 7519; RFC 9711).
//!
//! [`Ear`] is made of a judgement, signed through a [`Signer`] that the shell gives, and read by whoever
//! has the [`VerifierKeys`]: [`open`] says what a token says, [`reopen`] makes a witness of it. This
//! crate holds no private key and draws no random number.

mod ear;
mod jws;
mod keys;
mod open;
mod reopen;
mod vector;

pub use ear::{Ear, Issue, NotAttested, VerifierId};
pub use jws::{Algorithm, SignError, Signer};
pub use keys::{KeyError, VerifierKey, VerifierKeys};
pub use open::{MAX_TOKEN_BYTES, OpenError, Opened, open};
pub use reopen::{ReopenError, reopen};
pub use vector::{Tier, TrustVector};
