//! A path of certificates, leaf first, checked as RFC 5280, 6.1 asks for the extensions that occur
//! in endorsements: basic constraints and key usage. Names are compared as encoded. Dates become a
//! [`Window`]; revocation is asked of [`Crl`](super::Crl)s by whoever has them.

use casemate_model::Fingerprint;

use super::Certificate;
use crate::window::{Artifact, Window};
use crate::{CertificateError, ChainError};

/// The most certificates a path may have. Intel's and AMD's have three, Nitro's five.
pub const MAX_CERTIFICATES: usize = 8;

/// What the first certificate of a path has to say of itself. No leaf may be a CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafRules {
    /// Basic constraints and the key usage digitalSignature, as Intel, AWS and Google write them.
    SaysItSigns,
    /// Neither need be there, and AMD's VCEKs have neither; what is there must allow signing.
    MaySaySo,
}

/// A path whose signatures hold, from a leaf to an accepted root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// SHA-256 over the root's DER.
    pub root: Fingerprint,
    /// When every certificate of it is valid.
    pub window: Window,
}

/// Verifies the path `certificates`, leaf first, root last.
///
/// `chain` names it in messages. The root is asked of `accepts` before any signature is verified,
/// so that strangers cost only a parse. Its signature of itself is not: the fingerprint by which it is
/// accepted says more.
///
/// # Errors
///
/// The first check that failed.
pub fn verify_path(
    certificates: &[&Certificate],
    leaf_rules: LeafRules,
    chain: &'static str,
    accepts: impl FnOnce(&Fingerprint) -> bool,
) -> Result<Path, ChainError> {
    let [leaf, issuers @ ..] = certificates else { return Err(count(chain, 0)) };
    let Some(root) = issuers.last() else { return Err(count(chain, 1)) };
    if certificates.len() > MAX_CERTIFICATES {
        return Err(count(chain, certificates.len()));
    }
    if !root.is_self_issued() {
        return Err(ChainError::NoRoot { chain, index: issuers.len() });
    }
    let fingerprint = root.fingerprint();
    if !accepts(&fingerprint) {
        return Err(ChainError::UnknownRoot { chain, fingerprint });
    }
    let within = |index| move |cause| ChainError::Certificate { chain, index, cause };
    check_leaf(leaf, leaf_rules).map_err(within(0))?;
    for (intermediates, issuer) in issuers.iter().enumerate() {
        check_may_issue(issuer, intermediates).map_err(within(intermediates + 1))?;
    }
    let mut window = Window::ALWAYS;
    for (index, certificate) in certificates.iter().enumerate() {
        let artifact = Artifact { name: chain, index: Some(index) };
        window = window.and(Window::new(certificate.not_before(), certificate.not_after(), artifact));
    }
    // The root's own signature would say nothing: it is accepted by its fingerprint (RFC 5280, 6.1).
    for (index, (certificate, issuer)) in certificates.iter().zip(issuers).enumerate() {
        if certificate.issuer() != issuer.subject() {
            return Err(ChainError::Issuer { chain, index });
        }
        if !issuer.has_signed(certificate) {
            return Err(ChainError::Signature { chain, index });
        }
    }
    Ok(Path { root: fingerprint, window })
}

fn check_leaf(leaf: &Certificate, rules: LeafRules) -> Result<(), CertificateError> {
    if leaf.constraints().is_some_and(|it| it.ca) {
        return Err(CertificateError::LeafIsCa);
    }
    if rules == LeafRules::SaysItSigns && leaf.constraints().is_none() {
        return Err(CertificateError::Extensions { what: "no basic constraints" });
    }
    match leaf.key_usage() {
        Some(usage) if usage.digital_signature() => Ok(()),
        None if rules == LeafRules::MaySaySo => Ok(()),
        None => Err(CertificateError::Extensions { what: "no key usage" }),
        Some(_) => Err(CertificateError::KeyUsage { expected: "digitalSignature" }),
    }
}

/// Whether it may issue a certificate with this many intermediates between it and the leaf.
fn check_may_issue(issuer: &Certificate, intermediates: usize) -> Result<(), CertificateError> {
    let constraints =
        issuer.constraints().ok_or(CertificateError::Extensions { what: "no basic constraints" })?;
    if !constraints.ca {
        return Err(CertificateError::NotCa);
    }
    let usage = issuer.key_usage().ok_or(CertificateError::Extensions { what: "no key usage" })?;
    if !usage.key_cert_sign() {
        return Err(CertificateError::KeyUsage { expected: "keyCertSign" });
    }
    match constraints.path_len_constraint {
        Some(allowed) if intermediates > allowed.into() => {
            Err(CertificateError::PathLength { allowed, found: intermediates })
        }
        _ => Ok(()),
    }
}

fn count(chain: &'static str, found: usize) -> ChainError {
    ChainError::Count { chain, min: 2, max: MAX_CERTIFICATES, found }
}
