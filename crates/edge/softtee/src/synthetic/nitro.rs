//! AWS Nitro attestation documents for tests, under a root that exists in memory only. Chains have four
//! certificates.

use casemate_attest::{Endorsements, Evidence, Roots};
use casemate_model::{Fingerprint, Nanos, Timestamp};
use ciborium::Value;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, SerialNumber,
};

use super::cose::{ClaimsSet, CoseSigner, Curve};
use super::revocation::revocation_list;
use super::{DAY, HOUR, expired, signed, valid};
use crate::certificate::{Validity, ca_params, issued, pck_params, self_signed};
use crate::key::sha256;

const NANOS_PER_MILLI: u64 = 1_000_000;
/// Of every document's certificate.
const LEAF_SERIAL: u64 = 0x1eaf;

/// One thing that is wrong with a document or its chain. Everything else about it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NitroDefect {
    /// The document's certificate expired an hour ago.
    LeafExpired,
    /// The document's certificate becomes valid in an hour.
    LeafNotYetValid,
    /// An issuer's certificate expired an hour ago.
    IssuerExpired,
    /// An issuer is no CA.
    IssuerNotCa,
    /// The document's certificate is a CA's.
    LeafIsCa,
    /// The document's certificate is on P-256.
    LeafOnP256,
    /// A stranger issued the document's certificate under the right name.
    LeafForged,
    /// A stranger issued an issuer's certificate under the root's name.
    IssuerForged,
    /// The whole chain is a stranger's, under the same names.
    OtherRoot,
    /// The bundle has the root last.
    BundleReversed,
    /// The bundle lacks the root.
    RootMissing,
    /// The bundle has more certificates than are looked at.
    BundleTooLong,
    /// The bundle is null.
    BundleNull,
    /// The bundle is empty.
    BundleEmpty,
    /// Another key than the certificate's signed.
    DocumentForged,
}

impl NitroDefect {
    /// Every defect.
    pub const ALL: [Self; 15] = [
        Self::LeafExpired,
        Self::LeafNotYetValid,
        Self::IssuerExpired,
        Self::IssuerNotCa,
        Self::LeafIsCa,
        Self::LeafOnP256,
        Self::LeafForged,
        Self::IssuerForged,
        Self::OtherRoot,
        Self::BundleReversed,
        Self::RootMissing,
        Self::BundleTooLong,
        Self::BundleNull,
        Self::BundleEmpty,
        Self::DocumentForged,
    ];
}

/// A CA: how it is named and what it signs with.
#[derive(Debug)]
struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

/// A root for one test, the authorities below it, and the instant at which its documents are good.
#[derive(Debug)]
pub struct NitroRoot {
    now: Timestamp,
    defect: Option<NitroDefect>,
    root: Authority,
    certificate: Vec<u8>,
    region: Authority,
    instance: Authority,
    /// What its documents will say, but for the certificates. A test may change it.
    pub claims: ClaimsSet,
}

impl NitroRoot {
    /// Of every document, unless a test changes it.
    pub const MODULE_ID: &str = "i-0123456789abcdef0-enc0123456789abcdef";

