//! Quotes, keys and event logs, of TPMs made for the test and of real TPMs and trust domains.

use casemate_attest::claims::PcrBank;
use casemate_attest::tpm::event_log::{EventLog, MAX_EVENT_LOG_BYTES};
use casemate_attest::tpm::{
    Attest, Public, Signature, TpmError, TpmFault, inspect, inspect_event_log, inspect_public, verify_quote,
};
use casemate_attest::x509::Certificate;
use casemate_attest::{Fault, TpmQuote};
use casemate_softtee::synthetic::vtpm::{SyntheticTpm, TpmKeyKind, event_log};
use proptest::prelude::*;

use crate::case::Case;
use crate::vtpm_cases::VtpmCase;

const GCE: &str = "gce-cos85-nonce9009";

/// Google's quote of the SHA-256 bank, and the key that signed it.
fn gce() -> Option<(TpmQuote, Public)> {
    let (mut evidence, _) = VtpmCase::find(GCE)?.gce();
    Some((evidence.quotes.remove(1), Public::parse(&evidence.ak_public).expect("a TPMT_PUBLIC")))
}

/// A quote of the SHA-256 bank by a TPM of this test.
fn synthetic() -> (TpmQuote, Public) {
    let tpm = SyntheticTpm::new(TpmKeyKind::RsaSsa);
    (tpm.quote(PcrBank::Sha256), Public::parse(&tpm.public_area()).expect("a TPMT_PUBLIC"))
}

fn fault(quote: &TpmQuote, ak: &Public) -> Fault {
    verify_quote(quote, &ak.key).expect_err("it is not as it was signed")
}

#[test]
fn a_real_quote_states_its_fields() {
    let Some((quote, ak)) = gce() else { return };
    let verified = verify_quote(&quote, &ak.key).expect("signature and digest hold");
    let attest = verified.attest;
    assert_eq!((attest.extra_data, attest.reset_count, attest.restart_count), (&[0x90, 0x09][..], 10, 0));
    assert_eq!(attest.firmware_version, 0x2016_0511_0016_2800);
    assert!(attest.safe);
    assert_eq!(attest.selection.banks().collect::<Vec<_>>(), [(PcrBank::Sha256, 0xff_ffff)]);
    assert_eq!(verified.registers[&PcrBank::Sha256].len(), 24);
    assert!(ak.check_attests().is_ok());
}

#[test]
fn pcr_selection_is_not_ignored() {
    let (quote, ak) = synthetic();
    let count = |found| Fault::Tpm(TpmFault::PcrCount { expected: 24, found });

    let mut shorter = quote.clone();
    shorter.pcrs.pop();
    assert_eq!(fault(&shorter, &ak), count(23));

    let mut longer = quote.clone();
    longer.pcrs.push((Some(24), vec![0; 32]));
    assert_eq!(fault(&longer, &ak), count(25));

    let mut repeated = quote.clone();
    repeated.pcrs[1] = repeated.pcrs[0].clone();
    let expected = TpmFault::PcrIndex { bank: PcrBank::Sha256, expected: 1, found: 0 };
    assert_eq!(fault(&repeated, &ak), Fault::Tpm(expected));

    let mut swapped = quote.clone();
    swapped.pcrs.iter_mut().for_each(|(index, _)| *index = None);
    swapped.pcrs.swap(0, 1);
    assert_eq!(fault(&swapped, &ak), Fault::Tpm(TpmFault::PcrDigest));

    let mut other_bank = quote;
    other_bank.pcrs[7].1 = vec![0; 20];
    let expected = TpmFault::PcrLength { bank: PcrBank::Sha256, index: 7, found: 20 };
    assert_eq!(fault(&other_bank, &ak), Fault::Tpm(expected));
}

#[test]
fn registers_cannot_be_split_otherwise_than_they_were_hashed() {
    let (mut quote, ak) = synthetic();
    let moved = quote.pcrs[0].1.pop().expect("a byte");
    quote.pcrs[1].1.insert(0, moved);
    assert!(matches!(fault(&quote, &ak), Fault::Tpm(TpmFault::PcrLength { index: 0, found: 31, .. })));
}

#[test]
fn any_bit_of_message_and_signature_and_registers_counts() {
    let (quote, ak) = synthetic();
    for bit in 0..quote.message.len() * 8 {
        let mut changed = quote.clone();
        changed.message[bit / 8] ^= 1 << (bit % 8);
        assert!(verify_quote(&changed, &ak.key).is_err(), "message, bit {bit}");
    }
    for bit in 0..quote.signature.len() * 8 {
        let mut changed = quote.clone();
        changed.signature[bit / 8] ^= 1 << (bit % 8);
        assert!(verify_quote(&changed, &ak.key).is_err(), "signature, bit {bit}");
    }
    for register in 0..24 {
        for bit in 0..256 {
            let mut changed = quote.clone();
            changed.pcrs[register].1[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                fault(&changed, &ak),
                Fault::Tpm(TpmFault::PcrDigest),
                "register {register}, bit {bit}"
            );
        }
    }
}

