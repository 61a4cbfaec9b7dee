//! The certificate chain of a quote: PEM blocks from the PCK certificate to a self-signed root.
//!
//! A path of ECDSA P-256 certificates in the order of issue, checked as RFC 5280, 6.1 asks, for
//! the extensions that occur in such chains: basic constraints and key usage. Any other critical
//! extension is refused. Names are compared as encoded. Revocation is not looked at: software
//! roots publish no lists.

use casemate_model::{Fingerprint, Timestamp};

use crate::{ChainError, Roots, VerifyError};

mod certificate;
mod pem;

use certificate::Certificate;

/// A PCK certificate and a root.
const MIN_CERTIFICATES: usize = 2;
/// Intel's chains have three.
const MAX_CERTIFICATES: usize = 8;

/// What a valid chain says.
pub(crate) struct Chain {
    /// The PCK certificate's public key, an uncompressed point.
    pub(crate) leaf_key: Vec<u8>,
    pub(crate) root: Fingerprint,
    /// When the last of the certificates becomes valid.
    pub(crate) not_before: Timestamp,
    /// When the first of them expires.
    pub(crate) not_after: Timestamp,
}

impl Chain {
    /// Verifies the chain in `data` at the instant `now`.
    ///
    /// The root is looked up before any signature is verified, so that strangers cost only a parse.
    pub(crate) fn verify(data: &[u8], roots: &Roots, now: Timestamp) -> Result<Self, VerifyError> {
        let certificates = parse(data)?;
        let [leaf, issuers @ ..] = certificates.as_slice() else { return Err(count(0).into()) };
        let Some(root) = issuers.last() else { return Err(count(1).into()) };

        if !root.is_issued_by(root) {
            return Err(ChainError::NoRoot { index: root.index }.into());
        }
        let fingerprint = root.fingerprint();
        if !roots.contains(&fingerprint) {
            return Err(VerifyError::UnknownRoot { fingerprint });
        }
        leaf.check_may_sign_reports()?;
        for (intermediates, issuer) in issuers.iter().enumerate() {
            issuer.check_may_issue(intermediates)?;
        }
        let (mut not_before, mut not_after) = (root.not_before, root.not_after);
        let parents = issuers.iter().chain([root]);
        for (certificate, issuer) in certificates.iter().zip(parents) {
            certificate.check_issued_by(issuer)?;
            certificate.check_valid_at(now)?;
            not_before = not_before.max(certificate.not_before);
            not_after = not_after.min(certificate.not_after);
        }
        Ok(Self { leaf_key: leaf.public_key.clone(), root: fingerprint, not_before, not_after })
    }
}

fn parse(data: &[u8]) -> Result<Vec<Certificate>, ChainError> {
    let blocks = pem::blocks(data, MAX_CERTIFICATES)?;
    blocks.into_iter().enumerate().map(|(index, der)| Certificate::parse(index, der)).collect()
}

fn count(found: usize) -> ChainError {
    ChainError::Count { min: MIN_CERTIFICATES, max: MAX_CERTIFICATES, found }
}
