//! From evidence to witness for every kind of evidence that comes of Intel's and AMD's processors, made
//! under roots of these tests: verified, appraised, good for as long as it says, and refused.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA512, digest};
use casemate_attest::claims::{Body, Claims, Kind, SnpBody, SnpKey, SnpTcb};
use casemate_attest::dcap::TcbStatus;
use casemate_attest::{Endorsements, Evidence, Fault, Product, Refused, Roots, VerifiedEvidence, verify};
use casemate_model::{Measurement, Nanos, Nonce, ReportData, Tee, Timestamp};
use casemate_policy::evidence::{Accept, Rules, SgxRules, SnpRules, TdxRules, VtpmRules};
use casemate_policy::{
    Appraisal, AppraisalPolicy, Attested, EvidenceDraft, Expired, Platform, PlatformExpectation, PolicyDraft,
    Reason, appraise_platform, challenge,
};
use casemate_softtee::synthetic::TestRoot;
use casemate_softtee::synthetic::dcap::{DcapDefect, DcapQuote, DcapRoot};
use casemate_softtee::synthetic::snp::{SnpDefect, SnpRoot};
use casemate_softtee::synthetic::vtpm::{GoogleRoot, SyntheticHcl};

use crate::hardware::{bound, expectation, refused};
use crate::{NOW, draft};

const DAYS: Nanos = Nanos::from_secs(30 * 86_400);

/// What evidence is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hardware {
    Dcap(DcapQuote),
    /// With the version of the report.
    Snp(Product, SnpKey, u32),
    Azure(Inside),
    Google(Inside),
}

/// The confidential VM that a vTPM is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Tdx,
    Snp,
}

/// What is the matter with the platform or what runs on it; everything about the evidence is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    /// The host may debug what runs.
    Debugged,
    /// The versions of the platform are old, by Intel's levels or the policy's minimum.
    OutOfDate,
    /// The platform's key is on its issuer's list.
    Revoked,
}

impl Hardware {
    fn all() -> Vec<Self> {
        let quotes = DcapQuote::ALL.map(Self::Dcap);
        let reports = [
            Self::Snp(Product::Milan, SnpKey::Vcek, 2),
            Self::Snp(Product::Milan, SnpKey::Vlek, 3),
            Self::Snp(Product::Genoa, SnpKey::Vcek, 3),
            Self::Snp(Product::Turin, SnpKey::Vcek, 5),
        ];
        let vtpms = [
            Self::Azure(Inside::Tdx),
            Self::Azure(Inside::Snp),
            Self::Google(Inside::Tdx),
            Self::Google(Inside::Snp),
        ];
        [&quotes[..], &reports, &vtpms].concat()
    }

    fn tee(self) -> Tee {
        match self {
            Self::Dcap(quote) if !quote.is_tdx() => Tee::Sgx,
            Self::Dcap(_) | Self::Azure(Inside::Tdx) | Self::Google(Inside::Tdx) => Tee::Tdx,
            Self::Snp(..) | Self::Azure(Inside::Snp) | Self::Google(Inside::Snp) => Tee::SevSnp,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Azure(_) | Self::Google(_) => Kind::Vtpm,
            Self::Snp(..) => Kind::Snp,
            Self::Dcap(quote) if quote.is_tdx() => Kind::Tdx,
            Self::Dcap(_) => Kind::Sgx,
        }
    }

    /// Evidence that was made for these bytes.
    fn sends(self, asked: &[u8], wrong: Wrong) -> Sent {
        match self {
            Self::Dcap(quote) => {
                let root = intel(padded(asked), wrong);
                Sent::new(root.evidence(quote), root.endorsements(), root.roots())
            }
            Self::Snp(product, key, version) => {
                let mut root = amd(product, key, padded(asked), wrong);
                if version < 5 {
                    let (launch_mit_vector, current_mit_vector) = (None, None);
                    let body = root.body.clone();
                    root.body = SnpBody { version, launch_mit_vector, current_mit_vector, ..body };
                }
                if version < 3 {
                    root.body.cpuid = None;
                }
                Sent::new(root.evidence(), root.endorsements(), root.roots())
            }
            Self::Azure(inside) => {
                let mut hcl = SyntheticHcl::new();
                hcl.tpm.statement.extra_data = asked.to_vec();
                let vouched = hcl.report_data().0;
                match inside {
                    Inside::Tdx => {
                        let root = intel(vouched, wrong);
                        let azure = hcl.on_tdx(root.evidence(DcapQuote::TdxV4).as_bytes());
                        Sent::new(SyntheticHcl::evidence(azure), root.endorsements(), root.roots())
                    }
                    Inside::Snp => {
                        let root = amd(Product::Genoa, SnpKey::Vcek, vouched, wrong);
                        let azure = hcl.on_snp(&root.report(), root.certificates());
                        Sent::new(SyntheticHcl::evidence(azure), root.endorsements(), root.roots())
                    }
                }
            }
            Self::Google(inside) => {
                let mut google = GoogleRoot::new(NOW);
                google.tpm_mut().statement.extra_data = asked.to_vec();
                let mut gce = google.gce();
                let vouched = padded(digest(&SHA512, &gce.ak_public).as_ref());
                let inner = match inside {
                    Inside::Tdx => {
                        let root = intel(vouched, wrong);
                        Sent::new(root.evidence(DcapQuote::Tdx15), root.endorsements(), root.roots())
                    }
                    Inside::Snp => {
                        let root = amd(Product::Milan, SnpKey::Vcek, vouched, wrong);
                        Sent::new(root.evidence(), root.endorsements(), root.roots())
                    }
                };
                gce.inner = Some(Box::new(inner.evidence));
                let mut endorsements = inner.endorsements;
                endorsements.crls.extend(google.endorsements(false).crls);
                let roots = inner.roots.with_google(google.fingerprint());
                Sent::new(Evidence::GceVtpm(Box::new(gce)), endorsements, roots)
            }
        }
    }

