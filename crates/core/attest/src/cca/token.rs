//! The collection of a platform's and a realm's token (draft-ffm-rats-cca-token, CCA attestation token).

use ciborium::Value;

use super::{CcaFault, CcaPart};
use crate::cbor::{self, CborError, Lengths, Map, Part};
use crate::cose::{CoseError, Sign1};

/// The tag of the collection.
const TAG: u64 = 399;
const PLATFORM: Part<i128> = Part { key: 44234, name: "platform token (44234)" };
const REALM: Part<i128> = Part { key: 44241, name: "realm token (44241)" };

/// Both tokens, not verified.
pub(super) struct Token {
    pub(super) platform: Sign1,
    pub(super) realm: Sign1,
}

impl Token {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, CcaFault> {
        let malformed = |cause: CborError| CcaFault::malformed(CcaPart::Collection)(cause.into());
        let value = match cbor::decode(bytes).map_err(malformed)? {
            Value::Tag(TAG, value) => *value,
            Value::Tag(found, _) => return Err(CcaFault::Tag { found }),
            _ => return Err(malformed(CborError::Type { name: "CCA token", expected: "tagged 399" })),
        };
        let mut parts = Map::of(value, "CCA token").map_err(malformed)?;
        let platform = parts.bytes(PLATFORM, Lengths::ANY).map_err(malformed)?;
        let realm = parts.bytes(REALM, Lengths::ANY).map_err(malformed)?;
        let sign1 = |bytes: &[u8], part| {
            Sign1::parse(bytes).map_err(|cause: CoseError| CcaFault::Malformed { part, cause })
        };
        Ok(Self {
            platform: sign1(&platform, CcaPart::PlatformToken)?,
            realm: sign1(&realm, CcaPart::RealmToken)?,
        })
    }
}
