//! One certificate of the chain: X.509 version 3 in strict DER, ECDSA P-256 with SHA-256.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use casemate_model::{Fingerprint, Timestamp};
use der::asn1::BitString;
use der::oid::{AssociatedOid, ObjectIdentifier};
use der::{Decode, Reader, SliceReader};
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};
use x509_cert::name::Name;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Time;

use crate::ChainError;

/// `ecdsa-with-SHA256` (RFC 5758, 3.2).
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// `id-ecPublicKey` (RFC 5480, 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1` (RFC 5480, 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// Intel's PCK certificates have six or seven.
const MAX_EXTENSIONS: usize = 32;

/// A parsed certificate, with the bytes its issuer signed as they were received.
pub(super) struct Certificate {
    /// Its place in the chain; 0 is the PCK certificate.
    pub(super) index: usize,
    /// An uncompressed point.
    pub(super) public_key: Vec<u8>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    der: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
    subject: Name,
    issuer: Name,
    constraints: BasicConstraints,
    key_usage: KeyUsage,
}

impl Certificate {
    pub(super) fn parse(index: usize, der: Vec<u8>) -> Result<Self, ChainError> {
        let malformed = |error: der::Error| ChainError::Der { index, what: error.to_string() };
        let outer = Outer::parse(&der).map_err(malformed)?;
        let tbs = TbsCertificate::from_der(outer.signed).map_err(malformed)?;

        if tbs.version() != Version::V3 {
            return Err(ChainError::Der { index, what: "its version is not 3".into() });
        }
        let is_ecdsa = |algorithm: &AlgorithmIdentifierOwned| {
            algorithm.oid == ECDSA_WITH_SHA256 && algorithm.parameters.is_none()
        };
        if !is_ecdsa(&outer.algorithm) || !is_ecdsa(tbs.signature()) {
            return Err(ChainError::Algorithm { index, what: "signature" });
        }
        let public_key = p256_point(tbs.subject_public_key_info())
            .ok_or(ChainError::Algorithm { index, what: "key" })?
            .to_vec();
        let (constraints, key_usage) =
            read_extensions(index, tbs.extensions().map(Vec::as_slice).unwrap_or_default())?;

        Ok(Self {
            index,
            public_key,
            not_before: timestamp(tbs.validity().not_before),
            not_after: timestamp(tbs.validity().not_after),
            signed: outer.signed.to_vec(),
            signature: outer.signature,
            subject: tbs.subject().clone(),
            issuer: tbs.issuer().clone(),
            constraints,
            key_usage,
            der,
        })
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut fingerprint = Fingerprint([0; 32]);
        fingerprint.0.copy_from_slice(digest(&SHA256, &self.der).as_ref());
        fingerprint
    }

    /// By name only.
    pub(super) fn is_issued_by(&self, issuer: &Self) -> bool {
        self.issuer == issuer.subject
    }

    /// By name and by signature over the bytes received.
    pub(super) fn check_issued_by(&self, issuer: &Self) -> Result<(), ChainError> {
        if !self.is_issued_by(issuer) {
            return Err(ChainError::Issuer { index: self.index });
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &issuer.public_key)
            .verify(&self.signed, &self.signature)
            .map_err(|_| ChainError::Signature { index: self.index })
    }

    /// Both ends of the validity are inside it (RFC 5280, 4.1.2.5).
    pub(super) fn check_valid_at(&self, now: Timestamp) -> Result<(), ChainError> {
        let Self { index, not_before, not_after, .. } = *self;
        if now < not_before {
            return Err(ChainError::NotYetValid { index, not_before, now });
        }
        if now > not_after {
            return Err(ChainError::Expired { index, not_after, now });
        }
        Ok(())
    }

    /// Whether it may stand first: no CA, and its key is for signatures.
    pub(super) fn check_may_sign_reports(&self) -> Result<(), ChainError> {
        if self.constraints.ca {
            return Err(ChainError::LeafIsCa);
        }
        if !self.key_usage.digital_signature() {
            return Err(ChainError::KeyUsage { index: self.index, expected: "digitalSignature" });
        }
        Ok(())
    }

    /// Whether it may issue a certificate with this many intermediates between it and the PCK.
    pub(super) fn check_may_issue(&self, intermediates: usize) -> Result<(), ChainError> {
        if !self.constraints.ca {
            return Err(ChainError::NotCa { index: self.index });
        }
        if !self.key_usage.key_cert_sign() {
            return Err(ChainError::KeyUsage { index: self.index, expected: "keyCertSign" });
        }
        match self.constraints.path_len_constraint {
            Some(allowed) if intermediates > allowed.into() => {
                Err(ChainError::PathLength { index: self.index, allowed, found: intermediates })
            }
            _ => Ok(()),
        }
    }
}

/// The three parts of a certificate (RFC 5280, 4.1), the first as received.
struct Outer<'a> {
    signed: &'a [u8],
    algorithm: AlgorithmIdentifierOwned,
    /// DER of an ECDSA-Sig-Value.
    signature: Vec<u8>,
}

impl<'a> Outer<'a> {
    fn parse(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let outer = reader.sequence(|fields| {
            let signed = fields.tlv_bytes()?;
            let algorithm = fields.decode()?;
            let signature = fields.decode::<BitString>()?;
            let whole_bytes = signature.as_bytes().ok_or_else(|| fields.error(der::ErrorKind::Failed))?;
            Ok::<_, der::Error>(Self { signed, algorithm, signature: whole_bytes.to_vec() })
        })?;
        reader.finish()?;
        Ok(outer)
    }
}

fn p256_point(key: &SubjectPublicKeyInfoOwned) -> Option<&[u8]> {
    let curve = key.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok()?;
    let point = key.subject_public_key.as_bytes()?;
    let is_p256 = key.algorithm.oid == EC_PUBLIC_KEY && curve == P256;
    (is_p256 && point.len() == 65 && point.starts_with(&[0x04])).then_some(point)
}

/// Basic constraints and key usage. Both must be there: a CA has them by RFC 5280, and every PCK
/// certificate does.
fn read_extensions(
    index: usize,
    extensions: &[Extension],
) -> Result<(BasicConstraints, KeyUsage), ChainError> {
    if extensions.len() > MAX_EXTENSIONS {
        return Err(ChainError::Extensions { index, what: "more extensions than are looked at" });
    }
    let malformed = |error: der::Error| ChainError::Der { index, what: error.to_string() };
    let (mut constraints, mut key_usage) = (None, None);
    for (nth, extension) in extensions.iter().enumerate() {
        if extensions.iter().take(nth).any(|earlier| earlier.extn_id == extension.extn_id) {
            return Err(ChainError::Extensions { index, what: "the same extension twice" });
        }
        let content = extension.extn_value.as_bytes();
        match extension.extn_id {
            BasicConstraints::OID => {
                constraints = Some(BasicConstraints::from_der(content).map_err(malformed)?);
            }
            KeyUsage::OID => key_usage = Some(KeyUsage::from_der(content).map_err(malformed)?),
            oid if extension.critical => {
                return Err(ChainError::CriticalExtension { index, oid: oid.to_string() });
            }
            _ => {}
        }
    }
    let constraints = constraints.ok_or(ChainError::Extensions { index, what: "no basic constraints" })?;
    let key_usage = key_usage.ok_or(ChainError::Extensions { index, what: "no key usage" })?;
    Ok((constraints, key_usage))
}

fn timestamp(time: Time) -> Timestamp {
    Timestamp::from_unix_secs(time.to_unix_duration().as_secs())
}
