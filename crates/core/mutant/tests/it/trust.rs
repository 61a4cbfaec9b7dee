//! `policy` and `enclave`: evidence good and bad comes in, witnesses lapse and are given to the wrong
//! enclave, signed results are reopened for the right subject and for others, workers want in all the
//! time.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use casemate_attest::VerifiedEvidence;
use casemate_attest::binding::workload_report_data;
use casemate_checker::{EvidenceFacts, Findings, HowLeft, Judge, Limits, Observation};
use casemate_enclave::{Cleaned, Enclave, Initialised, Ready};
use casemate_model::{ConfigDigest, Nanos, Nonce, Timestamp};
use casemate_policy::result::{
    Algorithm, Ear, Issue, SignError, Signer, VerifierId, VerifierKey, VerifierKeys,
};
use casemate_policy::{
    Appraisal, AppraisalPolicy, Attested, PolicyDraft, Question, Reference, Selector, Workload,
    WorkloadExpectation, WorkloadRule, appraise_workload, judge, reopen,
};
use casemate_softtee::synthetic::{TestRoot, report};

use crate::dice::Dice;
use crate::stage;

const ENCLAVES: u32 = 3;
const STEPS: u32 = 60;
const TTL: Nanos = Nanos::from_secs(600);
const CONFIG: ConfigDigest = ConfigDigest([1; 32]);
const NONCE: Nonce = Nonce([2; 32]);

pub(crate) fn schedule(seed: u64) -> Findings {
    let limits = Limits { evidence_ttl: TTL, ..stage::limits() };
    let mut run = Run {
        judge: stage::set(limits, ENCLAVES),
        dice: Dice::new(seed),
        now: stage::START,
        lives: (0..ENCLAVES).map(|index| Life::Unattested(initialised(index))).collect(),
    };
    for _ in 0..STEPS {
        run.step();
    }
    let Run { mut judge, lives, .. } = run;
    lives.into_iter().for_each(Life::end);
    stage::strike(&mut judge, ENCLAVES);
    judge.finish()
}

struct Run {
    judge: Judge,
    dice: Dice,
    now: Timestamp,
    lives: Vec<Life>,
}

enum Life {
    Unattested(Enclave<Initialised>),
    Ready(Enclave<Ready>),
}

impl Run {
    fn step(&mut self) {
        // 60 steps of half an hour on average: longer than the evidence's day.
        self.now = self.now.after(Nanos::from_secs(self.dice.below(3600)));
        if self.dice.once_in(2) {
            let index = self.any();
            self.attest(index);
        }
        for _ in 0..6 {
            self.now = self.now.after(Nanos::from_secs(self.dice.below(200)));
            let index = self.any();
            self.enter(index);
        }
    }

    fn any(&mut self) -> u32 {
        self.dice.below(u64::from(ENCLAVES)) as u32
    }

    fn attest(&mut self, index: u32) {
        let subject = subject(index);
        let evidence = self.dice.one_of(&[Kind::Good, Kind::Good, Kind::Debug, Kind::OtherContents]);
        let evidence = &EVIDENCE.get(evidence)[index as usize];
        let Some(witness) = appraise(evidence, subject.clone(), self.now) else { return };
        let (subject, witness) = match self.dice.below(4) {
            0 => (subject.clone(), reopened(evidence, witness, &subject, self.now)),
            1 => {
                let other = self::subject((index + 1) % ENCLAVES);
                (other.clone(), reopened(evidence, witness, &other, self.now))
            }
            _ => (subject, Some(witness)),
        };
        let Some(witness) = witness else { return };
        let claims = evidence.claims();
        self.judge.observe(Observation::WorkloadWitnessGranted {
            at: self.now,
            enclave: subject.enclave,
            container: subject.container,
            measurement: subject.measurement,
            not_after: witness.not_after(),
            evidence: EvidenceFacts {
                measurement: claims.enclave().expect("an enclave").mr_enclave,
                debug: claims.debug(),
                not_before: claims.not_before(),
                not_after: claims.not_after(),
            },
        });
        // Now and then the shell hands it to the wrong enclave.
        let index = index_of(&witness);
        let to = if self.dice.once_in(4) { (index + 1) % ENCLAVES } else { index };
        let life = self.lives.remove(to as usize);
        self.lives.insert(to as usize, life.given(witness));
    }

    fn enter(&mut self, index: u32) {
        let Some(Life::Ready(enclave)) = self.lives.get_mut(index as usize) else { return };
        let (at, worker) = (self.now, stage::worker(1));
        let Ok(inside) = enclave.enter(worker, at) else { return };
        let enclave = inside.enclave();
        inside.aex();
        self.judge.observe(Observation::EnclaveEntered { enclave, worker, at });
        self.judge.observe(Observation::EnclaveLeft {
            enclave,
            worker,
            at,
            ran: Nanos::ZERO,
            how: HowLeft::Aex,
        });
    }
}

impl Life {
    fn given(self, witness: Attested<Workload>) -> Self {
        match self {
            Self::Unattested(enclave) => match enclave.attest(witness) {
                Ok(ready) => Self::Ready(ready),
                Err(refused) => Self::Unattested(refused.enclave),
            },
            Self::Ready(mut enclave) => {
                // Refused where it speaks of another; the present one then stays.
                let _ = enclave.renew(witness);
                Self::Ready(enclave)
            }
        }
    }

