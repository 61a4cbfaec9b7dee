//! Arm CCA tokens for tests: of a platform whose key exists in memory only, in both profiles.

use aws_lc_rs::digest::{SHA256, digest};
use casemate_attest::{CcaAnchor, CcaCurve, Endorsements, Evidence};
use ciborium::Value;

use super::cose::{ClaimsSet, CoseSigner, Curve, encode};

const COLLECTION_TAG: u64 = 399;
const PLATFORM: i64 = 44234;
const REALM: i64 = 44241;
const PUBLIC_KEY: i64 = 44237;
const CHALLENGE: i64 = 10;

/// Which specification tokens follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CcaProfile {
    /// `http://arm.com/CCA-SSD/1.0.0`; the realm names none, and its key is a raw point.
    Legacy,
    /// `tag:arm.com,2023:…`; the realm's key is a COSE_Key.
    V2023,
}

impl CcaProfile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Legacy, Self::V2023];
}

/// A platform and a realm on it, and what each is about to say.
#[derive(Debug)]
pub struct CcaPlatform {
    /// The platform's key (CPAK).
    pub platform_key: CoseSigner,
    /// The realm's key (RAK).
    pub realm_key: CoseSigner,
    /// What the platform will say.
    pub platform: ClaimsSet,
    /// What the realm will say.
    pub realm: ClaimsSet,
}

impl CcaPlatform {
    /// The platform of every token made here.
    pub const INSTANCE_ID: [u8; 33] = [1; 33];
    /// Its implementation.
    pub const IMPLEMENTATION_ID: [u8; 32] = [0x1d; 32];

    /// A secured platform, and a realm with nothing remarkable in it. Both keys are on P-384.
    #[must_use]
    pub fn new(profile: CcaProfile, challenge: [u8; 64]) -> Self {
        Self::on(profile, challenge, Curve::P384, Curve::P384)
    }

    /// The same with keys on these curves, the platform's on P-256 or P-384. A legacy realm's is on
    /// P-384 or its token is malformed.
    #[must_use]
    pub fn on(profile: CcaProfile, challenge: [u8; 64], platform: Curve, realm: Curve) -> Self {
        let (platform_key, realm_key) = (CoseSigner::new(platform), CoseSigner::new(realm));
        let public_key = match profile {
            CcaProfile::Legacy => realm_key.point().to_vec(),
            CcaProfile::V2023 => realm_key.cose_key(),
        };
        let platform = platform_claims(profile, digest(&SHA256, &public_key).as_ref());
        let realm = realm_claims(profile, challenge, public_key);
        Self { platform_key, realm_key, platform, realm }
    }

    /// Makes the realm's key this claim, and has the platform vouch for it with SHA-256.
    pub fn vouch_for(&mut self, public_key: &[u8]) {
        self.realm.set(PUBLIC_KEY, public_key);
        self.platform.set(CHALLENGE, digest(&SHA256, public_key).as_ref());
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> Vec<u8> {
        let platform = self.platform_key.sign1(&self.platform.encode());
        let realm = self.realm_key.sign1(&self.realm.encode());
        Self::collection(&platform, &realm)
    }

    /// A collection of these two tokens.
    #[must_use]
    pub fn collection(platform: &[u8], realm: &[u8]) -> Vec<u8> {
        let parts = vec![(PLATFORM.into(), platform.into()), (REALM.into(), realm.into())];
        encode(&Value::Tag(COLLECTION_TAG, Box::new(Value::Map(parts))))
    }

    /// The token as evidence.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence::CcaToken(self.token())
    }

    /// The platform's trust anchor.
    ///
    /// # Panics
    ///
    /// Where the platform's key is on P-521, which no anchor names.
    #[must_use]
    pub fn anchor(&self) -> CcaAnchor {
        CcaAnchor {
            instance_id: Self::INSTANCE_ID.to_vec(),
            implementation_id: Some(Self::IMPLEMENTATION_ID.to_vec()),
            curve: match self.platform_key.curve() {
                Curve::P256 => CcaCurve::P256,
                Curve::P384 => CcaCurve::P384,
                Curve::P521 => panic!("no trust anchor is on P-521"),
            },
            point: self.platform_key.point()[1..].to_vec(),
        }
    }

    /// The anchor and nothing else.
    #[must_use]
    pub fn endorsements(&self) -> Endorsements {
        Endorsements { cca_anchors: vec![self.anchor()], ..Endorsements::none() }
    }
}

fn platform_claims(profile: CcaProfile, challenge: &[u8]) -> ClaimsSet {
    let name = match profile {
        CcaProfile::Legacy => "http://arm.com/CCA-SSD/1.0.0",
        CcaProfile::V2023 => "tag:arm.com,2023:cca_platform#1.0.0",
    };
    let component = |kind: &str, byte: u8| {
        Value::Map(vec![
            (1.into(), kind.into()),
            (2.into(), [byte; 32].as_slice().into()),
            (4.into(), "1.2.3".into()),
            (5.into(), [byte.wrapping_add(1); 32].as_slice().into()),
            (6.into(), "sha-256".into()),
        ])
    };
    ClaimsSet::new(vec![
        (265.into(), name.into()),
        (CHALLENGE.into(), challenge.into()),
        (2396.into(), CcaPlatform::IMPLEMENTATION_ID.as_slice().into()),
        (256.into(), CcaPlatform::INSTANCE_ID.as_slice().into()),
        (2401.into(), [0xcf; 4].as_slice().into()),
        (2395.into(), 0x3003.into()),
        (2402.into(), "sha-256".into()),
        (2399.into(), Value::Array(vec![component("BL", 0x11), component("RMM", 0x22)])),
        (2400.into(), "https://verifier.example".into()),
    ])
}

fn realm_claims(profile: CcaProfile, challenge: [u8; 64], public_key: Vec<u8>) -> ClaimsSet {
    let rem = (0..4u8).map(|nth| Value::from([nth; 32].as_slice())).collect();
    let mut claims = ClaimsSet::new(vec![
        (CHALLENGE.into(), challenge.as_slice().into()),
        (44235.into(), [0x99; 64].as_slice().into()),
        (44236.into(), "sha-256".into()),
        (PUBLIC_KEY.into(), public_key.into()),
        (44238.into(), [0x1f; 32].as_slice().into()),
        (44239.into(), Value::Array(rem)),
        (44240.into(), "sha-256".into()),
    ]);
    if profile == CcaProfile::V2023 {
        claims.set(265, "tag:arm.com,2023:realm#1.0.0");
    }
    claims
}
