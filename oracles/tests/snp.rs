//! AMD's reports, whole and mutated, judged by ours and by sev.
//!
//! Every disagreement has to be among the known ones, which stand in docs/attestation-differences.md.

use std::collections::BTreeMap;

use casemate_attest::claims::SnpKey;
use casemate_attest::x509::{Certificate, pem_blocks};
use casemate_attest::{Endorsements, Evidence, Product, Roots, verify};
use casemate_model::Timestamp;
use casemate_oracles::data::{self, SnpCase};
use casemate_oracles::differences;
use casemate_oracles::explained::{self, SnpVerdict};
use casemate_oracles::mutation::{Mutation, extended, flips, truncations};
use casemate_oracles::peer;
use casemate_softtee::synthetic::snp::{SnpDefect, SnpRoot};

const CASES: [(&str, &str, &str); 6] = [
    ("snp/milan-v2-virtee", "vcek_milan.der", "ask.pem"),
    ("snp/milan-v2-google-debug", "vcek.testcer", "ask.pem"),
    ("snp/milan-v2-trustee-bad-vcek-legacy", "test-vcek-invalid-legacy.der", "ask.pem"),
    ("snp/milan-v3-aws-vlek", "test-vlek.der", "asvk.pem"),
    ("snp/milan-v3-oak-release", "derived-vcek.der", "ask.pem"),
    ("snp/turin-v5-oak", "derived-vcek.der", "ask.pem"),
];

fn der(pem: &[u8]) -> Vec<u8> {
    pem_blocks(pem, 8).expect("PEM").swap_remove(0).1
}

fn ours(report: &[u8], vek: &[u8], case: &SnpCase, now: u64) -> SnpVerdict {
    let certificates = vec![vek.to_vec(), der(&case.ask), der(&case.ark)];
    let evidence = Evidence::SnpReport { report: report.to_vec(), certificates };
    let now = Timestamp::from_unix_secs(now);
    let verified = verify(&evidence, &Endorsements::none(), &Roots::production(), now);
    // What cannot be read is passed over: why it cannot is told by reading it alone.
    let unread = || Certificate::parse(vek).err().map(|error| format!("; the key's certificate: {error}"));
    verified.map(|_| ()).map_err(|refused| format!("{refused}{}", unread().unwrap_or_default()))
}

/// What both say of each mutation that they do not agree on.
#[derive(Default)]
struct Comparison {
    compared: usize,
    accepted: usize,
    unexplained: Vec<String>,
    explained: BTreeMap<&'static str, usize>,
}

impl Comparison {
    fn judge(&mut self, case: &SnpCase, what: &str, report: &[u8], vek: &[u8], now: u64) {
        self.compared += 1;
        let ours = ours(report, vek, case, now);
        let theirs = peer::snp(report, &case.ark, &case.ask, vek);
        if ours.is_ok() && theirs.is_ok() {
            self.accepted += 1;
        }
        if ours.is_ok() == theirs.is_ok() {
            return;
        }
        self.disagree(case.name, what, report, &ours, &theirs);
    }

    fn disagree(&mut self, name: &str, what: &str, report: &[u8], ours: &SnpVerdict, theirs: &SnpVerdict) {
        match explained::snp(ours, theirs, peer::snp_reads_otherwise(report)) {
            Some(difference) => *self.explained.entry(difference.on).or_default() += 1,
            None => self.unexplained.push(format!("{name}: {what}: ours {ours:?}, theirs {theirs:?}")),
        }
    }

    fn conclude(self) {
        println!(
            "{} compared, {} accepted by both; explained: {:?}",
            self.compared, self.accepted, self.explained
        );
        assert!(self.unexplained.is_empty(), "{}", self.unexplained.join("\n"));
    }
}

