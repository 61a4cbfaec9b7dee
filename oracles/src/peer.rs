//! What the peers say.

use dcap_qvl::QuoteCollateralV3;
use dcap_qvl::verify::QuoteVerifier;
use sev::certs::snp::{Certificate, Chain, Verifiable};
use sev::firmware::guest::AttestationReport;
use sev::parser::ByteParser;

/// Intel's quotes, by dcap-qvl: TCB status and advisories, or why not. Debug and service trust domains
/// are let through: what is allowed is policy, and compared elsewhere.
///
/// # Errors
///
/// What the peer answers.
pub fn dcap(quote: &[u8], collateral: &QuoteCollateralV3, now: u64) -> Result<(String, Vec<String>), String> {
    let verifier = QuoteVerifier::new_prod().allow_debug(true).allow_service_td(true);
    let verified = verifier.verify(quote, collateral, now).map_err(|error| format!("{error:#}"))?;
    let mut advisories = verified.advisory_ids;
    advisories.sort();
    Ok((verified.status.to_string(), advisories))
}

/// A chain of AMD's, parsed.
///
/// # Errors
///
/// What the peer answers.
pub fn snp_chain(ark: &[u8], ask: &[u8], vek: &[u8]) -> Result<Chain, String> {
    let said = |error: std::io::Error| error.to_string();
    let ark = Certificate::from_pem(ark).map_err(said)?;
    let ask = Certificate::from_pem(ask).map_err(said)?;
    let vek = Certificate::from_der(vek).or_else(|_| Certificate::from_pem(vek)).map_err(said)?;
    Ok(Chain::from((ark, ask, vek)))
}

/// A report of AMD's, parsed.
///
/// # Errors
///
/// What the peer answers.
pub fn snp_report(report: &[u8]) -> Result<AttestationReport, String> {
    AttestationReport::from_bytes(report).map_err(|error| error.to_string())
}

/// AMD's reports, by sev: chain, then report.
///
/// # Errors
///
/// What the peer answers.
pub fn snp(report: &[u8], ark: &[u8], ask: &[u8], vek: &[u8]) -> Result<(), String> {
    let chain = snp_chain(ark, ask, vek)?;
    let report = snp_report(report)?;
    (&chain, &report).verify().map_err(|error| error.to_string())
}
