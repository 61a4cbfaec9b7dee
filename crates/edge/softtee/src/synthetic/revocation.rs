//! Revocation lists for tests.

use std::time::Duration;

use casemate_model::Timestamp;
use rcgen::{
    CertificateParams, CertificateRevocationListParams, Issuer, KeyIdMethod, RevokedCertParams, SerialNumber,
    SigningKey, date_time_ymd,
};

use crate::certificate::Validity;

/// A list of this issuer in DER, with one certificate on it or none.
///
/// # Panics
///
/// Where the crypto library fails.
pub(super) fn revocation_list(
    issuer: &CertificateParams,
    key: &impl SigningKey,
    validity: Validity,
    revoked: Option<u64>,
) -> Vec<u8> {
    let at = |t: Timestamp| date_time_ymd(1970, 1, 1) + Duration::from_secs(t.as_unix_secs());
    let Validity { not_before, not_after } = validity;
    let revoked = revoked.map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: at(not_before),
        reason_code: None,
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: at(not_before),
        next_update: at(not_after),
        crl_number: SerialNumber::from(1u64),
        issuing_distribution_point: None,
        revoked_certs: revoked.into_iter().collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let list = params.signed_by(&Issuer::from_params(issuer, key));
    list.expect("a revocation list").der().to_vec()
}
