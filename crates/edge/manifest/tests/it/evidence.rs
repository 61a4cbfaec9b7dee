//! What a policy demands of evidence, as it is written.

use casemate_manifest::{PolicyDocument, read_policy};
use casemate_model::{Fingerprint, Nanos, Timestamp};
use casemate_policy::evidence::{Accept, Rules};
use casemate_policy::{EvidencePolicy, PolicyError};

use crate::fixture::{reading, source, summary};

/// A policy with this `evidence`, whose lines are indented by four.
fn policy(evidence: &str) -> String {
    let head = "apiVersion: casemate.dev/v1alpha1\nkind: AppraisalPolicy\nmetadata: {name: strict}\nspec:\n  evidence:\n";
    head.to_owned() + evidence
}

fn document(evidence: &str) -> PolicyDocument {
    read_policy(&source(&policy(evidence))).expect("a policy with nothing wrong in it")
}

fn resolved(document: &PolicyDocument) -> EvidencePolicy {
    document
        .resolve(Fingerprint([9; 32]))
        .expect("a policy that can mean something")
        .policy
        .evidence()
        .clone()
}

fn rules(evidence: &str) -> Rules {
    resolved(&document(evidence)).rules(None).expect("rules for everybody").clone()
}

/// The example of `docs/policy.md`.
fn documented() -> String {
    let page = include_str!("../../../../../docs/policy.md");
    let (_, after) = page.split_once("```yaml\n").expect("an example");
    after.split_once("```").expect("its end").0.to_owned()
}

#[test]
fn the_documented_example_is_a_policy_and_says_what_it_seems_to() {
    let document = read_policy(&source(&documented())).expect("a policy with nothing wrong in it");
    let policy = resolved(&document);
    assert_eq!(policy.id(), "production");
    insta::assert_debug_snapshot!(policy.draft());
}

#[test]
fn every_key_that_is_read_is_documented() {
    let page = include_str!("../../../../../docs/policy.md");
    for file in [include_str!("../../src/policy/kinds.rs"), include_str!("../../src/policy/evidence.rs")] {
        let calls = [
            "need(\"",
            "get(\"",
            "accept(\"",
            "set(\"",
            "boolean(\"",
            "integer(\"",
            "bits(\"",
            "span(\"",
            "sections(\"",
            "section(\"",
        ];
        for call in calls {
            for after in file.split(call).skip(1) {
                let key = after.split('"').next().unwrap_or_default();
                assert!(page.contains(key), "`{key}` is not in docs/policy.md");
            }
        }
    }
}

#[test]
fn an_empty_section_is_the_published_default_of_its_kind() {
    let written = rules("    sgx: {}\n    tdx: {}\n    snp: {}\n    cca: {}\n    nitro: {}\n    vtpm: {}\n");
    let default = EvidencePolicy::published_default().rules(None).expect("rules").clone();
    let ttl = Some(Nanos::from_secs(300));
    let freshness = casemate_policy::evidence::Freshness { ttl, ..default.freshness };
    assert_eq!(written, Rules { software: None, freshness, ..default });
}

#[test]
fn a_kind_that_is_not_written_or_is_null_is_not_accepted() {
    let rules = rules("    sgx: {}\n    tdx:\n    snp: null\n");
    assert!(rules.sgx.is_some() && rules.tdx.is_none() && rules.snp.is_none() && rules.software.is_none());
}

#[test]
fn a_software_root_is_accepted_beside_hardware_and_by_every_tenant() {
    let text = policy("    tenants:\n    - {match: a, snp: {}}\n")
        + "  softwareRoot: this-machine\n  allowDebug: true\n";
    let document = read_policy(&source(&text)).expect("a policy");
    let policy = resolved(&document);
    for tenant in [None, Some("a"), Some("b")] {
        let software = policy.rules(tenant).and_then(|it| it.software.as_ref()).expect("software enclaves");
        assert_eq!((&software.roots, software.allow_debug), (&Accept::one_of([Fingerprint([9; 32])]), true));
    }
    assert!(policy.rules(Some("b")).is_some_and(|it| it.snp.is_none()));
}

#[test]
fn a_tenant_that_no_rule_matches_is_refused_where_there_are_no_rules_for_everybody() {
    let policy = resolved(&document("    tenants:\n    - {match: \"a*\", snp: {}}\n"));
    assert!(policy.rules(Some("ab")).is_some());
    assert!(policy.rules(Some("b")).is_none() && policy.rules(None).is_none());
}

