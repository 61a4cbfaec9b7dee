//! Quotes under a root of these tests, judged by ours and by dcap-qvl: every kind of quote, every defect
//! of quotes and collateral, every status, versions below every level, and the instants at which dates end.
//!
//! Real evidence has no revoked platform and no version 4 or 5 of SGX's quotes. Every disagreement has to
//! be among the known ones, which stand in docs/attestation-differences.md.

use std::collections::BTreeMap;

use casemate_attest::dcap::TcbStatus;
use casemate_attest::{Endorsements, Evidence, SignedJson, verify};
use casemate_model::Timestamp;
use casemate_oracles::explained::{self, DcapVerdict};
use casemate_oracles::mutation::{Mutation, extended, flips, truncations};
use casemate_oracles::peer;
use casemate_softtee::synthetic::dcap::{DcapDefect, DcapQuote, DcapRoot};
use dcap_qvl::QuoteCollateralV3;

/// 2026-01-01T00:00:00Z.
const NOW: u64 = 1_767_225_600;
const DAY: u64 = 86_400;

fn root() -> DcapRoot {
    DcapRoot::new(Timestamp::from_unix_secs(NOW))
}

/// What vouches for a quote, for the peer.
fn collateral(root: &DcapRoot, endorsements: &Endorsements, kind: DcapQuote) -> QuoteCollateralV3 {
    // Where there is one of them only the peer is given that one.
    let of = |documents: &[SignedJson]| {
        let it = if kind.is_tdx() { documents.last() } else { documents.first() };
        let it = it.expect("a document");
        (String::from_utf8(it.json.clone()).expect("text"), it.signature.to_vec())
    };
    let ((tcb_info, tcb_info_signature), (qe_identity, qe_identity_signature)) =
        (of(&endorsements.tcb_infos), of(&endorsements.qe_identities));
    let [root_ca_crl, pck_crl] = endorsements.crls.clone().try_into().expect("two lists");
    let [signer, pck_ca] = root.issuer_chains();
    QuoteCollateralV3 {
        pck_crl_issuer_chain: pck_ca,
        root_ca_crl,
        pck_crl,
        tcb_info_issuer_chain: signer.clone(),
        tcb_info,
        tcb_info_signature,
        qe_identity_issuer_chain: signer,
        qe_identity,
        qe_identity_signature,
        pck_certificate_chain: None,
    }
}

/// What both say of what they do not agree on.
#[derive(Default)]
struct Comparison {
    compared: usize,
    accepted: usize,
    unexplained: Vec<String>,
    explained: BTreeMap<&'static str, usize>,
}

impl Comparison {
    fn of(&mut self, root: &DcapRoot, kind: DcapQuote, what: &str) {
        self.at(root, kind, what, NOW);
    }

    fn at(&mut self, root: &DcapRoot, kind: DcapQuote, what: &str, now: u64) {
        let quote = root.evidence(kind).as_bytes().to_vec();
        let endorsements = root.endorsements();
        let collateral = collateral(root, &endorsements, kind);
        self.judge(root, &quote, (&endorsements, &collateral), &format!("{kind:?}: {what}"), now);
    }

    fn judge(
        &mut self,
        root: &DcapRoot,
        quote: &[u8],
        (endorsements, collateral): (&Endorsements, &QuoteCollateralV3),
        what: &str,
        now: u64,
    ) {
        self.compared += 1;
        let (ours, theirs) = (
            ours(root, quote, endorsements, now),
            peer::dcap_under(root.certificate(), quote, collateral, now),
        );
        match (&ours, &theirs) {
            (Ok(one), Ok(other)) if one == other => self.accepted += 1,
            (Err(_), Err(_)) => {}
            _ => match explained::dcap(what, &ours, &theirs) {
                Some(difference) => *self.explained.entry(difference.on).or_default() += 1,
                None => self.unexplained.push(format!("{what}: ours {ours:?}, theirs {theirs:?}")),
            },
        }
    }

    fn held(&self) {
        let Self { compared, accepted, explained, unexplained } = self;
        println!("{compared} compared, {accepted} accepted by both; explained: {explained:?}");
        assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    }
}

fn ours(root: &DcapRoot, quote: &[u8], endorsements: &Endorsements, now: u64) -> DcapVerdict {
    let now = Timestamp::from_unix_secs(now);
    let verified =
        verify(&Evidence::quote(quote), endorsements, &root.roots(), now).map_err(|it| it.to_string())?;
    let tcb = verified.claims().tcb.as_ref().ok_or("no status")?;
    Ok((tcb.status.to_string(), tcb.advisories.iter().cloned().collect()))
}