    fn verified(self, wrong: Wrong) -> VerifiedEvidence {
        let sent = self.sends(challenge(self.kind(), &bound()), wrong);
        sent.verify(NOW).unwrap_or_else(|refused| panic!("{self:?}, {wrong:?}: {refused}"))
    }
}

/// What a node sends, and what is known beside it.
struct Sent {
    evidence: Evidence,
    endorsements: Endorsements,
    roots: Roots,
}

impl Sent {
    fn new(evidence: Evidence, endorsements: Endorsements, roots: Roots) -> Self {
        Self { evidence, endorsements, roots }
    }

    fn verify(&self, now: Timestamp) -> Result<VerifiedEvidence, Refused> {
        verify(&self.evidence, &self.endorsements, &self.roots, now)
    }
}

fn intel(report_data: [u8; 64], wrong: Wrong) -> DcapRoot {
    let mut root = DcapRoot::new(NOW);
    root.subject.report_data = report_data;
    root.subject.debug = wrong == Wrong::Debugged;
    root.defect = (wrong == Wrong::Revoked).then_some(DcapDefect::PckRevoked);
    if wrong == Wrong::OutOfDate {
        root.levels.platform[0].status = TcbStatus::OutOfDate;
    }
    root
}

fn amd(product: Product, key: SnpKey, report_data: [u8; 64], wrong: Wrong) -> SnpRoot {
    /// POLICY.DEBUG (SEV-SNP ABI, guest policy).
    const DEBUG: u64 = 1 << 19;
    let mut root = match wrong {
        Wrong::Revoked => SnpRoot::with_defect(NOW, product, key, SnpDefect::VekRevoked),
        _ => SnpRoot::new(NOW, product, key),
    };
    root.body.report_data = ReportData(report_data);
    if wrong == Wrong::Debugged {
        root.body.policy |= DEBUG;
    }
    root
}

fn padded(bytes: &[u8]) -> [u8; 64] {
    let mut padded = [0; 64];
    padded[..bytes.len()].copy_from_slice(bytes);
    padded
}

/// Rules that accept exactly what this evidence runs; of AMD's processors in the version they have, or
/// one above it where they are to be `too_old`.
fn rules_for(claims: &Claims, too_old: bool) -> Rules {
    match &claims.body {
        Body::Sgx(body) => {
            let sgx = SgxRules { mr_enclave: Accept::one_of([body.mr_enclave]), ..SgxRules::default() };
            Rules { sgx: Some(sgx), ..Rules::default() }
        }
        Body::Tdx(body) => {
            let tdx = TdxRules { mr_td: Accept::one_of([body.mr_td]), ..TdxRules::default() };
            Rules { tdx: Some(tdx), ..Rules::default() }
        }
        Body::Snp(body) => {
            let SnpTcb { microcode, .. } = body.reported_tcb;
            let least = SnpTcb { microcode: microcode + u8::from(too_old), ..body.reported_tcb };
            let snp = SnpRules {
                measurement: Accept::one_of([body.measurement]),
                min_tcb: BTreeMap::from([(body.product, least)]),
                ..SnpRules::default()
            };
            Rules { snp: Some(snp), ..Rules::default() }
        }
        Body::Vtpm(body) => {
            let inner = body.inner.as_ref().expect("a vTPM in a confidential VM");
            let one =
                |pcrs: &BTreeMap<u8, _>| pcrs.iter().map(|(n, it)| (*n, BTreeSet::from([*it]))).collect();
            let vtpm = VtpmRules {
                providers: Accept::one_of([body.provider]),
                inner: Accept::one_of([inner.kind()]),
                pcrs: body.pcrs.iter().map(|(bank, pcrs)| (*bank, one(pcrs))).collect(),
                ..VtpmRules::default()
            };
            Rules { vtpm: Some(vtpm), ..rules_for(inner, too_old) }
        }
        other => panic!("no rules for {other:?}"),
    }
}

