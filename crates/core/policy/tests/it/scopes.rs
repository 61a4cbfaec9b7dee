//! Whose rules decide, and policies that can mean nothing.

use std::collections::BTreeSet;

use casemate_model::Nanos;
use casemate_policy::evidence::{Accept, Bits, Rules, Scope, SgxRules, SnpRules, SoftwareRules};
use casemate_policy::{EvidenceDraft, EvidencePolicy, EvidencePolicyError, Question, Reason, judge_claims};

use crate::NOW;
use crate::claims::{NONCE, sgx, snp};

fn rules(vmpl: u32) -> Rules {
    let snp = SnpRules { vmpl: Accept::one_of([vmpl]), ..SnpRules::default() };
    Rules { snp: Some(snp), ..Rules::default() }
}

fn scope(tenant: &str, rules: Rules) -> Scope {
    Scope { tenant: tenant.parse().expect("a pattern"), rules }
}

fn draft(scopes: Vec<Scope>, rules: Option<Rules>) -> EvidenceDraft {
    EvidenceDraft { id: "test".to_owned(), scopes, rules }
}

fn accepted(policy: &EvidencePolicy, tenant: Option<&str>) -> bool {
    judge_claims(&snp(), policy, &Question { nonce: Some(&NONCE), tenant, now: NOW }).is_accepted()
}

#[test]
fn the_first_scope_that_selects_the_tenant_decides_and_everybody_elses_rules_are_for_everybody_else() {
    let scopes = vec![scope("team-a", rules(0)), scope("team-*", rules(1)), scope("team-b", rules(0))];
    let policy = draft(scopes, Some(rules(0))).validate().expect("a policy");
    for (tenant, is_good) in [
        (Some("team-a"), true),
        (Some("team-b"), false),
        (Some("team-"), false),
        (Some("other"), true),
        (None, true),
    ] {
        assert_eq!(accepted(&policy, tenant), is_good, "{tenant:?}");
    }
}

#[test]
fn a_tenant_nobody_wrote_rules_for_is_refused_and_so_is_evidence_of_no_tenant() {
    let policy = draft(vec![scope("team-a", rules(0))], None).validate().expect("a policy");
    assert!(accepted(&policy, Some("team-a")));
    for tenant in [Some("team-b"), Some("team-a2"), Some(""), None] {
        let judgement = judge_claims(&snp(), &policy, &Question { nonce: None, tenant, now: NOW });
        assert_eq!(judgement.reasons, [Reason::Tenant { tenant: tenant.map(str::to_owned) }]);
    }
}

#[test]
fn a_tenants_rules_inherit_nothing() {
    let everybody = Rules { sgx: Some(SgxRules::default()), ..rules(0) };
    let policy = draft(vec![scope("team-a", rules(0))], Some(everybody)).validate().expect("a policy");
    let of = |tenant| judge_claims(&sgx(), &policy, &Question { nonce: None, tenant, now: NOW });
    assert!(of(None).is_accepted());
    assert!(!of(Some("team-a")).is_accepted(), "its scope says nothing of SGX");
}

#[test]
fn a_policy_that_can_accept_nothing_is_refused_and_says_where() {
    use EvidencePolicyError::{Bits as BitsError, Empty, NoId, NoKind, NoLifetime, NoRules};
    let the_policy = || "the policy".to_owned();
    let empty_list = Rules {
        snp: Some(SnpRules { products: Accept::OneOf(BTreeSet::new()), ..SnpRules::default() }),
        ..Rules::default()
    };
    let bits = SgxRules { attributes: Bits { mask: 1, value: 3 }, ..SgxRules::default() };
    let bits = Rules { sgx: Some(bits), ..Rules::default() };
    let mut no_time = rules(0);
    no_time.freshness.ttl = Some(Nanos::ZERO);
    let tenant = "tenant rule 1 (`team-*`)".to_owned();
    let scopes = vec![scope("team-a", rules(0)), scope("team-*", empty_list.clone())];
    for (draft, error) in [
        (EvidenceDraft { id: String::new(), ..draft(vec![], Some(rules(0))) }, NoId),
        (draft(vec![], None), NoRules),
        (draft(vec![], Some(Rules::default())), NoKind { scope: the_policy() }),
        (draft(vec![], Some(empty_list)), Empty { scope: the_policy(), rule: "snp.products" }),
        (draft(vec![], Some(bits)), BitsError { scope: the_policy(), rule: "sgx.attributes" }),
        (draft(vec![], Some(no_time)), NoLifetime { scope: the_policy() }),
        (draft(scopes, None), Empty { scope: tenant, rule: "snp.products" }),
    ] {
        assert_eq!(draft.validate(), Err(error));
    }
}

#[test]
fn software_alone_is_a_policy() {
    let rules = Rules { software: Some(SoftwareRules::default()), ..Rules::default() };
    assert!(draft(vec![], Some(rules)).validate().is_ok());
}