#[test]
fn every_kind_of_quote_that_both_read_is_good_for_both() {
    let mut comparison = Comparison::default();
    let root = root();
    for kind in DcapQuote::ALL {
        comparison.of(&root, kind, "in order");
    }
    comparison.held();
    let unread = [DcapQuote::SgxV4, DcapQuote::SgxV5];
    assert_eq!(comparison.accepted, DcapQuote::ALL.len() - unread.len());
}

#[test]
fn every_defect_is_judged_alike() {
    let mut comparison = Comparison::default();
    let mut root = root();
    for defect in DcapDefect::ALL {
        root.defect = Some(defect);
        for kind in DcapQuote::ALL {
            comparison.of(&root, kind, &format!("{defect:?}"));
        }
    }
    comparison.held();
}

#[test]
fn every_status_of_platform_enclave_and_module_is_told_alike() {
    const STATUSES: [TcbStatus; 7] = [
        TcbStatus::UpToDate,
        TcbStatus::SwHardeningNeeded,
        TcbStatus::ConfigurationNeeded,
        TcbStatus::ConfigurationAndSwHardeningNeeded,
        TcbStatus::OutOfDate,
        TcbStatus::OutOfDateConfigurationNeeded,
        TcbStatus::Revoked,
    ];
    let mut comparison = Comparison::default();
    let mut root = root();
    for status in STATUSES {
        root.levels.platform[0].status = status;
        for enclave in [TcbStatus::UpToDate, TcbStatus::OutOfDate, TcbStatus::Revoked] {
            root.levels.qe[0].status = enclave;
            for module in [TcbStatus::UpToDate, TcbStatus::OutOfDate, TcbStatus::Revoked] {
                root.levels.modules[0].1[0].status = module;
                for kind in [DcapQuote::SgxV3, DcapQuote::TdxV4, DcapQuote::Tdx15, DcapQuote::Tdx15Ex] {
                    let what = format!("platform {status}, enclave {enclave}, module {module}");
                    comparison.of(&root, kind, &what);
                }
            }
        }
    }
    comparison.held();
}

#[test]
fn versions_at_and_below_every_level_are_matched_alike() {
    let mut comparison = Comparison::default();
    for svn in 0..=5 {
        for nth in [0, 7, 15] {
            let mut root = root();
            root.platform.tcb_components[nth] = svn;
            DcapQuote::ALL.iter().for_each(|kind| {
                comparison.of(&root, *kind, &format!("component {nth} is {svn}"));
            });
        }
        let mut root = root();
        root.platform.tee_tcb_svn[2] = svn;
        root.platform.tee_tcb_svn2[2] = svn;
        DcapQuote::ALL.iter().for_each(|kind| comparison.of(&root, *kind, &format!("TEE's is {svn}")));
    }
    for svn in 2..=6 {
        for version in 0..=2 {
            let mut root = root();
            root.platform.tee_tcb_svn[..2].copy_from_slice(&[svn, version]);
            root.platform.tee_tcb_svn2[..2].copy_from_slice(&[svn, version]);
            let what = format!("module {version} is {svn}");
            DcapQuote::ALL.iter().for_each(|kind| comparison.of(&root, *kind, &what));
        }
    }
    for (pce_svn, qe_svn) in [(9, 8), (10, 8), (12, 8), (11, 5), (11, 6), (11, 7), (11, 9)] {
        let mut root = root();
        (root.platform.pce_svn, root.platform.qe_svn) = (pce_svn, qe_svn);
        let what = format!("PCE {pce_svn}, QE {qe_svn}");
        DcapQuote::ALL.iter().for_each(|kind| comparison.of(&root, *kind, &what));
    }
    comparison.held();
}

#[test]
fn evidence_is_good_for_both_in_the_same_days() {
    let mut comparison = Comparison::default();
    let root = root();
    for now in [NOW - 2 * DAY, NOW - DAY / 2, NOW + DAY / 2, NOW + 2 * DAY, NOW + 400 * DAY] {
        for kind in DcapQuote::ALL {
            comparison.at(&root, kind, "another day", now);
        }
    }
    comparison.held();
}

#[test]
fn changed_quotes_are_judged_alike() {
    let mut comparison = Comparison::default();
    let root = root();
    let endorsements = root.endorsements();
    for kind in DcapQuote::ALL {
        let quote = root.evidence(kind).as_bytes().to_vec();
        let collateral = collateral(&root, &endorsements, kind);
        let begin = quote.windows(10).position(|it| it == b"-----BEGIN").expect("certificates");
        let mutations: Vec<Mutation> = flips(&quote, &[("quote", 0..begin)], 7)
            .chain(truncations(&quote, 24))
            .chain([extended(&quote)])
            .collect();
        for mutation in mutations {
            let what = format!("{kind:?}: {}: {}", mutation.part, mutation.what);
            comparison.judge(&root, &mutation.bytes, (&endorsements, &collateral), &what, NOW);
        }
    }
    comparison.held();
}
