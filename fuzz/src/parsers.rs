//! Parsers of evidence and of what vouches for it, each also through the verifier that uses it.
//!
//! Asserted: what verifies is a vector, and says what the vector says; everything refused has a
//! message.

use casemate_attest::dcap::{Collateral, Quote};
use casemate_attest::snp::Report;
use casemate_attest::tpm::event_log::EventLog;
use casemate_attest::tpm::{Attest, Public, Signature};
use casemate_attest::x509::{Certificate, Crl, LeafRules, certificates_from_pem, pem_blocks, verify_path};
use casemate_attest::{
    AzureVtpm, Endorsements, Evidence, Fault, Roots, SignedJson, cca, dcap, nitro, snp, tpm, verify, vtpm,
};

use crate::edits::says_the_same;
use crate::vectors::{NOW, Vector, all, dcap, named};

/// Twice what is read of a document that Intel signs.
const SIGNED_MAX: usize = 2 << 20;
const QUOTES: [&str; 4] = ["software", "sgx-v3", "tdx-v4", "tdx-v5"];
const AZURE: [&str; 2] = ["azure-snp", "azure-tdx"];
const REPORTS: [&str; 3] = ["snp-milan", "snp-genoa-vlek", "snp-turin"];

/// A quote: its parts, its inspection, its verification.
pub(crate) fn quote(bytes: Vec<u8>) {
    if let Ok(quote) = Quote::parse(&bytes) {
        let _ = (quote.body().claims(), dcap::inspect(&quote));
    }
    check(&QUOTES, &Evidence::Quote(bytes));
}

pub(crate) fn quote_seeds() -> Vec<Vec<u8>> {
    of_evidence(&QUOTES)
}

/// Collateral by Intel, properly signed whatever it says, and platforms rated by it.
pub(crate) fn collateral(bytes: Vec<u8>) {
    let vector = named("tdx-v4");
    let mut endorsements = vector.endorsements.clone();
    if bytes.len() > SIGNED_MAX {
        // The verifier neither hashes nor copies what is too long, so the test does not either.
        endorsements.tcb_infos.push(SignedJson { json: bytes, signature: [0; 64] });
    } else {
        let signed = dcap().sign_json(&bytes);
        endorsements.tcb_infos.push(signed.clone());
        endorsements.qe_identities.push(signed);
    }
    let collateral = Collateral::verify(&endorsements, &vector.roots);
    assert!(collateral.rejected().iter().all(|it| !it.to_string().is_empty()));
    for name in ["sgx-v3", "tdx-v4", "tdx-v5"] {
        let _ = verify(&named(name).evidence, &endorsements, &vector.roots, NOW);
    }
}

pub(crate) fn collateral_seeds() -> Vec<Vec<u8>> {
    let json = |is_tdx| [dcap().tcb_info(is_tdx), dcap().qe_identity(is_tdx)];
    [false, true].into_iter().flat_map(json).map(String::into_bytes).collect()
}

/// An SNP report, with the certificates of a vector.
pub(crate) fn snp(mut bytes: Vec<u8>) {
    let _ = (Report::parse(&bytes), snp::inspect(&bytes));
    for name in REPORTS {
        let Evidence::SnpReport { certificates, .. } = &named(name).evidence else { continue };
        let evidence = Evidence::SnpReport { report: bytes, certificates: certificates.clone() };
        check(&[name], &evidence);
        let Evidence::SnpReport { report, .. } = evidence else { return };
        bytes = report;
    }
}

pub(crate) fn snp_seeds() -> Vec<Vec<u8>> {
    of_evidence(&REPORTS)
}

/// Certificates, lists and runs of PEM; every certificate as the leaf of a path to itself.
pub(crate) fn certificate(bytes: Vec<u8>) {
    let _ = pem_blocks(&bytes, 8);
    let mut certificates = certificates_from_pem(&bytes, "chain").unwrap_or_default();
    certificates.extend(Certificate::parse(&bytes));
    if let Ok(list) = Crl::parse(&bytes) {
        for certificate in &certificates {
            let _ = (list.revokes(certificate), list.verify(certificate, "list"));
        }
    }
    let path: Vec<_> = certificates.iter().chain(certificates.last()).collect();
    for rules in [LeafRules::SaysItSigns, LeafRules::MaySaySo] {
        let _ = verify_path(&path, rules, "chain", |_| true);
    }
    for certificate in &certificates {
        assert_eq!(Certificate::parse(certificate.der()).as_ref(), Ok(certificate));
    }
}