#[test]
fn the_time_a_verdict_stands_is_the_policys_unless_a_scope_says_its_own() {
    let text = "    snp: {}\n    tenants:\n    - {match: a, snp: {}, freshness: {ttl: 7s}}\n";
    let document = read_policy(&source(&(policy(text) + "  ttl: 90s\n"))).expect("a policy");
    let ttl = |tenant| resolved(&document).rules(tenant).expect("rules").freshness.ttl;
    assert_eq!((ttl(None), ttl(Some("a"))), (Some(Nanos::from_secs(90)), Some(Nanos::from_secs(7))));
}

#[test]
fn a_grace_is_of_out_of_date_unless_it_says_otherwise() {
    let rules = rules("    tdx: {tcb: {grace: [{until: 2026-01-01T00:00:00Z}]}}\n");
    let grace = &rules.tdx.expect("rules").tcb.grace[0];
    assert_eq!((grace.status.as_str(), grace.until), ("OutOfDate", Timestamp::from_unix_secs(1_767_225_600)));
}

#[test]
fn everything_wrong_with_the_evidence_section_is_found_with_its_place() {
    let text = policy(
        r#"    freshnes: {ttl: 0s}
    freshness: {ttl: 0s, minRemaining: 5, max: 1}
    required: [nonce, reference]
    sgx:
      mrEnclave: [12, []]
      mrSigner: []
      products: [{minSvn: 1}, {prodId: 70000}]
      attributes: {mask: 1, value: 3}
      allowDebug: maybe
      tcb: {statuses: [Revoked], grace: [{}, {until: tomorrow}], minEvaluationNumber: -1, advisory: x}
    tdx: {mrtd: x, serviceTd: [x], rtmr4: x}
    snp:
      products: [Rome]
      signingKeys: vcek
      vmpl: 4
      minTcb: {Milan: {ucode: 1, snp: 300}, Naples: {}}
      minFirmware: 1.55
      minPolicyVersion: x
      platformInfo: {mask: 0x1}
      mitigations: "-1"
    cca: {components: [{type: BL}, {measurements: []}], rim: abc}
    nitro: {pcrs: {0: [], 32: [], x: []}, maxAge: 0s}
    vtpm: {pcrs: {md5: {}, sha1: {0: 00}, sha256: {}}, inner: sgx, providers: [aws]}
    expressions: [{rule: "claims.", message: x}, {rule: "true"}, {rule: "a.map(b, b)", message: x}]
    tenants: [{match: "a*b", snp: {}}, {match: a}, {snp: {}}, 5]
"#,
    );
    insta::assert_snapshot!(summary(&reading(&text)));
}

#[test]
fn a_policy_that_accepts_no_evidence_is_refused_when_it_is_read() {
    for evidence in
        ["    {}\n", "    required: [nonce]\n", "    tenants: []\n", "    sgx: 1\n", "    - sgx\n"]
    {
        assert!(read_policy(&source(&policy(evidence))).is_err(), "{evidence}");
    }
}

#[test]
fn a_policy_without_evidence_is_for_software_enclaves_alone_and_has_its_name_in_results() {
    let policy = resolved(&PolicyDocument::built_in());
    assert_eq!(policy.id(), "built-in");
    let rules = policy.rules(Some("any")).expect("rules for everybody");
    assert!(rules.software.is_some());
    let hardware = Rules { software: None, freshness: Rules::default().freshness, ..rules.clone() };
    assert_eq!(hardware, Rules::default());
}

#[test]
fn without_evidence_a_root_and_workloads_are_still_needed() {
    let text =
        "apiVersion: casemate.dev/v1alpha1\nkind: AppraisalPolicy\nmetadata: {name: x}\nspec: {ttl: 5m}\n";
    assert_eq!(reading(text).problems.len(), 2);
    let built_in = PolicyDocument { software_roots: vec![], ..PolicyDocument::built_in() };
    assert_eq!(built_in.resolve(Fingerprint([9; 32])).err(), Some(PolicyError::NoRoots));
}

#[test]
fn a_policy_longer_than_a_mebibyte_is_refused_without_being_read() {
    let text = policy("    tenants:\n    - {match: a, snp: {}}\n");
    let padded = |len: usize| text.clone() + &"#".repeat(len - text.len());
    assert!(read_policy(&source(&padded(1 << 20))).is_ok());
    let refused = read_policy(&source(&padded((1 << 20) + 1))).expect_err("too long");
    assert_eq!(refused.len(), 1);
    assert!(refused[0].cause.contains("1048576 bytes"), "{}", refused[0].cause);
}
