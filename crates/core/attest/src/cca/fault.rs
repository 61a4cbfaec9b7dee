//! Why a CCA token was refused.

use std::fmt;

use thiserror::Error;

use crate::cose::{CoseError, CoseSignatureError};

/// A part of a CCA token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CcaPart {
    /// The collection of both tokens.
    Collection,
    /// The platform's token.
    PlatformToken,
    /// What the platform's token says.
    PlatformClaims,
    /// The realm's token.
    RealmToken,
    /// What the realm's token says.
    RealmClaims,
    /// The key that signs the realm's token (RAK).
    RealmKey,
}

impl fmt::Display for CcaPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Collection => "CCA token",
            Self::PlatformToken => "CCA platform token",
            Self::PlatformClaims => "CCA platform claims set",
            Self::RealmToken => "CCA realm token",
            Self::RealmClaims => "CCA realm claims set",
            Self::RealmKey => "CCA realm attestation key",
        })
    }
}

/// What is wrong with a CCA token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CcaFault {
    /// Not what the specification says it is.
    #[error("the {part} cannot be read: {cause}")]
    Malformed {
        /// Which part.
        part: CcaPart,
        /// Why not.
        cause: CoseError,
    },
    /// A tag other than 399.
    #[error("CBOR tag {found} is not a CCA token's; only 399 is read")]
    Tag {
        /// The tag.
        found: u64,
    },
    /// A profile that is not read.
    #[error("the {part} has the profile {found:?}, which is not known")]
    Profile {
        /// Which part.
        part: CcaPart,
        /// The profile it states.
        found: String,
    },
    /// An algorithm that is not known and has to be computed.
    #[error("the realm attestation key is hashed with {found:?}, which is none of sha-256, sha-384, sha-512")]
    Hash {
        /// What claim 44240 states.
        found: String,
    },
    /// A trust anchor whose key is too short or too long.
    #[error(
        "the trust anchor of instance {instance_id} has {found} bytes, expected {expected}: it is no key"
    )]
    AnchorLength {
        /// The platform, in hex.
        instance_id: String,
        /// The bytes of both coordinates.
        expected: usize,
        /// The bytes there are.
        found: usize,
    },
    /// The platform's key did not sign, or is no key.
    #[error("the trust anchor of instance {instance_id} does not verify the platform token: {cause}")]
    PlatformSignature {
        /// The platform, in hex.
        instance_id: String,
        /// Why not.
        cause: CoseSignatureError,
    },
    /// The realm's key did not sign, or is no key.
    #[error("the realm attestation key does not verify the realm token: {0}")]
    RealmSignature(CoseSignatureError),
    /// The platform vouches for another realm key.
    #[error(
        "the platform vouches for another realm attestation key: its challenge is not the {algorithm} \
         of the key in the realm token"
    )]
    RealmKeyBinding {
        /// The algorithm the realm token declares for it.
        algorithm: String,
    },
}

impl CcaFault {
    pub(super) fn malformed(part: CcaPart) -> impl FnOnce(CoseError) -> Self {
        move |cause| Self::Malformed { part, cause }
    }

    /// Whether the bytes are at fault.
    pub(crate) const fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed { .. } | Self::Tag { .. })
    }

    /// Whether the trust anchor is at fault.
    pub(crate) const fn is_anchor(&self) -> bool {
        matches!(
            self,
            Self::AnchorLength { .. }
                | Self::PlatformSignature { cause: CoseSignatureError::NotOnCurve { .. }, .. }
        )
    }
}