#[test]
fn a_bare_signature_and_a_wrapped_one_say_the_same() {
    let (mut quote, ak) = synthetic();
    quote.signature = quote.signature.split_off(6);
    assert!(verify_quote(&quote, &ak.key).is_ok());
}

#[test]
fn structures_cut_anywhere_are_told_and_nothing_panics() {
    let (quote, _) = synthetic();
    let area = SyntheticTpm::new(TpmKeyKind::P384).public_area();
    for len in 0..quote.message.len() {
        assert!(matches!(Attest::parse(&quote.message[..len]), Err(TpmError::Truncated { .. })), "{len}");
    }
    for len in 0..quote.signature.len() {
        assert!(
            matches!(Signature::parse(&quote.signature[..len]), Err(TpmError::Truncated { .. })),
            "{len}"
        );
    }
    for len in 0..area.len() {
        assert!(matches!(Public::parse(&area[..len]), Err(TpmError::Truncated { .. })), "{len}");
    }
}

#[test]
fn trailing_bytes_that_nobody_signed_are_refused() {
    let (mut quote, ak) = synthetic();
    quote.signature.push(0);
    assert!(matches!(fault(&quote, &ak), Fault::TpmForm(TpmError::Trailing { .. })));
    quote.signature.pop();
    quote.message.push(0);
    assert!(matches!(fault(&quote, &ak), Fault::TpmForm(TpmError::Trailing { .. })));
}

#[test]
fn the_public_area_and_the_certificate_hold_one_key() {
    let Some((_, ak)) = gce() else { return };
    let Some(case) = VtpmCase::find(GCE) else { return };
    let certificate = Certificate::parse(&case.file("derived-ak-cert.der")).expect("a certificate");
    assert_eq!(*certificate.public_key(), ak.key);
}

#[test]
fn an_attestation_key_compared_by_modulus_only_would_pass_another() {
    let area = SyntheticTpm::new(TpmKeyKind::RsaSsa).public_area();
    let ak = Public::parse(&area).expect("a TPMT_PUBLIC");
    // The exponent stands before the modulus and its length; 0 means 65,537.
    let at = area.len() - 256 - 2 - 4;
    let mut spelled = area.clone();
    spelled[at..at + 4].copy_from_slice(&65_537_u32.to_be_bytes());
    assert_eq!(Public::parse(&spelled).expect("the same key").key, ak.key);
    spelled[at..at + 4].copy_from_slice(&3_u32.to_be_bytes());
    assert_ne!(Public::parse(&spelled).expect("another key").key, ak.key);
}

#[test]
fn an_event_log_of_google_leads_to_the_registers_quoted() {
    let Some(case) = VtpmCase::find(GCE) else { return };
    let (evidence, _) = case.gce();
    let ak = Public::parse(&evidence.ak_public).expect("a TPMT_PUBLIC");
    let log = evidence.event_log.expect("a log");
    let replayed = EventLog::parse(&log).expect("a log").replay();
    for quote in &evidence.quotes {
        let verified = verify_quote(quote, &ak.key).expect("it verifies");
        for (bank, registers) in &verified.registers {
            for (index, value) in &replayed[bank] {
                assert_eq!(registers[index], *value, "register {index} of {bank}");
            }
        }
    }
}

#[test]
fn a_ccel_leads_to_the_rtmrs_of_the_td_quote() {
    const CASE: &str = "tdx/v4-gce-cos113-uptodate";
    let Some(case) = Case::find(CASE) else { return };
    let (log, expected) = (case.read("ccel_data.dat"), case.expected());
    let log = EventLog::parse(&log).expect("a log");
    assert_eq!(log.events().count(), 43);
    let rtmrs = log.replay_rtmrs();
    for (index, rtmr) in rtmrs.iter().enumerate() {
        assert_eq!(rtmr.to_string(), expected["rtmr"][index.to_string()], "RTMR{index}");
    }
}

#[test]
fn a_log_leads_to_the_registers_its_tpm_quotes() {
    let tpm = SyntheticTpm::new(TpmKeyKind::P256);
    let ak = Public::parse(&tpm.public_area()).expect("a TPMT_PUBLIC");
    let log = event_log();
    let replayed = EventLog::parse(&log).expect("a log").replay();
    assert_eq!(replayed.keys().copied().collect::<Vec<_>>(), PcrBank::ALL[..2]);
    for (bank, registers) in replayed {
        let quote = tpm.quote(bank);
        let quoted = verify_quote(&quote, &ak.key).expect("it verifies").registers;
        assert_eq!(registers.len(), 8);
        assert!(registers.iter().all(|(index, value)| quoted[&bank][index] == *value), "{bank}");
    }
}

