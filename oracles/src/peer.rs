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
    dcap_by(QuoteVerifier::new_prod(), quote, collateral, now)
}

/// The same under another root than Intel's, which is given in DER.
///
/// # Errors
///
/// What the peer answers.
pub fn dcap_under(
    root: &[u8],
    quote: &[u8],
    collateral: &QuoteCollateralV3,
    now: u64,
) -> Result<(String, Vec<String>), String> {
    dcap_by(QuoteVerifier::new(root.to_vec()), quote, collateral, now)
}

fn dcap_by(
    verifier: QuoteVerifier,
    quote: &[u8],
    collateral: &QuoteCollateralV3,
    now: u64,
) -> Result<(String, Vec<String>), String> {
    let verifier = verifier.allow_debug(true).allow_service_td(true);
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
    let read =
        |file: &[u8]| Certificate::from_der(file).or_else(|_| Certificate::from_pem(file)).map_err(said);
    Ok(Chain::from((read(ask)?, read(ark)?, read(vek)?)))
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

/// Whether the peer would write this report, once it has read it, with other bytes than it was sent: it
/// verifies those.
#[must_use]
pub fn snp_reads_otherwise(report: &[u8]) -> bool {
    snp_report(report).is_ok_and(|read| read.to_bytes().is_ok_and(|written| written != report))
}