    fn end(self) {
        let cleaned = |id| Cleaned::new(id, 0, 0, true).expect("it held nothing");
        let ended = match self {
            Self::Unattested(enclave) => {
                let cleaned = cleaned(enclave.id());
                enclave.destroy(cleaned).is_ok()
            }
            Self::Ready(enclave) => {
                let cleaned = cleaned(enclave.id());
                enclave.destroy(cleaned).is_ok()
            }
        };
        assert!(ended, "what was cleaned is destroyed");
    }
}

/// What is the matter with evidence.
#[derive(Clone, Copy)]
enum Kind {
    Good,
    /// The enclave can be debugged.
    Debug,
    /// It was made by an enclave with other contents.
    OtherContents,
}

/// Evidence of each kind for each enclave: signing takes long, and none of it depends on the seed.
struct Stock {
    policy: AppraisalPolicy,
    good: Vec<VerifiedEvidence>,
    debug: Vec<VerifiedEvidence>,
    other_contents: Vec<VerifiedEvidence>,
}

static EVIDENCE: LazyLock<Stock> = LazyLock::new(Stock::new);

impl Stock {
    fn new() -> Self {
        let root = TestRoot::new(stage::START);
        let bound =
            workload_report_data(&NONCE, &stage::node("stage").identity, &stage::container(), &CONFIG);
        let each = |alter: fn(&mut casemate_softtee::EnclaveReport)| {
            let evidence = (0..ENCLAVES).map(|index| {
                let mut report = report(stage::measurement(index), bound);
                alter(&mut report);
                root.verified(&report)
            });
            evidence.collect()
        };
        let draft = PolicyDraft {
            roots: BTreeSet::from([root.fingerprint()]),
            ttl: TTL,
            debug_allowed: false,
            platform: Reference::Image,
            workloads: vec![WorkloadRule {
                selector: Selector::default(),
                reference: Reference::OneOf((0..=ENCLAVES).map(stage::measurement).collect()),
            }],
        };
        Self {
            good: each(|_| {}),
            debug: each(|report| report.debug = true),
            other_contents: each(|report| report.measurement = stage::measurement(ENCLAVES)),
            policy: draft.validate().expect("the policy accepts something"),
        }
    }

    fn get(&self, kind: Kind) -> &[VerifiedEvidence] {
        match kind {
            Kind::Good => &self.good,
            Kind::Debug => &self.debug,
            Kind::OtherContents => &self.other_contents,
        }
    }
}

fn appraise(evidence: &VerifiedEvidence, subject: Workload, now: Timestamp) -> Option<Attested<Workload>> {
    let expected = WorkloadExpectation {
        image_measurement: subject.measurement,
        subject,
        identity: stage::node("stage").identity,
        config: CONFIG,
        nonce: NONCE,
    };
    match appraise_workload(evidence, &expected, &EVIDENCE.policy, now) {
        Appraisal::Affirming(witness) => Some(witness),
        Appraisal::Contraindicated(_) => None,
    }
}

fn index_of(witness: &Attested<Workload>) -> u32 {
    witness.subject().enclave.index
}

/// The witness through a signed result, as one about `subject`.
fn reopened(
    evidence: &VerifiedEvidence,
    witness: Attested<Workload>,
    subject: &Workload,
    now: Timestamp,
) -> Option<Attested<Workload>> {
    let tenant = Some(subject.container.pod.namespace.as_str());
    let judgement = judge(evidence, EVIDENCE.policy.evidence(), &Question { nonce: None, tenant, now });
    let verifier = VerifierId { developer: "test".into(), build: "test".into() };
    let issue = Issue { verifier: &verifier, policy: "stage", nonce: None, now };
    let ear = Ear::attesting(&witness.at(now).ok()?, evidence, &judgement, &issue).ok()?;
    let token = ear.sign(&*SIGNER).expect("the key is at hand");
    reopen(&token, &SIGNER.keys(), subject, now).ok()
}

static SIGNER: LazyLock<TestSigner> =
    LazyLock::new(|| TestSigner { pair: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key") });

struct TestSigner {
    pair: Ed25519KeyPair,
}

impl TestSigner {
    fn keys(&self) -> VerifierKeys {
        let key = VerifierKey {
            algorithm: Algorithm::EdDsa,
            public: self.pair.public_key().as_ref().to_vec(),
            not_before: Timestamp(0),
            not_after: Timestamp(u64::MAX),
        };
        VerifierKeys::new([(self.kid().to_owned(), key)]).expect("a key of its algorithm")
    }
}

impl Signer for TestSigner {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDsa
    }

    fn kid(&self) -> &str {
        "stage"
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.pair.sign(message).as_ref().to_vec())
    }
}

fn subject(index: u32) -> Workload {
    Workload {
        enclave: stage::enclave(index),
        container: stage::container(),
        measurement: stage::measurement(index),
    }
}

fn initialised(index: u32) -> Enclave<Initialised> {
    Enclave::create(stage::enclave(index), stage::container()).initialise(stage::measurement(index))
}