    /// A new root whose documents have nothing wrong at `now`, nor in the three hours after it.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::build(now, None)
    }

    /// A new root whose documents have this wrong at `now`.
    #[must_use]
    pub fn with_defect(now: Timestamp, defect: NitroDefect) -> Self {
        Self::build(now, Some(defect))
    }

    /// What a policy would name it by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(sha256(&self.certificate))
    }

    /// This root and no other.
    #[must_use]
    pub fn roots(&self) -> Roots {
        Roots::none().with_aws(self.fingerprint())
    }

    /// A document by a new key.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn document(&self) -> Vec<u8> {
        let is_p256 = self.has(NitroDefect::LeafOnP256);
        let (curve, algorithm) = match is_p256 {
            true => (Curve::P256, &PKCS_ECDSA_P256_SHA256),
            false => (Curve::P384, &PKCS_ECDSA_P384_SHA384),
        };
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let (certificate, bundle) = self.certificates(&key);
        let mut claims = self.claims.clone();
        if let Some(made) = self.made_within_leaf() {
            claims.set("timestamp", made.0 / NANOS_PER_MILLI);
        }
        claims.set("certificate", certificate);
        claims.set(
            "cabundle",
            match self.defect {
                Some(NitroDefect::BundleNull) => Value::Null,
                _ => Value::Array(bundle.into_iter().map(Value::from).collect()),
            },
        );
        let signer = match self.has(NitroDefect::DocumentForged) {
            true => CoseSigner::new(Curve::P384),
            false => CoseSigner::of_pkcs8(curve, &key.serialize_der()),
        };
        signer.sign1(&claims.encode())
    }

    /// A document as evidence.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence::NitroDocument(self.document())
    }

    /// The revocation lists of every authority, and the document's certificate on one if it is
    /// `revoked`.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn endorsements(&self, revoked: bool) -> Endorsements {
        let serial = revoked.then_some(LEAF_SERIAL);
        let crls =
            vec![self.crl(&self.root, None), self.crl(&self.region, None), self.crl(&self.instance, serial)];
        Endorsements { crls, ..Endorsements::none() }
    }

    fn crl(&self, issuer: &Authority, revoked: Option<u64>) -> Vec<u8> {
        revocation_list(&issuer.params, &issuer.key, valid(self.now), revoked)
    }

    fn build(now: Timestamp, defect: Option<NitroDefect>) -> Self {
        let has = |it| defect == Some(it);
        let authority = |name, path_len, validity| Authority {
            params: ca_params(name, path_len, validity),
            key: KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key"),
        };
        let root = authority("Test Nitro root", 2, valid(now));
        let region_validity = if has(NitroDefect::IssuerExpired) { expired(now) } else { valid(now) };
        let mut region = authority("Test region", 1, region_validity);
        if has(NitroDefect::IssuerNotCa) {
            region.params.is_ca = IsCa::ExplicitNoCa;
        }
        region.params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let instance = authority("Test instance", 0, valid(now));
        let certificate = signed(self_signed(&root.params, &root.key));
        Self { now, defect, root, certificate, region, instance, claims: claims(now) }
    }

    fn has(&self, defect: NitroDefect) -> bool {
        self.defect == Some(defect)
    }

    /// The certificate of this key, and the bundle of its issuers.
    fn certificates(&self, key: &KeyPair) -> (Vec<u8>, Vec<Vec<u8>>) {
        let stranger = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key");
        let is_strange = self.has(NitroDefect::OtherRoot);
        let root_key = if is_strange { &stranger } else { &self.root.key };
        let root = signed(self_signed(&self.root.params, root_key));
        let root = if is_strange { root } else { self.certificate.clone() };

        let root_key = if self.has(NitroDefect::IssuerForged) { &stranger } else { root_key };
        let region = signed(issued(&self.region.params, &self.region.key, &self.root.params, root_key));
        let (params, signer) = (&self.region.params, &self.region.key);
        let instance = signed(issued(&self.instance.params, &self.instance.key, params, signer));
        let signer = if self.has(NitroDefect::LeafForged) { &stranger } else { &self.instance.key };
        let leaf = signed(issued(&self.leaf_params(), key, &self.instance.params, signer));
        let bundle = match self.defect {
            Some(NitroDefect::BundleReversed) => vec![instance, region, root],
            Some(NitroDefect::RootMissing) => vec![region, instance],
            Some(NitroDefect::BundleEmpty) => Vec::new(),
            Some(NitroDefect::BundleTooLong) => [vec![root], vec![region; 6], vec![instance]].concat(),
            _ => vec![root, region, instance],
        };
        (leaf, bundle)
    }

    /// When a document is made whose certificate is not valid now.
    fn made_within_leaf(&self) -> Option<Timestamp> {
        match self.defect {
            Some(NitroDefect::LeafExpired) => Some(Timestamp(self.now.0.saturating_sub(2 * HOUR.0))),
            Some(NitroDefect::LeafNotYetValid) => Some(self.now.after(HOUR)),
            _ => None,
        }
    }

    fn leaf_params(&self) -> CertificateParams {
        let three_hours = Nanos::from_secs(3 * 3600);
        let validity = match self.defect {
            Some(NitroDefect::LeafExpired) => expired(self.now),
            Some(NitroDefect::LeafNotYetValid) => {
                Validity { not_before: self.now.after(HOUR), not_after: self.now.after(DAY) }
            }
            _ => Validity::around(self.now, Nanos::from_secs(60), three_hours),
        };
        let mut params = pck_params("Test enclave", validity);
        params.serial_number = Some(SerialNumber::from(LEAF_SERIAL));
        if self.has(NitroDefect::LeafIsCa) {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params
    }
}

/// What a document made at `now` says.
fn claims(now: Timestamp) -> ClaimsSet {
    let register = |(index, byte): (u8, u8)| (Value::from(index), Value::from([byte; 48].as_slice()));
    let registers = [(0, 0xa0), (1, 0xa1), (2, 0xa2), (3, 0), (4, 0xa4), (8, 0xa8)].map(register);
    ClaimsSet::new(vec![
        ("module_id".into(), NitroRoot::MODULE_ID.into()),
        ("digest".into(), "SHA384".into()),
        ("timestamp".into(), (now.0 / NANOS_PER_MILLI).into()),
        ("pcrs".into(), Value::Map(registers.to_vec())),
        ("public_key".into(), Value::Null),
        ("user_data".into(), Value::Null),
        ("nonce".into(), Value::Null),
    ])
}
