//! Dossiers and verdicts on evidence made here, so that a clone alone shows them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use casemate_attest::inspect::hex;
use casemate_attest::{Endorsements, Evidence, Roots};
use casemate_dossier::{Content, Dossier, Examiner, Input, MAX_FILE_BYTES, Outcome, References, Unusable};
use casemate_dossier::{Statement, Verdict, inspect, recognise};
use casemate_model::{Measurement, ReportData, Timestamp};
use casemate_policy::{EvidencePolicy, Question};
use casemate_softtee::synthetic::nitro::NitroRoot;
use casemate_softtee::synthetic::{TestRoot, report};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);

fn input(name: &str, bytes: impl Into<Vec<u8>>) -> Input {
    Input { name: name.to_owned(), bytes: bytes.into() }
}

fn quote(root: &TestRoot, data: u8) -> Vec<u8> {
    let report = report(Measurement([7; 32]), ReportData([data; 64]));
    root.evidence(&report).as_bytes().to_vec()
}

fn examine(inputs: &[Input], roots: &Roots) -> Vec<Verdict> {
    let dossier = Dossier::of(inputs);
    let policy = EvidencePolicy::published_default();
    let question = Question { nonce: None, tenant: None, now: NOW };
    let (endorsements, references) = (&dossier.endorsements, &dossier.references);
    let examiner = Examiner { endorsements, references, roots, policy: &policy, question };
    dossier.statements_or_why_none().iter().map(|it| examiner.examine("node-1", it)).collect()
}

#[test]
fn one_quote_in_every_wrapping_is_one_piece_of_evidence() {
    let root = TestRoot::new(NOW);
    let quote = quote(&root, 1);
    let base64 = STANDARD.encode(&quote);
    let wrapped: String =
        base64.as_bytes().chunks(64).map(|it| format!("{}\r\n", String::from_utf8_lossy(it))).collect();
    let numbers: Vec<_> = quote.iter().map(ToString::to_string).collect();
    let wrappings = [
        input("raw", quote.clone()),
        input("hex", hex(&quote)),
        input("hex-with-prefix", format!("0x{}\n", hex(&quote).to_uppercase())),
        input("base64", wrapped),
        input("base64url", URL_SAFE_NO_PAD.encode(&quote)),
        input("base64-of-hex", STANDARD.encode(hex(&quote))),
        input("json", format!("{{\"quote\": \"{base64}\"}}")),
        input("json-list", format!("{{\"evidence\": {{\"data\": [{}]}}}}", numbers.join(", "))),
        input("padded", [quote.clone(), vec![0; 70]].concat()),
    ];
    for wrapping in &wrappings {
        let dossier = Dossier::of(std::slice::from_ref(wrapping));
        assert!(
            matches!(&dossier.statements[..], [found] if matches!(&found.statement, Statement::Evidence(Evidence::Quote(_)))),
            "{}: {dossier:?}",
            wrapping.name
        );
    }
    let verdicts = examine(&wrappings, &root.roots());
    assert_eq!(verdicts.len(), 1, "{verdicts:#?}");
    assert_eq!(verdicts[0].outcome, Outcome::Accepted, "{verdicts:#?}");
}

#[test]
fn an_attester_with_two_quotes_has_two_verdicts_and_one_without_any_is_malformed_once() {
    let root = TestRoot::new(NOW);
    let two = [input("a", quote(&root, 1)), input("b", quote(&root, 2))];
    assert_eq!(examine(&two, &root.roots()).len(), 2);
    for inputs in [&[][..], &[input("x", "{}"), input("y", vec![0; 5])], &[input("z", "")]] {
        let verdicts = examine(inputs, &root.roots());
        assert!(matches!(&verdicts[..], [one] if one.outcome == Outcome::Malformed), "{verdicts:?}");
        assert!(!verdicts[0].reasons.is_empty());
    }
}

