//! AWS Nitro attestation documents under synthetic roots.

use casemate_attest::claims::{Body, NitroBody, NotChecked, PlatformId};
use casemate_attest::nitro::{NitroFault, inspect};
use casemate_attest::{
    Artifact, CborError, CertificateError, ChainError, Claims, CoseError, CoseSignatureError, Endorsements,
    Evidence, Fault, Lengths, Party, Refused, Roots, verify,
};
use casemate_model::{Nanos, Timestamp};
use casemate_softtee::synthetic::nitro::{NitroDefect, NitroRoot};
use ciborium::Value;

use crate::NOW;

fn claims_at(root: &NitroRoot, document: &[u8], now: Timestamp) -> Result<Claims, Refused> {
    let evidence = Evidence::NitroDocument(document.to_vec());
    verify(&evidence, &Endorsements::none(), &root.roots(), now).map(|it| it.claims().clone())
}

fn claims_of(root: &NitroRoot) -> Result<Claims, Refused> {
    claims_at(root, &root.document(), NOW)
}

fn body(claims: &Claims) -> &NitroBody {
    match &claims.body {
        Body::Nitro(body) => body,
        other => panic!("not Nitro: {other:?}"),
    }
}

/// The fault of a document that says this.
fn fault_with(key: &str, value: impl Into<Value>) -> Fault {
    let mut root = NitroRoot::new(NOW);
    root.claims.set(key, value);
    let mut refused = claims_of(&root).expect_err("a defect");
    assert_eq!(refused.faults.len(), 1, "{refused}");
    refused.faults.remove(0)
}

fn seconds(secs: u64) -> Nanos {
    Nanos::from_secs(secs)
}

#[test]
fn a_document_gives_what_the_enclave_said() {
    let mut root = NitroRoot::new(NOW);
    root.claims.set("nonce", b"nonce".as_slice());
    root.claims.set("user_data", b"".as_slice());
    let claims = claims_of(&root).expect("a document in order");
    assert_eq!(claims.root, root.fingerprint());
    assert_eq!(claims.platform, Some(PlatformId::NitroModule(NitroRoot::MODULE_ID.into())));
    assert_eq!(claims.not_checked, [NotChecked::AwsCrl].into());
    assert_eq!(claims.challenge(), Some(b"nonce".as_slice()));
    assert_eq!(claims.measurement(), Some([0xa0; 48].into()));
    assert_eq!(claims.not_after(), NOW.after(seconds(3 * 3600)));
    assert!(!claims.debug());
    let body = body(&claims);
    assert_eq!(body.timestamp, NOW);
    assert_eq!(body.pcrs.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 8]);
    assert_eq!(body.pcrs[&8], [0xa8; 48].into());
    assert_eq!((&body.public_key, body.user_data.as_deref()), (&None, Some(b"".as_slice())));
}

#[test]
fn every_defect_is_refused_for_its_own_reason() {
    for defect in NitroDefect::ALL {
        let refused = claims_of(&NitroRoot::with_defect(NOW, defect)).expect_err("a defect");
        assert!(is_refusal_of(defect, &refused.faults), "{defect:?} was refused with: {refused}");
    }
}

fn is_refusal_of(defect: NitroDefect, faults: &[Fault]) -> bool {
    use CertificateError::{LeafIsCa, NotCa};
    let [fault] = faults else { return false };
    let certificate = |at: usize, why: CertificateError| match fault {
        Fault::Chain(ChainError::Certificate { index, cause, .. }) => *index == at && *cause == why,
        _ => false,
    };
    let forged =
        |at: usize| matches!(fault, Fault::Chain(ChainError::Signature { index, .. }) if *index == at);
    match defect {
        NitroDefect::LeafExpired => {
            matches!(fault, Fault::Expired { what: Artifact { index: Some(0), .. }, .. })
        }
        NitroDefect::LeafNotYetValid => {
            matches!(fault, Fault::NotYetValid { what: Artifact { index: Some(0), .. }, .. })
        }
        NitroDefect::IssuerExpired => {
            matches!(fault, Fault::Expired { what: Artifact { index: Some(2), .. }, .. })
        }
        NitroDefect::IssuerNotCa => certificate(2, NotCa),
        NitroDefect::LeafIsCa => certificate(0, LeafIsCa),
        NitroDefect::LeafOnP256 => *fault == Fault::Nitro(NitroFault::Key),
        NitroDefect::LeafForged => forged(0),
        NitroDefect::IssuerForged => forged(2),
        NitroDefect::OtherRoot => matches!(fault, Fault::Chain(ChainError::UnknownRoot { .. })),
        NitroDefect::BundleReversed => matches!(fault, Fault::Chain(ChainError::NoRoot { index: 3, .. })),
        NitroDefect::RootMissing => matches!(fault, Fault::Chain(ChainError::NoRoot { index: 2, .. })),
        NitroDefect::BundleTooLong => matches!(fault, Fault::Chain(ChainError::Count { found: 9, .. })),
        NitroDefect::BundleNull | NitroDefect::BundleEmpty => *fault == Fault::Nitro(NitroFault::NoBundle),
        NitroDefect::DocumentForged => {
            *fault == Fault::Nitro(NitroFault::Signature(CoseSignatureError::Signature))
        }
    }
}

