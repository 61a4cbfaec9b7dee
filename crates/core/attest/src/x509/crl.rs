//! A certificate revocation list (RFC 5280, 5), complete and direct: delta lists, indirect lists and
//! lists of part of an issuer's certificates have critical extensions, which are refused.

use std::collections::BTreeSet;

use casemate_model::Timestamp;
use der::asn1::ContextSpecific;
use der::oid::AssociatedOid;
use der::{Decode, Reader, SliceReader, Tag};
use x509_cert::certificate::{Rfc5280, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::certificate::timestamp;
use super::signed::SignedDer;
use super::{Certificate, SignatureAlgorithm};
use crate::CertificateError;
use crate::window::{Artifact, Window};

/// The longest list looked at. Intel's longest has some hundred KiB.
const MAX_LEN: usize = 4 * 1024 * 1024;

/// A parsed list. Parsing verifies nothing; [`Crl::verify`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    signed: Vec<u8>,
    signature: Vec<u8>,
    algorithm: SignatureAlgorithm,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    revoked: BTreeSet<Vec<u8>>,
}

impl Crl {
    /// Takes a DER list apart.
    ///
    /// # Errors
    ///
    /// What is malformed, or not known here.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let malformed = |error: der::Error| CertificateError::Der { what: error.to_string() };
        if der.len() > MAX_LEN {
            return Err(CertificateError::TooLong { limit: MAX_LEN, found: der.len() });
        }
        let outer = SignedDer::parse(der).map_err(malformed)?;
        let tbs = Tbs::from_der(outer.signed).map_err(malformed)?;
        let algorithm = outer.known_algorithm(&tbs.algorithm).ok_or(CertificateError::Algorithm {
            what: "signature algorithm",
            oid: outer.algorithm.oid.to_string(),
        })?;
        for extension in &tbs.extensions {
            let known = [CrlNumber::OID, AuthorityKeyIdentifier::OID].contains(&extension.extn_id);
            if extension.critical && !known {
                return Err(CertificateError::CriticalExtension { oid: extension.extn_id.to_string() });
            }
        }
        Ok(Self {
            signed: outer.signed.to_vec(),
            algorithm,
            issuer: tbs.issuer.to_vec(),
            this_update: tbs.this_update,
            next_update: tbs.next_update,
            revoked: tbs.revoked,
            signature: outer.signature,
        })
    }

    /// DER of the issuer's name.
    #[must_use]
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// When it was issued: the later of two lists is the better one.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// How many certificates it revokes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Whether it revokes none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }

    /// Verifies that `issuer` issued it and may, and says when it is current. `name` is what messages
    /// call it.
    ///
    /// # Errors
    ///
    /// Where another issued it, the issuer may not, it is not signed, or it never expires: a list
    /// without an end could be replayed for ever.
    pub fn verify(&self, issuer: &Certificate, name: &'static str) -> Result<Window, CertificateError> {
        if self.issuer != issuer.subject() {
            return Err(CertificateError::CrlIssuer);
        }
        if issuer.key_usage().is_none_or(|usage| !usage.crl_sign()) {
            return Err(CertificateError::KeyUsage { expected: "cRLSign" });
        }
        if !issuer.public_key().has_signed(self.algorithm, &self.signed, &self.signature) {
            return Err(CertificateError::CrlSignature);
        }
        let next_update = self.next_update.ok_or(CertificateError::CrlWithoutEnd)?;
        Ok(Window::new(self.this_update, next_update, Artifact { name, index: None }))
    }

    /// Whether it revokes this certificate, which its issuer has to have issued.
    #[must_use]
    pub fn revokes(&self, certificate: &Certificate) -> bool {
        self.revokes_serial(certificate.issuer(), certificate.serial())
    }

    /// Whether it revokes the certificate that this issuer (DER of its name) gave this serial number.
    #[must_use]
    pub fn revokes_serial(&self, issuer: &[u8], serial: &[u8]) -> bool {
        issuer == self.issuer && self.revoked.contains(serial)
    }
}

/// What is signed of a list (RFC 5280, 5.1.2). Of an entry its serial number is kept; when and why a
/// certificate was revoked changes nothing.
struct Tbs<'a> {
    algorithm: AlgorithmIdentifierOwned,
    issuer: &'a [u8],
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    revoked: BTreeSet<Vec<u8>>,
    extensions: Vec<Extension>,
}

impl<'a> Tbs<'a> {
    fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let tbs = reader.sequence(|fields| {
            // Version 1 does not write its version; nobody issues such lists any more.
            if Version::decode(fields)? != Version::V2 {
                return Err(fields.error(der::ErrorKind::Failed));
            }
            let algorithm = fields.decode()?;
            let issuer = fields.tlv_bytes()?;
            let this_update = timestamp(fields.decode()?);
            let next_update = Option::<Time>::decode(fields)?.map(timestamp);
            let mut revoked = BTreeSet::new();
            if !fields.is_finished() && Tag::peek(fields)? == Tag::Sequence {
                fields.sequence(|entries| {
                    while !entries.is_finished() {
                        revoked.insert(entries.sequence(serial)?);
                    }
                    Ok::<_, der::Error>(())
                })?;
            }
            let extensions = match Option::<ContextSpecific<Vec<Extension>>>::decode(fields)? {
                Some(it) if it.tag_number.value() == 0 => it.value,
                Some(_) => return Err(fields.error(der::ErrorKind::Failed)),
                None => Vec::new(),
            };
            Ok::<_, der::Error>(Self { algorithm, issuer, this_update, next_update, revoked, extensions })
        })?;
        reader.finish()?;
        Ok(tbs)
    }
}

/// The serial number of an entry.
fn serial<'r, R: Reader<'r>>(entry: &mut R) -> der::Result<Vec<u8>> {
    let serial = SerialNumber::<Rfc5280>::decode(entry)?.as_bytes().to_vec();
    Time::decode(entry)?;
    if !entry.is_finished() {
        entry.tlv_bytes()?;
    }
    Ok(serial)
}
