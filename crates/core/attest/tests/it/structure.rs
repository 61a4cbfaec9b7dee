//! The bytes: nothing can be changed unnoticed, and nothing a sender writes makes the verifier panic.

use std::ops::Range;
use std::sync::OnceLock;

use casemate_attest::dcap::{DcapFault, QuoteError};
use casemate_attest::{
    CertificateError, ChainError, Endorsements, Evidence, Fault, MAX_EVIDENCE_BYTES, verify,
};
use casemate_softtee::synthetic::TestRoot;
use proptest::prelude::*;

use crate::{NOW, claims_of, only_fault, report};

/// Where the certification data's type stands, given the authentication data's length.
fn cert_type_at(quote: &[u8]) -> usize {
    1014 + usize::from(u16::from_le_bytes([quote[1012], quote[1013]]))
}

/// A good quote, made once.
fn good() -> &'static (TestRoot, Vec<u8>) {
    static GOOD: OnceLock<(TestRoot, Vec<u8>)> = OnceLock::new();
    GOOD.get_or_init(|| {
        let root = TestRoot::new(NOW);
        let quote = root.evidence(&report()).as_bytes().to_vec();
        (root, quote)
    })
}

fn refusal(quote: &[u8]) -> Fault {
    only_fault(claims_of(quote, &good().0, NOW).expect_err("a refusal"))
}

fn with(quote: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut changed = quote.to_vec();
    changed[at..at + bytes.len()].copy_from_slice(bytes);
    changed
}

fn with_chain(quote: &[u8], chain: &[u8]) -> Vec<u8> {
    let at = cert_type_at(quote);
    let mut changed = quote[..at + 2].to_vec();
    changed.extend_from_slice(&u32::try_from(chain.len()).expect("short").to_le_bytes());
    changed.extend_from_slice(chain);
    let data = u32::try_from(changed.len() - 436).expect("short");
    with(&changed, 432, &data.to_le_bytes())
}

fn chain(quote: &[u8]) -> &[u8] {
    &quote[cert_type_at(quote) + 6..]
}

fn flips(quote: &[u8], range: Range<usize>) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    range.flat_map(move |at| [0x01, 0x80].map(|bit| (at, with(quote, at, &[quote[at] ^ bit]))))
}

