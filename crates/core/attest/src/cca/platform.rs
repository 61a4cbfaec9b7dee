//! What a CCA platform says (draft-ffm-rats-cca-token, CCA platform claims).

use ciborium::Value;

use super::{CcaFault, CcaPart};
use crate::cbor::{CborError, Lengths, Map, Part, bytes_of};
use crate::claims::CcaComponent;

/// The profiles read.
const PROFILES: [&str; 2] = ["http://arm.com/CCA-SSD/1.0.0", "tag:arm.com,2023:cca_platform#1.0.0"];
/// An instance ID begins with this: a UEID that was drawn at random (RFC 9711, 4.2.1.1).
const RANDOM_UEID: u8 = 0x01;

const PROFILE: Part<i128> = Part { key: 265, name: "profile (265)" };
const CHALLENGE: Part<i128> = Part { key: 10, name: "challenge (10)" };
const IMPLEMENTATION_ID: Part<i128> = Part { key: 2396, name: "implementation ID (2396)" };
const INSTANCE_ID: Part<i128> = Part { key: 256, name: "instance ID (256)" };
const CONFIG: Part<i128> = Part { key: 2401, name: "config (2401)" };
const LIFECYCLE: Part<i128> = Part { key: 2395, name: "lifecycle (2395)" };
const HASH: Part<i128> = Part { key: 2402, name: "hash algorithm (2402)" };
const COMPONENTS: Part<i128> = Part { key: 2399, name: "software components (2399)" };
const VERIFICATION_SERVICE: Part<i128> = Part { key: 2400, name: "verification service (2400)" };

const COMPONENT_TYPE: Part<i128> = Part { key: 1, name: "component type (1)" };
const MEASUREMENT: Part<i128> = Part { key: 2, name: "measurement (2)" };
const VERSION: Part<i128> = Part { key: 4, name: "version (4)" };
const SIGNER_ID: Part<i128> = Part { key: 5, name: "signer ID (5)" };
const COMPONENT_HASH: Part<i128> = Part { key: 6, name: "hash algorithm (6)" };

/// A platform's claims set, decoded and not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformClaims {
    /// Which specification it follows.
    pub profile: String,
    /// The hash of the realm attestation key: what the realm's firmware gave to be signed.
    pub challenge: Vec<u8>,
    /// The platform's implementation, 32 bytes.
    pub implementation_id: Vec<u8>,
    /// The platform itself, 33 bytes.
    pub instance_id: Vec<u8>,
    /// Its configuration.
    pub config: Vec<u8>,
    /// Its security life cycle.
    pub lifecycle: u16,
    /// The algorithm its components are measured with, where they name none themselves.
    pub hash: String,
    /// Its software.
    pub components: Vec<CcaComponent>,
    /// Where to ask for it.
    pub verification_service: Option<String>,
}

impl PlatformClaims {
    /// Decodes a claims set. Claims not known are ignored.
    ///
    /// # Errors
    ///
    /// What is missing, twice, of another type or length, or of a profile not known.
    pub fn parse(bytes: &[u8]) -> Result<Self, CcaFault> {
        let malformed = |cause: CborError| CcaFault::malformed(CcaPart::PlatformClaims)(cause.into());
        let mut claims = Map::decode(bytes, "claims set").map_err(malformed)?;
        let profile = claims.text(PROFILE).map_err(malformed)?;
        if !PROFILES.contains(&profile.as_str()) {
            return Err(CcaFault::Profile { part: CcaPart::PlatformClaims, found: profile });
        }
        Self::read(claims, profile).map_err(malformed)
    }

    fn read(mut claims: Map, profile: String) -> Result<Self, CborError> {
        let instance_id = claims.bytes(INSTANCE_ID, Lengths::OneOf(&[33]))?;
        if instance_id.first() != Some(&RANDOM_UEID) {
            return Err(CborError::Type { name: INSTANCE_ID.name, expected: "of type 1 (RAND)" });
        }
        let components = claims.array(COMPONENTS)?;
        if components.is_empty() {
            return Err(CborError::Type { name: COMPONENTS.name, expected: "of at least one component" });
        }
        Ok(Self {
            profile,
            challenge: claims.bytes(CHALLENGE, Lengths::HASH)?,
            implementation_id: claims.bytes(IMPLEMENTATION_ID, Lengths::OneOf(&[32]))?,
            instance_id,
            config: claims.bytes(CONFIG, Lengths::ANY)?,
            lifecycle: claims.unsigned(LIFECYCLE, "a number of 16 bits")?,
            hash: claims.text(HASH)?,
            components: components.into_iter().map(component).collect::<Result<_, _>>()?,
            verification_service: claims.optional_text(VERIFICATION_SERVICE)?,
        })
    }

    /// What the life cycle is called.
    #[must_use]
    pub const fn lifecycle_name(&self) -> &'static str {
        match self.lifecycle >> 8 {
            0x00 => "unknown",
            0x10 => "assembly and test",
            0x20 => "CCA platform root of trust provisioning",
            0x30 => "secured",
            0x40 => "non-CCA-platform root of trust debug",
            0x50 => "recoverable CCA platform root of trust debug",
            0x60 => "decommissioned",
            _ => "not defined",
        }
    }
}

fn component(value: Value) -> Result<CcaComponent, CborError> {
    let mut parts = Map::of(value, "software component")?;
    let signer_id = parts.bytes(SIGNER_ID, Lengths::HASH)?;
    Ok(CcaComponent {
        component_type: parts.optional_text(COMPONENT_TYPE)?,
        measurement: hash_of(parts.require(MEASUREMENT)?, MEASUREMENT.name)?,
        version: parts.optional_text(VERSION)?,
        signer_id,
        hash: parts.optional_text(COMPONENT_HASH)?,
    })
}

/// A hash of SHA-256, SHA-384 or SHA-512.
pub(super) fn hash_of(value: Value, name: &'static str) -> Result<casemate_model::Digest, CborError> {
    let bytes = bytes_of(value, name, Lengths::HASH)?;
    let unlike = CborError::Length { name, expected: Lengths::HASH, found: bytes.len() };
    casemate_model::Digest::new(&bytes).ok_or(unlike)
}