#[test]
fn a_document_that_is_only_out_of_date_is_refused_with_its_claims() {
    for defect in [NitroDefect::LeafExpired, NitroDefect::LeafNotYetValid, NitroDefect::IssuerExpired] {
        let refused = claims_of(&NitroRoot::with_defect(NOW, defect)).expect_err("dates");
        assert!(refused.claims.is_some(), "{defect:?}");
        assert_eq!(refused.faults[0].erred(), Party::Endorser);
    }
}

#[test]
fn a_document_holds_at_both_ends_of_its_validity_and_not_beyond() {
    let root = NitroRoot::new(NOW);
    let document = root.document();
    let good = claims_at(&root, &document, NOW).expect("a document in order");
    for inside in [good.not_before(), good.not_after()] {
        assert_eq!(claims_at(&root, &document, inside), Ok(good.clone()));
    }
    assert!(claims_at(&root, &document, good.not_after().after(Nanos(1))).is_err());
    assert!(claims_at(&root, &document, Timestamp(good.not_before().0 - 1)).is_err());
}

/// base#4042: registers of a debugged enclave are zero.
#[test]
fn a_debugged_enclave_is_verified_and_says_so() {
    let registers = |values: &[(u8, u8)]| {
        Value::Map(values.iter().map(|(index, byte)| ((*index).into(), vec![*byte; 48].into())).collect())
    };
    for (values, debug) in [
        (vec![(0, 0), (1, 0), (2, 0), (4, 9)], true),
        (vec![(4, 9)], true),
        (vec![(0, 0), (1, 0), (2, 1)], false),
    ] {
        let mut root = NitroRoot::new(NOW);
        root.claims.set("pcrs", registers(&values));
        assert_eq!(claims_of(&root).expect("a document in order").debug(), debug, "{values:?}");
    }
}

/// world-chain#956: the bundle was taken in the other order. Order is the root first and no other.
#[test]
fn a_bundle_in_the_other_order_is_refused() {
    let refused = claims_of(&NitroRoot::with_defect(NOW, NitroDefect::BundleReversed)).expect_err("reversed");
    assert!(matches!(refused.faults[..], [Fault::Chain(ChainError::NoRoot { .. })]));
}

/// world-chain#698: documents were taken apart and believed, without any cryptography.
#[test]
fn a_document_that_nobody_signed_is_refused() {
    let root = NitroRoot::new(NOW);
    let mut document = root.document();
    let signature = document.len() - 96;
    document[signature..].fill(0);
    let refused = claims_at(&root, &document, NOW).expect_err("no signature");
    let unsigned = NitroFault::Signature(CoseSignatureError::Signature);
    assert_eq!(refused.faults, [Fault::Nitro(unsigned)]);
}

#[test]
fn a_root_for_something_else_is_not_a_root_for_documents() {
    let root = NitroRoot::new(NOW);
    let fingerprint = root.fingerprint();
    for roots in [
        Roots::none(),
        Roots::production(),
        Roots::none().with_intel(fingerprint),
        Roots::none().with_google(fingerprint),
        Roots::software([fingerprint]),
    ] {
        let refused = verify(&root.evidence(), &Endorsements::none(), &roots, NOW).expect_err("no root");
        assert!(matches!(refused.faults[..], [Fault::Chain(ChainError::UnknownRoot { .. })]), "{refused}");
        assert_eq!(refused.faults[0].erred(), Party::Operator);
    }
}

