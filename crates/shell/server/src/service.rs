//! The service without HTTP: questions in, verdicts out, collateral kept current.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use casemate_attest::claims::Kind;
use casemate_attest::dcap::{Collateral, Platform, Quote};
use casemate_attest::{Endorsements, Evidence, Fault, Refused, Roots, VerifiedEvidence, verify};
use casemate_dossier::{Dossier, Examiner, Input, Outcome, Statement, Verdict};
use casemate_model::{Nanos, Timestamp};
use casemate_policy::result::{Ear, Issue, VerifierId};
use casemate_policy::{EvidencePolicy, Question};
use casemate_verifier::{Dcap, Platforms};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::clock::{Clock, Stop};
use crate::collateral::fetcher::FetchError;
use crate::collateral::item::Item;
use crate::collateral::store::{Generation, Store};
use crate::collateral::wanted;
use crate::enrolled::Enrolled;
use crate::events::{Event, Events};
use crate::http::Limits;
use crate::keys::Keys;
use crate::ledger::{Entry, Key, Ledger, platform_name};
use crate::metrics::Metrics;
use crate::nonce::Nonces;
use crate::pool::Pool;
use crate::token::Token;

/// Everything that a request may need.
pub(crate) struct Service {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stop: Arc<Stop>,
    pub(crate) limits: Limits,
    pub(crate) roots: Roots,
    pub(crate) policies: Policies,
    pub(crate) keys: Keys,
    pub(crate) store: Store,
    pub(crate) requests: Arc<Semaphore>,
    /// Requests that wait for something to be fetched.
    pub(crate) fetching: Arc<Semaphore>,
    pub(crate) nonces: Nonces,
    pub(crate) require_nonce: bool,
    pub(crate) enrolled: Enrolled,
    pub(crate) require_enrolment: bool,
    pub(crate) admin: Option<Token>,
    pub(crate) events: Events,
    pub(crate) ledger: Ledger,
    pub(crate) metrics: Metrics,
    pub(crate) pool: Pool<Answer>,
    /// Intel's platforms that were verified, rated by the collateral in force.
    pub(crate) platforms: RwLock<Platforms<Dcap>>,
    pub(crate) verifier: VerifierId,
}

/// Policies by the name that requests give.
#[derive(Clone, Debug)]
pub struct Policies {
    /// What counts where none is named.
    pub default: Arc<EvidencePolicy>,
    /// By name.
    pub named: BTreeMap<String, Arc<EvidencePolicy>>,
}

impl Default for Policies {
    fn default() -> Self {
        Self { default: Arc::new(EvidencePolicy::published_default()), named: BTreeMap::new() }
    }
}

/// What somebody asks of one attester.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) subject: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) tenant: Option<String>,
    pub(crate) policy: Arc<EvidencePolicy>,
}

/// What is said of one attester.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Never empty; outermost first.
    pub(crate) verdicts: Vec<Verdict>,
    /// When it was judged.
    pub(crate) now: Timestamp,
}

/// No result can be made of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoResult {
    #[error("a signed result is about one attester's evidence, and there are {0} pieces; ask for JSON")]
    Several(usize),
    #[error("there are no verified claims to make a result of: {0}")]
    NoClaims(String),
    #[error("no signing key has begun to sign; is the clock right?")]
    NoKey,
    #[error(transparent)]
    Sign(#[from] casemate_policy::result::SignError),
}

/// How accepted evidence fares under the next set of TCB levels.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Forecast {
    /// Whether the next set is known. Without it nothing is forecast.
    pub(crate) early: bool,
    /// Every platform that is accepted now.
    pub(crate) platforms: Vec<Outlook>,
}

/// One of them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outlook {
    pub(crate) platform: String,
    pub(crate) subject: String,
    pub(crate) tee: Option<&'static str>,
    /// Whether it will be accepted.
    pub(crate) stands: bool,
    /// Its status under the next set.
    pub(crate) tcb_status: Option<&'static str>,
    pub(crate) advisories: Vec<String>,
    /// Why it will fall.
    pub(crate) reasons: Vec<String>,
}

impl Ask {
    /// Bytes it holds.
    pub(crate) fn len(&self) -> usize {
        self.inputs.iter().map(|it| it.bytes.len()).sum()
    }

