//! Real evidence with the endorsements, the instant or the nonce of another case.

use casemate_attest::Roots;
use casemate_dossier::{Dossier, Examiner, Forecast, Input, Outcome, Verdict};
use casemate_model::Timestamp;
use casemate_policy::{EvidencePolicy, Question};

use crate::case::{Case, verdicts};

/// The one verdict on these files.
fn verdict(inputs: &[Input], now: Timestamp, nonce: Option<&[u8]>) -> Verdict {
    let mut verdicts = verdicts(inputs, now, nonce, &EvidencePolicy::published_default());
    assert_eq!(verdicts.len(), 1, "{verdicts:#?}");
    verdicts.remove(0)
}

/// Whether it is refused, for a reason with this word in it.
#[track_caller]
fn assert_refused(verdict: &Verdict, word: &str) {
    let reasons = verdict.reasons.join("; ");
    assert_eq!(verdict.outcome, Outcome::Refused, "{reasons}");
    assert!(reasons.contains(word), "no `{word}` in: {reasons}");
}

#[test]
fn tdx_v4_phala_uptodate_2025_06_is_refused_with_the_collateral_of_another_fmspc() {
    let test = "tdx_v4_phala_uptodate_2025_06_is_refused_with_the_collateral_of_another_fmspc";
    let Some(phala) = Case::open(test, "tdx/v4-phala-uptodate-2025-06") else { return };
    let Some(gce) = Case::open(test, "tdx/v4-gce-cos113-uptodate") else { return };
    let inputs = [phala.file("tdx_quote"), gce.file("assembled-collateral.json")];
    assert_refused(&verdict(&inputs, gce.now(), None), "FMSPC");
}

#[test]
fn tdx_v4_phala_uptodate_2025_06_is_refused_before_and_after_its_collateral() {
    let test = "tdx_v4_phala_uptodate_2025_06_is_refused_before_and_after_its_collateral";
    let Some(case) = Case::open(test, "tdx/v4-phala-uptodate-2025-06") else { return };
    for (now, word) in [(1_750_204_800, "not valid before"), (1_754_006_400, "expired")] {
        let verdict = verdict(&case.inputs(), Timestamp::from_unix_secs(now), None);
        assert_refused(&verdict, word);
        // What is known is told all the same.
        assert_eq!(verdict.tcb().expect("a rating").status.as_str(), "UpToDate");
    }
}

#[test]
fn sgx_v3_phala_cfg_swhardening_is_refused_with_the_collateral_of_tdx() {
    let test = "sgx_v3_phala_cfg_swhardening_is_refused_with_the_collateral_of_tdx";
    let Some(sgx) = Case::open(test, "sgx/v3-phala-cfg-swhardening") else { return };
    let Some(tdx) = Case::open(test, "tdx/v4-phala-uptodate-2025-06") else { return };
    let inputs = [sgx.file("sgx_quote"), tdx.file("tdx_quote_collateral.json")];
    assert_refused(&verdict(&inputs, sgx.now(), None), "");
}

#[test]
fn tdx_v5_td15ex_phala_uptodate_is_refused_before_its_pck_certificate_is_valid() {
    let test = "tdx_v5_td15ex_phala_uptodate_is_refused_before_its_pck_certificate_is_valid";
    let Some(new) = Case::open(test, "tdx/v5-td15ex-phala-uptodate") else { return };
    let Some(old) = Case::open(test, "tdx/v4-phala-uptodate-2025-06") else { return };
    let inputs = [new.file("tdx_quote_td15ex"), old.file("tdx_quote_collateral.json")];
    assert_refused(&verdict(&inputs, old.now(), None), "");
}

#[test]
fn dcap_evidence_without_collateral_is_refused_and_says_what_is_missing() {
    let test = "dcap_evidence_without_collateral_is_refused_and_says_what_is_missing";
    let Some(case) = Case::open(test, "tdx/v4-phala-uptodate-2025-06") else { return };
    assert_refused(&verdict(&[case.file("tdx_quote")], case.now(), None), "was supplied");
}

#[test]
fn snp_milan_v3_aws_vlek_is_refused_with_the_ask_in_place_of_the_asvk() {
    let test = "snp_milan_v3_aws_vlek_is_refused_with_the_ask_in_place_of_the_asvk";
    let Some(vlek) = Case::open(test, "snp/milan-v3-aws-vlek") else { return };
    let Some(vcek) = Case::open(test, "snp/milan-v2-virtee") else { return };
    let inputs = [
        vlek.file("test-vlek-report.bin"),
        vlek.file("test-vlek.der"),
        vlek.file("ark.pem"),
        vcek.file("ask.pem"),
    ];
    assert_refused(&verdict(&inputs, vlek.now(), None), "");
    let late = verdict(&vlek.inputs(), Timestamp::from_unix_secs(1_767_225_600), None);
    assert_refused(&late, "expired");
}