fn policy(rules: Rules, ttl: Nanos) -> AppraisalPolicy {
    let none = PolicyDraft { roots: BTreeSet::new(), ttl, ..draft(&TestRoot::new(NOW)) };
    let evidence = EvidenceDraft { id: "test".into(), scopes: vec![], rules: Some(rules) };
    none.validate_with(evidence).expect("a policy that can mean something")
}

/// What this evidence is expected to be of: what the policy is for.
fn expected(claims: &Claims) -> PlatformExpectation<'static> {
    let expected = expectation(claims.tee().expect("a TEE"));
    match &claims.body {
        Body::Sgx(body) => PlatformExpectation { image_measurement: body.mr_enclave, ..expected },
        _ => expected,
    }
}

fn witness(evidence: &VerifiedEvidence, ttl: Nanos) -> Attested<Platform> {
    let claims = evidence.claims();
    let policy = policy(rules_for(claims, false), ttl);
    appraise_platform(evidence, &expected(claims), &policy, NOW).into_result().expect("a witness")
}

/// The reasons against evidence that its own rules would accept, in this situation.
fn against(evidence: &VerifiedEvidence, expected: &PlatformExpectation<'_>, now: Timestamp) -> Vec<Reason> {
    let policy = policy(rules_for(evidence.claims(), false), DAYS);
    refused(appraise_platform(evidence, expected, &policy, now))
}

#[test]
fn good_evidence_of_every_hardware_makes_a_witness_of_the_tee_that_it_is() {
    for hardware in Hardware::all() {
        let evidence = hardware.verified(Wrong::Nothing);
        assert_eq!(evidence.claims().kind(), hardware.kind());
        let witness = witness(&evidence, DAYS);
        assert_eq!(witness.subject().tee, hardware.tee(), "{hardware:?}");
        assert_eq!(witness.root(), evidence.claims().root, "{hardware:?}");
    }
}

#[test]
fn a_witness_of_hardware_lapses_with_its_certificates_or_sooner_if_the_policy_says() {
    let minute = Nanos::from_secs(60);
    for hardware in Hardware::all() {
        let evidence = hardware.verified(Wrong::Nothing);
        let ends = evidence.claims().not_after();
        for (ttl, last) in [(DAYS, ends), (minute, NOW.after(minute))] {
            let witness = witness(&evidence, ttl);
            assert!(witness.at(last).is_ok(), "{hardware:?}");
            let late = last.after(Nanos(1));
            let Err(Expired { not_after, now, .. }) = witness.at(late) else { panic!("{hardware:?}") };
            assert_eq!((not_after, now), (last, late), "{hardware:?}");
        }
    }
}

#[test]
fn evidence_that_was_good_makes_no_witness_once_its_certificates_have_ended() {
    for hardware in Hardware::all() {
        let evidence = hardware.verified(Wrong::Nothing);
        let not_after = evidence.claims().not_after();
        let now = not_after.after(Nanos(1));
        let reasons = against(&evidence, &expected(evidence.claims()), now);
        assert_eq!(reasons, [Reason::Expired { not_after, now }], "{hardware:?}");
        let sent = hardware.sends(challenge(hardware.kind(), &bound()), Wrong::Nothing);
        let ended = sent.verify(NOW.after(DAYS)).expect_err("its certificates have ended");
        assert!(ended.faults.iter().any(|it| matches!(it, Fault::Expired { .. })), "{hardware:?}: {ended}");
    }
}

#[test]
fn a_platform_whose_key_is_revoked_does_not_even_verify() {
    for hardware in Hardware::all() {
        let sent = hardware.sends(challenge(hardware.kind(), &bound()), Wrong::Revoked);
        let refused = sent.verify(NOW).expect_err("a revoked key");
        let is_revoked = |it: &Fault| matches!(it, Fault::RevokedCertificate { .. });
        assert!(refused.faults.iter().any(is_revoked), "{hardware:?}: {refused}");
    }
}

#[test]
fn evidence_of_another_node_boot_key_or_question_makes_no_witness() {
    for hardware in Hardware::all() {
        let evidence = hardware.verified(Wrong::Nothing);
        let good = expected(evidence.claims());
        let (mut node, mut boot) = (good.clone(), good.clone());
        node.subject.identity.uid = "another node".into();
        boot.subject.identity.boot_id = "another boot".into();
        let nonce = PlatformExpectation { nonce: Nonce([8; 32]), ..good.clone() };
        let key = PlatformExpectation { agent_key: b"another key", ..good };
        for other in [node, boot, nonce, key] {
            let reasons = against(&evidence, &other, NOW);
            let is_binding = |it: &Reason| matches!(it, Reason::ReportData { .. } | Reason::Nonce { .. });
            assert!(reasons.len() == 1 && reasons.iter().all(is_binding), "{hardware:?}: {reasons:?}");
        }
    }
}

