//! `policy` from outside: witnesses come from verified evidence only, and every refusal is complete.

mod claims;
mod compile_fail;
mod draft;
mod expressions;
mod hardware;
mod judging;
mod keys;
mod platform;
mod results;
mod scopes;
mod silicon;
mod witness;
mod workload;

use std::collections::BTreeSet;

use casemate_attest::binding::{platform_report_data, workload_report_data};
use casemate_model::{
    ConfigDigest, ContainerKey, EnclaveId, Measurement, Nanos, NodeIdentity, NodeName, Nonce, PodKey, Tee,
    Timestamp,
};
use casemate_policy::{
    AppraisalPolicy, Pattern, Platform, PlatformExpectation, PolicyDraft, Reference, Selector, Workload,
    WorkloadExpectation, WorkloadRule,
};
use casemate_softtee::EnclaveReport;
use casemate_softtee::synthetic::{self, TestRoot};

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_unix_secs(1_767_225_600);
const TTL: Nanos = Nanos::from_secs(600);
const IMAGE: Measurement = Measurement([0x1a; 32]);
const OTHER: Measurement = Measurement([0x07; 32]);
const NONCE: Nonce = Nonce([9; 32]);
const CONFIG: ConfigDigest = ConfigDigest([0xc0; 32]);
const AGENT_KEY: &[u8] = b"the agent's public key";

fn identity() -> NodeIdentity {
    NodeIdentity { uid: "node-uid".into(), boot_id: "boot-id".into() }
}

fn container() -> ContainerKey {
    let pod = PodKey { namespace: "default".into(), name: "sgx-app".into() };
    ContainerKey { pod, container: "main".into() }
}

fn platform() -> Platform {
    Platform { node: NodeName("this-machine".into()), identity: identity(), tee: Tee::Software }
}

fn workload() -> Workload {
    Workload { enclave: EnclaveId { index: 3, generation: 1 }, container: container(), measurement: IMAGE }
}

fn platform_expectation() -> PlatformExpectation<'static> {
    PlatformExpectation { subject: platform(), agent_key: AGENT_KEY, nonce: NONCE, image_measurement: IMAGE }
}

fn workload_expectation() -> WorkloadExpectation {
    WorkloadExpectation {
        subject: workload(),
        identity: identity(),
        config: CONFIG,
        nonce: NONCE,
        image_measurement: IMAGE,
    }
}

/// What a platform that meets the expectation reports.
fn platform_report() -> EnclaveReport {
    synthetic::report(IMAGE, platform_report_data(&NONCE, &identity(), AGENT_KEY))
}

/// What a workload that meets the expectation reports.
fn workload_report() -> EnclaveReport {
    synthetic::report(IMAGE, workload_report_data(&NONCE, &identity(), &container(), &CONFIG))
}

fn rule(name: &str, reference: Reference) -> WorkloadRule {
    let name: Pattern = name.parse().expect("a pattern");
    WorkloadRule { selector: Selector { name: Some(name), ..Selector::default() }, reference }
}

fn one_of(measurements: impl IntoIterator<Item = Measurement>) -> Reference {
    Reference::OneOf(measurements.into_iter().collect::<BTreeSet<_>>())
}

/// Accepts this root, the image for the platform, and the image for pods called `sgx-…`.
fn draft(root: &TestRoot) -> PolicyDraft {
    PolicyDraft {
        roots: BTreeSet::from([root.fingerprint()]),
        ttl: TTL,
        debug_allowed: false,
        platform: Reference::Image,
        workloads: vec![rule("sgx-*", Reference::Image)],
    }
}

fn policy(root: &TestRoot) -> AppraisalPolicy {
    draft(root).validate().expect("a policy that can mean something")
}
