//! From a placed pod to enclaves that may be entered.

use std::sync::Arc;

use casemate_checker::Observation;
use casemate_cpu::Weight;
use casemate_enclave::{Enclave, Ready};
use casemate_model::{ContainerKey, EnclaveId, Volume};
use casemate_placement::{OnEvidence, Plan};
use casemate_report::{State, Verdict, What};

use super::Supervisor;
use super::ending::Abandoned;
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
    /// A pod has its place: its life begins.
    pub(super) fn start(&mut self, pod: usize, plan: Plan<OnEvidence>) {
        let (node, tee) = (plan.node().clone(), self.means.attestation.tee());
        self.pods[pod].plan = Some(plan);
        for entry in &mut self.entries[self.pods[pod].containers.clone()] {
            entry.report.node = Some(node.clone());
            entry.report.state = State::Running;
            entry.report.tee = Some(tee);
        }
        self.begin(pod);
    }

    /// Creates an enclave for a container and has it built. Each start is another instance,
    /// which shares nothing with those before but its slot.
    pub(super) fn create(&mut self, at: usize, instance: u32) {
        let container = self.container(at);
        let limit = memory_limit(container);
        let guaranteed = container.demand.enclave.map(|enclave| enclave.epc_guaranteed).unwrap_or_default();
        // Entries and slots are both one a container, and far fewer than 2^32.
        let id = EnclaveId { index: at as u32, generation: instance };
        self.by_enclave.insert(id, at);

        let entry = &mut self.entries[at];
        entry.report.state = State::Running;
        entry.report.verdict = None;
        entry.report.exit_code = None;
        entry.report.reasons.clear();
        entry.report.restarts = instance;
        entry.stage = Stage::Loading(Enclave::create(id, entry.key.clone()));
        let image = entry.image.clone();
        self.means.watch.observe(Observation::EnclaveCreated {
            enclave: id,
            container: entry.key.clone(),
            pages_guaranteed: guaranteed.to_pages_ceil().0,
        });
        self.tell_of(
            at,
            What::EnclaveCreated { enclave: id, epc_guaranteed: guaranteed, epc_limit: Some(limit) },
        );
        match image {
            Ok(image) => self.means.loader.order(Order { id, image, limit, guaranteed }),
            Err(why) => self.could_not_load(id, why),
        }
    }

    pub(super) fn could_not_load(&mut self, id: EnclaveId, why: String) {
        let Some((at, enclave)) = self.take_loading(id) else { return };
        if let Some(why) = self.entries[at].condemned.take() {
            return self.take_down(at, enclave, None, why);
        }
        self.tell_of(at, What::Failed { why: why.clone() });
        self.abandon(at, enclave, None, Abandoned::unusable(why));
    }

    /// An enclave that was condemned while it was built goes without having been entered.
    fn take_down(
        &mut self,
        at: usize,
        enclave: Enclave<casemate_enclave::Created>,
        memories: Option<&Memories>,
        why: String,
    ) {
        self.tell_of(at, What::Killed { why: why.clone() });
        self.abandon(at, enclave, memories, Abandoned::stopped(why));
    }

    /// An enclave was built. It is measured and attested; only then may it be entered.
    pub(super) fn loaded(&mut self, id: EnclaveId, loaded: Loaded) {
        let Some((at, enclave)) = self.take_loading(id) else { return };
        let Loaded { measurement, program, memories } = loaded;
        if let Some(why) = self.entries[at].condemned.take() {
            return self.take_down(at, enclave, Some(&memories), why);
        }
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
            config: config_of(&invocation, self.container(at), self.volumes_of(at)),
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

        let opened = self.log(at).and_then(|log| Ok((log, self.open_volumes(at)?)));
        let (log, mounts) = match opened {
            Ok(opened) => opened,
            Err(why) => return self.unusable(at, ready, &memories, why),
        };
        let control = Arc::new(Control::default());
        let boundary = Boundary {
            control: Arc::clone(&control),
            memories: Arc::clone(&memories),
            clock: self.means.clock,
            limit: memory_limit(self.container(at)),
            table_elements: 0,
        };
        let execution = match Guest::execution(program, &invocation, &mounts, log.clone(), boundary) {
            Ok(execution) => execution,
            Err(error) => return self.unusable(at, ready, &memories, format!("its volumes: {error:#}")),
        };
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

    /// An attested enclave cannot be given what its program needs of the host.
    fn unusable(&mut self, at: usize, ready: Enclave<Ready>, memories: &Memories, why: String) {
        self.tell_of(at, What::Failed { why: why.clone() });
        self.abandon(at, ready, Some(memories), Abandoned::unusable(why));
    }

    fn volumes_of(&self, at: usize) -> &[Volume] {
        &self.pods[self.entries[at].pod].workload.pod.volumes
    }

    pub(super) fn started(&mut self, id: EnclaveId) {
        let Some(at) = self.by_enclave.get(&id).copied() else { return };
        let now = self.now();
        self.entries[at].started.get_or_insert(now);
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
        self.abandon(at, enclave, Some(&memories), Abandoned::refused(reasons));
    }

    /// The container's log, which all its instances write to, one after another.
    fn log(&self, at: usize) -> Result<OutputLog, String> {
        if let Some(log) = &self.entries[at].log {
            return Ok(log.clone());
        }
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
