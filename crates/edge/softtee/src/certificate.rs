//! Certificates of the software TEE: their names, and what each may do.
//!
//! Dates are UTC with a resolution of one second, rounded down.

use std::time::Duration;

use casemate_model::{Nanos, Timestamp};
use der::pem::{self, LineEnding};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyUsagePurpose,
    PublicKeyData, SigningKey, date_time_ymd,
};

use crate::SigningError;

/// What every certificate's organisation name says, so that nobody mistakes it for hardware's.
const ORGANISATION: &str = "Software TEE: protects nothing from the host's owner";

/// From when to when a certificate is valid, both included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

impl Validity {
    /// `span` from `now`, and valid `slack` before it for clocks that are set back a little.
    pub(crate) fn around(now: Timestamp, slack: Nanos, span: Nanos) -> Self {
        Self { not_before: Timestamp(now.0.saturating_sub(slack.0)), not_after: now.after(span) }
    }
}

/// A CA that may have `path_len` CAs below it.
pub(crate) fn ca_params(name: &str, path_len: u8, validity: Validity) -> CertificateParams {
    let mut params = params(name, validity);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_len));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// The platform's own certificate, whose key signs reports.
pub(crate) fn pck_params(name: &str, validity: Validity) -> CertificateParams {
    let mut params = params(name, validity);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

/// A certificate signed by its own key, in DER.
pub(crate) fn self_signed(
    params: &CertificateParams,
    key: &impl SigningKey,
) -> Result<Vec<u8>, SigningError> {
    params.self_signed(key).map(|c| c.der().to_vec()).map_err(|_| SigningError("self-sign a certificate"))
}

/// A certificate for `key`, in DER.
pub(crate) fn issued(
    params: &CertificateParams,
    key: &impl PublicKeyData,
    issuer: &CertificateParams,
    issuer_key: &impl SigningKey,
) -> Result<Vec<u8>, SigningError> {
    let issuer = Issuer::from_params(issuer, issuer_key);
    let certificate = params.signed_by(key, &issuer);
    certificate.map(|c| c.der().to_vec()).map_err(|_| SigningError("sign a certificate"))
}

/// Certificates as PEM blocks, in the order given.
pub(crate) fn to_pem<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Result<String, SigningError> {
    certificates
        .into_iter()
        .map(|der| pem::encode_string("CERTIFICATE", LineEnding::LF, der))
        .collect::<Result<_, _>>()
        .map_err(|_| SigningError("write a certificate as PEM"))
}

fn params(name: &str, validity: Validity) -> CertificateParams {
    let at = |t: Timestamp| date_time_ymd(1970, 1, 1) + Duration::from_secs(t.as_unix_secs());
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, ORGANISATION);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = at(validity.not_before);
    params.not_after = at(validity.not_after);
    params
}
