//! The service without HTTP: questions in, verdicts out, collateral kept current.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use casemate_attest::claims::Kind;
use casemate_attest::dcap::{Platform, Quote};
use casemate_attest::{Endorsements, Evidence, Refused, Roots, VerifiedEvidence, verify};
use casemate_dossier::{Dossier, Examiner, Found, Outcome, Verdict};
use casemate_model::{Nanos, Timestamp};
use casemate_policy::result::{Ear, Issue, VerifierId};
use casemate_policy::{EvidencePolicy, Judgement, Question};
use casemate_verifier::Verifier;
use casemate_verifier::batch::Plan;
use casemate_verifier::queue::{Busy, Name, Request};
use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::admission::NodeNonces;
use crate::ask::{Answer, Ask, Challenge};
use crate::clock::{Clock, Stop};
use crate::collateral::fetcher::FetchError;
use crate::collateral::item::{Item, Update};
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
    pub(crate) node_nonces: NodeNonces,
    pub(crate) require_nonce: bool,
    pub(crate) enrolled: Enrolled,
    pub(crate) require_enrolment: bool,
    pub(crate) admin: Option<Token>,
    pub(crate) events: Events,
    pub(crate) ledger: Ledger,
    pub(crate) metrics: Metrics,
    pub(crate) pool: Pool<Vec<Arc<Answer>>>,
    /// Its threads.
    pub(crate) workers: usize,
    /// Platforms that were verified, and what is in force.
    pub(crate) verifier: RwLock<Verifier>,
    /// Who signs results.
    pub(crate) signer: VerifierId,
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
    #[error(transparent)]
    Expired(#[from] casemate_policy::Expired),
    #[error(transparent)]
    NotAttested(#[from] casemate_policy::result::NotAttested),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    NoResult(#[from] NoResult),
    #[error("the work was not done")]
    Undone,
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
    /// If not, when it will have fallen: what vouches for it now has lapsed then.
    pub(crate) falls_by: Option<String>,
    /// Its status under the next set.
    pub(crate) tcb_status: Option<&'static str>,
    pub(crate) advisories: Vec<String>,
    /// Why it will fall.
    pub(crate) reasons: Vec<String>,
}

impl Service {
    /// Verifies and judges what one attester sent, in its turn.
    pub(crate) async fn verify(self: &Arc<Self>, ask: Arc<Ask>) -> Result<Arc<Answer>, Unanswered> {
        let answers = self.verify_all(vec![ask]).await?;
        answers.into_iter().next().ok_or(Unanswered::Undone)
    }

    /// Verifies and judges what many attesters sent: copies once, each platform's together, and tenants in
    /// their turn.
    pub(crate) async fn verify_all(
        self: &Arc<Self>,
        asks: Vec<Arc<Ask>>,
    ) -> Result<Vec<Arc<Answer>>, Unanswered> {
        join_all(asks.iter().map(|ask| self.fetch_for(ask))).await;
        let generation = self.store.current();
        let flights: Vec<Option<Name>> = asks.iter().map(|ask| self.flight(ask)).collect();
        let keys: Vec<Name> = asks.iter().map(|ask| ask.key(generation.number)).collect();
        let spread = self.workers.max(1);
        let kinds = asks.iter().zip(&flights).zip(&keys).enumerate().map(|(nth, ((ask, flight), key))| {
            let terms = &ask.terms;
            // What needs no platform verified first is dealt out to the threads.
            let place = flight.ok_or(nth % spread);
            (*key, (terms.tenant.clone(), terms.priority, terms.deadline, place))
        });
        let plan = Plan::of(kinds);
        let mut jobs = Vec::with_capacity(plan.jobs());
        for job in 0..plan.jobs() {
            let inputs = plan.inputs(job);
            let Some(first) = inputs.first().and_then(|it| asks.get(*it)) else { continue };
            let terms = &first.terms;
            let request = Request {
                tenant: terms.tenant.clone().unwrap_or_default(),
                priority: terms.priority,
                deadline: terms.deadline,
                evidence: crate::ask::name(inputs.iter().filter_map(|it| keys.get(*it))),
                flight: inputs.first().and_then(|it| flights.get(*it).copied().flatten()),
            };
            let of_job: Vec<_> = inputs.iter().filter_map(|it| asks.get(*it).cloned()).collect();
            let (service, generation, asked) = (Arc::clone(self), Arc::clone(&generation), Instant::now());
            let work = move || of_job.iter().map(|ask| service.answer(ask, &generation, asked)).collect();
            // Where there is no room for one, those before it are given up.
            let answer = self.pool.submit(request, work)?;
            if answer.coalesced {
                self.metrics.coalesced.inc();
            }
            jobs.push(answer.get());
        }
        let answers =
            join_all(jobs).await.into_iter().collect::<Option<Vec<_>>>().ok_or(Unanswered::Undone)?;
        plan.assemble(answers.iter().map(|it| it.to_vec()).collect()).ok_or(Unanswered::Undone)
    }

    /// The platform that has to be verified first. `None` where there is none, and where what came along
    /// has it looked at by itself.
    fn flight(&self, ask: &Ask) -> Option<Name> {
        if !ask.is_bare() {
            return None;
        }
        let verifier = self.verifier.read().unwrap_or_else(PoisonError::into_inner);
        ask.evidence().find_map(|it| verifier.flight(it))
    }

    fn answer(&self, ask: &Arc<Ask>, generation: &Generation, asked: Instant) -> Arc<Answer> {
        let answer = self.examine(ask, generation, Update::Standard, false);
        self.remember(ask, &answer);
        for verdict in &answer.verdicts {
            let tee = verdict.kind.map_or("unknown", Kind::as_str);
            self.metrics.judged(tee, verdict.outcome.as_str(), asked.elapsed());
        }
        Arc::new(answer)
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
        for evidence in ask.evidence() {
            let missing = self.store.missing(wanted::wanted(evidence), self.clock.now());
            if !missing.is_empty() && self.is_genuine(evidence) {
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

    /// Verifies and judges by one set of TCB levels. What was accepted `before` was fresh then, which is not
    /// asked again.
    fn examine(&self, ask: &Ask, generation: &Generation, set: Update, before: bool) -> Answer {
        let now = self.clock.now();
        let mut endorsements = match set {
            Update::Standard => Cow::Borrowed(&*generation.endorsements),
            Update::Early => Cow::Borrowed(&generation.early),
        };
        // What came along is looked at beside what is in force, and leaves nothing behind.
        if !ask.is_bare() {
            Dossier::endorse(endorsements.to_mut(), &ask.dossier.endorsements);
        }
        let mut references = Cow::Borrowed(&generation.references);
        if !ask.dossier.references.is_empty() {
            references.to_mut().extend(ask.dossier.references.clone());
        }
        // Platforms are rated by what is in force; whoever brings more has it looked at by itself.
        let remembers = set == Update::Standard && ask.is_bare();
        let mut outermost = None;
        let mut examine = |nth: usize, found: &Found| {
            let challenge = ask.terms.challenge.as_ref().filter(|_| !before);
            let nonce = challenge.map(|it| it.given_to(&found.statement));
            let examiner = Examiner {
                endorsements: &endorsements,
                references: &references,
                roots: &self.roots,
                policy: &ask.terms.policy,
                question: Question { nonce, tenant: ask.terms.tenant.as_deref(), now },
            };
            examiner.examine_with(&ask.terms.subject, found, |evidence: &Evidence| {
                let outcome = if remembers {
                    self.verify_evidence(evidence, generation, now)
                } else {
                    verify(evidence, &endorsements, &self.roots, now)
                };
                if nth == 0 {
                    outermost = outcome.as_ref().ok().cloned();
                }
                outcome
            })
        };
        let statements = ask.dossier.statements_or_why_none();
        let mut verdicts: Vec<Verdict> =
            statements.iter().enumerate().map(|(nth, it)| examine(nth, it)).collect();
        verdicts.iter_mut().for_each(|it| self.ask_whose(it));
        Answer { verdicts, verified: outermost, now }
    }

    /// Verifies evidence: of a platform that is remembered by one signature.
    fn verify_evidence(
        &self,
        evidence: &Evidence,
        generation: &Generation,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, Refused> {
        let examination = {
            let verifier = self.verifier.read().unwrap_or_else(PoisonError::into_inner);
            if verifier.generation() != generation.number {
                // A change is under way.
                return verify(evidence, &generation.endorsements, &self.roots, now);
            }
            verifier.examine(evidence, now)
        };
        let counter = match examination.lesson.is_new() {
            Some(true) => Some(&self.metrics.cache_misses),
            Some(false) => Some(&self.metrics.cache_hits),
            None => None,
        };
        counter.inspect(|it| _ = it.inc());
        // Whose verdicts stand is the ledger's to know, for every kind of evidence.
        self.verifier.write().unwrap_or_else(PoisonError::into_inner).learn(examination.lesson, None, now);
        examination.outcome
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

    /// How one accepted platform fares by a set of TCB levels. `None` where it names itself no more.
    fn again(&self, key: &Key, entry: &Entry, generation: &Generation, set: Update) -> Option<Verdict> {
        let answer = self.examine(&entry.ask, generation, set, true);
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
            let verdict = self.again(key, entry, &generation, Update::Early);
            let tcb = verdict.as_ref().and_then(Verdict::tcb);
            let stands = verdict.as_ref().is_some_and(|it| it.outcome == Outcome::Accepted);
            Outlook {
                platform: key.0.clone(),
                subject: key.1.clone(),
                tee: verdict.as_ref().and_then(|it| it.kind).map(Kind::as_str),
                stands,
                falls_by: entry.valid_until.filter(|_| !stands).map(|it| it.to_string()),
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
        let judgement = self.published_for(judgement.clone(), answer.now);
        let nonce = ask.terms.challenge.as_ref().map(Challenge::as_bytes);
        self.sign(&Ear::new(claims, &judgement, &self.issue(ask, nonce, answer.now)), answer.now)
    }

    /// The judgement as long as it can be checked: no result outlives its key's publication.
    pub(crate) fn published_for(&self, judgement: Judgement, now: Timestamp) -> Judgement {
        let valid_until = judgement.valid_until.min(now.after(self.keys.lapse()));
        Judgement { valid_until, ..judgement }
    }

    /// What a result says of its making.
    pub(crate) fn issue<'a>(&'a self, ask: &'a Ask, nonce: Option<&'a [u8]>, now: Timestamp) -> Issue<'a> {
        Issue { verifier: &self.signer, policy: ask.terms.policy.id(), nonce, now }
    }

    /// Signs a result with the key that signs now.
    pub(crate) fn sign(&self, ear: &Ear, now: Timestamp) -> Result<String, NoResult> {
        let signer = self.keys.signer(now).ok_or(NoResult::NoKey)?;
        Ok(ear.sign(signer.as_ref())?)
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
        let endorsements = Arc::clone(&generation.endorsements);
        let mut verifier = self.verifier.write().unwrap_or_else(PoisonError::into_inner);
        verifier.replace(endorsements, generation.number, self.clock.now());
        drop(verifier);
        self.events.add(event.clone());
        for (key, entry) in self.ledger.standing(self.clock.now()) {
            let verdict = self.again(&key, &entry, generation, Update::Standard);
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
