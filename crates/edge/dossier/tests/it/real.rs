//! The shared data's cases: what is found in each folder, and the verdict on it.

use std::fs;
use std::path::{Path, PathBuf};

use casemate_attest::Evidence;
use casemate_dossier::{Dossier, Outcome, Statement};
use casemate_model::{Nanos, Timestamp};
use casemate_policy::EvidencePolicy;

use crate::case::{self, Case, verdicts};

/// Every case's folder.
fn cases(test: &str) -> Vec<PathBuf> {
    let base = case::base(test);
    let mut cases: Vec<_> =
        base.iter().flat_map(|it| directories(it)).flat_map(|it| directories(&it)).collect();
    cases.sort();
    cases
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).expect("it can be listed").map(|it| it.expect("an entry").path());
    entries.filter(|it| it.is_dir()).collect()
}

/// One line a case: what the attester says, and how many endorsements of which kind came along.
fn line(path: &Path) -> String {
    let Dossier { statements, endorsements, references, unused } = Dossier::of(&case::inputs(path));
    let statements: Vec<_> = statements
        .iter()
        .map(|found| match &found.statement {
            Statement::Evidence(Evidence::AzureVtpm(it)) => format!(
                "{}: azure, {} registers{}",
                found.source,
                it.quote.as_ref().map_or(0, |it| it.pcrs.len()),
                if it.td_quote.is_some() { ", td quote" } else { "" }
            ),
            Statement::Evidence(it) => format!("{}: {it:?}", found.source),
            Statement::Unsupported(it) => format!("{}: {}", found.source, it.what),
            Statement::Malformed { why, .. } => format!("{}: malformed: {why}", found.source),
        })
        .collect();
    let counts = [
        ("tcb infos", endorsements.tcb_infos.len()),
        ("qe identities", endorsements.qe_identities.len()),
        ("certificates", endorsements.certificates.len()),
        ("crls", endorsements.crls.len()),
        ("anchors", endorsements.cca_anchors.len()),
        ("references", references.cca.len()),
    ];
    let counts: Vec<_> =
        counts.iter().filter(|it| it.1 > 0).map(|(what, count)| format!("{count} {what}")).collect();
    let unused: Vec<_> = unused.iter().map(|it| it.name.as_str()).collect();
    let case: Vec<_> = path.iter().rev().take(2).map(|it| it.to_string_lossy()).collect();
    format!(
        "{}/{}\n  {}\n  with {}; unused {}\n",
        case[1],
        case[0],
        statements.join("\n  "),
        counts.join(", "),
        unused.join(", ")
    )
}

#[test]
fn every_file_of_every_case_is_told_by_its_content() {
    let cases = cases("every_file_of_every_case_is_told_by_its_content");
    if cases.is_empty() {
        return;
    }
    insta::assert_snapshot!(cases.iter().map(|it| line(it)).collect::<String>());
}

const ACCEPTED: [&str; 16] = [
    "tdx/v4-phala-uptodate-2025-06",
    "tdx/v4-gce-cos113-uptodate",
    "tdx/v5-td15-google-uptodate",
    "tdx/v5-td15ex-phala-uptodate",
    "snp/milan-v2-virtee",
    "snp/milan-v3-oak-release",
    "snp/turin-v5-oak",
    "snp/milan-v2-automata",
    "cca/legacy-ccatoken-01",
    "cca/profile2023-draft-ffm-00",
    "nitro/evervault-valid-2022",
    "nitro/blocky-maxsize-valid-2024",
    "vtpm/azure-snp-milan-v0",
    "vtpm/azure-snp-genoa",
    "vtpm/azure-snp-milan-2023-hcl",
    "vtpm/gce-cos85-nonce9009",
];

