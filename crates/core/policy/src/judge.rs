//! Judging verified evidence by a policy: every rule that does not hold, and how long the verdict stands.
//!
//! Where every rule holds nothing is allocated, unless the policy has expressions: judging what a cache
//! holds is a few comparisons.

use casemate_attest::claims::{Body, NotChecked};
use casemate_attest::inspect::hex;
use casemate_attest::{Claims, VerifiedEvidence};
use casemate_model::{Fingerprint, ReportData, Timestamp};
use casemate_mutant::{Mutant, active as seeded};

use crate::Reason;
use crate::document;
use crate::evidence::{Accept, Bits, EvidencePolicy, Rules, Seen, Shown};

/// What somebody wants to know of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// What the evidence has to have been made for. Report data has to be it, with zeros after it up to
    /// 64 bytes, and so has a realm's challenge; a Nitro document's nonce and a TPM quote's extraData
    /// have to be it exactly. `None` leaves freshness unchecked.
    pub nonce: Option<&'a [u8]>,
    /// Whose evidence it is; selects the policy's rules.
    pub tenant: Option<&'a str>,
    /// The instant of judgement.
    pub now: Timestamp,
}

/// What a policy says of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Judgement {
    /// Every rule that does not hold. Empty is accepted; otherwise mending all of these is enough.
    pub reasons: Vec<Reason>,
    /// What was not looked at, and what the policy does not require.
    pub not_checked: Unchecked,
    /// The last instant at which the verdict stands: the earliest of every endorsement's end, the
    /// policy's lifetime and the end of a grace. Before `now` where the evidence has expired.
    pub valid_until: Timestamp,
}

impl Judgement {
    /// Whether every rule holds.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// What was not looked at, without duplicates, in the order of [`NotChecked`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unchecked {
    items: [Option<NotChecked>; Self::MAX],
}

impl Unchecked {
    /// More than there are.
    const MAX: usize = 16;

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = NotChecked> + '_ {
        self.items.iter().flatten().copied()
    }

    /// Whether everything was looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.iter().all(Option::is_none)
    }

    /// Whether this was not looked at.
    #[must_use]
    pub fn contains(&self, item: NotChecked) -> bool {
        self.items.contains(&Some(item))
    }

    fn insert(&mut self, item: NotChecked) {
        if self.contains(item) {
            return;
        }
        if let Some(free) = self.items.iter_mut().find(|it| it.is_none()) {
            *free = Some(item);
        }
        // `None` sorts last.
        self.items.sort_unstable_by_key(|it| (it.is_none(), *it));
    }
}

/// Judges verified evidence by a policy.
pub fn judge(evidence: &VerifiedEvidence, policy: &EvidencePolicy, question: &Question<'_>) -> Judgement {
    judge_claims(evidence.claims(), policy, question)
}

/// Judges claims, wherever they are from: for showing why evidence would be refused that did not verify
/// for want of a valid date. No witness is ever made of this.
pub fn judge_claims(claims: &Claims, policy: &EvidencePolicy, question: &Question<'_>) -> Judgement {
    let mut tally = Tally::new(claims, question);
    match policy.rules(question.tenant) {
        Some(rules) => tally.judge(claims, rules, question),
        None => tally.reasons.push(Reason::Tenant { tenant: question.tenant.map(str::to_owned) }),
    }
    Judgement { reasons: tally.reasons, not_checked: tally.not_checked, valid_until: tally.valid_until }
}

/// What has been found while the rules are gone through.
pub(crate) struct Tally<'a> {
    question: &'a Question<'a>,
    reasons: Vec<Reason>,
    not_checked: Unchecked,
    valid_until: Timestamp,
    /// Whether some rule says what the TEE may run.
    has_reference: bool,
    /// Where in the policy the rules stand that are gone through.
    section: [&'static str; 2],
}

impl<'a> Tally<'a> {
    fn new(claims: &Claims, question: &'a Question<'a>) -> Self {
        Self {
            question,
            reasons: Vec::new(),
            not_checked: Unchecked::default(),
            valid_until: claims.not_after(),
            has_reference: false,
            section: ["", claims.kind().as_str()],
        }
    }

