//! What a realm says (RMM specification, A7.2.3.1; draft-ffm-rats-cca-token, CCA realm claims).

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use casemate_model::Digest;

use super::platform::hash_of;
use super::{CcaFault, CcaPart};
use crate::cbor::{CborError, Lengths, Map, Part};
use crate::cose::{Curve, EcKey};

/// The only profile that is named. The one before it is not.
const PROFILE_2023: &str = "tag:arm.com,2023:realm#1.0.0";
/// How many registers there are for what is measured at run time.
const EXTENSIBLE_MEASUREMENTS: usize = 4;
/// An uncompressed point on P-384: the key as the profile before 2023 has it.
const RAW_KEY_LEN: usize = 97;

const PROFILE: Part<i128> = Part { key: 265, name: "profile (265)" };
const CHALLENGE: Part<i128> = Part { key: 10, name: "challenge (10)" };
const PERSONALIZATION: Part<i128> = Part { key: 44235, name: "personalization value (44235)" };
const HASH: Part<i128> = Part { key: 44236, name: "hash algorithm (44236)" };
const PUBLIC_KEY: Part<i128> = Part { key: 44237, name: "public key (44237)" };
const RIM: Part<i128> = Part { key: 44238, name: "initial measurement (44238)" };
const REM: Part<i128> = Part { key: 44239, name: "extensible measurements (44239)" };
const PUBLIC_KEY_HASH: Part<i128> = Part { key: 44240, name: "public key hash algorithm (44240)" };

/// A realm's claims set, decoded and not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealmClaims {
    /// Which specification it follows; `None` is the one before 2023.
    pub profile: Option<String>,
    /// What the realm asked to be signed, 64 bytes.
    pub challenge: Vec<u8>,
    /// What the realm's owner gave at its creation, 64 bytes.
    pub personalization: Vec<u8>,
    /// The algorithm of its measurements.
    pub hash: String,
    /// The realm attestation key as it stands in the claim: a point on P-384, or a COSE_Key.
    pub public_key: Vec<u8>,
    /// The algorithm with which the platform hashed that key.
    pub public_key_hash: String,
    /// What the realm was built from.
    pub rim: Digest,
    /// What was measured at run time, four registers.
    pub rem: Vec<Digest>,
}

impl RealmClaims {
    /// Decodes a claims set. Claims not known are ignored.
    ///
    /// # Errors
    ///
    /// What is missing, twice, of another type or length, or of a profile not known; a hash algorithm
    /// of the key that is not known.
    pub fn parse(bytes: &[u8]) -> Result<Self, CcaFault> {
        let malformed = |cause: CborError| CcaFault::malformed(CcaPart::RealmClaims)(cause.into());
        let mut claims = Map::decode(bytes, "claims set").map_err(malformed)?;
        let profile = claims.optional_text(PROFILE).map_err(malformed)?;
        if let Some(found) = profile.as_ref().filter(|it| *it != PROFILE_2023) {
            return Err(CcaFault::Profile { part: CcaPart::RealmClaims, found: found.clone() });
        }
        let realm = Self::read(claims, profile).map_err(malformed)?;
        if hash_algorithm(&realm.public_key_hash).is_none() {
            return Err(CcaFault::Hash { found: realm.public_key_hash });
        }
        Ok(realm)
    }

    fn read(mut claims: Map, profile: Option<String>) -> Result<Self, CborError> {
        let key_lengths = match profile {
            None => Lengths::OneOf(&[RAW_KEY_LEN]),
            Some(_) => Lengths::ANY,
        };
        let rem = claims.array(REM)?;
        if rem.len() != EXTENSIBLE_MEASUREMENTS {
            return Err(CborError::Type { name: REM.name, expected: "an array of four" });
        }
        Ok(Self {
            profile,
            challenge: claims.bytes(CHALLENGE, Lengths::OneOf(&[64]))?,
            personalization: claims.bytes(PERSONALIZATION, Lengths::OneOf(&[64]))?,
            hash: claims.text(HASH)?,
            public_key: claims.bytes(PUBLIC_KEY, key_lengths)?,
            public_key_hash: claims.text(PUBLIC_KEY_HASH)?,
            rim: hash_of(claims.require(RIM)?, RIM.name)?,
            rem: rem.into_iter().map(|it| hash_of(it, REM.name)).collect::<Result<_, _>>()?,
        })
    }

    /// The realm attestation key.
    pub(super) fn key(&self) -> Result<EcKey, CcaFault> {
        if self.profile.is_none() {
            return Ok(EcKey { curve: Curve::P384, point: self.public_key.clone() });
        }
        EcKey::of_cose_key(&self.public_key).map_err(CcaFault::malformed(CcaPart::RealmKey))
    }

    /// The hash of that key by the algorithm declared, over the bytes of the claim.
    pub(super) fn public_key_digest(&self) -> Vec<u8> {
        hash_algorithm(&self.public_key_hash)
            .map_or_else(Vec::new, |it| digest(it, &self.public_key).as_ref().to_vec())
    }
}

/// By its name in IANA's registry of named information hash algorithms.
fn hash_algorithm(name: &str) -> Option<&'static Algorithm> {
    match name {
        "sha-256" => Some(&SHA256),
        "sha-384" => Some(&SHA384),
        "sha-512" => Some(&SHA512),
        _ => None,
    }
}