pub(crate) fn certificate_seeds() -> Vec<Vec<u8>> {
    let nitro = named("nitro");
    let mut seeds = nitro.endorsements.crls.clone();
    if let Evidence::GceVtpm(gce) = &named("gce").evidence {
        seeds.extend(gce.ak_certificate.clone());
        seeds.extend(gce.certificates.clone());
    }
    // The chain in a software quote is its tail.
    let quote = named("software").evidence.as_bytes();
    let begin = quote.windows(5).position(|it| it == b"-----").unwrap_or(0);
    seeds.push(quote[begin..].to_vec());
    seeds
}

/// A CCA token, or either claims set.
pub(crate) fn cca(bytes: Vec<u8>) {
    let _ = (cca::PlatformClaims::parse(&bytes), cca::RealmClaims::parse(&bytes), cca::inspect(&bytes));
    check(&["cca-legacy", "cca-2023"], &Evidence::CcaToken(bytes));
}

pub(crate) fn cca_seeds() -> Vec<Vec<u8>> {
    of_evidence(&["cca-legacy", "cca-2023"])
}

/// A Nitro attestation document.
pub(crate) fn nitro(bytes: Vec<u8>) {
    let _ = nitro::inspect(&bytes);
    check(&["nitro"], &Evidence::NitroDocument(bytes));
}

pub(crate) fn nitro_seeds() -> Vec<Vec<u8>> {
    of_evidence(&["nitro"])
}

/// Structures of a TPM, event logs, and reports of Azure's HCL.
pub(crate) fn tpm(mut bytes: Vec<u8>) {
    let _ = (Attest::parse(&bytes), Signature::parse(&bytes));
    if let Ok(public) = Public::parse(&bytes) {
        let _ = public.check_attests();
    }
    if let Ok(log) = EventLog::parse(&bytes) {
        let _ = (log.events().count(), log.replay(), log.replay_rtmrs());
    }
    let _ = (tpm::inspect_public(&bytes), tpm::inspect_event_log(&bytes), vtpm::inspect_hcl(&bytes));
    for name in AZURE {
        let Evidence::AzureVtpm(good) = &named(name).evidence else { continue };
        let azure = AzureVtpm { hcl_report: bytes, ..(**good).clone() };
        let evidence = Evidence::AzureVtpm(Box::new(azure));
        check(&[name], &evidence);
        let Evidence::AzureVtpm(azure) = evidence else { return };
        bytes = azure.hcl_report;
    }
}

pub(crate) fn tpm_seeds() -> Vec<Vec<u8>> {
    let Evidence::GceVtpm(gce) = &named("gce").evidence else { return Vec::new() };
    let mut seeds = vec![gce.ak_public.clone()];
    seeds.extend(gce.event_log.clone());
    seeds.extend(gce.quotes.iter().flat_map(|it| [it.message.clone(), it.signature.clone()]));
    seeds.extend(of_evidence(&AZURE));
    seeds
}

/// Verifies under the roots of these vectors. What is accepted has to be one of them.
fn check(names: &[&str], evidence: &Evidence) {
    for name in names {
        let vector = named(name);
        match verify(evidence, &vector.endorsements, &vector.roots, NOW) {
            Ok(verified) => {
                // Several vectors have one root.
                let claims = verified.claims();
                assert!(all().iter().any(|it| says_the_same(claims, &it.claims)), "{name}: {claims:?}");
            }
            Err(refused) => assert!(!refused.faults.is_empty() && !refused.to_string().is_empty()),
        }
    }
    let refused =
        verify(evidence, &Endorsements::none(), &Roots::production(), NOW).expect_err("no vendor signed");
    assert!(refused.faults.iter().all(|fault| !describe(fault).is_empty()));
}

fn describe(fault: &Fault) -> String {
    format!("{fault} {:?} {}", fault.erred(), fault.is_malformed())
}

fn of_evidence(names: &[&str]) -> Vec<Vec<u8>> {
    let bytes = |vector: &Vector| vector.evidence.as_bytes().to_vec();
    all().iter().filter(|it| names.contains(&it.name)).map(bytes).collect()
}
