//! What a policy demands of evidence, as `spec.evidence` writes it.
//!
//! ```yaml
//! evidence:
//!   freshness: {minRemaining: 1h}      # how long endorsements have to be valid still; default 0s
//!   required: [nonce, referenceValues] # what has to have been checked; default nothing
//!   tdx: {mrTd: […], tcb: {…}}         # rules of a kind; a kind that is not here is refused
//!   snp: {products: [Genoa, Turin]}    # `{}` is the published default's rules of the kind
//!   expressions:
//!   - {rule: "claims.measurement != null", message: the evidence has to say what runs}
//!   tenants:                           # the first that matches decides, alone
//!   - match: "team-a*"
//!     tdx: {}
//! ```
//!
//! `docs/policy.md` lists every key.

use casemate_attest::claims::NotChecked;
use casemate_policy::EvidenceDraft;
use casemate_policy::evidence::{Expression, Rules, Scope};

use super::kinds;
use super::section::{Reads, Section};
use crate::field::Field;
use crate::problem::Findings;

/// Reads `spec.evidence`. `name` is the policy's.
pub(super) fn evidence(field: &Field<'_>, name: &str, to: &mut Findings) -> Option<EvidenceDraft> {
    to.sound(|to| {
        Section::read(field, to, |section| {
            let scopes = section.sections("tenants", scope).unwrap_or_default();
            let speaks_for_all = KINDS.iter().any(|kind| section.has(kind));
            let rules = rules(section);
            if !speaks_for_all && scopes.is_empty() {
                let kinds = KINDS.join("`, `");
                let problem = field.problem(
                    "accepts no kind of evidence",
                    format!("Write the rules of at least one: `{kinds}`; `{{}}` is the default's"),
                );
                section.findings().refuse(problem);
            }
            EvidenceDraft { id: name.to_owned(), scopes, rules: speaks_for_all.then_some(rules) }
        })
    })
}

const KINDS: [&str; 6] = ["sgx", "tdx", "snp", "cca", "nitro", "vtpm"];

fn scope(section: &mut Section<'_, '_>) -> Option<Scope> {
    let tenant = section.need("match", "Write a tenant's name, or its beginning and `*`");
    let speaks = KINDS.iter().any(|kind| section.has(kind));
    let rules = rules(section);
    let field = tenant?;
    if !speaks {
        let problem = field.problem(
            "the tenant's rules accept no kind of evidence, and inherit none",
            format!("Write the rules of at least one: `{}`", KINDS.join("`, `")),
        );
        section.findings().refuse(problem);
    }
    Some(Scope { tenant: super::pattern(&field, section.findings())?, rules })
}

fn rules(section: &mut Section<'_, '_>) -> Rules {
    let mut rules = Rules::default();
    let freshness = &mut rules.freshness;
    section.section("freshness", |section| {
        freshness.ttl = section.span("ttl");
        section.span_or_zero("minRemaining", &mut freshness.min_remaining);
    });
    section.set("required", &mut rules.required, REQUIRED);
    rules.sgx = section.section("sgx", kinds::sgx);
    rules.tdx = section.section("tdx", kinds::tdx);
    rules.snp = section.section("snp", kinds::snp);
    rules.cca = section.section("cca", kinds::cca);
    rules.nitro = section.section("nitro", kinds::nitro);
    rules.vtpm = section.section("vtpm", kinds::vtpm);
    rules.expressions = section.sections("expressions", expression).unwrap_or_default();
    rules
}

const REQUIRED: Reads<NotChecked> = Reads::new(
    |text| {
        Some(match text {
            "nonce" => NotChecked::Nonce,
            "referenceValues" => NotChecked::ReferenceValues,
            "amdCrl" => NotChecked::AmdCrl,
            "awsCrl" => NotChecked::AwsCrl,
            "googleCrl" => NotChecked::GoogleCrl,
            "eventLog" => NotChecked::EventLog,
            _ => return None,
        })
    },
    "Write `nonce`, `referenceValues`, `amdCrl`, `awsCrl`, `googleCrl` or `eventLog`",
);

fn expression(section: &mut Section<'_, '_>) -> Option<Expression> {
    let rule = section.need("rule", "Write an expression in CEL that has to be true");
    let message = section.need("message", "Write what a refusal says");
    let (field, message) = (rule?, message?.text(section.findings())?);
    match Expression::compile(field.text(section.findings())?, message) {
        Ok(expression) => Some(expression),
        Err(error) => {
            let remedy = "Write an expression in CEL, such as `claims.snp.vmpl == 0`";
            section.findings().refuse(field.problem(error.to_string(), remedy));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_that_are_required_are_those_that_are_documented() {
        let names = ["nonce", "referenceValues", "amdCrl", "awsCrl", "googleCrl", "eventLog"];
        let field: BTreeSet<_> = names.iter().filter_map(|name| REQUIRED.parse(name)).collect();
        assert_eq!(field.len(), names.len());
        assert_eq!(REQUIRED.parse("none"), None);
    }
}