#[test]
fn vtpms_and_nitro_documents_are_refused_for_another_nonce() {
    let test = "vtpms_and_nitro_documents_are_refused_for_another_nonce";
    for name in [
        "vtpm/azure-snp-milan-v0",
        "vtpm/azure-snp-genoa",
        "vtpm/azure-tdx-v1",
        "vtpm/gce-cos85-nonce9009",
        "nitro/evervault-valid-2022",
    ] {
        let Some(case) = Case::open(test, name) else { return };
        assert_refused(&verdict(&case.inputs(), case.now(), Some(b"another")), "nonce");
    }
}

#[test]
fn cca_legacy_ccatoken_01_is_refused_without_its_anchor_and_for_other_reference_values() {
    let test = "cca_legacy_ccatoken_01_is_refused_without_its_anchor_and_for_other_reference_values";
    let Some(case) = Case::open(test, "cca/legacy-ccatoken-01") else { return };
    let token = case.file("cca-token-01.cbor");
    let anchor = case.file("ta-tfa.json");
    assert_refused(&verdict(&[token.clone(), case.file("ta.json")], case.now(), None), "");
    let plain = verdict(&[token.clone(), anchor.clone()], case.now(), None);
    assert_eq!(plain.outcome, Outcome::Accepted);
    assert!(plain.not_checked.iter().any(|it| it.as_str() == "reference values"));

    let mut references = case.file("rv.json");
    let judged = verdict(&[token.clone(), anchor.clone(), references.clone()], case.now(), None);
    assert_eq!(judged.outcome, Outcome::Accepted);
    assert!(!judged.not_checked.iter().any(|it| it.as_str() == "reference values"));
    let text = String::from_utf8(references.bytes).expect("JSON is text");
    // Of the component M2.
    let other = text.replace(
        "\"1.2.3\",\n                    \"measurement-value\": \"07",
        "\"1.2.3\",\n                    \"measurement-value\": \"08",
    );
    assert_ne!(text, other);
    references.bytes = other.into_bytes();
    assert_refused(&verdict(&[token, anchor, references], case.now(), None), "components");
}

#[test]
fn a_report_inside_a_vtpms_evidence_is_no_element_and_copies_are_none() {
    let test = "a_report_inside_a_vtpms_evidence_is_no_element_and_copies_are_none";
    let Some(case) = Case::open(test, "vtpm/azure-tdx-v1") else { return };
    let mut inputs = case.inputs();
    let mut padded = case.file("derived-td-quote.bin");
    padded.bytes.extend([0; 100]);
    inputs.push(padded);
    inputs.push(case.file("evidence-v1.json"));
    let nonce = case.nonce();
    assert_eq!(verdict(&inputs, case.now(), nonce.as_deref()).kind.expect("a kind").as_str(), "vtpm");
}

#[test]
fn tdx_v4_phala_uptodate_2025_06_is_forecast_to_fall_by_the_set_of_2026_10() {
    let test = "tdx_v4_phala_uptodate_2025_06_is_forecast_to_fall_by_the_set_of_2026_10";
    let Some(quote) = Case::open(test, "tdx/v4-phala-uptodate-2025-06") else { return };
    let Some(early) = Case::open(test, "tdx/v4-phala-after-tcb-recovery-2026-10") else { return };
    let dossier = Dossier::of(&quote.inputs());
    let recovered = Dossier::of(&[early.file("tdx_quote_td15ex_collateral.json")]).endorsements;
    let (roots, policy) = (Roots::production(), EvidencePolicy::published_default());
    let question = Question { nonce: None, tenant: None, now: quote.now() };
    let (endorsements, references) = (&dossier.endorsements, &dossier.references);
    let examiner = Examiner { endorsements, references, roots: &roots, policy: &policy, question };
    let forecast = Forecast::of(&examiner, &recovered, "node-1", &dossier.statements[0]);
    assert!(forecast.falls(), "{forecast:#?}");
    assert_eq!(forecast.early.tcb().expect("a rating").status.as_str(), "OutOfDate");
    let advisories: Vec<_> = forecast.new_advisories().into_iter().collect();
    assert_eq!(serde_json::json!(advisories), early.expected["advisories"]);
    assert_eq!(forecast.falls_by(), forecast.present.valid_until);
}