    fn judge(&mut self, claims: &Claims, rules: &Rules, question: &Question<'_>) {
        self.judge_body(claims, rules, true);
        if let Body::Vtpm(body) = &claims.body
            && let Some(inner) = &body.inner
        {
            self.section = ["vtpm.inner.", inner.kind().as_str()];
            self.judge_body(inner, rules, false);
            self.section = ["", claims.kind().as_str()];
        }
        self.judge_dates(claims, rules, question.now);
        self.judge_unchecked(claims, rules);
        self.judge_expressions(claims, rules, question);
    }

    /// `is_outermost`: it is the one that was asked with the nonce.
    fn judge_body(&mut self, claims: &Claims, rules: &Rules, is_outermost: bool) {
        let roots = match &claims.body {
            Body::Sgx(_) => rules.sgx.as_ref().map(|it| &it.roots),
            Body::Tdx(_) => rules.tdx.as_ref().map(|it| &it.roots),
            Body::Snp(_) => rules.snp.as_ref().map(|it| &it.roots),
            Body::Cca(_) => rules.cca.as_ref().map(|it| &it.roots),
            Body::Nitro(_) => rules.nitro.as_ref().map(|it| &it.roots),
            Body::Vtpm(_) => rules.vtpm.as_ref().map(|it| &it.roots),
            Body::Software(_) => rules.software.as_ref().map(|it| &it.roots),
        };
        match roots {
            Some(roots) => self.root(roots, claims.root),
            None => self.reasons.push(Reason::Kind { kind: claims.kind() }),
        }
        if is_outermost {
            self.nonce(claims);
        }
        match &claims.body {
            Body::Sgx(body) => rules.sgx.iter().for_each(|it| it.judge(claims, body, self)),
            Body::Tdx(body) => rules.tdx.iter().for_each(|it| it.judge(claims, body, self)),
            Body::Snp(body) => rules.snp.iter().for_each(|it| it.judge(claims, body, self)),
            Body::Cca(body) => rules.cca.iter().for_each(|it| it.judge(body, self)),
            Body::Nitro(body) => rules.nitro.iter().for_each(|it| it.judge(body, self)),
            Body::Vtpm(body) => rules.vtpm.iter().for_each(|it| it.judge(body, self)),
            Body::Software(body) => rules.software.iter().for_each(|it| it.judge(body, self)),
        }
    }

    fn root(&mut self, accepted: &Accept<Fingerprint>, root: Fingerprint) {
        if !accepted.accepts(&root) {
            self.reasons.push(Reason::Root { root });
        }
    }

    fn nonce(&mut self, claims: &Claims) {
        // One of no bytes would be answered by whoever was asked nothing.
        let Some(nonce) = self.question.nonce.filter(|it| !it.is_empty()) else {
            self.not_checked.insert(NotChecked::Nonce);
            return;
        };
        if is_answer(claims, nonce) {
            return;
        }
        let found = claims.challenge().map_or_else(|| "(none)".to_owned(), hex);
        self.reasons.push(match padded(nonce).filter(|_| is_padded(&claims.body)) {
            Some(expected) => Reason::ReportData { expected, found },
            None => Reason::Nonce { expected: hex(nonce), found },
        });
    }

    fn judge_dates(&mut self, claims: &Claims, rules: &Rules, now: Timestamp) {
        let (not_before, not_after) = (claims.not_before(), claims.not_after());
        if now < not_before {
            self.reasons.push(Reason::NotYetValid { not_before, now });
        }
        if now > not_after && !seeded(Mutant::PolicyIgnoresExpiry) {
            self.reasons.push(Reason::Expired { not_after, now });
        }
        let min = rules.freshness.min_remaining;
        let until = now.after(min);
        let lasts = until <= not_after || now > not_after;
        self.section = ["", "freshness"];
        self.demand(
            lasts,
            "minRemaining",
            || format!("valid until {not_after}"),
            || format!("until {until}"),
        );
        self.section = ["", claims.kind().as_str()];
        if let Some(ttl) = rules.freshness.ttl
            && !seeded(Mutant::PolicyIgnoresLifetime)
        {
            self.hold_until(now.after(ttl));
        }
    }

