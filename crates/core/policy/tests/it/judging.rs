//! Judging claims: each rule on its own, all of them together, and what the published default says.

use std::collections::{BTreeMap, BTreeSet};

use casemate_attest::claims::{Body, Kind, NotChecked, PcrBank, PlatformId, SnpKey, VtpmProvider};
use casemate_attest::dcap::TcbStatus;
use casemate_attest::{Claims, Product};
use casemate_model::{Digest, Fingerprint, Measurement, Nanos, ReportData, Timestamp};
use casemate_policy::evidence::{
    Accept, AcceptableStatus, Bits, CcaComponentRule, Expression, Grace, Rules, ServiceTd, SnpPolicyVersion,
};
use casemate_policy::{EvidenceDraft, EvidencePolicy, Judgement, Question, Reason, judge_claims};
use proptest::prelude::*;

use crate::NOW;
use crate::claims::{
    ENDS, NONCE, cca, component, digest, every_kind, nitro, sgx, snp, snp_body, snp_tcb, software, tcb, tdx,
    vtpm, vtpm_in,
};

const ASKED: Question<'static> = Question { nonce: Some(&NONCE), tenant: None, now: NOW };

fn default_rules() -> Rules {
    EvidencePolicy::published_default().rules(None).expect("rules for everybody").clone()
}

/// The published default, changed.
fn policy(change: impl FnOnce(&mut Rules)) -> EvidencePolicy {
    let mut rules = default_rules();
    change(&mut rules);
    let draft = EvidenceDraft { id: "test".to_owned(), scopes: vec![], rules: Some(rules) };
    draft.validate().expect("a policy that can mean something")
}

fn judged(claims: &Claims, change: impl FnOnce(&mut Rules)) -> Judgement {
    judge_claims(claims, &policy(change), &ASKED)
}

/// The names of the rules that do not hold; of other reasons their text.
fn failed(judgement: &Judgement) -> Vec<String> {
    let name = |reason: &Reason| match reason {
        Reason::Rule { rule, .. } => rule.clone(),
        other => other.to_string(),
    };
    judgement.reasons.iter().map(name).collect()
}

type Change = fn(&mut Rules);