#[test]
fn revocation_lists_are_looked_at_where_there_are_any() {
    let root = NitroRoot::new(NOW);
    let with = |endorsements: &Endorsements| verify(&root.evidence(), endorsements, &root.roots(), NOW);
    let complete = root.endorsements(false);
    let verified = with(&complete).expect("nothing is revoked");
    assert!(verified.claims().not_checked.is_empty());

    let mut incomplete = complete.clone();
    incomplete.crls.pop();
    let verified = with(&incomplete).expect("nothing is known to be revoked");
    assert_eq!(verified.claims().not_checked, [NotChecked::AwsCrl].into());

    let mut of_a_stranger = NitroRoot::new(NOW).endorsements(true);
    of_a_stranger.crls.push(vec![0x30, 0x00]);
    let verified = with(&of_a_stranger).expect("lists that nobody here signed are none");
    assert_eq!(verified.claims().not_checked, [NotChecked::AwsCrl].into());

    let refused = with(&root.endorsements(true)).expect_err("revoked");
    let what = Artifact { name: "Nitro certificate chain", index: Some(0) };
    assert_eq!(refused.faults, [Fault::RevokedCertificate { what }]);
    assert!(refused.claims.is_some());
}

#[test]
fn a_stale_revocation_list_is_refused_although_the_document_is_fresh() {
    let yesterday = Timestamp(NOW.0 - seconds(36 * 3600).0);
    let root = NitroRoot::new(yesterday);
    let mut lists = root.endorsements(false);
    lists.crls.truncate(1);
    let evidence = root.evidence();
    let refused = verify(&evidence, &lists, &root.roots(), NOW).expect_err("a day and a half later");
    assert!(refused.faults.iter().all(|it| matches!(it, Fault::Expired { .. })), "{refused}");
}

#[test]
fn sizes_are_those_of_the_hypervisor() {
    for (key, least, most) in [("nonce", 0, 1024), ("user_data", 0, 1024), ("public_key", 1, 1024)] {
        for len in [least, most] {
            let mut root = NitroRoot::new(NOW);
            root.claims.set(key, vec![7u8; len]);
            assert!(claims_of(&root).is_ok(), "{key} of {len}");
        }
        let cause = CborError::Length { name: key, expected: Lengths::Range(least, most), found: most + 1 };
        assert_eq!(fault_with(key, vec![7u8; most + 1]), Fault::Nitro(NitroFault::Document(cause)));
        let cause = CborError::Type { name: key, expected: "a byte string" };
        assert_eq!(fault_with(key, "text"), Fault::Nitro(NitroFault::Document(cause)));
    }
    let expected = Lengths::Range(1, 1024);
    let empty = CborError::Length { name: "public_key", expected, found: 0 };
    assert_eq!(fault_with("public_key", vec![0u8; 0]), Fault::Nitro(NitroFault::Document(empty)));
}

#[test]
fn absent_and_null_are_the_same_and_empty_is_not() {
    let mut root = NitroRoot::new(NOW);
    let null = claims_of(&root).expect("null");
    root.claims.remove("nonce");
    let absent = claims_of(&root).expect("absent");
    assert_eq!((null.challenge(), absent.challenge()), (None, None));
    root.claims.set("nonce", vec![0u8; 0]);
    assert_eq!(claims_of(&root).expect("empty").challenge(), Some([0u8; 0].as_slice()));
}

#[test]
fn every_other_part_is_mandatory_and_has_its_type() {
    for key in ["module_id", "digest", "timestamp", "pcrs"] {
        let mut root = NitroRoot::new(NOW);
        root.claims.remove(key);
        let missing = NitroFault::Document(CborError::Missing { name: key });
        assert_eq!(claims_of(&root).expect_err("missing").faults, [Fault::Nitro(missing)]);
        assert!(fault_with(key, true).is_malformed(), "{key}");
    }
    assert!(fault_with("module_id", "").is_malformed());
    assert_eq!(fault_with("digest", "SHA256"), Fault::Nitro(NitroFault::Digest { found: "SHA256".into() }));
}

