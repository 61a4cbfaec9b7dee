//! The node's own evidence, and keeping all evidence fresh.

use casemate_checker::Observation;
use casemate_model::{EnclaveId, Nanos, Timestamp};
use casemate_policy::{Attested, Platform, Workload};
use casemate_report::{Claims, State, Subject, Verdict, What};

use super::Supervisor;
use crate::attestation::{Candidate, Refusal};
use crate::config::Renewal;
use crate::roster::Stage;
use crate::task::Lifecycle;

impl Supervisor<'_> {
    /// Announces this node and, where its evidence is good, opens it for confidential pods.
    pub(super) fn attest_platform(&mut self) {
        let node = self.means.node.clone();
        self.means.watch.observe(Observation::NodeOffered { node: node.clone() });
        self.ledger.announce(node.clone()).expect("the ledger is new and has no node of this name");
        if let Some((witness, claims)) = self.platform_witness() {
            let (tee, root, not_after) = (witness.subject().tee, witness.root(), witness.not_after());
            self.ledger.admit(node, witness).expect("the expectation appraised against was this node's");
            self.tell_of_node(What::NodeAttested { claims, tee, root, not_after });
        }
    }

    fn platform_witness(&mut self) -> Option<(Attested<Platform>, Claims)> {
        let now = self.now();
        match self.means.attestation.platform(now) {
            Ok(affirmed) => {
                let not_after = affirmed.witness.not_after();
                self.means.watch.observe(Observation::PlatformWitnessGranted {
                    at: now,
                    node: self.means.node.name.clone(),
                    not_before: affirmed.facts.not_before,
                    not_after,
                    evidence: affirmed.facts,
                });
                self.platform.verdict = Some(Verdict::Affirming);
                self.platform.root = Some(affirmed.witness.root());
                self.platform.reasons.clear();
                self.platform.not_after = not_after;
                self.platform.renew_at = self.renewal_of_platform(not_after);
                Some((affirmed.witness, affirmed.claims))
            }
            Err(_) if self.once_more(self.platform.not_after).is_some() => {
                // What was affirmed still holds.
                self.platform.renew_at = self.once_more(self.platform.not_after);
                None
            }
            Err(Refusal { claims, reasons }) => {
                self.platform.verdict = Some(Verdict::Contraindicated);
                self.platform.reasons.clone_from(&reasons);
                self.platform.renew_at = None;
                self.tell_of_node(What::NodeRefused { claims, reasons });
                None
            }
        }
    }

    /// Appraises an enclave's evidence; every reason where it is not good enough.
    pub(super) fn attest_workload(
        &mut self,
        candidate: &Candidate,
    ) -> Result<(Attested<Workload>, Claims), Refusal> {
        let now = self.now();
        let affirmed = self.means.attestation.workload(candidate, now)?;
        self.means.watch.observe(Observation::WorkloadWitnessGranted {
            at: now,
            enclave: candidate.enclave,
            container: candidate.container.clone(),
            measurement: candidate.measurement,
            not_after: affirmed.witness.not_after(),
            evidence: affirmed.facts,
        });
        Ok((affirmed.witness, affirmed.claims))
    }

    /// When platform evidence that holds until `not_after` is to be renewed.
    fn renewal_of_platform(&self, not_after: Timestamp) -> Option<Timestamp> {
        match self.means.renewal {
            Renewal::OnLapse => Some(not_after.after(Nanos(1))),
            Renewal::InTime | Renewal::Never => self.renewal_of_workload(not_after),
        }
    }

    /// When an enclave's evidence that holds until `not_after` is to be renewed, unless
    /// an entry finds it lapsed before.
    pub(super) fn renewal_of_workload(&self, not_after: Timestamp) -> Option<Timestamp> {
        let now = self.now();
        match self.means.renewal {
            Renewal::InTime => Some(now.after(Nanos(not_after.since(now).0 / 3 * 2))),
            Renewal::OnLapse | Renewal::Never => None,
        }
    }

    /// When to ask again for evidence that was refused in time, where what stands holds until
    /// `not_after`. `None`: it is left to lapse.
    fn once_more(&self, not_after: Timestamp) -> Option<Timestamp> {
        let now = self.now();
        let half = Nanos(not_after.since(now).0 / 2);
        (half >= LEAST_PATIENCE).then(|| now.after(half))
    }

    /// How long nothing has to be renewed.
    pub(super) fn until_next_renewal(&self) -> Nanos {
        let due = self.entries.iter().filter_map(|entry| entry.renew_at).chain(self.platform.renew_at).min();
        due.map_or(Nanos(u64::MAX), |due| due.since(self.now()))
    }

    /// Renews what is due. What cannot be renewed lapses, and is suspended for it.
    pub(super) fn renew_what_is_due(&mut self) {
        let now = self.now();
        if self.platform.renew_at.is_some_and(|due| due <= now)
            && let Some((witness, _)) = self.platform_witness()
        {
            let not_after = witness.not_after();
            self.ledger.renew(witness).expect("this node was announced at the start");
            self.tell_of_node(What::Renewed { not_after });
            self.place();
        }
        for at in 0..self.entries.len() {
            if self.entries[at].renew_at.is_some_and(|due| due <= now) {
                self.renew(at);
            }
        }
    }

    /// An enclave was found lapsed when it was to be entered.
    pub(super) fn lapsed(&mut self, id: EnclaveId) {
        let Some(at) = self.by_enclave.get(&id).copied() else { return };
        let Stage::Live { task, .. } = &self.entries[at].stage else { return };
        if !task.body().is_suspended() {
            // It was due for renewal at the same moment, and is in again.
            return;
        }
        match self.means.renewal {
            Renewal::InTime | Renewal::OnLapse => self.renew(at),
            Renewal::Never => {
                self.tell_of(at, What::Suspended { why: LAPSED.to_owned() });
                let why = "its evidence lapsed while it ran, and renewal is switched off".to_owned();
                self.kill(at, State::Suspended, why);
            }
        }
    }

    /// Attests a live enclave again: renews it, or resumes it where it is suspended.
    fn renew(&mut self, at: usize) {
        let Stage::Live { task, candidate } = &self.entries[at].stage else { return };
        let (task, candidate) = (std::sync::Arc::clone(task), candidate.clone());
        let appraisal = self.attest_workload(&candidate);
        let mut body = task.body();
        let standing = match &body.lifecycle {
            Lifecycle::Ready(enclave) => Some(enclave.not_after()),
            Lifecycle::Suspended(_) | Lifecycle::Gone => None,
        };
        if body.is_suspended() {
            self.tell_of(at, What::Suspended { why: LAPSED.to_owned() });
        }
        let witness = match appraisal {
            Ok((witness, _)) => witness,
            Err(Refusal { claims, reasons }) => {
                drop(body);
                if let Some(not_after) = standing {
                    // What was affirmed still holds. It is asked again, and where it lapses
                    // unrenewed, nobody gets in any more.
                    self.entries[at].renew_at = self.once_more(not_after);
                    return;
                }
                drop(task);
                self.entries[at].report.verdict = Some(Verdict::Contraindicated);
                self.tell_of(at, What::WorkloadRefused { claims, reasons: reasons.clone() });
                return self.kill(at, State::Suspended, reasons.join("; "));
            }
        };
        let not_after = witness.not_after();
        let (next, resumed) = match std::mem::replace(&mut body.lifecycle, Lifecycle::Gone) {
            Lifecycle::Ready(mut enclave) => {
                let renewed = enclave.renew(witness).map(|()| false).map_err(|why| why.to_string());
                (Lifecycle::Ready(enclave), renewed)
            }
            Lifecycle::Suspended(enclave) => match enclave.resume(witness) {
                Ok(enclave) => (Lifecycle::Ready(enclave), Ok(true)),
                Err(refused) => (Lifecycle::Suspended(refused.enclave), Err(refused.why.to_string())),
            },
            Lifecycle::Gone => (Lifecycle::Gone, Ok(false)),
        };
        body.lifecycle = next;
        drop(body);
        match resumed {
            Ok(true) => {
                self.means.watch.observe(Observation::EnclaveResumed { enclave: task.id() });
                self.tell_of(at, What::Resumed { not_after });
                self.means.schedule.wake(task.id());
            }
            Ok(false) => self.tell_of(at, What::Renewed { not_after }),
            Err(why) => {
                drop(task);
                return self.kill(at, State::Suspended, why);
            }
        }
        self.entries[at].renew_at = self.renewal_of_workload(not_after);
    }

    fn tell_of_node(&mut self, what: What) {
        let subject = Subject::Node(self.means.node.name.clone());
        self.tell(subject, what);
    }
}

/// Evidence is not asked for again sooner than this.
const LEAST_PATIENCE: Nanos = Nanos::from_millis(5);

/// Why an enclave is suspended.
const LAPSED: &str = "its evidence has lapsed";