#[test]
fn what_follows_the_last_event_is_zeros_or_ones_or_an_error() {
    let log = event_log();
    let whole = EventLog::parse(&log).expect("a log").replay();
    for filler in [0, 0xff] {
        let padded = [&log[..], &[filler; 5000]].concat();
        assert_eq!(EventLog::parse(&padded).expect("a log").replay(), whole, "{filler}");
    }
    let other = [&log[..], &[0; 20], &[1]].concat();
    assert!(matches!(EventLog::parse(&other), Err(TpmError::Unknown { .. })));
}

#[test]
fn an_event_log_cut_anywhere_is_told_or_leads_elsewhere() {
    let log = event_log();
    let whole = EventLog::parse(&log).expect("a log").replay();
    for len in 0..log.len() {
        match EventLog::parse(&log[..len]) {
            Ok(shorter) => assert_ne!(shorter.replay(), whole, "{len}"),
            Err(error) => assert!(matches!(error, TpmError::Truncated { .. }), "{len}: {error}"),
        }
    }
}

#[test]
fn an_event_log_longer_than_is_looked_at_is_refused_unread() {
    let long = vec![0; MAX_EVENT_LOG_BYTES + 1];
    assert!(matches!(EventLog::parse(&long), Err(TpmError::TooLong { .. })));
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (Attest::parse(&bytes), Signature::parse(&bytes), Public::parse(&bytes));
        let _ = EventLog::parse(&bytes);
    }

    #[test]
    fn no_change_of_a_good_log_makes_its_reader_panic_or_invent_events(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut log = event_log();
        for (at, byte) in changes {
            let at = at.index(log.len());
            log[at] = byte;
        }
        if let Ok(read) = EventLog::parse(&log) {
            // An event takes 16 bytes at the least.
            prop_assert!(read.events().count() <= log.len() / 16);
            prop_assert!(read.replay().len() <= PcrBank::ALL.len());
        }
    }

    #[test]
    fn registers_and_their_digest_agree_whatever_is_selected(
        selection in proptest::collection::btree_set(0_u8..24, 1..24),
        nonce in proptest::collection::vec(any::<u8>(), 0..=64),
    ) {
        let mut tpm = SyntheticTpm::new(TpmKeyKind::P256);
        tpm.statement.selection = selection.iter().copied().collect();
        tpm.statement.extra_data = nonce.clone();
        let quote = tpm.quote(PcrBank::Sha384);
        let ak = Public::parse(&tpm.public_area()).expect("a TPMT_PUBLIC");
        let verified = verify_quote(&quote, &ak.key).expect("it verifies");
        prop_assert_eq!(verified.attest.extra_data, &nonce[..]);
        let quoted: std::collections::BTreeSet<_> =
            verified.registers[&PcrBank::Sha384].keys().copied().collect();
        prop_assert_eq!(quoted, selection);
    }
}

#[test]
fn inspection_names_every_field_of_a_real_quote_key_and_log() {
    let Some(case) = VtpmCase::find(GCE) else { return };
    let (evidence, _) = case.gce();
    let quote = inspect(&evidence.quotes[1]);
    let [message, signature, registers] = &quote[..] else { panic!("{quote:?}") };
    let names: Vec<_> = message.children.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names.first(), Some(&"magic"));
    assert_eq!(names.last(), Some(&"pcrDigest"));
    let extra_data = message.children.iter().find(|it| it.name == "extraData").expect("the nonce");
    assert_eq!((extra_data.value.as_str(), extra_data.offset), ("9009", Some(44)));
    assert_eq!(evidence.quotes[1].message[44..46], [0x90, 0x09]);
    assert_eq!(signature.children[0].value, "RSASSA-PKCS1-v1_5");
    assert_eq!(registers.children.len(), 24);

    let public = inspect_public(&evidence.ak_public).expect("a TPMT_PUBLIC");
    let meaning = "fixedTPM, fixedParent, sensitiveDataOrigin, restricted, sign";
    assert!(public.iter().any(|it| it.meaning.as_deref() == Some(meaning)));

    let log = inspect_event_log(&evidence.event_log.expect("a log")).expect("a log");
    assert_eq!(log[0].value, "SHA-1, SHA-256, SHA-384");
    assert!(log.iter().any(|it| it.meaning.as_deref() == Some("EV_SEPARATOR")));
}

#[test]
fn inspection_of_what_cannot_be_read_says_why() {
    let quote = TpmQuote { message: vec![1, 2, 3], signature: vec![4], pcrs: vec![(None, vec![5])] };
    let fields = inspect(&quote);
    assert_eq!(fields[0].value, "010203");
    assert!(fields[0].meaning.as_deref().is_some_and(|it| it.contains("TPMS_ATTEST")));
    assert_eq!(fields[2].children[0].meaning.as_deref(), Some("not selected by the quote"));
}
