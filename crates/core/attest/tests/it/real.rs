//! Quotes of real platforms. Each test cites its case in the shared data and is skipped by name
//! where the data is not there.
//!
//! Intel's root is injected as if it were a software root: signatures and chain are what is
//! tested here. TCB information and revocation are not looked at, so the claims' `tee` is not
//! asserted.

use std::fs;
use std::path::PathBuf;

use casemate_attest::{ChainError, Evidence, QuoteError, Roots, VerifyError, verify};
use casemate_model::{Fingerprint, Nanos, Timestamp};
use serde_json::Value;

/// SHA-256 of the Intel SGX Root CA's certificate.
const INTEL_ROOT: &str = "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3";

fn intel_root() -> Fingerprint {
    INTEL_ROOT.parse().expect("a fingerprint")
}

/// A file of the shared data, or `None` with a line that says what was skipped.
fn data(test: &str, path: &str) -> Option<Vec<u8>> {
    #[allow(clippy::disallowed_methods, reason = "a test finds its data by the environment")]
    let base = std::env::var_os("CASEMATE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"),
        PathBuf::from,
    );
    let path = base.join("evidence").join(path);
    if !path.exists() {
        println!("skipped: {test}: no data at {}", path.display());
        return None;
    }
    Some(fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn from_hex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).expect("a hex digit") as u8;
    let digits: Vec<u8> = text.trim_ascii().iter().map(digit).collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}

/// Verifies the case's quote and compares every claim with what the case expects.
fn check_good(case: &str, file: &str, decode: impl Fn(&[u8]) -> Vec<u8>) {
    let Some(quote) = data(case, &format!("{case}/{file}")) else { return };
    let Some(expected) = data(case, &format!("{case}/expected.json")) else { return };
    let expected: Value = serde_json::from_slice(&expected).expect("JSON");
    let now = Timestamp::from_unix_secs(expected["now_unix"].as_u64().expect("a time"));
    let evidence = Evidence::quote(decode(&quote));

    let verified =
        verify(&evidence, &Roots::software([intel_root()]), now).expect("signatures and chain hold");
    let claims = verified.claims();
    assert_eq!(claims.measurement.to_string(), expected["measurement"]);
    assert_eq!(claims.signer.to_string(), expected["mrsigner"]);
    assert_eq!(claims.prod_id, expected["isvprodid"]);
    assert_eq!(claims.svn, expected["isvsvn"]);
    assert_eq!(claims.debug, expected["debug"]);
    assert_eq!(claims.report_data.to_string(), expected["report_data"]);
    assert_eq!(claims.root, intel_root());

    let unknown = verify(&evidence, &Roots::software([Fingerprint([0; 32])]), now);
    assert_eq!(unknown, Err(VerifyError::UnknownRoot { fingerprint: intel_root() }));
    let late = verify(&evidence, &Roots::software([intel_root()]), claims.not_after.after(Nanos(1)));
    assert!(matches!(late, Err(VerifyError::Chain(ChainError::Expired { index: 0, .. }))), "{late:?}");
    check_flips(&evidence, now);
}

/// One bit in each byte that a signature or hash covers before the chain.
fn check_flips(evidence: &Evidence, now: Timestamp) {
    let quote = evidence.as_bytes();
    let auth_len = usize::from(u16::from_le_bytes([quote[1012], quote[1013]]));
    for at in (0..432).chain(436..1012).chain(1014..1014 + auth_len) {
        let mut changed = quote.to_vec();
        changed[at] ^= 1;
        let refused = verify(&Evidence::quote(changed), &Roots::software([intel_root()]), now);
        assert!(refused.is_err(), "byte {at} can be changed");
    }
}

#[test]
fn sgx_v3_phala_cfg_swhardening_verifies() {
    check_good("sgx/v3-phala-cfg-swhardening", "sgx_quote", <[u8]>::to_vec);
}

#[test]
fn sgx_v3_automata_swhardening_verifies() {
    check_good("sgx/v3-automata-swhardening", "quotev3.hex", from_hex);
}

#[test]
fn sgx_v3_automata_tcbinfo_v2_schema_verifies() {
    check_good("sgx/v3-automata-tcbinfo-v2-schema", "quotev3.hex", from_hex);
}

#[test]
fn sgx_v3_occlum_debug_outofdate_verifies_and_claims_debug() {
    check_good("sgx/v3-occlum-debug-outofdate", "occlum_quote.dat", <[u8]>::to_vec);
}

#[test]
fn sgx_v3_intel_sample_testroot_is_refused_for_its_certification_data_type_1() {
    let case = "sgx/v3-intel-sample-testroot";
    let Some(quote) = data(case, &format!("{case}/quote.dat")) else { return };
    let refused = verify(&Evidence::quote(quote), &Roots::software([intel_root()]), Timestamp(0));
    let kind = QuoteError::CertDataType { offset: 1014, found: 1 };
    assert_eq!(refused, Err(VerifyError::Quote(kind)));
}

#[test]
fn tdx_v4_and_v5_quotes_are_refused_for_their_version() {
    for (case, file, version) in [
        ("tdx/v4-phala-uptodate-2025-06", "tdx_quote", 4),
        ("tdx/v4-gce-cos113-uptodate", "cos-113-tdx-quote.dat", 4),
        ("tdx/v5-td15-phala-no-matching-level", "tdx_quote_outdated", 5),
        ("tdx/v5-td15ex-phala-uptodate", "tdx_quote_td15ex", 5),
    ] {
        let Some(quote) = data(case, &format!("{case}/{file}")) else { continue };
        let refused = verify(&Evidence::quote(quote), &Roots::software([intel_root()]), Timestamp(0));
        assert_eq!(refused, Err(VerifyError::Quote(QuoteError::Version { found: version })), "{case}");
    }
}
