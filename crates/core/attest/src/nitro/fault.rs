//! Why a Nitro attestation document was refused.

use casemate_model::Timestamp;
use thiserror::Error;

use crate::cbor::CborError;
use crate::cose::{CoseError, CoseSignatureError};

/// What is wrong with a Nitro attestation document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NitroFault {
    /// Not a COSE_Sign1.
    #[error("the Nitro attestation document cannot be read: {0}")]
    Cose(CoseError),
    /// A COSE_Sign1 of something else.
    #[error("the Nitro attestation document's payload cannot be read: {0}")]
    Document(#[from] CborError),
    /// Registers of another algorithm.
    #[error("the registers are {found:?}; only SHA384 is known")]
    Digest {
        /// What the document states.
        found: String,
    },
    /// No issuers: documents of development tools vouch for themselves.
    #[error("the document has no cabundle: its certificate is nobody's but its own")]
    NoBundle,
    /// A key on another curve than the Nitro hypervisor's.
    #[error("the certificate's key is not on P-384")]
    Key,
    /// The certificate's key did not sign.
    #[error("the certificate's key does not verify the document: {0}")]
    Signature(CoseSignatureError),
    /// A document made when its certificate was not valid.
    #[error(
        "the document was made at {made}, when its certificate ({not_before} to {not_after}) was not valid"
    )]
    Timestamp {
        /// When the document says it was made.
        made: Timestamp,
        /// When the certificate's validity begins.
        not_before: Timestamp,
        /// When it ends.
        not_after: Timestamp,
    },
}

impl NitroFault {
    /// Whether the bytes are at fault.
    pub(crate) const fn is_malformed(&self) -> bool {
        matches!(self, Self::Cose(_) | Self::Document(_))
    }
}
