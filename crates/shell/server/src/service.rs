//! The service without HTTP: questions in, verdicts out, collateral kept current.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use casemate_attest::Roots;
use casemate_dossier::{Dossier, Examiner, Input, Verdict};
use casemate_model::{Nanos, Timestamp};
use casemate_policy::result::{Ear, Issue, VerifierId};
use casemate_policy::{EvidencePolicy, Question};
use tokio::sync::Semaphore;

use crate::clock::{Clock, Stop};
use crate::collateral::store::{Generation, Store};
use crate::events::{Event, Events};
use crate::http::Limits;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::nonce::Nonces;
use crate::pool::Pool;

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
    pub(crate) nonces: Nonces,
    pub(crate) require_nonce: bool,
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    pub(crate) pool: Pool<Answer>,
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

impl Ask {
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
        let generation = self.store.current();
        let key = ask.key(generation.number);
        let (service, asked) = (Arc::clone(self), Instant::now());
        let answer = self.pool.submit(key, move || {
            let answer = service.examine(&ask, &generation);
            for verdict in &answer.verdicts {
                let tee = verdict.kind.map_or("unknown", casemate_attest::claims::Kind::as_str);
                service.metrics.judged(tee, verdict.outcome.as_str(), asked.elapsed());
            }
            answer
        });
        if answer.coalesced {
            self.metrics.coalesced.inc();
        }
        answer.get().await
    }

    fn examine(&self, ask: &Ask, generation: &Generation) -> Answer {
        let now = self.clock.now();
        let dossier = Dossier::of(&ask.inputs);
        // What came along is looked at beside what is in force, and leaves nothing behind.
        let mut endorsements = generation.endorsements.clone();
        Dossier::endorse(&mut endorsements, &dossier.endorsements);
        let mut references = generation.references.clone();
        references.extend(dossier.references.clone());
        let question = Question { nonce: ask.nonce.as_deref(), tenant: ask.tenant.as_deref(), now };
        let examiner = Examiner {
            endorsements: &endorsements,
            references: &references,
            roots: &self.roots,
            policy: &ask.policy,
            question,
        };
        let statements = dossier.statements_or_why_none();
        let verdicts = statements.iter().map(|it| examiner.examine(&ask.subject, it)).collect();
        Answer { verdicts, now }
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
        let (refreshed, errors) = self.store.refresh(now);
        for error in &errors {
            self.metrics.fetched(error.item.issuer().as_str(), "failed");
        }
        for generation in [polled, refreshed].into_iter().flatten() {
            self.put_in_force(&generation);
        }
        if let Err(error) = self.keys.rotate(now) {
            tracing::error!(%error, "the signing keys were not rotated");
        }
        self.measure();
    }

    /// Tells whoever relies on verdicts that they may be others now.
    pub(crate) fn put_in_force(&self, generation: &Generation) {
        let at = generation.since.to_string();
        let number = generation.number;
        let (platform, reasons) = (None, Vec::new());
        self.events.add(Event { number: 0, at, kind: "collateral", generation: number, platform, reasons });
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

/// How often directories are looked at.
pub(crate) const TICK: Duration = Duration::from_secs(10);
/// How long a nonce is good unless told otherwise.
pub const NONCE_LIFE: Nanos = Nanos::from_secs(300);