#[test]
fn evidence_that_answers_no_question_makes_no_witness() {
    for hardware in Hardware::all() {
        let evidence = hardware.sends(&[], Wrong::Nothing).verify(NOW).expect("it verifies");
        let reasons = against(&evidence, &expected(evidence.claims()), NOW);
        let is_binding = |it: &Reason| matches!(it, Reason::ReportData { .. } | Reason::Nonce { .. });
        assert!(reasons.len() == 1 && reasons.iter().all(is_binding), "{hardware:?}: {reasons:?}");
    }
}

#[test]
fn a_node_is_not_taken_for_one_with_another_tee() {
    for hardware in Hardware::all() {
        let evidence = hardware.verified(Wrong::Nothing);
        for tee in Tee::ALL.into_iter().filter(|tee| *tee != hardware.tee()) {
            let mut other = expected(evidence.claims());
            other.subject.tee = tee;
            let reasons = against(&evidence, &other, NOW);
            assert_eq!(reasons, [Reason::Tee { expected: tee, found: hardware.kind() }], "{hardware:?}");
        }
    }
}

#[test]
fn what_the_host_may_debug_makes_no_witness_also_inside_a_vtpms_vm() {
    for hardware in Hardware::all() {
        let evidence = hardware.verified(Wrong::Debugged);
        let reasons = against(&evidence, &expected(evidence.claims()), NOW);
        assert_eq!(reasons, [Reason::Debug], "{hardware:?}");
    }
}

#[test]
fn a_platform_that_is_out_of_date_makes_no_witness_and_the_rule_is_named() {
    for hardware in Hardware::all() {
        let evidence = hardware.verified(Wrong::OutOfDate);
        let claims = evidence.claims();
        let policy = policy(rules_for(claims, true), DAYS);
        let reasons = refused(appraise_platform(&evidence, &expected(claims), &policy, NOW));
        let (inside, rule) = match (hardware.kind(), hardware.tee()) {
            (Kind::Vtpm, Tee::SevSnp) => ("vtpm.inner.", "snp.minTcb"),
            (Kind::Vtpm, _) => ("vtpm.inner.", "tdx.tcb"),
            (_, Tee::SevSnp) => ("", "snp.minTcb"),
            (_, Tee::Sgx) => ("", "sgx.tcb"),
            _ => ("", "tdx.tcb"),
        };
        let is_named = |it: &Reason| matches!(it, Reason::Rule { rule: found, .. } if found.starts_with(&format!("{inside}{rule}")));
        assert!(!reasons.is_empty() && reasons.iter().all(is_named), "{hardware:?}: {reasons:?}");
    }
}

#[test]
fn another_enclave_guest_or_register_makes_no_witness() {
    for hardware in Hardware::all() {
        let evidence = hardware.verified(Wrong::Nothing);
        let claims = evidence.claims();
        let mut rules = rules_for(claims, false);
        if let Some(sgx) = &mut rules.sgx {
            sgx.mr_enclave = Accept::one_of([Measurement([7; 32])]);
        }
        if let Some(tdx) = &mut rules.tdx {
            tdx.mr_td = Accept::one_of([[7; 48].into()]);
        }
        if let Some(snp) = &mut rules.snp {
            snp.measurement = Accept::one_of([[7; 48].into()]);
        }
        let other = policy(rules, DAYS);
        let reasons = refused(appraise_platform(&evidence, &expected(claims), &other, NOW));
        assert!(matches!(reasons.as_slice(), [Reason::Rule { .. }]), "{hardware:?}: {reasons:?}");

        let mut rules = rules_for(claims, false);
        let Some(vtpm) = &mut rules.vtpm else { continue };
        for registers in vtpm.pcrs.values_mut() {
            registers.insert(0, BTreeSet::from([[7; 32].into()]));
        }
        let banks = vtpm.pcrs.len();
        let other = policy(rules, DAYS);
        let Appraisal::Contraindicated(reasons) =
            appraise_platform(&evidence, &expected(claims), &other, NOW)
        else {
            panic!("{hardware:?}: affirmed");
        };
        let is_pcrs = |it: &Reason| matches!(it, Reason::Rule { rule, .. } if rule == "vtpm.pcrs");
        assert!(reasons.len() == banks && reasons.iter().all(is_pcrs), "{hardware:?}: {reasons:?}");
    }
}
