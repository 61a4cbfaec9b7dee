//! Appraisal of evidence that is verified already: typed rules, and beside them an expression.

use casemate_attest::{Evidence, Roots, VerifiedEvidence, verify};
use casemate_model::Timestamp;
use casemate_oracles::data;
use casemate_policy::evidence::{Expression, Rules, SgxRules, TdxRules};
use casemate_policy::{EvidenceDraft, EvidencePolicy, Question, judge};

use crate::row::Bench;
use crate::turns::alone;

const NAME: &str = "tdx/v4-phala-uptodate-2025-06";
const GOAL: f64 = 1e6;

pub(crate) fn measure(bench: &mut Bench) {
    let Some(case) = data::dcap(NAME, "tdx_quote", "tdx_quote_collateral.json") else {
        return bench.not_measured("appraisal", format!("no data for {NAME}"));
    };
    let now = Timestamp::from_unix_secs(case.now);
    let evidence = Evidence::quote(case.quote.clone());
    let verified = verify(&evidence, &case.endorsements, &Roots::production(), now).expect("it verifies");

    let typed = rate(&verified, &EvidencePolicy::published_default(), now);
    bench.against_limit("appraisals/s by typed rules", typed, GOAL, typed / GOAL, 1.0);
    let expression = Expression::compile("kind == 'tdx' && claims.tdx.debug == false", "a measurement")
        .expect("it is CEL");
    let rules = Rules {
        sgx: Some(SgxRules::default()),
        tdx: Some(TdxRules::default()),
        expressions: vec![expression],
        ..Rules::default()
    };
    let draft = EvidenceDraft { id: "benchmark".into(), scopes: Vec::new(), rules: Some(rules) };
    let policy = draft.validate().expect("a policy");
    bench.info("appraisals by the same rules and an expression", rate(&verified, &policy, now), "per second");
}

fn rate(verified: &VerifiedEvidence, policy: &EvidencePolicy, now: Timestamp) -> f64 {
    let question = Question { nonce: None, tenant: None, now };
    alone(|| {
        let judgement = judge(verified, policy, &question);
        assert!(judgement.is_accepted(), "{:?}", judgement.reasons);
        judgement
    })
}