#[test]
fn a_truncated_quote_is_malformed_evidence_and_a_changed_one_is_refused() {
    let root = TestRoot::new(NOW);
    let good = quote(&root, 1);
    let short = examine(&[input("short", &good[..500])], &root.roots());
    assert_eq!(short[0].outcome, Outcome::Malformed, "{short:?}");
    assert_eq!(short[0].kind.map(|it| it.as_str()), Some("sgx"));
    let mut changed = good;
    changed[48 + 64] ^= 1;
    let changed = examine(&[input("changed", changed)], &root.roots());
    assert_eq!(changed[0].outcome, Outcome::Refused, "{changed:?}");
    assert!(changed[0].claims.is_none(), "what is not signed is not told");
}

#[test]
fn an_unknown_root_is_refused_and_named() {
    let root = TestRoot::new(NOW);
    let verdicts = examine(&[input("quote", quote(&root, 1))], &Roots::production());
    assert_eq!(verdicts[0].outcome, Outcome::Refused);
    assert!(verdicts[0].reasons[0].contains(&root.fingerprint().to_string()), "{verdicts:?}");
}

#[test]
fn a_nitro_document_is_told_by_its_content_in_any_file() {
    let root = NitroRoot::new(NOW);
    let document = root.document();
    for bytes in [document.clone(), STANDARD.encode(&document).into_bytes()] {
        let verdicts = examine(&[input("certificate.pem", bytes)], &root.roots());
        assert_eq!(verdicts[0].kind.map(|it| it.as_str()), Some("nitro"), "{verdicts:?}");
        assert_eq!(verdicts[0].outcome, Outcome::Accepted, "{verdicts:?}");
    }
}

#[test]
fn epid_quotes_and_plain_sev_are_refused_by_name() {
    let mut epid = vec![0; 436];
    epid[0] = 2;
    epid[96] = 1;
    let mut sev = vec![7; 208];
    sev[52..56].copy_from_slice(&0x1002_u32.to_le_bytes());
    for (bytes, word) in [(epid, "EPID"), (sev, "SEV-ES")] {
        let verdicts = examine(&[input("old", bytes)], &Roots::production());
        assert_eq!(verdicts[0].outcome, Outcome::Refused, "{verdicts:?}");
        assert!(verdicts[0].reasons[0].contains(word), "{verdicts:?}");
    }
}

#[test]
fn what_intel_signed_is_handed_on_byte_for_byte() {
    let json = r#"{"id":"SGX", "version":3,"odd" : "spacing, \u00e9, 1.50","n":1.50}"#;
    let response = format!("{{\"tcbInfo\":{json},\"signature\":\"{}\"}}", "ab".repeat(64));
    let found = recognise(response.as_bytes()).expect("a response");
    let [Content::TcbInfo(signed)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(signed.json, json.as_bytes());
    assert_eq!(signed.signature, [0xab; 64]);
    let broken = response.replace(&"ab".repeat(64), "ab");
    assert!(matches!(recognise(broken.as_bytes()), Err(Unusable::Broken { .. })));
}

#[test]
fn a_file_that_is_too_long_is_not_looked_at() {
    let long = vec![b'{'; MAX_FILE_BYTES + 1];
    assert_eq!(recognise(&long), Err(Unusable::TooLong { limit: MAX_FILE_BYTES }));
}

#[test]
fn wrappings_within_wrappings_end() {
    let mut text = "payload that is nothing ".repeat(8);
    for _ in 0..12 {
        text = STANDARD.encode(&text);
    }
    assert_eq!(recognise(text.as_bytes()), Err(Unusable::Unknown));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(recognise(deep.as_bytes()), Err(Unusable::Broken { .. })));
}

#[test]
fn the_document_has_every_key_whatever_the_verdict() {
    let root = TestRoot::new(NOW);
    let mut verdicts = examine(&[input("quote", quote(&root, 1))], &root.roots());
    verdicts.extend(examine(&[input("noise", "noise")], &root.roots()));
    let mut document = serde_json::to_value(&verdicts).expect("JSON");
    // Its root is made anew in each run.
    document[0]["claims"]["root"] = "(root)".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).expect("JSON"));
}