    /// Equal where the answer would be.
    pub(crate) fn key(&self, generation: u64) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        let mut part = |bytes: &[u8]| {
            // Lengths first, so that no part can pass for the beginning of the next.
            context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(bytes);
        };
        part(&generation.to_be_bytes());
        part(self.subject.as_bytes());
        part(self.policy.id().as_bytes());
        for text in [self.nonce.as_deref(), self.tenant.as_deref().map(str::as_bytes)] {
            part(&[u8::from(text.is_some())]);
            part(text.unwrap_or_default());
        }
        for input in &self.inputs {
            part(input.name.as_bytes());
            part(&input.bytes);
        }
        let mut key = [0; 32];
        key.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        key
    }
}

impl Service {
    /// Verifies and judges, on the pool. `None` where the service is stopping, or the work panicked.
    pub(crate) async fn verify(self: &Arc<Self>, ask: Arc<Ask>) -> Option<Arc<Answer>> {
        self.fetch_for(&ask).await;
        let generation = self.store.current();
        let key = ask.key(generation.number);
        let (service, asked) = (Arc::clone(self), Instant::now());
        let answer = self.pool.submit(key, move || {
            let answer = service.examine(&ask, &generation.endorsements, &generation, ask.nonce.as_deref());
            service.remember(&ask, &answer);
            for verdict in &answer.verdicts {
                let tee = verdict.kind.map_or("unknown", Kind::as_str);
                service.metrics.judged(tee, verdict.outcome.as_str(), asked.elapsed());
            }
            answer
        });
        if answer.coalesced {
            self.metrics.coalesced.inc();
        }
        answer.get().await
    }

    /// Has what the evidence needs and is not there fetched. Whether it was or not is for the verdict to
    /// say; where as many wait already as may, it says that it is missing.
    async fn fetch_for(self: &Arc<Self>, ask: &Arc<Ask>) {
        if !self.store.fetches() {
            return;
        }
        let Ok(permit) = Arc::clone(&self.fetching).try_acquire_owned() else { return };
        let (service, ask) = (Arc::clone(self), Arc::clone(ask));
        let fetched = tokio::task::spawn_blocking(move || {
            let items = service.missing(&ask);
            if !items.is_empty() {
                let (generation, errors) = service.store.want(items.clone(), service.clock.now());
                service.count(&items, &errors);
                generation.iter().for_each(|it| service.put_in_force(it));
            }
            drop(permit);
        });
        if let Err(error) = fetched.await {
            tracing::error!(%error, "fetching failed");
        }
    }

    /// What is to be fetched for evidence: nothing for what Intel did not make, however well it names
    /// what it needs.
    fn missing(&self, ask: &Ask) -> Vec<Item> {
        let mut items = Vec::new();
        for found in Dossier::of(&ask.inputs).statements {
            let Statement::Evidence(evidence) = found.statement else { continue };
            let missing = self.store.missing(wanted::wanted(&evidence), self.clock.now());
            if !missing.is_empty() && self.is_genuine(&evidence) {
                items.extend(missing);
            }
        }
        items
    }

    /// Whether something may be fetched for it. A quote is asked whether Intel made it; a report cannot be
    /// before its chip's certificate is there, so for those the rate limit is what protects AMD's service.
    fn is_genuine(&self, evidence: &Evidence) -> bool {
        let Some(bytes) = wanted::quote(evidence) else { return true };
        Quote::parse(bytes).is_ok_and(|quote| Platform::verify(&quote, &self.roots).is_ok())
    }

    fn count(&self, asked: &[Item], errors: &[FetchError]) {
        for item in asked {
            let failed = errors.iter().any(|it| it.item == *item);
            self.metrics.fetched(item.issuer().as_str(), if failed { "failed" } else { "done" });
        }
    }