#[test]
fn registers_are_numbered_0_to_31_and_have_48_bytes() {
    let registers = |index: i64, len: usize| Value::Map(vec![(index.into(), vec![1u8; len].into())]);
    let mut root = NitroRoot::new(NOW);
    root.claims.set("pcrs", registers(31, 48));
    assert!(claims_of(&root).is_ok());
    for (index, len) in [(32, 48), (-1, 48), (256, 48), (0, 32), (0, 64), (0, 0)] {
        assert!(fault_with("pcrs", registers(index, len)).is_malformed(), "{index}, {len}");
    }
    assert!(fault_with("pcrs", Value::Map(vec![])).is_malformed());
    let twice = Value::Map(vec![(0.into(), vec![1u8; 48].into()), (0.into(), vec![2u8; 48].into())]);
    let duplicate = NitroFault::Document(CborError::Duplicate { key: "0".into() });
    assert_eq!(fault_with("pcrs", twice), Fault::Nitro(duplicate));
    let text = Value::Map(vec![("0".into(), vec![1u8; 48].into())]);
    assert!(fault_with("pcrs", text).is_malformed());
}

#[test]
fn a_document_is_made_while_its_certificate_is_valid() {
    for outside in [Timestamp(NOW.0 - seconds(61).0), NOW.after(seconds(3 * 3600 + 1))] {
        let fault = fault_with("timestamp", outside.0 / 1_000_000);
        assert!(matches!(fault, Fault::Nitro(NitroFault::Timestamp { .. })), "{fault}");
    }
    for never in [0, u64::MAX] {
        assert!(fault_with("timestamp", never).is_malformed());
    }
}

#[test]
fn a_document_from_the_future_is_refused_beyond_what_clocks_differ() {
    let mut root = NitroRoot::new(NOW);
    let made = |after: u64| NOW.after(seconds(after)).0 / 1_000_000;
    root.claims.set("timestamp", made(5 * 60));
    assert!(claims_of(&root).is_ok());
    root.claims.set("timestamp", made(5 * 60 + 1));
    let refused = claims_of(&root).expect_err("from the future");
    let what = Artifact { name: "Nitro attestation document", index: None };
    let not_before = NOW.after(seconds(1));
    assert_eq!(refused.faults, [Fault::NotYetValid { what, not_before, now: NOW }]);
}

#[test]
fn parts_not_known_are_ignored_and_parts_twice_are_refused() {
    let mut root = NitroRoot::new(NOW);
    root.claims.add("new", 1);
    root.claims.add(7, "new");
    assert!(claims_of(&root).is_ok());
    root.claims.add("nonce", b"other".as_slice());
    let refused = claims_of(&root).expect_err("two nonces");
    let twice = NitroFault::Document(CborError::Duplicate { key: "\"nonce\"".into() });
    assert_eq!(refused.faults, [Fault::Nitro(twice)]);
}

#[test]
fn any_changed_byte_is_refused() {
    let root = NitroRoot::new(NOW);
    let document = root.document();
    for at in 0..document.len() {
        let mut changed = document.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(claims_at(&root, &changed, NOW).is_err(), "byte {at}");
    }
}

#[test]
fn a_document_cut_short_or_with_more_after_it_is_malformed() {
    let root = NitroRoot::new(NOW);
    let document = root.document();
    for len in 0..document.len() {
        let refused = claims_at(&root, &document[..len], NOW).expect_err("cut short");
        assert!(refused.is_malformed(), "{len}: {refused}");
    }
    let longer = [document.as_slice(), &[0]].concat();
    let trailing = NitroFault::Cose(CoseError::Cbor(CborError::Trailing { found: 1 }));
    assert_eq!(claims_at(&root, &longer, NOW).expect_err("more").faults, [Fault::Nitro(trailing)]);
}

#[test]
fn an_untagged_document_is_read_too() {
    let root = NitroRoot::new(NOW);
    let document = root.document();
    let tagged = claims_at(&root, &document, NOW);
    assert!(tagged.is_ok());
    assert_eq!(claims_at(&root, &document[1..], NOW), tagged);
}

#[test]
fn inspection_names_every_part_and_needs_no_root() {
    let fields = inspect(&NitroRoot::new(NOW).document()).expect("a document");
    let field = |name: &str| fields.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(field("module_id").value, NitroRoot::MODULE_ID);
    assert_eq!(field("timestamp").meaning.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(field("pcrs").children[0].meaning.as_deref(), Some("enclave image"));
    assert_eq!(field("cabundle").children.len(), 3);
    assert_eq!(field("nonce").value, "null");
    assert!(field("certificate").meaning.as_deref().is_some_and(|it| it.starts_with("Test enclave")));
}
