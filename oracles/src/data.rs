//! Real evidence, where the data is there: `CASEMATE_DATA`, or `../shared/data` beside the project.

use std::path::PathBuf;

use casemate_attest::{Endorsements, SignedJson};
use dcap_qvl::QuoteCollateralV3;
use serde_json::Value;

/// A quote, its collateral in both verifiers' form, and the instant at which the case is to be judged.
pub struct DcapCase {
    /// Folder of the case.
    pub name: &'static str,
    /// The quote as received.
    pub quote: Vec<u8>,
    /// For the peer.
    pub collateral: QuoteCollateralV3,
    /// For ours, the same.
    pub endorsements: Endorsements,
    /// Seconds since 1970.
    pub now: u64,
}

/// A report with its certificates, and the instant at which the case is to be judged.
pub struct SnpCase {
    /// Folder of the case.
    pub name: &'static str,
    /// The report as received.
    pub report: Vec<u8>,
    /// VCEK or VLEK, DER.
    pub vek: Vec<u8>,
    /// ASK or ASVK, PEM.
    pub ask: Vec<u8>,
    /// ARK, PEM.
    pub ark: Vec<u8>,
    /// Seconds since 1970.
    pub now: u64,
}

/// A file of the real evidence; `None` where there is none.
#[must_use]
pub fn file(path: &str) -> Option<Vec<u8>> {
    let base = std::env::var_os("CASEMATE_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    std::fs::read(base.join("evidence").join(path)).ok()
}

fn now(case: &str) -> Option<u64> {
    let expected: Value = serde_json::from_slice(&file(&format!("{case}/expected.json"))?).ok()?;
    expected["now_unix"].as_u64()
}

/// The case in this folder, whose quote and collateral have these names.
#[must_use]
pub fn dcap(name: &'static str, quote: &str, collateral: &str) -> Option<DcapCase> {
    let quote = file(&format!("{name}/{quote}"))?;
    let json = file(&format!("{name}/{collateral}"))?;
    let mut collateral: QuoteCollateralV3 = serde_json::from_slice(&json).ok()?;
    // The peer would verify a chain that is put beside the quote instead of the quote's own.
    collateral.pck_certificate_chain = None;
    let endorsements = endorsements(&collateral);
    Some(DcapCase { name, quote, collateral, endorsements, now: now(name)? })
}

/// The case in this folder, whose report and certificates have these names.
#[must_use]
pub fn snp(name: &'static str, vek: &str, ask: &str) -> Option<SnpCase> {
    let of = |file_name: &str| file(&format!("{name}/{file_name}"));
    let names = ["derived-report.bin", "test-vlek-report.bin", "attestation.bin", "test-report.bin"];
    let report = names.into_iter().find_map(of)?;
    Some(SnpCase { name, report, vek: of(vek)?, ask: of(ask)?, ark: of("ark.pem")?, now: now(name)? })
}

/// The peer's collateral as our endorsements.
#[must_use]
pub fn endorsements(from: &QuoteCollateralV3) -> Endorsements {
    let chains = [&from.tcb_info_issuer_chain, &from.qe_identity_issuer_chain, &from.pck_crl_issuer_chain];
    let ders = |pem: &&String| {
        let blocks = casemate_attest::x509::pem_blocks(pem.as_bytes(), 8).unwrap_or_default();
        blocks.into_iter().map(|(_, der)| der).collect::<Vec<_>>()
    };
    let signed = |json: &str, signature: &[u8]| {
        let signature = signature.try_into().unwrap_or([0; 64]);
        SignedJson { json: json.as_bytes().to_vec(), signature }
    };
    Endorsements {
        tcb_infos: vec![signed(&from.tcb_info, &from.tcb_info_signature)],
        qe_identities: vec![signed(&from.qe_identity, &from.qe_identity_signature)],
        certificates: chains.iter().flat_map(ders).collect(),
        crls: vec![from.root_ca_crl.clone(), from.pck_crl.clone()],
        cca_anchors: Vec::new(),
    }
}