    /// Verifies and judges with these endorsements, beside what came along.
    fn examine(
        &self,
        ask: &Ask,
        endorsements: &Endorsements,
        generation: &Generation,
        nonce: Option<&[u8]>,
    ) -> Answer {
        let now = self.clock.now();
        let is_in_force = std::ptr::eq(endorsements, &raw const generation.endorsements);
        let dossier = Dossier::of(&ask.inputs);
        // What came along is looked at beside what is in force, and leaves nothing behind.
        let mut endorsements = endorsements.clone();
        Dossier::endorse(&mut endorsements, &dossier.endorsements);
        let mut references = generation.references.clone();
        references.extend(dossier.references.clone());
        let question = Question { nonce, tenant: ask.tenant.as_deref(), now };
        let examiner = Examiner {
            endorsements: &endorsements,
            references: &references,
            roots: &self.roots,
            policy: &ask.policy,
            question,
        };
        // Platforms are rated by what is in force; whoever brings more has it looked at by itself.
        let remembers = is_in_force && dossier.endorsements == Endorsements::none();
        let verify = |evidence: &Evidence| match evidence {
            Evidence::Quote(bytes) if remembers => self.verify_quote(bytes, generation, now),
            _ => verify(evidence, &endorsements, &self.roots, now),
        };
        let statements = dossier.statements_or_why_none();
        let mut verdicts: Vec<Verdict> =
            statements.iter().map(|it| examiner.examine_with(&ask.subject, it, verify)).collect();
        verdicts.iter_mut().for_each(|it| self.ask_whose(it));
        Answer { verdicts, now }
    }

