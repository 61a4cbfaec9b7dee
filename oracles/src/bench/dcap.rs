//! Intel's quotes: warm, cold, re-matched and parsed.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use casemate_attest::dcap::{Collateral, Platform, Quote};
use casemate_attest::{Evidence, Roots, verify};
use casemate_model::Timestamp;
use casemate_oracles::data::{self, DcapCase};
use dcap_qvl::verify::QuoteVerifier;

use crate::row::Bench;
use crate::turns::{alone, compare};

const CASES: [(&str, &str, &str, &str); 3] = [
    ("SGX v3", "sgx/v3-automata-swhardening", "derived-quote.bin", "assembled-collateral.json"),
    ("TDX v4", "tdx/v4-phala-uptodate-2025-06", "tdx_quote", "tdx_quote_collateral.json"),
    ("TDX v5", "tdx/v5-td15ex-phala-uptodate", "tdx_quote_td15ex", "tdx_quote_td15ex_collateral.json"),
];

pub(crate) fn measure(bench: &mut Bench) {
    for (label, name, quote, collateral) in CASES {
        match data::dcap(name, quote, collateral) {
            Some(case) => one(bench, label, &case),
            None => bench.not_measured(&format!("DCAP {label}"), format!("no data for {name}")),
        }
    }
}

fn one(bench: &mut Bench, label: &str, case: &DcapCase) {
    let now = Timestamp::from_unix_secs(case.now);
    let roots = Roots::production();
    let quote = Quote::parse(&case.quote).expect("a real quote");
    let platform = Platform::verify(&quote, &roots).expect("a real platform");
    let collateral = Collateral::verify(&case.endorsements, &roots);
    let peer = QuoteVerifier::new_prod();

    let theirs = || peer.verify(&case.quote, &case.collateral, case.now).expect("the peer verifies it");
    let warm = || {
        let quote = Quote::parse(&case.quote).expect("a real quote");
        platform.appraise(&quote, &collateral, now).expect("ours verifies it")
    };
    let rates = compare(warm, theirs);
    let name = format!("DCAP {label}, warm, quotes/s, against dcap-qvl");
    bench.against_peer(&name, rates.ours, rates.other, rates.ratio, 10.0);

    let point: Vec<u8> = [0x04].into_iter().chain(*quote.attestation_key()).collect();
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).expect("a point on the curve");
    let bare = || key.verify_sig(quote.signed(), quote.signature()).expect("the signature holds");
    let rates = compare(warm, bare);
    let name = format!("DCAP {label}, warm, of one bare P-256 verification");
    bench.against_limit(&name, rates.ours, rates.other, rates.ratio, 1.0 / 1.15);

    let evidence = Evidence::quote(case.quote.clone());
    let cold = || verify(&evidence, &case.endorsements, &roots, now).expect("ours verifies it");
    let rates = compare(cold, theirs);
    let name = format!("DCAP {label}, cold, quotes/s, against dcap-qvl");
    bench.against_peer(&name, rates.ours, rates.other, rates.ratio, 1.0);

    let svns = platform.svns(&quote).expect("a hardware platform");
    let rates = alone(|| collateral.rate(&svns, platform.path(), now).expect("a rating").status);
    let name = format!("DCAP {label}, re-matched platforms/s");
    bench.against_limit(&name, rates, 1e6, rates / 1e6, 1.0);

    let parsed = alone(|| Quote::parse(&case.quote).expect("a real quote").body().claims());
    bench.info(&format!("DCAP {label}, parsed to claims"), parsed, "per second");
    let allocated = allocation_counter::measure(|| {
        std::hint::black_box(Quote::parse(&case.quote).expect("a real quote"));
    });
    bench.info(&format!("DCAP {label}, allocations of parsing"), allocated.count_total as f64, "");
}