/// Refused, and a word of the reason.
const REFUSED: [(&str, &str); 22] = [
    ("sgx/v3-phala-cfg-swhardening", "ConfigurationAndSWHardeningNeeded"),
    ("sgx/v3-automata-swhardening", "SWHardeningNeeded"),
    ("sgx/v3-automata-tcbinfo-v2-schema", "SWHardeningNeeded"),
    ("sgx/v3-occlum-debug-outofdate", "debug"),
    ("sgx/v3-intel-sample-testroot", "PCK"),
    ("tdx/v4-phala-after-tcb-recovery-2026-10", "OutOfDate"),
    ("tdx/v4-trustee-debug-td", "debug"),
    ("tdx/v4-automata-outofdate-2025-02", "OutOfDate"),
    ("tdx/v5-td15-phala-no-matching-level", "NO_MATCHING_TCB_LEVEL"),
    ("snp/milan-v2-google-debug", "debug"),
    ("snp/milan-v2-trustee-bad-vcek-legacy", ""),
    ("snp/milan-v3-aws-vlek", "vmpl"),
    ("cca/bug33-wrong-rak-binding", "challenge"),
    ("cca/legacy-ccatoken-02-bad-ta", "P-256"),
    ("cca/realm-claims-spurious-keys", "without a signature"),
    ("cca/realm-claims-missing-challenge", "without a signature"),
    ("nitro/evervault-debug-2022", "debug"),
    ("nitro/evervault-tlscert-embedded-debug-2023", "debug"),
    ("nitro/blocky-selfsigned", ""),
    ("vtpm/azure-tdx-v1", "OutOfDate"),
    ("vtpm/azure-tdx-hcl-only", ""),
    ("vtpm/generic-tpm-uncertified-ak", ""),
];

#[test]
fn every_case_has_the_verdict_that_is_expected() {
    let test = "every_case_has_the_verdict_that_is_expected";
    let accepted = ACCEPTED.map(|name| (name, Outcome::Accepted, ""));
    let refused = REFUSED.map(|(name, word)| (name, Outcome::Refused, word));
    let mut wrong = Vec::new();
    for (name, outcome, word) in accepted.into_iter().chain(refused) {
        let Some(case) = Case::open(test, name) else { return };
        let verdicts = case.verdicts();
        let [verdict] = verdicts.as_slice() else { panic!("{name}: {verdicts:#?}") };
        let reasons = verdict.reasons.join("; ");
        if verdict.outcome != outcome || !reasons.contains(word) {
            wrong.push(format!("{name}: {:?} {reasons}", verdict.outcome));
        }
        let document = serde_json::to_value(verdict).expect("JSON");
        for (key, expected) in [("tcb_status", "tcb_status"), ("measurement", "measurement"), ("tee", "tee")]
        {
            let value = &case.expected[expected];
            // What evidence measures is not known unless every signature holds.
            let is_told = key != "measurement" || verdict.claims.is_some();
            if is_told && value.is_string() && document[key] != *value {
                wrong.push(format!("{name}: {key} {} instead of {value}", document[key]));
            }
        }
        if case.expected["tcb_status"].is_string() && document["advisories"] != case.expected["advisories"] {
            wrong.push(format!("{name}: advisories {}", document["advisories"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn accepted_evidence_is_refused_a_second_before_and_after_every_endorsement_is_valid() {
    let test = "accepted_evidence_is_refused_a_second_before_and_after_every_endorsement_is_valid";
    for name in ACCEPTED {
        let Some(case) = Case::open(test, name) else { return };
        let verdicts_at = |now| {
            verdicts(&case.inputs(), now, case.nonce().as_deref(), &EvidencePolicy::published_default())
        };
        let good = verdicts_at(case.now());
        let Some(claims) = &good[0].claims else { panic!("{name}: {good:?}") };
        if claims.not_after() == Timestamp(u64::MAX) {
            continue;
        }
        // Where there are two TCB Infos the older one counts before the newer one is valid.
        let is_one = Dossier::of(&case.inputs()).endorsements.tcb_infos.len() < 2;
        let before = Timestamp(claims.not_before().0 - 1_000_000_000);
        for (now, outcome) in [
            (before, if is_one { Outcome::Refused } else { Outcome::Accepted }),
            (claims.not_before(), Outcome::Accepted),
            (claims.not_after(), Outcome::Accepted),
            (claims.not_after().after(Nanos::from_secs(1)), Outcome::Refused),
        ] {
            assert_eq!(verdicts_at(now)[0].outcome, outcome, "{name} at {now}");
        }
    }
}