    /// Verifies a quote: of a platform that is remembered by one signature.
    fn verify_quote(
        &self,
        bytes: &[u8],
        generation: &Generation,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, Refused> {
        let quote = Quote::parse(bytes).map_err(Fault::from)?;
        let examined = {
            let platforms = self.platforms.read().unwrap_or_else(PoisonError::into_inner);
            if platforms.generation() != generation.number {
                // A change is under way.
                let evidence = Evidence::quote(bytes);
                return verify(&evidence, &generation.endorsements, &self.roots, now);
            }
            platforms.examine(&quote, now)
        };
        if examined.learnt.is_new() {
            self.metrics.cache_misses.inc();
        } else if examined.outcome.is_ok() {
            self.metrics.cache_hits.inc();
        }
        // Whose verdicts stand is the ledger's to know, for every kind of evidence.
        self.platforms.write().unwrap_or_else(PoisonError::into_inner).learn(examined.learnt, None, now);
        examined.outcome
    }

    /// Refuses evidence of a platform that is another node's.
    fn ask_whose(&self, verdict: &mut Verdict) {
        let Some(claims) = &verdict.claims else { return };
        let platform = claims.platform.as_ref();
        if let Some(why) = self.enrolled.objection(platform, &verdict.subject, self.require_enrolment) {
            verdict.outcome = Outcome::Refused;
            verdict.reasons.push(why);
            verdict.judgement = None;
        }
    }

    /// Enters what was accepted. What names no platform is nothing that could be told of later.
    fn remember(&self, ask: &Arc<Ask>, answer: &Answer) {
        let accepted = answer.verdicts.iter().filter(|it| it.outcome == Outcome::Accepted);
        for verdict in accepted {
            if let Some(platform) = verdict.claims.as_ref().and_then(platform_name) {
                self.ledger.enter(&platform, ask, verdict.valid_until);
            }
        }
    }

    /// How one accepted platform fares with other endorsements. `None` where it names itself no more.
    fn again(
        &self,
        key: &Key,
        entry: &Entry,
        endorsements: &Endorsements,
        generation: &Generation,
    ) -> Option<Verdict> {
        // It was fresh when it was accepted; that is not what is asked now.
        let answer = self.examine(&entry.ask, endorsements, generation, None);
        let mut verdicts = answer.verdicts.into_iter();
        verdicts.find(|it| it.claims.as_ref().and_then(platform_name).as_ref() == Some(&key.0))
    }

    /// Every accepted platform under the next set of TCB levels.
    pub(crate) fn forecast(&self) -> Forecast {
        let generation = self.store.current();
        let early = generation.early != Endorsements::none();
        if !early {
            return Forecast { early, platforms: Vec::new() };
        }
        let outlook = |(key, entry): &(Key, Entry)| {
            let verdict = self.again(key, entry, &generation.early, &generation);
            let tcb = verdict.as_ref().and_then(Verdict::tcb);
            Outlook {
                platform: key.0.clone(),
                subject: key.1.clone(),
                tee: verdict.as_ref().and_then(|it| it.kind).map(Kind::as_str),
                stands: verdict.as_ref().is_some_and(|it| it.outcome == Outcome::Accepted),
                tcb_status: tcb.map(|it| it.status.as_str()),
                advisories: tcb.into_iter().flat_map(|it| it.advisories.iter().cloned()).collect(),
                reasons: verdict.map(|it| it.reasons).unwrap_or_default(),
            }
        };
        let standing = self.ledger.standing(self.clock.now());
        Forecast { early, platforms: standing.iter().map(outlook).collect() }
    }

    /// A signed result of an answer.
    pub(crate) fn result(&self, ask: &Ask, answer: &Answer) -> Result<String, NoResult> {
        let [verdict] = answer.verdicts.as_slice() else {
            return Err(NoResult::Several(answer.verdicts.len()));
        };
        let (Some(claims), Some(judgement)) = (&verdict.claims, &verdict.judgement) else {
            return Err(NoResult::NoClaims(verdict.reasons.join("; ")));
        };
        let signer = self.keys.signer(answer.now).ok_or(NoResult::NoKey)?;
        let mut judgement = judgement.clone();
        // No result outlives its key's publication.
        judgement.valid_until = judgement.valid_until.min(answer.now.after(self.keys.lapse()));
        let issue = Issue {
            verifier: &self.verifier,
            policy: ask.policy.id(),
            nonce: ask.nonce.as_deref(),
            now: answer.now,
        };
        Ok(Ear::new(claims, &judgement, &issue).sign(signer.as_ref())?)
    }

    /// What has to be done from time to time: files read again, documents fetched anew, keys rotated.
    /// Never waits for longer than fetching does.
    pub(crate) fn tick(&self) {
        let now = self.clock.now();
        let (polled, errors) = self.store.poll(now);
        for error in errors {
            tracing::warn!(%error, "collateral was not read; what there was stays in force");
        }
        let due = self.store.due(now);
        let (refreshed, errors) = self.store.want(due.clone(), now);
        self.count(&due, &errors);
        for generation in [polled, refreshed].into_iter().flatten() {
            self.put_in_force(&generation);
        }
        if let Err(error) = self.keys.rotate(now) {
            tracing::error!(%error, "the signing keys were not rotated");
        }
        self.measure();
    }

    /// Tells whoever relies on verdicts that there is new collateral, and which of them fell by it.
    pub(crate) fn put_in_force(&self, generation: &Generation) {
        let event = Event {
            number: 0,
            at: generation.since.to_string(),
            kind: "collateral",
            generation: generation.number,
            platform: None,
            subject: None,
            reasons: Vec::new(),
        };
        let collateral = Collateral::verify(&generation.endorsements, &self.roots);
        let mut platforms = self.platforms.write().unwrap_or_else(PoisonError::into_inner);
        platforms.replace(collateral, generation.number, self.clock.now());
        drop(platforms);
        self.events.add(event.clone());
        for (key, entry) in self.ledger.standing(self.clock.now()) {
            let verdict = self.again(&key, &entry, &generation.endorsements, generation);
            if verdict.as_ref().is_some_and(|it| it.outcome == Outcome::Accepted) {
                continue;
            }
            self.ledger.strike(&key, &entry);
            self.metrics.revocations.inc();
            let (platform, subject) = (Some(key.0), Some(key.1));
            tracing::warn!(platform, subject, "a platform that was accepted is not any more");
            let reasons = verdict.map(|it| it.reasons).unwrap_or_default();
            self.events.add(Event { kind: "revoked", platform, subject, reasons, ..event.clone() });
        }
    }

    /// Sets what is measured rather than counted.
    pub(crate) fn measure(&self) {
        let now = self.clock.now();
        let generation = self.store.current();
        let seconds = |it: Timestamp| i64::try_from(it.as_unix_secs()).unwrap_or(i64::MAX);
        let metrics = &self.metrics;
        metrics.generation.set(i64::try_from(generation.number).unwrap_or(i64::MAX));
        metrics.collateral_since.set(seconds(generation.since));
        metrics.collateral_expiry.set(generation.expires().map_or(0, seconds));
        metrics.collateral_expired.set(i64::from(generation.expired(now).next().is_some()));
        metrics.queue_depth.set(i64::try_from(self.pool.depth()).unwrap_or(i64::MAX));
    }
}

/// Requests that may wait for something to be fetched at once.
pub(crate) const FETCHING: usize = 16;
/// How often directories are looked at.
pub(crate) const TICK: Duration = Duration::from_secs(10);
/// How long a nonce is good unless told otherwise.
pub const NONCE_LIFE: Nanos = Nanos::from_secs(300);