/// A rule's name, claims that do not meet it, and the policy that demands it.
fn each_rule() -> Vec<(&'static str, Claims, Change)> {
    let mut rules: Vec<(&'static str, Claims, Change)> = Vec::new();
    macro_rules! of {
        ($claims:expr, $section:ident: $($name:literal => |$it:ident| $change:expr;)*) => {$(
            rules.push(($name, $claims, |rules| {
                let $it = rules.$section.as_mut().expect("the default has rules for every kind");
                $change;
            }));
        )*};
    }
    of! { sgx(), sgx:
        "sgx.tcb.statuses" => |it| it.tcb.statuses = BTreeSet::from([AcceptableStatus::OutOfDate]);
        "sgx.tcb.minEvaluationNumber" => |it| it.tcb.min_evaluation_number = Some(20);
        "sgx.tcb.allowSmt" => |it| it.tcb.allow_smt = false;
        "sgx.mrEnclave" => |it| it.mr_enclave = Accept::one_of([Measurement([0; 32])]);
        "sgx.mrSigner" => |it| it.mr_signer = Accept::one_of([Measurement([0; 32])]);
        "sgx.products" => |it| it.products = Some(BTreeMap::from([(4, 6)]));
        "sgx.products" => |it| it.products = Some(BTreeMap::from([(3, 0)]));
        "sgx.familyId" => |it| it.family_id = Accept::one_of([[0; 16]]);
        "sgx.extProdId" => |it| it.ext_prod_id = Accept::one_of([[0; 16]]);
        "sgx.configId" => |it| it.config_id = Accept::one_of([ReportData([0; 64])]);
        "sgx.minConfigSvn" => |it| it.min_config_svn = 7;
        "sgx.attributes" => |it| it.attributes = Bits { mask: 4, value: 0 };
        "sgx.xfrm" => |it| it.xfrm = Bits { mask: 8, value: 8 };
        "sgx.miscSelect" => |it| it.misc_select = Bits { mask: 1, value: 1 };
    }
    of! { tdx(), tdx:
        "tdx.tcb.statuses" => |it| it.tcb.statuses = BTreeSet::from([AcceptableStatus::OutOfDate]);
        "tdx.mrTd" => |it| it.mr_td = Accept::one_of([digest(0)]);
        "tdx.rtmr0" => |it| it.rtmr[0] = Accept::one_of([digest(0)]);
        "tdx.rtmr3" => |it| it.rtmr[3] = Accept::one_of([digest(0x30)]);
        "tdx.mrSeam" => |it| it.mr_seam = Accept::one_of([digest(0)]);
        "tdx.mrSignerSeam" => |it| it.mr_signer_seam = Accept::one_of([digest(1)]);
        "tdx.mrConfigId" => |it| it.mr_config_id = Accept::one_of([digest(0)]);
        "tdx.mrOwner" => |it| it.mr_owner = Accept::one_of([digest(0)]);
        "tdx.mrOwnerConfig" => |it| it.mr_owner_config = Accept::one_of([digest(0)]);
        "tdx.requireSeptVeDisable" => |it| it.require_sept_ve_disable = true;
        "tdx.attributes" => |it| it.attributes = Bits { mask: 1 << 30, value: 1 << 30 };
        "tdx.seamAttributes" => |it| it.seam_attributes = Bits { mask: 1, value: 1 };
        "tdx.xfam" => |it| it.xfam = Bits { mask: 8, value: 8 };
    }
    of! { snp(), snp:
        "snp.products" => |it| it.products = Accept::one_of([Product::Milan, Product::Turin]);
        "snp.signingKeys" => |it| it.signing_keys = Accept::one_of([SnpKey::Vlek]);
        "snp.measurement" => |it| it.measurement = Accept::one_of([digest(0)]);
        "snp.hostData" => |it| it.host_data = Accept::one_of([Digest::from([0; 32])]);
        "snp.idKeyDigest" => |it| it.id_key_digest = Accept::one_of([digest(0)]);
        "snp.authorKeyDigest" => |it| it.author_key_digest = Accept::one_of([digest(0)]);
        "snp.familyId" => |it| it.family_id = Accept::one_of([[0; 16]]);
        "snp.imageId" => |it| it.image_id = Accept::one_of([[0; 16]]);
        "snp.minGuestSvn" => |it| it.min_guest_svn = 3;
        "snp.vmpl" => |it| it.vmpl = Accept::one_of([1, 2]);
        "snp.minTcb" => |it| it.min_tcb = BTreeMap::from([(Product::Genoa, snp_tcb(25, 0))]);
        "snp.minTcb" => |it| it.min_tcb = BTreeMap::from([(Product::Milan, snp_tcb(0, 0))]);
        "snp.minLaunchTcb" => |it| it.min_launch_tcb = BTreeMap::from([(Product::Genoa, snp_tcb(24, 0))]);
        "snp.minFirmware" => |it| it.min_firmware = [1, 55, 22];
        "snp.minPolicyVersion" => |it| it.min_policy_version = SnpPolicyVersion { major: 1, minor: 21 };
        "snp.minReportVersion" => |it| it.min_report_version = 6;
        "snp.allowSmt" => |it| it.allow_smt = false;
        "snp.platformInfo" => |it| it.platform_info = Bits { mask: 0x20, value: 0 };
    }
    of! { cca(), cca:
        "cca.rim" => |it| it.rim = Accept::one_of([digest(0)]);
        "cca.rem0" => |it| it.rem[0] = Accept::one_of([digest(0)]);
        "cca.rem3" => |it| it.rem[3] = Accept::one_of([digest(0)]);
        "cca.personalization" => |it| it.personalization = Accept::one_of([vec![0; 64]]);
        "cca.implementationIds" => |it| it.implementation_ids = Accept::one_of([vec![0; 32]]);
        "cca.instanceIds" => |it| it.instance_ids = Accept::one_of([vec![0; 33]]);
        "cca.config" => |it| it.config = Accept::one_of([vec![]]);
    }
    of! { nitro(), nitro:
        "nitro.pcrs" => |it| it.pcrs = BTreeMap::from([(0, BTreeSet::from([digest(0x72)]))]);
        "nitro.pcrs" => |it| it.pcrs = BTreeMap::from([(3, BTreeSet::from([digest(0x71)]))]);
        "nitro.moduleIds" => |it| it.module_ids = Accept::one_of(["another".to_owned()]);
        "nitro.maxAge" => |it| it.max_age = Some(Nanos(999_999_999));
    }
    of! { vtpm(), vtpm:
        "vtpm.providers" => |it| it.providers = Accept::one_of([VtpmProvider::Gce]);
        "vtpm.inner" => |it| it.inner = Accept::one_of([Kind::Tdx]);
        "vtpm.pcrs" => |it| it.pcrs = pcr(PcrBank::Sha256, 0, 0x82);
        "vtpm.pcrs" => |it| it.pcrs = pcr(PcrBank::Sha256, 1, 0x81);
        "vtpm.pcrs" => |it| it.pcrs = pcr(PcrBank::Sha1, 0, 0x81);
        "vtpm.vmIds" => |it| it.vm_ids = Accept::one_of(["another".to_owned()]);
        "vtpm.projectIds" => |it| it.project_ids = Accept::one_of(["another".to_owned()]);
    }
    of! { vtpm(), snp:
        "vtpm.inner.snp.measurement" => |it| it.measurement = Accept::one_of([digest(0)]);
        "vtpm.inner.snp.vmpl" => |it| it.vmpl = Accept::one_of([1]);
    }
    of! { software(), software:
        "software.mrEnclave" => |it| it.mr_enclave = Accept::one_of([Measurement([0; 32])]);
    }
    rules
}

fn pcr(bank: PcrBank, index: u8, byte: u8) -> BTreeMap<PcrBank, BTreeMap<u8, BTreeSet<Digest>>> {
    BTreeMap::from([(bank, BTreeMap::from([(index, BTreeSet::from([Digest::from([byte; 32])]))]))])
}

#[test]
fn the_published_default_accepts_good_evidence_of_every_kind_and_lists_what_it_did_not_check() {
    for claims in every_kind() {
        let judgement = judge_claims(&claims, &EvidencePolicy::published_default(), &ASKED);
        assert_eq!(judgement.reasons, [], "{}", claims.kind());
        assert_eq!(judgement.not_checked.iter().collect::<Vec<_>>(), [NotChecked::ReferenceValues]);
        assert_eq!(judgement.valid_until, ENDS);
    }
}

#[test]
fn each_rule_that_does_not_hold_is_named_as_the_policy_writes_it_and_no_other_is() {
    for (name, claims, change) in each_rule() {
        let judgement = judged(&claims, change);
        assert_eq!(failed(&judgement), [name]);
        let said = judgement.reasons[0].to_string();
        assert!(said.contains("found") && said.contains("expected"), "{said}");
    }
}

#[test]
fn rules_of_one_kind_say_nothing_of_another() {
    for (name, claims, change) in each_rule() {
        for other in every_kind().iter().filter(|it| it.kind() != claims.kind()) {
            let section = name.rsplit_once("inner.").map_or(name, |(_, rest)| rest);
            if other.kind() == Kind::Vtpm && section.starts_with("snp.")
                || section.starts_with(other.kind().as_str())
            {
                continue;
            }
            assert_eq!(judged(other, change).reasons, [], "{name} of {}", other.kind());
        }
    }
}

#[test]
fn a_refusal_lists_every_rule_that_does_not_hold() {
    for kind in Kind::ALL {
        let of_kind = || each_rule().into_iter().filter(|(_, claims, _)| claims.kind() == kind);
        let Some((_, claims, _)) = of_kind().next() else { continue };
        // A rule that stands twice in the table is set once.
        let expected: BTreeSet<&str> = of_kind().map(|(name, ..)| name).collect();
        let judgement = judged(&claims, |rules| of_kind().for_each(|(_, _, change)| change(rules)));
        let found = failed(&judgement);
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
        assert_eq!(found.len(), expected.len(), "{found:?}");
    }
}

#[test]
fn a_kind_without_rules_is_refused() {
    for claims in every_kind() {
        let is_software = claims.kind() == Kind::Software;
        let (software, sgx) = ((!is_software).then(Default::default), is_software.then(Default::default));
        let rules = Rules { software, sgx, ..Rules::default() };
        let judgement = judged(&claims, |it| *it = rules);
        assert_eq!(judgement.reasons[0], Reason::Kind { kind: claims.kind() });
    }
}

#[test]
fn a_vtpm_is_refused_with_the_vm_it_is_in() {
    let mut body = snp_body();
    (body.vmpl, body.policy) = (1, body.policy | 1 << 19);
    let claims = vtpm_in(Some(Claims { body: Body::Snp(Box::new(body)), ..snp() }));
    assert_eq!(failed(&judged(&claims, |_| ())), [Reason::Debug.to_string(), "vtpm.inner.snp.vmpl".into()]);
    let judgement = judged(&vtpm(), |rules| rules.snp = None);
    assert_eq!(judgement.reasons, [Reason::Kind { kind: Kind::Snp }]);
}

#[test]
fn a_vtpm_outside_a_confidential_vm_is_good_unless_the_policy_wants_one() {
    assert_eq!(judged(&vtpm_in(None), |_| ()).reasons, []);
    let wants = |rules: &mut Rules| {
        rules.vtpm.iter_mut().for_each(|it| it.inner = Accept::one_of([Kind::Snp, Kind::Tdx]));
    };
    assert_eq!(failed(&judged(&vtpm_in(None), wants)), ["vtpm.inner"]);
    assert_eq!(judged(&vtpm(), wants).reasons, []);
}

#[test]
fn no_evidence_is_accepted_in_debug_mode_unless_the_policy_says_so() {
    let debugged = every_kind().map(|mut claims| {
        match &mut claims.body {
            Body::Sgx(body) | Body::Software(body) => body.attribute_flags |= 2,
            Body::Tdx(body) => body.td_attributes |= 1,
            Body::Snp(body) => body.policy |= 1 << 19,
            Body::Cca(body) => body.lifecycle = 0x4001,
            Body::Nitro(body) => body.pcrs.clear(),
            Body::Vtpm(body) => {
                let mut inner = snp_body();
                inner.policy |= 1 << 19;
                body.inner = Some(Box::new(Claims { body: Body::Snp(Box::new(inner)), ..snp() }));
            }
        }
        claims
    });
    for claims in debugged {
        assert_eq!(judged(&claims, |_| ()).reasons, [Reason::Debug], "{}", claims.kind());
        let lenient = judged(&claims, |rules| {
            rules.sgx.iter_mut().for_each(|it| it.allow_debug = true);
            rules.software.iter_mut().for_each(|it| it.allow_debug = true);
            rules.tdx.iter_mut().for_each(|it| it.allow_debug = true);
            rules.snp.iter_mut().for_each(|it| it.allow_debug = true);
            rules.cca.iter_mut().for_each(|it| it.allow_unsecured = true);
            rules.nitro.iter_mut().for_each(|it| it.allow_debug = true);
        });
        assert_eq!(lenient.reasons, [], "{}", claims.kind());
    }
}

#[test]
fn what_is_allowed_by_default_can_be_refused() {
    let mut claims = tdx();
    let Body::Tdx(body) = &mut claims.body else { unreachable!() };
    body.td_attributes = 1 << 29 | 1 << 63;
    assert_eq!(judged(&claims, |_| ()).reasons, []);
    let strict = |rules: &mut Rules| {
        rules.tdx.iter_mut().for_each(|it| (it.refuse_migratable, it.refuse_perfmon) = (true, true));
    };
    assert_eq!(failed(&judged(&claims, strict)), ["tdx.allowMigratable", "tdx.allowPerfmon"]);

    let mut claims = sgx();
    let Body::Sgx(body) = &mut claims.body else { unreachable!() };
    body.attribute_flags |= 1 << 4;
    assert_eq!(judged(&claims, |_| ()).reasons, []);
    let strict = |rules: &mut Rules| rules.sgx.iter_mut().for_each(|it| it.allow_provision_key = false);
    assert_eq!(failed(&judged(&claims, strict)), ["sgx.allowProvisionKey"]);

    let mut claims = snp();
    let Body::Snp(body) = &mut claims.body else { unreachable!() };
    body.policy |= 1 << 18;
    assert_eq!(judged(&claims, |_| ()).reasons, []);
    let strict = |rules: &mut Rules| rules.snp.iter_mut().for_each(|it| it.allow_migration = false);
    assert_eq!(failed(&judged(&claims, strict)), ["snp.allowMigration"]);
}

#[test]
fn the_default_wants_no_service_td_and_a_policy_can_name_one() {
    let mut claims = tdx();
    let Body::Tdx(body) = &mut claims.body else { unreachable!() };
    body.mr_service_td = Some(digest(0x99));
    assert_eq!(failed(&judged(&claims, |_| ())), ["tdx.serviceTd"]);
    for (accepted, is_good) in [
        (ServiceTd::Any, true),
        (ServiceTd::OneOf(BTreeSet::from([digest(0x99)])), true),
        (ServiceTd::OneOf(BTreeSet::from([digest(0x98)])), false),
    ] {
        let judgement =
            judged(&claims, |rules| rules.tdx.iter_mut().for_each(|it| it.service_td = accepted.clone()));
        assert_eq!(judgement.is_accepted(), is_good, "{accepted:?}");
    }
}

#[test]
fn a_tcb_that_is_revoked_or_matches_no_level_is_refused_by_every_policy() {
    for status in [TcbStatus::Revoked, TcbStatus::NoMatchingLevel] {
        assert!(AcceptableStatus::try_from(status).is_err());
        let claims = Claims { tcb: Some(tcb(status, &[])), ..sgx() };
        let judgement = judged(&claims, |rules| {
            rules.sgx.iter_mut().for_each(|it| {
                it.tcb.statuses = AcceptableStatus::ALL.into_iter().collect();
                let grace = |status| Grace { status, until: Timestamp(u64::MAX), advisories: Accept::Any };
                it.tcb.grace = AcceptableStatus::ALL.map(grace).to_vec();
            });
        });
        assert_eq!(failed(&judgement), ["sgx.tcb.statuses"], "{status}");
    }
}

#[test]
fn intel_evidence_without_a_verdict_on_its_tcb_is_refused() {
    assert_eq!(failed(&judged(&Claims { tcb: None, ..sgx() }, |_| ())), ["sgx.tcb"]);
}

#[test]
fn a_grace_accepts_a_status_until_its_date_and_the_verdict_ends_with_it() {
    let claims = Claims { tcb: Some(tcb(TcbStatus::OutOfDate, &["INTEL-SA-00001"])), ..tdx() };
    let until = NOW.after(Nanos::from_secs(3600));
    let with_grace = |advisories: Accept<String>| {
        policy(|rules| {
            let grace = Grace { status: AcceptableStatus::OutOfDate, until, advisories };
            rules.tdx.iter_mut().for_each(|it| it.tcb.grace = vec![grace.clone()]);
        })
    };
    let at = |policy: &EvidencePolicy, now| judge_claims(&claims, policy, &Question { now, ..ASKED });
    let any = with_grace(Accept::Any);
    assert_eq!((at(&any, NOW).reasons, at(&any, NOW).valid_until), (vec![], until));
    assert!(at(&any, until).is_accepted(), "to the last instant");
    assert_eq!(failed(&at(&any, until.after(Nanos(1)))), ["tdx.tcb.statuses"]);
    assert!(at(&with_grace(Accept::one_of(["INTEL-SA-00001".to_owned()])), NOW).is_accepted());
    let other = at(&with_grace(Accept::one_of(["INTEL-SA-00002".to_owned()])), NOW);
    assert_eq!(failed(&other), ["tdx.tcb.statuses"]);
}

#[test]
fn advisories_are_refused_one_by_one() {
    let claims = Claims { tcb: Some(tcb(TcbStatus::UpToDate, &["SA-1", "SA-2", "SA-3"])), ..sgx() };
    let denied = judged(&claims, |rules| {
        rules.sgx.iter_mut().for_each(|it| it.tcb.denied_advisories = BTreeSet::from(["SA-2".to_owned()]));
    });
    assert!(matches!(denied.reasons.as_slice(), [Reason::Rule { found, .. }] if found == "SA-2"));
    let listed = judged(&claims, |rules| {
        rules.sgx.iter_mut().for_each(|it| it.tcb.advisories = Accept::one_of(["SA-2".to_owned()]));
    });
    assert_eq!(failed(&listed), ["sgx.tcb.advisories", "sgx.tcb.advisories"]);
}

#[test]
fn flags_that_a_certificate_does_not_have_are_refused_where_they_could_be_set() {
    let strict = |rules: &mut Rules| {
        rules.sgx.iter_mut().for_each(|it| {
            (it.tcb.allow_dynamic_platform, it.tcb.allow_cached_keys, it.tcb.allow_smt) =
                (false, false, false);
        });
    };
    assert_eq!(failed(&judged(&sgx(), strict)), ["sgx.tcb.allowSmt"], "one package, and SMT is not said");
    let mut claims = sgx();
    let flags = &mut claims.tcb.as_mut().expect("there is one").flags;
    (flags.dynamic_platform, flags.cached_keys, flags.smt_enabled) = (Some(true), Some(true), Some(true));
    let all = ["sgx.tcb.allowDynamicPlatform", "sgx.tcb.allowCachedKeys", "sgx.tcb.allowSmt"];
    assert_eq!(failed(&judged(&claims, strict)), all);
    assert_eq!(judged(&claims, |_| ()).reasons, []);
}

/// go-sev-guest#59: a TCB is four or five numbers, not one.
#[test]
fn a_tcb_of_amd_is_compared_by_component_never_as_one_integer() {
    let min = |svn: u8, microcode: u8| {
        judged(&snp(), |rules| {
            let min = BTreeMap::from([(Product::Genoa, snp_tcb(svn, microcode))]);
            rules.snp.iter_mut().for_each(|it| it.min_tcb = min.clone());
        })
    };
    assert_eq!(min(24, 219).reasons, []);
    for (svn, microcode, component) in [(25, 0, "snp 24"), (0, 220, "microcode 219")] {
        let judgement = min(svn, microcode);
        assert!(
            matches!(judgement.reasons.as_slice(), [Reason::Rule { found, .. }] if found == component),
            "{:?}",
            judgement.reasons
        );
    }
    assert_eq!(min(25, 220).reasons.len(), 2);
}

/// go-sev-guest#72: what counts is what the key is derived from.
#[test]
fn the_reported_tcb_is_judged_not_the_current_one() {
    let mut body = snp_body();
    (body.current_tcb, body.reported_tcb) = (snp_tcb(30, 255), snp_tcb(23, 219));
    let claims = Claims { body: Body::Snp(Box::new(body)), ..snp() };
    let judgement = judged(&claims, |rules| {
        let min = BTreeMap::from([(Product::Genoa, snp_tcb(24, 219))]);
        rules.snp.iter_mut().for_each(|it| it.min_tcb = min.clone());
    });
    assert_eq!(failed(&judgement), ["snp.minTcb"]);
}

/// arXiv 2605.12990: Milan's chip keys can be extracted in software.
#[test]
fn a_policy_can_refuse_milan_and_keep_the_others() {
    let without_milan = |rules: &mut Rules| {
        rules.snp.iter_mut().for_each(|it| it.products = Accept::one_of([Product::Genoa, Product::Turin]));
    };
    let of = |product| {
        let mut body = snp_body();
        body.product = product;
        judged(&Claims { body: Body::Snp(Box::new(body)), ..snp() }, without_milan)
    };
    assert!(of(Product::Genoa).is_accepted() && of(Product::Turin).is_accepted());
    assert_eq!(failed(&of(Product::Milan)), ["snp.products"]);
}

#[test]
fn a_cloud_providers_key_is_judged_by_its_name_and_a_chips_own_is_not() {
    let strict = |rules: &mut Rules| {
        rules.snp.iter_mut().for_each(|it| it.csp_ids = Accept::one_of(["aws".to_owned()]));
    };
    assert_eq!(judged(&snp(), strict).reasons, []);
    let mut body = snp_body();
    body.signing_key = SnpKey::Vlek;
    let of =
        |platform| judged(&Claims { platform, body: Body::Snp(Box::new(body.clone())), ..snp() }, strict);
    assert!(of(Some(PlatformId::CloudProvider("aws".into()))).is_accepted());
    assert_eq!(failed(&of(Some(PlatformId::CloudProvider("other".into())))), ["snp.cspIds"]);
    assert_eq!(failed(&of(None)), ["snp.cspIds"]);
}

#[test]
fn an_author_key_that_is_not_in_use_is_nobodys() {
    let mut body = snp_body();
    body.author_key_enabled = false;
    let claims = Claims { body: Body::Snp(Box::new(body)), ..snp() };
    let judgement = judged(&claims, |rules| {
        rules.snp.iter_mut().for_each(|it| it.author_key_digest = Accept::one_of([digest(0x44)]));
    });
    assert_eq!(failed(&judgement), ["snp.authorKeyDigest"]);
}

#[test]
fn mitigations_have_to_be_there_at_launch_and_now() {
    let with = |launch, current| {
        let mut body = snp_body();
        (body.launch_mit_vector, body.current_mit_vector) = (launch, current);
        judged(&Claims { body: Body::Snp(Box::new(body)), ..snp() }, |rules| {
            rules.snp.iter_mut().for_each(|it| it.mitigations = 0b10);
        })
    };
    assert!(with(Some(0b11), Some(0b10)).is_accepted());
    assert_eq!(failed(&with(Some(0b01), Some(0b10))), ["snp.mitigations"]);
    assert_eq!(failed(&with(None, None)), ["snp.mitigations", "snp.mitigations"]);
}

#[test]
fn every_component_of_a_cca_platform_needs_a_rule_and_every_rule_its_component() {
    let rule = |name: &str, bytes: &[u8]| CcaComponentRule {
        component_type: Some(name.to_owned()),
        measurements: bytes.iter().map(|byte| component(name, *byte).measurement).collect(),
        signers: Accept::one_of([vec![0x55; 32]]),
    };
    let with = |components: &[CcaComponentRule]| {
        judged(&cca(), |rules| {
            rules.cca.iter_mut().for_each(|it| it.components = Some(components.to_vec()));
        })
    };
    assert_eq!(with(&[rule("BL", &[0x60, 0x61]), rule("RMM", &[0x62])]).reasons, []);
    assert_eq!(with(&[rule("BL", &[0x61])]).reasons.len(), 1, "RMM is unknown");
    assert_eq!(
        with(&[rule("BL", &[0x61]), rule("RMM", &[0x62]), rule("TF", &[1])]).reasons.len(),
        1,
        "no TF"
    );
    assert_eq!(with(&[rule("BL", &[0x61]), rule("RMM", &[0x61])]).reasons.len(), 2, "RMM is another");
    let unsigned = CcaComponentRule { signers: Accept::one_of([vec![0; 32]]), ..rule("RMM", &[0x62]) };
    assert_eq!(with(&[rule("BL", &[0x61]), unsigned]).reasons.len(), 2, "RMM's signer is another");
}

#[test]
fn a_cca_realm_with_fewer_measurements_does_not_meet_a_rule_for_the_missing_ones() {
    let mut claims = cca();
    let Body::Cca(body) = &mut claims.body else { unreachable!() };
    body.rem.truncate(1);
    let judgement = judged(&claims, |rules| {
        rules.cca.iter_mut().for_each(|it| it.rem[3] = Accept::one_of([Digest::from([0x57; 32])]));
    });
    assert_eq!(failed(&judgement), ["cca.rem3"]);
}

/// pontifex#30: an empty allow-list accepted everything.
#[test]
fn an_empty_list_accepts_nothing_and_is_refused_when_the_policy_is_checked() {
    let mut rules = default_rules();
    rules.nitro.iter_mut().for_each(|it| it.pcrs = BTreeMap::from([(0, BTreeSet::new())]));
    let draft = EvidenceDraft { id: "test".into(), scopes: vec![], rules: Some(rules) };
    assert!(draft.validate().is_err());
}

#[test]
fn a_nitro_document_holds_as_long_as_its_age_allows_and_none_is_from_the_future() {
    let max_age = |rules: &mut Rules| {
        rules.nitro.iter_mut().for_each(|it| it.max_age = Some(Nanos::from_secs(60)));
    };
    let judgement = judged(&nitro(), max_age);
    assert_eq!((judgement.reasons, judgement.valid_until), (vec![], Timestamp(NOW.0 + 59_000_000_000)));
    let mut claims = nitro();
    let Body::Nitro(body) = &mut claims.body else { unreachable!() };
    body.timestamp = NOW.after(Nanos(1));
    assert_eq!(failed(&judged(&claims, max_age)), ["nitro.maxAge"]);
}

#[test]
fn secure_boot_that_nothing_speaks_of_is_off() {
    let strict = |rules: &mut Rules| {
        rules.vtpm.iter_mut().for_each(|it| (it.require_secure_boot, it.require_no_console) = (true, true));
    };
    assert_eq!(judged(&vtpm(), strict).reasons, []);
    let mut claims = vtpm();
    let Body::Vtpm(body) = &mut claims.body else { unreachable!() };
    body.azure = None;
    assert_eq!(failed(&judged(&claims, strict)), ["vtpm.requireSecureBoot", "vtpm.requireNoConsole"]);
}

#[test]
fn another_root_than_the_policy_names_is_refused_for_every_kind() {
    for claims in every_kind() {
        let judgement = judged(&claims, |rules| {
            let other = || Accept::one_of([Fingerprint([8; 32])]);
            rules.sgx.iter_mut().for_each(|it| it.roots = other());
            rules.tdx.iter_mut().for_each(|it| it.roots = other());
            if claims.kind() == Kind::Snp {
                rules.snp.iter_mut().for_each(|it| it.roots = other());
            }
            rules.cca.iter_mut().for_each(|it| it.roots = other());
            rules.nitro.iter_mut().for_each(|it| it.roots = other());
            rules.vtpm.iter_mut().for_each(|it| it.roots = other());
            rules.software.iter_mut().for_each(|it| it.roots = other());
        });
        assert_eq!(judgement.reasons, [Reason::Root { root: claims.root }]);
    }
}

#[test]
fn a_nonce_is_found_where_each_kind_has_it_and_nowhere_else() {
    let policy = EvidencePolicy::published_default();
    let asked = |claims: &Claims, nonce: &[u8]| {
        judge_claims(claims, &policy, &Question { nonce: Some(nonce), ..ASKED }).reasons
    };
    let mut longer = NONCE.to_vec();
    longer.push(1);
    for claims in every_kind() {
        assert_eq!(asked(&claims, &NONCE), [], "{}", claims.kind());
        for other in [&[0x4f; 32][..], &NONCE[..31], &longer, &[0x4e; 65], &[0x4e; 4096]] {
            let reasons = asked(&claims, other);
            let is_said = matches!(reasons.as_slice(), [Reason::ReportData { .. } | Reason::Nonce { .. }]);
            assert!(is_said, "{} {}: {reasons:?}", claims.kind(), other.len());
        }
    }
}

#[test]
fn zeros_after_a_nonce_count_as_none_only_where_the_field_has_a_fixed_length() {
    let policy = EvidencePolicy::published_default();
    let mut padded = NONCE.to_vec();
    padded.resize(64, 0);
    for claims in every_kind() {
        let judgement = judge_claims(&claims, &policy, &Question { nonce: Some(&padded), ..ASKED });
        let is_exact = matches!(claims.kind(), Kind::Nitro | Kind::Vtpm);
        assert_eq!(judgement.is_accepted(), !is_exact, "{}", claims.kind());
    }
}

#[test]
fn no_nonce_and_one_of_no_bytes_leave_freshness_unchecked_which_a_policy_can_refuse() {
    let strict = policy(|rules| rules.required = BTreeSet::from([NotChecked::Nonce]));
    for claims in every_kind() {
        for nonce in [None, Some(&[][..])] {
            let question = Question { nonce, ..ASKED };
            let judgement = judge_claims(&claims, &EvidencePolicy::published_default(), &question);
            assert!(judgement.is_accepted() && judgement.not_checked.contains(NotChecked::Nonce));
            let judgement = judge_claims(&claims, &strict, &question);
            assert_eq!(judgement.reasons, [Reason::NotChecked { what: NotChecked::Nonce }]);
        }
    }
}

#[test]
fn what_verification_did_not_look_at_is_listed_or_required() {
    let mut claims = snp();
    claims.not_checked = BTreeSet::from([NotChecked::AmdCrl]);
    let listed: Vec<_> = judged(&claims, |_| ()).not_checked.iter().collect();
    assert_eq!(listed, [NotChecked::ReferenceValues, NotChecked::AmdCrl]);
    let vtpm = vtpm_in(Some(claims.clone()));
    assert!(judged(&vtpm, |_| ()).not_checked.contains(NotChecked::AmdCrl), "of the VM a vTPM is in too");
    let strict = |rules: &mut Rules| rules.required = BTreeSet::from([NotChecked::AmdCrl]);
    assert_eq!(judged(&claims, strict).reasons, [Reason::NotChecked { what: NotChecked::AmdCrl }]);
    assert_eq!(judged(&snp(), strict).reasons, []);
}

#[test]
fn a_reference_value_that_holds_is_checked() {
    let judgement = judged(&tdx(), |rules| {
        rules.tdx.iter_mut().for_each(|it| it.mr_td = Accept::one_of([digest(0x22)]));
    });
    assert!(judgement.is_accepted() && judgement.not_checked.is_empty());
}

#[test]
fn a_verdict_stands_no_longer_than_endorsements_or_the_policys_lifetime() {
    let ttl = |secs| judged(&snp(), |rules| rules.freshness.ttl = Some(Nanos::from_secs(secs))).valid_until;
    assert_eq!(ttl(60), NOW.after(Nanos::from_secs(60)));
    assert_eq!(ttl(365 * 86_400), ENDS);
}

#[test]
fn endorsements_that_end_too_soon_are_refused() {
    let remaining = |span: Nanos| judged(&snp(), |rules| rules.freshness.min_remaining = span);
    assert_eq!(remaining(ENDS.since(NOW)).reasons, []);
    assert_eq!(failed(&remaining(Nanos(ENDS.since(NOW).0 + 1))), ["freshness.minRemaining"]);
}

#[test]
fn claims_outside_their_time_are_refused_whatever_else_holds() {
    let at =
        |now| judge_claims(&snp(), &EvidencePolicy::published_default(), &Question { now, ..ASKED }).reasons;
    assert_eq!(at(ENDS), []);
    let late = ENDS.after(Nanos(1));
    assert_eq!(at(late), [Reason::Expired { not_after: ENDS, now: late }]);
    assert_eq!(at(Timestamp(0)), [Reason::NotYetValid { not_before: Timestamp(1), now: Timestamp(0) }]);
}

#[test]
fn an_expression_sees_the_claims_and_every_one_that_is_not_true_is_said_in_the_policys_words() {
    let expression = |source: &str| Expression::compile(source, "our own rule").expect("an expression");
    for (claims, good, bad) in [
        (sgx(), "claims.sgx.isv_svn >= 5 && kind == 'sgx'", "claims.sgx.isv_svn > 5"),
        (tdx(), "claims.tdx.rtmr.all(it, it.startsWith('3'))", "claims.tdx.rtmr.exists(it, it == '')"),
        (snp(), "claims.snp.reported_tcb.snp >= 24", "claims.snp.product in ['Milan', 'Turin']"),
        (cca(), "claims.cca.components.exists_one(c, c.component_type == 'BL')", "size(claims.cca.rem) == 3"),
        (
            nitro(),
            "claims.nitro.pcrs['8'] != ''",
            "has(claims.nitro.user_data) && claims.nitro.user_data == ''",
        ),
        (vtpm(), "claims.vtpm.inner.snp.vmpl == 0", "claims.vtpm.azure.secure_boot == false"),
        (software(), "tenant == '' && now > 1700000000", "claims.software.debug"),
    ] {
        let judgement = judged(&claims, |rules| rules.expressions = vec![expression(good), expression(bad)]);
        assert!(
            matches!(
                judgement.reasons.as_slice(),
                [Reason::Expression { message, expression, found }]
                    if message == "our own rule" && expression == bad && found == "false"
            ),
            "{}: {:?}",
            claims.kind(),
            judgement.reasons
        );
    }
}

#[test]
fn an_expression_about_one_kind_can_let_the_others_pass() {
    let source = "!has(claims.snp) || claims.snp.guest_svn >= 2";
    let rule = |rules: &mut Rules| rules.expressions = vec![Expression::compile(source, "").expect("CEL")];
    for claims in every_kind() {
        assert_eq!(judged(&claims, rule).reasons, [], "{}", claims.kind());
    }
    let mut body = snp_body();
    body.guest_svn = 1;
    assert_eq!(judged(&Claims { body: Body::Snp(Box::new(body)), ..snp() }, rule).reasons.len(), 1);
}

#[test]
fn an_expression_that_fails_or_is_no_truth_value_refuses() {
    for source in ["claims.tdx.mr_td == ''", "claims.nothing", "1", "'true'", "1 / 0 == 1", "claims.snp.vmpl"]
    {
        let judgement = judged(&snp(), |rules| {
            rules.expressions = vec![Expression::compile(source, "no").expect("it is CEL")];
        });
        assert!(matches!(judgement.reasons.as_slice(), [Reason::Expression { .. }]), "{source}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// However many rules fail together, each is said once, and the others not.
    #[test]
    fn reasons_are_complete_and_independent(picked in proptest::collection::btree_set(0_usize..60, 0..12)) {
        let table = each_rule();
        for kind in Kind::ALL {
            let chosen: Vec<_> = table
                .iter()
                .enumerate()
                .filter(|(index, (_, claims, _))| picked.contains(index) && claims.kind() == kind)
                .map(|(_, it)| it)
                .collect();
            let Some((_, claims, _)) = chosen.first() else { continue };
            let judgement = judged(claims, |rules| chosen.iter().for_each(|(_, _, change)| change(rules)));
            let expected: BTreeSet<&str> = chosen.iter().map(|(name, ..)| *name).collect();
            let found = failed(&judgement);
            prop_assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
        }
    }

    /// Judging never makes a verdict stand longer than the claims, the lifetime and the grace allow.
    #[test]
    fn a_verdict_never_outlives_any_of_its_bounds(ttl in 1_u64..=u64::MAX, grace in 0_u64..=u64::MAX) {
        let until = Timestamp(grace.max(NOW.0));
        let claims = Claims { tcb: Some(tcb(TcbStatus::OutOfDate, &[])), ..sgx() };
        let judgement = judged(&claims, |rules| {
            rules.freshness.ttl = Some(Nanos(ttl));
            let grace = Grace { status: AcceptableStatus::OutOfDate, until, advisories: Accept::Any };
            rules.sgx.iter_mut().for_each(|it| it.tcb.grace = vec![grace.clone()]);
        });
        prop_assert!(judgement.is_accepted());
        prop_assert_eq!(judgement.valid_until, ENDS.min(until).min(NOW.after(Nanos(ttl))));
    }
}
