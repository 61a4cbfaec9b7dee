//! Witnesses for tests: real evidence under a root that exists in memory only, verified and appraised.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use casemate_attest::binding::workload_report_data;
use casemate_enclave::{Cleaned, Created, Enclave, Initialised, Ready, State, Tally};
use casemate_model::{
    ConfigDigest, ContainerKey, EnclaveId, Measurement, Nanos, NodeIdentity, Nonce, PodKey, Timestamp,
    WorkerId,
};
use casemate_policy::{
    AppraisalPolicy, Attested, PolicyDraft, Reference, Selector, Workload, WorkloadExpectation, WorkloadRule,
    appraise_workload,
};
use casemate_softtee::synthetic::{TestRoot, report};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);
/// How long each witness holds.
pub(crate) const TTL: Nanos = Nanos::from_secs(60);

/// Someone who affirms whatever workload is asked for, on evidence made for it.
pub(crate) struct Affirmer {
    root: TestRoot,
    policy: AppraisalPolicy,
}

impl Affirmer {
    pub(crate) fn new() -> Self {
        let root = TestRoot::new(NOW);
        let any = WorkloadRule { selector: Selector::default(), reference: Reference::Image };
        let draft = PolicyDraft {
            roots: BTreeSet::from([root.fingerprint()]),
            ttl: TTL,
            debug_allowed: false,
            platform: Reference::Image,
            workloads: vec![any],
        };
        Self { root, policy: draft.validate().expect("the policy accepts something") }
    }

    /// A witness made at `now`, which must be within a day of [`NOW`].
    pub(crate) fn affirm(&self, subject: Workload, now: Timestamp) -> Attested<Workload> {
        let identity = NodeIdentity { uid: "uid".into(), boot_id: "boot".into() };
        let (config, nonce) = (ConfigDigest([1; 32]), Nonce([2; 32]));
        let bound = workload_report_data(&nonce, &identity, &subject.container, &config);
        let evidence = self.root.verified(&report(subject.measurement, bound));
        let image_measurement = subject.measurement;
        let expected = WorkloadExpectation { subject, identity, config, nonce, image_measurement };
        appraise_workload(&evidence, &expected, &self.policy, now).into_result().expect("good evidence")
    }
}

pub(crate) fn id(index: u32) -> EnclaveId {
    EnclaveId { index, generation: 0 }
}

pub(crate) fn container() -> ContainerKey {
    let pod = PodKey { namespace: "default".into(), name: "pod".into() };
    ContainerKey { pod, container: "main".into() }
}

/// What enclave `index` is, if nobody meddles.
pub(crate) fn subject(index: u32) -> Workload {
    Workload { enclave: id(index), container: container(), measurement: measurement(index) }
}

pub(crate) fn measurement(index: u32) -> Measurement {
    Measurement([index as u8; 32])
}

pub(crate) fn created(index: u32) -> Enclave<Created> {
    Enclave::create(id(index), container())
}

pub(crate) fn initialised(index: u32) -> Enclave<Initialised> {
    created(index).initialise(measurement(index))
}

/// Enclave `index` with a witness made at [`NOW`].
pub(crate) fn ready(index: u32) -> Enclave<Ready> {
    let witness = Affirmer::new().affirm(subject(index), NOW);
    initialised(index).attest(witness).expect("its own witness")
}

pub(crate) fn worker() -> WorkerId {
    WorkerId(NonZeroU16::MIN)
}

/// Destroys an enclave that held no frames.
pub(crate) fn end<S: State + std::fmt::Debug>(enclave: Enclave<S>) -> Tally {
    let cleaned = Cleaned::new(enclave.id(), 0, 0, true).expect("nothing to clean but the key");
    enclave.destroy(cleaned).expect("it was this one that was cleaned")
}