/// Everything that can be wrong with evidence under a root of ours, which needs no data: each difference
/// there is shows.
#[test]
fn synthetic_reports_are_judged_alike_and_every_known_difference_shows() {
    const NOW: Timestamp = Timestamp::from_unix_secs(1_767_225_600);
    let mut comparison = Comparison::default();
    let combinations = Product::ALL.into_iter().flat_map(|it| [(it, SnpKey::Vcek), (it, SnpKey::Vlek)]);
    for (product, key) in combinations {
        let good = SnpRoot::new(NOW, product, key);
        let defects =
            SnpDefect::ALL.map(|it| (format!("{it:?}"), SnpRoot::with_defect(NOW, product, key, it)));
        for (what, root) in defects.iter().chain([&("nothing wrong".to_owned(), good)]) {
            let (report, certificates) = (root.report(), root.certificates());
            let spans = [0..report.len()].map(|it| ("report", it));
            let changed = flips(&report, &spans, if what == "nothing wrong" { 1 } else { 397 });
            let whole = Mutation { part: "whole", what: "as made".to_owned(), bytes: report.clone() };
            for Mutation { what: change, bytes, .. } in changed.chain([whole]) {
                let evidence =
                    Evidence::SnpReport { report: bytes.clone(), certificates: certificates.clone() };
                let ours = verify(&evidence, &root.endorsements(), &root.roots(), NOW);
                let ours = ours.map(|_| ()).map_err(|refused| refused.to_string());
                let theirs = peer::snp(&bytes, &certificates[2], &certificates[1], &certificates[0]);
                comparison.compared += 1;
                comparison.accepted += usize::from(ours.is_ok() && theirs.is_ok());
                if ours.is_ok() != theirs.is_ok() {
                    comparison.disagree(
                        &format!("{product} {key:?}"),
                        &format!("{what}, {change}"),
                        &bytes,
                        &ours,
                        &theirs,
                    );
                }
            }
        }
    }
    let known = differences::ALL.into_iter().filter(|it| it.peer == differences::SEV);
    // Made outside of what is signed of a certificate: real ones are changed for it below.
    let known = known.filter(|it| **it != differences::ALGORITHM);
    let missing: Vec<_> = known.map(|it| it.on).filter(|it| !comparison.explained.contains_key(it)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}");
    comparison.conclude();
}

#[test]
fn reports_whole_and_mutated_are_judged_alike() {
    let mut comparison = Comparison::default();
    let cases: Vec<SnpCase> = CASES
        .into_iter()
        .filter_map(|(name, vek, ask)| {
            let case = data::snp(name, vek, ask);
            if case.is_none() {
                println!("skipped: {name}: no data");
            }
            case
        })
        .collect();
    for case in &cases {
        let (report, vek, now) = (&case.report, &case.vek, case.now);
        comparison.judge(case, "as received", report, vek, now);
        for years in [1, 20] {
            let span = 3600 * 24 * 365 * years;
            comparison.judge(case, "later", report, vek, now + span);
            comparison.judge(case, "earlier", report, vek, now.saturating_sub(span));
        }
        let parts = [("report", 0..report.len())];
        let mutations: Vec<Mutation> =
            flips(report, &parts, 3).chain(truncations(report, 24)).chain([extended(report)]).collect();
        for Mutation { what, bytes, .. } in mutations {
            comparison.judge(case, &what, &bytes, vek, now);
        }
        let parts = [("VEK", 0..vek.len())];
        for Mutation { what, bytes, .. } in flips(vek, &parts, 11) {
            comparison.judge(case, &format!("VEK: {what}"), report, &bytes, now);
        }
        for other in &cases {
            comparison.judge(case, &format!("the VEK of {}", other.name), report, &other.vek, now);
            let issued =
                SnpCase { name: case.name, ask: other.ask.clone(), ark: other.ark.clone(), ..copy(case) };
            comparison.judge(&issued, &format!("the issuers of {}", other.name), report, vek, now);
        }
    }
    comparison.conclude();
}

fn copy(case: &SnpCase) -> SnpCase {
    SnpCase {
        name: case.name,
        report: case.report.clone(),
        vek: case.vek.clone(),
        ask: case.ask.clone(),
        ark: case.ark.clone(),
        now: case.now,
    }
}