    fn judge_unchecked(&mut self, claims: &Claims, rules: &Rules) {
        claims.not_checked.iter().for_each(|it| self.not_checked.insert(*it));
        if let Body::Vtpm(body) = &claims.body {
            let inner = body.inner.iter().flat_map(|inner| &inner.not_checked);
            inner.for_each(|it| self.not_checked.insert(*it));
        }
        if !self.has_reference {
            self.not_checked.insert(NotChecked::ReferenceValues);
        }
        for what in rules.required.iter().copied().filter(|it| self.not_checked.contains(*it)) {
            self.reasons.push(Reason::NotChecked { what });
        }
    }

    fn judge_expressions(&mut self, claims: &Claims, rules: &Rules, question: &Question<'_>) {
        if rules.expressions.is_empty() {
            return;
        }
        let seen = Seen {
            claims: &document::claims(claims),
            kind: claims.kind().as_str(),
            tenant: question.tenant.unwrap_or_default(),
            now: question.now.as_unix_secs(),
        };
        for it in &rules.expressions {
            if let Err(found) = it.holds(&seen) {
                let (message, expression) = (it.message().to_owned(), it.source().to_owned());
                self.reasons.push(Reason::Expression { message, expression, found });
            }
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.question.now
    }

    /// The verdict stands no longer than this.
    pub(crate) fn hold_until(&mut self, last: Timestamp) {
        self.valid_until = self.valid_until.min(last);
    }

    /// Whether a rule says what the TEE may run.
    pub(crate) fn reference(&mut self, is_given: bool) {
        self.has_reference |= is_given;
    }

    /// A rule, whether it holds, and what to say where it does not.
    pub(crate) fn demand(
        &mut self,
        holds: bool,
        rule: &str,
        found: impl FnOnce() -> String,
        expected: impl FnOnce() -> String,
    ) {
        if !holds {
            let [outer, section] = self.section;
            let rule = format!("{outer}{section}.{rule}");
            self.reasons.push(Reason::Rule { rule, found: found(), expected: expected() });
        }
    }

    pub(crate) fn one_of<T: Ord + Shown>(&mut self, rule: &str, accept: &Accept<T>, found: &T) {
        self.demand(accept.accepts(found), rule, || found.shown(), || accept.shown());
    }

    /// A claim that may be missing, which is then not good unless it is not looked at.
    pub(crate) fn one_of_present<T: Ord + Shown>(
        &mut self,
        rule: &str,
        accept: &Accept<T>,
        found: Option<&T>,
    ) {
        let is_good = accept.is_any() || found.is_some_and(|found| accept.accepts(found));
        let shown = || found.map_or_else(|| "(none)".to_owned(), Shown::shown);
        self.demand(is_good, rule, shown, || accept.shown());
    }

    pub(crate) fn at_least(&mut self, rule: &str, min: u32, found: u32) {
        self.demand(found >= min, rule, || found.to_string(), || format!("at least {min}"));
    }

    /// Something that is so, and may be.
    pub(crate) fn allowed(&mut self, rule: &str, is_allowed: bool, is_so: bool) {
        self.demand(is_allowed || !is_so, rule, || true.to_string(), || false.to_string());
    }

    pub(crate) fn bits(&mut self, rule: &str, accept: Bits, found: u64) {
        self.demand(accept.accept(found), rule, || format!("{found:#x}"), || accept.shown());
    }

    pub(crate) fn debug(&mut self, is_debug: bool, is_allowed: bool) {
        if is_debug && !is_allowed && !seeded(Mutant::PolicyIgnoresDebug) {
            self.reasons.push(Reason::Debug);
        }
    }
}

/// Whether the evidence was made for this nonce.
fn is_answer(claims: &Claims, nonce: &[u8]) -> bool {
    let Some(found) = claims.challenge() else { return false };
    if is_padded(&claims.body) {
        let rest = found.strip_prefix(nonce);
        rest.is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    } else {
        found == nonce
    }
}

/// Whether the challenge has a fixed length, which a shorter nonce does not fill.
const fn is_padded(body: &Body) -> bool {
    match body {
        Body::Sgx(_) | Body::Software(_) | Body::Tdx(_) | Body::Snp(_) | Body::Cca(_) => true,
        Body::Nitro(_) | Body::Vtpm(_) => false,
    }
}

fn padded(nonce: &[u8]) -> Option<ReportData> {
    let mut padded = [0; 64];
    padded.get_mut(..nonce.len())?.copy_from_slice(nonce);
    Some(ReportData(padded))
}