/// How what is read here begins.
const PREFIXES: &[&[u8]] = &[
    b"HCLA",
    b"\xd9\x01\x8f",
    b"\x84D\xa1\x018\"\xa0imodule_id",
    b"{\"tcbInfo\":{",
    b"0\x82",
    b"-----BEGIN CERTIFICATE-----\n",
    b"\xa5\x19\xac\xca",
    b"\x0a\x10",
    b"{\"quote\":{\"message\":[",
    b"\x04\0\x02\0\x81\0\0\0",
    b"[{\"pkey\":{}",
];

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = recognise(&bytes);
        let _ = inspect(&bytes);
    }

    #[test]
    fn no_prefix_makes_noise_a_panic(
        prefix in proptest::sample::select(PREFIXES),
        rest in proptest::collection::vec(any::<u8>(), 0..3000),
    ) {
        let bytes = [prefix, rest.as_slice()].concat();
        let _ = inspect(&bytes);
        let verdicts = examine(&[input("noise", bytes)], &Roots::production());
        prop_assert!(verdicts.iter().all(|it| it.outcome != Outcome::Accepted));
    }

    #[test]
    fn no_changed_byte_of_a_json_wrapping_makes_it_panic(at in 0..9000_usize, to in any::<u8>()) {
        let quote: Vec<u8> = (0..3000_u16).map(|it| it.to_le_bytes()[0]).collect();
        let json = format!(
            "{{\"version\":1,\"tpm_quote\":{{\"message\":\"{0}\",\"signature\":\"{0}\",\"pcrs\":[\"00\"]}},\"hcl_report\":\"{0}\"}}",
            hex(&quote[..1000])
        );
        let mut bytes = json.into_bytes();
        let at = at % bytes.len();
        bytes[at] = to;
        let _ = recognise(&bytes);
        let _ = inspect(&bytes);
    }
}

#[test]
fn endorsements_alone_are_no_attester() {
    let anchor = r#"[{"instance-id":"01","pkey":{"kty":"EC","crv":"P-256","x":"TKRFE_RwSXooI8DdatPOYg_uiKm2XrtT_uEMEvqQZrw","y":"CRx3H8NHN1lcxqKi92P0OsZBxX3VFaktllpD3SjtN7s"}}]"#;
    let dossier = Dossier::of(&[input("anchor", anchor)]);
    assert!(dossier.is_endorsements());
    assert!(dossier.references == References::default() && dossier.endorsements != Endorsements::none());
    assert!(!Dossier::of(&[input("noise", "noise")]).is_endorsements());
}

#[test]
fn endorsements_without_evidence_are_told_as_such_whatever_lies_beside_them() {
    let anchor = r#"[{"instance-id":"01","pkey":{"kty":"EC","crv":"P-256","x":"TKRFE_RwSXooI8DdatPOYg_uiKm2XrtT_uEMEvqQZrw","y":"CRx3H8NHN1lcxqKi92P0OsZBxX3VFaktllpD3SjtN7s"}}]"#;
    let reasons = |beside: &[Input]| {
        let inputs = [&[input("anchor", anchor)], beside].concat();
        let [verdict] = examine(&inputs, &Roots::production()).try_into().expect("one verdict");
        assert_eq!(verdict.outcome, Outcome::Malformed);
        verdict.reasons.join("; ")
    };
    let alone = reasons(&[]);
    assert!(alone.contains("only endorsements"), "{alone}");
    assert_eq!(reasons(&[input("notes.json", "{}")]), alone);
    let broken = reasons(&[input("empty", "")]);
    assert!(broken.starts_with(&alone) && broken.contains("empty: it is empty"), "{broken}");
}