/// The offsets are written out: software TEE and verifier share constants that could both be wrong.
#[test]
fn every_field_stands_where_the_manual_puts_it() {
    let (_, quote) = good();
    let report = report();
    let field = |at: usize, len: usize| &quote[48 + at..48 + at + len];
    assert_eq!(quote[..8], [3, 0, 2, 0, 0, 0, 0, 0]);
    assert_eq!(field(48, 8), [0b101, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(field(56, 8), [0b11, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(field(64, 32), report.measurement.0);
    assert_eq!(field(128, 32), report.signer.0);
    assert_eq!(field(256, 2), report.prod_id.to_le_bytes());
    assert_eq!(field(258, 2), report.svn.to_le_bytes());
    assert_eq!(field(320, 64), report.report_data.0);
    assert_eq!(quote[432..436], u32::try_from(quote.len() - 436).expect("short").to_le_bytes());

    let claims = claims_of(quote, &good().0, NOW).expect("good evidence");
    let enclave = claims.enclave().expect("an enclave");
    assert_eq!((enclave.attribute_flags, enclave.xfrm, enclave.misc_select), (0b101, 0b11, 0));
    assert_eq!(enclave.cpu_svn, field(0, 16));
}

#[test]
fn every_flipped_byte_before_the_chain_is_refused() {
    let (root, quote) = good();
    for (at, changed) in flips(quote, 0..cert_type_at(quote) + 6) {
        assert!(claims_of(&changed, root, NOW).is_err(), "byte {at} can be changed");
    }
}

#[test]
fn no_flipped_byte_of_the_chain_changes_a_claim() {
    let (root, quote) = good();
    let claims = claims_of(quote, root, NOW).expect("good evidence");
    for (at, changed) in flips(quote, cert_type_at(quote) + 6..quote.len()) {
        if let Ok(changed) = claims_of(&changed, root, NOW) {
            assert_eq!(changed, claims, "byte {at}");
        }
    }
}

#[test]
fn a_quote_cut_short_anywhere_is_refused_with_the_place() {
    let (root, quote) = good();
    for len in 0..quote.len() {
        let refused = claims_of(&quote[..len], root, NOW).map_err(only_fault);
        let Err(Fault::Quote(QuoteError::Truncated { offset, expected, found, .. })) = refused else {
            panic!("{len} bytes: {refused:?}");
        };
        assert_eq!(offset + found, len);
        assert!(found < expected);
    }
}

#[test]
fn a_chain_cut_short_anywhere_is_refused() {
    let (root, quote) = good();
    let whole = chain(quote).trim_ascii_end();
    for len in 0..whole.len() {
        let cut = with_chain(quote, &whole[..len]);
        assert!(claims_of(&cut, root, NOW).is_err(), "the first {len} bytes of the chain are enough");
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let (_, quote) = good();
    for version in [0_u16, 1, 2, 6, 0x0300, u16::MAX] {
        let refused = refusal(&with(quote, 0, &version.to_le_bytes()));
        assert_eq!(refused, Fault::Quote(QuoteError::Version { found: version }));
    }
    for key_type in [0_u16, 1, 3, 4] {
        let refused = refusal(&with(quote, 2, &key_type.to_le_bytes()));
        assert_eq!(refused, Fault::Quote(QuoteError::KeyType { found: key_type }));
    }
    let refused = refusal(&with(quote, 4, &0x81_u32.to_le_bytes()));
    assert_eq!(refused, Fault::Quote(QuoteError::TeeType { version: 3, found: 0x81 }));
    let refused = refusal(&with(quote, 12, &[0; 16]));
    assert_eq!(refused, Fault::Quote(QuoteError::QeVendor { found: [0; 16] }));
    let offset = cert_type_at(quote);
    for kind in [0_u16, 1, 2, 3, 4, 6, 7, 8] {
        let refused = refusal(&with(quote, offset, &kind.to_le_bytes()));
        assert_eq!(refused, Fault::Quote(QuoteError::CertDataType { offset, expected: 5, found: kind }));
    }
}

#[test]
fn signature_data_longer_than_its_parts_is_refused() {
    let (_, quote) = good();
    let longer = u32::try_from(quote.len() - 436 + 1).expect("short");
    let mut changed = with(quote, 432, &longer.to_le_bytes());
    changed.push(0);
    let refused = refusal(&changed);
    let (expected, found) = (quote.len() + 1, quote.len());
    let lengths = QuoteError::PartLength { part: "signature data", expected, found };
    assert_eq!(refused, Fault::Quote(lengths));
}

#[test]
fn evidence_longer_than_the_limit_is_not_looked_at() {
    let (root, quote) = good();
    let mut padded = quote.clone();
    padded.resize(MAX_EVIDENCE_BYTES, 0);
    assert!(claims_of(&padded, root, NOW).is_ok());
    padded.push(0);
    let found = MAX_EVIDENCE_BYTES + 1;
    assert_eq!(refusal(&padded), Fault::Quote(QuoteError::TooLong { limit: MAX_EVIDENCE_BYTES, found }));
}

#[test]
fn a_chain_may_end_in_nul_bytes_and_in_nothing_else() {
    let (root, quote) = good();
    let nul = with_chain(quote, &[chain(quote), b"\0"].concat());
    assert!(claims_of(&nul, root, NOW).is_ok());
    for tail in [b"x".as_slice(), b"\0x", b"-----BEGIN CERTIFICATE-----", b"-----BEGIN PUBLIC KEY-----"] {
        let refused = refusal(&with_chain(quote, &[chain(quote), tail].concat()));
        assert!(matches!(refused, Fault::Chain(ChainError::Pem { .. })), "{refused}");
    }
    let before = refusal(&with_chain(quote, &[b"subject=", chain(quote)].concat()));
    assert!(matches!(before, Fault::Chain(ChainError::Pem { offset: 0, .. })), "{before}");
}

#[test]
fn the_chain_of_another_platform_under_the_same_root_is_refused() {
    let (root, quote) = good();
    let other = root.evidence(&report());
    let swapped = with_chain(quote, chain(other.as_bytes()));
    assert_eq!(refusal(&swapped), Fault::Dcap(DcapFault::QeReportSignature));
}

#[test]
fn a_certificate_followed_by_more_der_is_refused() {
    let (_, quote) = good();
    let text = std::str::from_utf8(chain(quote)).expect("PEM is text");
    let end = text.find("-----END CERTIFICATE-----").expect("an end") + "-----END CERTIFICATE-----\n".len();
    let (_, mut der) = der::pem::decode_vec(&text.as_bytes()[..end]).expect("PEM");
    der.extend_from_slice(&[5, 0]);
    let longer = der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, &der).expect("PEM");
    let refused = refusal(&with_chain(quote, format!("{longer}{}", &text[end..]).as_bytes()));
    assert!(
        matches!(
            &refused,
            Fault::Chain(ChainError::Certificate { index: 0, cause: CertificateError::Der { .. }, .. })
        ),
        "{refused}"
    );
}

proptest! {
    #[test]
    fn bytes_after_the_quote_take_part_in_nothing(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let (root, quote) = good();
        let longer = [quote.as_slice(), &tail].concat();
        prop_assert_eq!(claims_of(&longer, root, NOW), claims_of(quote, root, NOW));
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(verify(&Evidence::quote(bytes), &Endorsements::none(), &good().0.roots(), NOW).is_err());
    }

    #[test]
    fn arbitrary_lengths_are_refused_without_a_panic(
        data in any::<u32>(), auth in any::<u16>(), cert in any::<u32>(), which in 1_u8..8,
    ) {
        let (root, quote) = good();
        let mut changed = quote.clone();
        let at = cert_type_at(quote);
        for (bit, at, bytes) in [
            (1, 432, data.to_le_bytes().as_slice()),
            (2, 1012, &auth.to_le_bytes()),
            (4, at + 2, &cert.to_le_bytes()),
        ] {
            if which & bit != 0 {
                changed = with(&changed, at, bytes);
            }
        }
        prop_assume!(changed != *quote);
        prop_assert!(claims_of(&changed, root, NOW).is_err());
    }

    #[test]
    fn arbitrary_certificates_are_refused_without_a_panic(
        ders in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..10),
    ) {
        let (root, quote) = good();
        let pem = |der: &Vec<u8>| {
            der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).expect("PEM")
        };
        let chain: String = ders.iter().map(pem).collect();
        prop_assert!(claims_of(&with_chain(quote, chain.as_bytes()), root, NOW).is_err());
    }

    #[test]
    fn a_certificate_changed_anywhere_is_refused(
        which in 0_usize..3, at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let (root, quote) = good();
        let text = std::str::from_utf8(chain(quote)).expect("PEM is text");
        let mut ders: Vec<Vec<u8>> = text
            .split_inclusive("-----END CERTIFICATE-----\n")
            .map(|block| der::pem::decode_vec(block.as_bytes()).expect("PEM").1)
            .collect();
        let at = at.index(ders[which].len());
        prop_assume!(ders[which][at] != byte);
        ders[which][at] = byte;
        let pem = |der: &Vec<u8>| {
            der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).expect("PEM")
        };
        let chain: String = ders.iter().map(pem).collect();
        prop_assert!(claims_of(&with_chain(quote, chain.as_bytes()), root, NOW).is_err());
    }
}
