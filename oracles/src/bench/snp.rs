//! AMD's reports: warm, cold and parsed.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use casemate_attest::snp::{Certificates, Lists, Report, Vek};
use casemate_attest::x509::{Certificate, pem_blocks};
use casemate_attest::{Endorsements, Evidence, Roots, verify};
use casemate_model::Timestamp;
use casemate_oracles::data::{self, SnpCase};
use casemate_oracles::peer;
use sev::certs::snp::Verifiable;

use crate::row::Bench;
use crate::turns::{alone, compare};

const CASES: [(&str, &str, &str, &str); 3] = [
    ("Milan v2", "snp/milan-v2-virtee", "vcek_milan.der", "ask.pem"),
    ("Milan v3 VLEK", "snp/milan-v3-aws-vlek", "test-vlek.der", "asvk.pem"),
    ("Turin v5", "snp/turin-v5-oak", "derived-vcek.der", "ask.pem"),
];

pub(crate) fn measure(bench: &mut Bench) {
    for (label, name, vek, ask) in CASES {
        match data::snp(name, vek, ask) {
            Some(case) => one(bench, label, &case),
            None => bench.not_measured(&format!("SNP {label}"), format!("no data for {name}")),
        }
    }
}

fn one(bench: &mut Bench, label: &str, case: &SnpCase) {
    let now = Timestamp::from_unix_secs(case.now);
    let roots = Roots::production();
    let der = |pem: &[u8]| pem_blocks(pem, 8).expect("PEM").swap_remove(0).1;
    let ders = vec![case.vek.clone(), der(&case.ask), der(&case.ark)];
    let report = Report::parse(&case.report).expect("a real report");
    let vek = Vek::verify(&report, &Certificates::new(&ders, &[]), &roots).expect("a real key");
    let chain = peer::snp_chain(&case.ark, &case.ask, &case.vek).expect("the peer reads it");

    let warm = || {
        let report = Report::parse(&case.report).expect("a real report");
        let body = vek.verify_report(&report).expect("ours verifies it");
        vek.claims(body, &Lists::default(), now).expect("it is valid")
    };
    let theirs = || {
        let report = peer::snp_report(&case.report).expect("the peer reads it");
        (&chain.vek, &report).verify().expect("the peer verifies it");
    };
    let rates = compare(warm, theirs);
    let name = format!("SNP {label}, warm, reports/s, against sev");
    bench.against_peer(&name, rates.ours, rates.other, rates.ratio, 4.0);

    let leaf = Certificate::parse(&case.vek).expect("a real certificate");
    let key = ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, leaf.public_key().as_bytes()).expect("a point");
    let signature = report.signature();
    let bare = || key.verify_sig(report.signed, &signature).expect("the signature holds");
    let rates = compare(warm, bare);
    let name = format!("SNP {label}, warm, of one bare P-384 verification");
    bench.against_limit(&name, rates.ours, rates.other, rates.ratio, 1.0 / 1.15);

    let evidence = Evidence::SnpReport { report: case.report.clone(), certificates: ders };
    let cold = || verify(&evidence, &Endorsements::none(), &roots, now).expect("ours verifies it");
    let theirs = || peer::snp(&case.report, &case.ark, &case.ask, &case.vek).expect("the peer verifies it");
    let rates = compare(cold, theirs);
    let name = format!("SNP {label}, cold, reports/s, against sev");
    bench.against_peer(&name, rates.ours, rates.other, rates.ratio, 1.0);

    let parsed = alone(|| Report::parse(&case.report).expect("a real report").body(vek.product()));
    bench.info(&format!("SNP {label}, parsed to claims"), parsed, "per second");
    let allocated = allocation_counter::measure(|| {
        std::hint::black_box(Report::parse(&case.report).expect("a real report").body(vek.product()));
    });
    bench.info(&format!("SNP {label}, allocations of parsing"), allocated.count_total as f64, "");
}
