//! From a placed pod to enclaves that may be entered.

use std::sync::Arc;

use casemate_checker::Observation;
use casemate_cpu::Weight;
use casemate_enclave::Enclave;
use casemate_model::{ContainerKey, EnclaveId};
use casemate_placement::{OnEvidence, Plan};
use casemate_report::{State, Verdict, What};

use super::Supervisor;
use crate::attestation::{Candidate, Refusal, config_of};
use crate::control::Control;
use crate::guest::{Boundary, Guest};
use crate::loader::{Loaded, Order};
use crate::memories::Memories;
use crate::output::OutputLog;
use crate::roster::Stage;
use crate::task::Task;
use crate::workload::{invocation, memory_limit};

impl Supervisor<'_> {
    /// Creates the enclaves of a placed pod and has them built.
    pub(super) fn start(&mut self, pod: usize, plan: Plan<OnEvidence>) {
        let (node, tee) = (plan.node().clone(), self.means.attestation.tee());
        self.pods[pod].plan = Some(plan);
        for at in self.pods[pod].containers.clone() {
            let container = self.container(at);
            let limit = memory_limit(container);
            let guaranteed =
                container.demand.enclave.map(|enclave| enclave.epc_guaranteed).unwrap_or_default();
            let Ok(image) = self.entries[at].image.clone() else { continue };
            let id = EnclaveId { index: self.next_enclave, generation: 0 };
            self.next_enclave += 1;
            self.by_enclave.insert(id, at);

            let entry = &mut self.entries[at];
            entry.report.node = Some(node.clone());
            entry.report.state = State::Running;
            entry.report.tee = Some(tee);
            entry.stage = Stage::Loading(Enclave::create(id, entry.key.clone()));
            self.means.watch.observe(Observation::EnclaveCreated {
                enclave: id,
                container: entry.key.clone(),
                pages_guaranteed: guaranteed.to_pages_ceil().0,
            });
            self.tell_of(
                at,
                What::EnclaveCreated { enclave: id, epc_guaranteed: guaranteed, epc_limit: Some(limit) },
            );
            self.means.loader.order(Order { id, image, limit, guaranteed });
        }
    }

    pub(super) fn could_not_load(&mut self, id: EnclaveId, why: String) {
        let Some((at, enclave)) = self.take_loading(id) else { return };
        self.tell_of(at, What::Failed { why: why.clone() });
        self.abandon(at, enclave, None, State::Failed, vec![why]);
    }

    /// An enclave was built. It is measured and attested; only then may it be entered.
    pub(super) fn loaded(&mut self, id: EnclaveId, loaded: Loaded) {
        let Some((at, enclave)) = self.take_loading(id) else { return };
        let Loaded { measurement, program, memories } = loaded;
        let enclave = enclave.initialise(measurement);
        self.entries[at].report.measurement = Some(measurement);
        self.means.watch.observe(Observation::EnclaveInitialised { enclave: id, measurement });
        self.tell_of(at, What::EnclaveMeasured { measurement });
        (self.means.host_view)(memories.sealed(self.entries[at].key.clone()));

        let invocation = invocation(self.container(at));
        let candidate = Candidate {
            enclave: id,
            container: self.entries[at].key.clone(),
            measurement,
            image_measurement: measurement,
            config: config_of(&invocation),
        };
        let (witness, claims) = match self.attest_workload(&candidate) {
            Ok(affirmed) => affirmed,
            Err(refusal) => return self.refuse(at, enclave, memories, refusal),
        };
        self.entries[at].report.verdict = Some(Verdict::Affirming);
        let not_after = witness.not_after();
        let ready = match enclave.attest(witness) {
            Ok(ready) => ready,
            Err(refused) => {
                let refusal = Refusal { claims, reasons: vec![refused.why.to_string()] };
                return self.refuse(at, refused.enclave, memories, refusal);
            }
        };
        self.tell_of(at, What::WorkloadAttested { claims, not_after });

        let log = match self.open_log(at) {
            Ok(log) => log,
            Err(why) => {
                self.tell_of(at, What::Failed { why: why.clone() });
                return self.abandon(at, ready, Some(&memories), State::Failed, vec![why]);
            }
        };
        let control = Arc::new(Control::default());
        let boundary = Boundary {
            control: Arc::clone(&control),
            memories: Arc::clone(&memories),
            clock: self.means.clock,
            limit: memory_limit(self.container(at)),
            table_elements: 0,
        };
        let execution = Guest::execution(program, &invocation, log.clone(), boundary);
        let task = Task::new(ready, execution, control, memories);
        let weight = Weight::from_cpu_request(self.container(at).demand.cpu);
        let renew_at = self.renewal_of_workload(not_after);
        let entry = &mut self.entries[at];
        entry.log = Some(log);
        entry.renew_at = renew_at;
        entry.stage = Stage::Live { task: Arc::clone(&task), candidate };
        if let Err(misuse) = self.means.schedule.add(task, weight) {
            self.kill(at, State::Failed, misuse.to_string());
        }
    }

    pub(super) fn started(&mut self, id: EnclaveId) {
        let Some(at) = self.by_enclave.get(&id).copied() else { return };
        self.entries[at].started = Some(self.now());
        self.tell_of(at, What::Entered);
    }

    fn take_loading(&mut self, id: EnclaveId) -> Option<(usize, Enclave<casemate_enclave::Created>)> {
        let at = *self.by_enclave.get(&id)?;
        match std::mem::replace(&mut self.entries[at].stage, Stage::Over) {
            Stage::Loading(enclave) => Some((at, enclave)),
            other => {
                self.entries[at].stage = other;
                None
            }
        }
    }

    /// Ends a container whose enclave's evidence was not accepted. It is never entered.
    fn refuse(
        &mut self,
        at: usize,
        enclave: Enclave<casemate_enclave::Initialised>,
        memories: Arc<Memories>,
        Refusal { claims, reasons }: Refusal,
    ) {
        self.entries[at].report.verdict = Some(Verdict::Contraindicated);
        self.tell_of(at, What::WorkloadRefused { claims, reasons: reasons.clone() });
        self.abandon(at, enclave, Some(&memories), State::Refused, reasons);
    }

    fn open_log(&self, at: usize) -> Result<OutputLog, String> {
        let path = self.means.logs.join(log_name(&self.entries[at].key));
        OutputLog::create(&path)
            .map_err(|error| format!("log {}: cannot be created: {error}; free the path", path.display()))
    }
}

/// One file name a container. Namespaces, pods and containers have Kubernetes names,
/// which hold no underscore; whatever else a manifest says becomes harmless.
fn log_name(key: &ContainerKey) -> String {
    let harmless = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' })
            .collect()
    };
    let parts = [&key.pod.namespace, &key.pod.name, &key.container].map(|part| harmless(part));
    format!("{}.log", parts.join("_"))
}
