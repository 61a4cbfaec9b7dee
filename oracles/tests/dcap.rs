//! Intel's quotes, whole and mutated, judged by ours and by dcap-qvl.
//!
//! Where both accept, status and advisories are compared. Every disagreement has to be among the
//! explained ones, which stand in docs/attestation-differences.md.

use std::collections::BTreeMap;
use std::ops::Range;

use casemate_attest::{Evidence, Roots, verify};
use casemate_model::Timestamp;
use casemate_oracles::data::{self, DcapCase};
use casemate_oracles::explained::{self, AFTER, DcapVerdict, ROOTS_COPY};
use casemate_oracles::mutation::{Mutation, extended, flips, truncations};
use casemate_oracles::peer;

const CASES: [(&str, &str, &str); 11] = [
    ("sgx/v3-phala-cfg-swhardening", "sgx_quote", "sgx_quote_collateral.json"),
    ("sgx/v3-automata-swhardening", "derived-quote.bin", "assembled-collateral.json"),
    ("sgx/v3-occlum-debug-outofdate", "occlum_quote.dat", "assembled-collateral.json"),
    ("sgx/v3-automata-tcbinfo-v2-schema", "derived-quote.bin", "assembled-collateral.json"),
    ("tdx/v4-phala-uptodate-2025-06", "tdx_quote", "tdx_quote_collateral.json"),
    ("tdx/v4-phala-after-tcb-recovery-2026-10", "tdx_quote", "tdx_quote_td15ex_collateral.json"),
    ("tdx/v4-trustee-debug-td", "tdx_quote_4.dat", "assembled-collateral.json"),
    ("tdx/v4-gce-cos113-uptodate", "cos-113-tdx-quote.dat", "assembled-collateral.json"),
    ("tdx/v5-td15-google-uptodate", "quote_v5_sample.dat", "assembled-collateral.json"),
    ("tdx/v5-td15ex-phala-uptodate", "tdx_quote_td15ex", "tdx_quote_td15ex_collateral.json"),
    ("tdx/v5-td15-phala-no-matching-level", "tdx_quote_outdated", "tdx_quote_outdated_collateral.json"),
];

fn ours(quote: &[u8], case: &DcapCase, now: u64) -> DcapVerdict {
    let evidence = Evidence::quote(quote);
    let verified =
        verify(&evidence, &case.endorsements, &Roots::production(), Timestamp::from_unix_secs(now))
            .map_err(|refused| refused.to_string())?;
    let tcb = verified.claims().tcb.as_ref().ok_or("no status")?;
    Ok((tcb.status.to_string(), tcb.advisories.iter().cloned().collect()))
}

/// The quote up to the last certificate it carries, that certificate, and what follows.
fn parts(quote: &[u8]) -> [(&'static str, Range<usize>); 3] {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    const END: &[u8] = b"-----END CERTIFICATE-----";
    let last =
        |needle: &[u8]| quote.windows(needle.len()).rposition(|it| it == needle).expect("certificates");
    let (begin, end) = (last(BEGIN), last(END) + END.len());
    [("quote", 0..begin), (ROOTS_COPY, begin..end), (AFTER, end..quote.len())]
}

/// What both say of each mutation that they do not agree on.
#[derive(Default)]
struct Comparison {
    compared: usize,
    unexplained: Vec<String>,
    explained: BTreeMap<&'static str, usize>,
}

impl Comparison {
    fn judge(&mut self, case: &DcapCase, part: &str, what: &str, quote: &[u8], now: u64) {
        self.compared += 1;
        let (ours, theirs) = (ours(quote, case, now), peer::dcap(quote, &case.collateral, now));
        let agree = match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            (ours, theirs) => ours.is_err() && theirs.is_err(),
        };
        if agree {
            return;
        }
        match explained::dcap(part, &ours, &theirs) {
            Some(difference) => *self.explained.entry(difference.on).or_default() += 1,
            None => self
                .unexplained
                .push(format!("{}: {part}: {what}: ours {ours:?}, theirs {theirs:?}", case.name)),
        }
    }
}

#[test]
fn quotes_whole_and_mutated_are_judged_alike() {
    let mut comparison = Comparison::default();
    for (name, quote, collateral) in CASES {
        let Some(case) = data::dcap(name, quote, collateral) else {
            println!("skipped: {name}: no data");
            continue;
        };
        comparison.judge(&case, "whole", "as received", &case.quote, case.now);
        for late in [3600 * 24 * 60, 3600 * 24 * 365 * 40] {
            comparison.judge(&case, "time", "later", &case.quote, case.now + late);
            comparison.judge(&case, "time", "earlier", &case.quote, case.now.saturating_sub(late));
        }
        let parts = parts(&case.quote);
        let mutations: Vec<Mutation> = flips(&case.quote, &parts, 23)
            .chain(truncations(&case.quote, 24))
            .chain([extended(&case.quote)])
            .collect();
        for mutation in mutations {
            comparison.judge(&case, mutation.part, &mutation.what, &mutation.bytes, case.now);
        }
    }
    println!("{} compared; explained: {:?}", comparison.compared, comparison.explained);
    assert!(comparison.unexplained.is_empty(), "{}", comparison.unexplained.join("\n"));
}
