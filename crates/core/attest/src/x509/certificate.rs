//! One certificate: X.509 version 3 in DER, with a key and a signature known here.

use aws_lc_rs::digest::{SHA256, digest};
use casemate_model::{Fingerprint, Timestamp};
use der::asn1::{PrintableStringRef, Utf8StringRef};
use der::oid::{AssociatedOid, ObjectIdentifier};
use der::{Decode, Encode};
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, SubjectAltName,
};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::signed::SignedDer;
use super::{PublicKey, SignatureAlgorithm};
use crate::CertificateError;

/// `id-at-commonName` (RFC 5280, A.1).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// Intel's PCK certificates have seven, AMD's VCEKs eleven.
const MAX_EXTENSIONS: usize = 32;
/// The longest certificate looked at. Those of TEEs are under 2 KiB; a Nitro document can hide in one
/// of 16 KiB.
const MAX_LEN: usize = 64 * 1024;

/// A parsed certificate, with the bytes its issuer signed as they were received.
///
/// Parsing verifies nothing; [`verify_path`](super::verify_path) does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
    algorithm: SignatureAlgorithm,
    public_key: PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
    serial: Vec<u8>,
    /// DER of the names, which are compared as encoded.
    subject: Vec<u8>,
    issuer: Vec<u8>,
    common_name: Option<String>,
    constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    extensions: Vec<(ObjectIdentifier, Vec<u8>)>,
}

impl Certificate {
    /// Takes a DER certificate apart.
    ///
    /// # Errors
    ///
    /// What is malformed, or not known here: an algorithm, a key, a critical extension.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_LEN {
            return Err(CertificateError::TooLong { limit: MAX_LEN, found: der.len() });
        }
        let outer = SignedDer::parse(der).map_err(malformed)?;
        let tbs = TbsCertificate::from_der(outer.signed).map_err(malformed)?;
        if tbs.version() != Version::V3 {
            return Err(CertificateError::Der { what: "its version is not 3".into() });
        }
        let algorithm = outer.known_algorithm(tbs.signature()).ok_or(CertificateError::Algorithm {
            what: "signature algorithm",
            oid: outer.algorithm.oid.to_string(),
        })?;
        let info = tbs.subject_public_key_info();
        let public_key = PublicKey::of(info)
            .ok_or(CertificateError::Algorithm { what: "key", oid: info.algorithm.oid.to_string() })?;
        let known = Extensions::read(tbs.extensions().map(Vec::as_slice).unwrap_or_default())?;

        Ok(Self {
            der: der.to_vec(),
            signed: outer.signed.to_vec(),
            algorithm,
            public_key,
            not_before: timestamp(tbs.validity().not_before),
            not_after: timestamp(tbs.validity().not_after),
            serial: tbs.serial_number().as_bytes().to_vec(),
            subject: tbs.subject().to_der().map_err(malformed)?,
            issuer: tbs.issuer().to_der().map_err(malformed)?,
            common_name: common_name(tbs.subject()),
            constraints: known.constraints,
            key_usage: known.key_usage,
            extensions: known.all,
            signature: outer.signature,
        })
    }

    /// SHA-256 over its DER.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut fingerprint = Fingerprint([0; 32]);
        fingerprint.0.copy_from_slice(digest(&SHA256, &self.der).as_ref());
        fingerprint
    }

    /// The certificate as received.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The subject's key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The subject's common name, if it has one in UTF-8 or ASCII.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// The serial number: big-endian, as encoded.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// DER of the subject's name.
    #[must_use]
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// DER of the issuer's name.
    #[must_use]
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// When its validity begins; that instant is in it.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// When its validity ends; that instant is in it (RFC 5280, 4.1.2.5).
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The content of an extension.
    #[must_use]
    pub fn extension(&self, oid: ObjectIdentifier) -> Option<&[u8]> {
        self.extensions.iter().find(|(it, _)| *it == oid).map(|(_, content)| content.as_slice())
    }

    /// Its basic constraints, if it has any.
    #[must_use]
    pub fn constraints(&self) -> Option<&BasicConstraints> {
        self.constraints.as_ref()
    }

    /// What its key may be used for, if it says so.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.key_usage
    }

    /// Whether it is named as its own issuer. Its signature is another question.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whether this key signed that certificate, over the bytes received.
    #[must_use]
    pub fn has_signed(&self, other: &Self) -> bool {
        self.public_key.has_signed(other.algorithm, &other.signed, &other.signature)
    }
}

/// What is acted on, and the contents of all.
#[derive(Default)]
struct Extensions {
    constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    all: Vec<(ObjectIdentifier, Vec<u8>)>,
}

impl Extensions {
    /// Refuses what is too much, what occurs twice, and what is critical and not known. Extended key
    /// usage, alternative names and distribution points bind nobody here, critical or not.
    fn read(extensions: &[Extension]) -> Result<Self, CertificateError> {
        if extensions.len() > MAX_EXTENSIONS {
            return Err(CertificateError::Extensions { what: "more extensions than are looked at" });
        }
        let mut known = Self::default();
        for Extension { extn_id, critical, extn_value } in extensions {
            if known.all.iter().any(|(earlier, _)| earlier == extn_id) {
                return Err(CertificateError::Extensions { what: "the same extension twice" });
            }
            let content = extn_value.as_bytes();
            match *extn_id {
                BasicConstraints::OID => {
                    known.constraints = Some(BasicConstraints::from_der(content).map_err(malformed)?);
                }
                KeyUsage::OID => known.key_usage = Some(KeyUsage::from_der(content).map_err(malformed)?),
                ExtendedKeyUsage::OID | SubjectAltName::OID | CrlDistributionPoints::OID => {}
                oid if *critical => {
                    return Err(CertificateError::CriticalExtension { oid: oid.to_string() });
                }
                _ => {}
            }
            known.all.push((*extn_id, content.to_vec()));
        }
        Ok(known)
    }
}

fn common_name(name: &Name) -> Option<String> {
    name.iter().find(|it| it.oid == COMMON_NAME).and_then(|it| {
        let utf8 = it.value.decode_as::<Utf8StringRef<'_>>().map(|it| it.as_str().to_owned());
        utf8.or_else(|_| it.value.decode_as::<PrintableStringRef<'_>>().map(|it| it.as_str().to_owned())).ok()
    })
}

fn malformed(error: der::Error) -> CertificateError {
    CertificateError::Der { what: error.to_string() }
}

pub(super) fn timestamp(time: Time) -> Timestamp {
    Timestamp::from_unix_secs(time.to_unix_duration().as_secs())
}
