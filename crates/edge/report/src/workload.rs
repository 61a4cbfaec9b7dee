//! What became of one container.

use casemate_model::{ContainerKey, Measurement, Nanos, NodeName, Tee};
use serde::Serialize;

use crate::wire;
use crate::{State, Verdict};

/// What became of one container. Whatever is not known is null in JSON and `-` in the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkloadReport {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub name: String,
    /// The container's name.
    pub container: String,
    /// Whether it runs to its end before the pod's other containers start.
    pub init: bool,
    /// The TEE it was placed in; where it was not placed, the one it asked for. `None`: it asked for none.
    #[serde(serialize_with = "wire::optional_display")]
    pub tee: Option<Tee>,
    /// Where it was placed.
    #[serde(serialize_with = "wire::optional_display")]
    pub node: Option<NodeName>,
    /// What the appraisal of its own evidence said.
    pub verdict: Option<Verdict>,
    /// Where it ended up.
    pub state: State,
    /// Its exit code, where it ended by itself.
    pub exit_code: Option<i32>,
    /// How often it was started again after it had ended.
    pub restarts: u32,
    /// MRENCLAVE, where it was measured.
    #[serde(serialize_with = "wire::optional_display")]
    pub measurement: Option<Measurement>,
    /// Path of the file its output went to.
    pub log: Option<String>,
    /// SHA-256 over the raw bytes of that output, lower-case hex.
    pub log_sha256: Option<String>,
    /// From first entry to the end, on the wall clock. Seconds in JSON.
    #[serde(serialize_with = "wire::optional_seconds")]
    pub seconds: Option<Nanos>,
    /// CPU time inside the enclave. Seconds in JSON.
    #[serde(serialize_with = "wire::optional_seconds")]
    pub cpu_seconds: Option<Nanos>,
    /// Pages unsealed and brought back in.
    pub page_ins: Option<u64>,
    /// Pages sealed and put out.
    pub page_outs: Option<u64>,
    /// Asynchronous exits: time slices that ran out.
    pub aex: Option<u64>,
    /// Synchronous exits: calls of the host.
    pub eexit: Option<u64>,
    /// Why it is where it is, most important first. Empty where it succeeded.
    pub reasons: Vec<String>,
}

impl WorkloadReport {
    /// A container of which nothing is known yet but its name and what it asked for.
    #[must_use]
    pub fn pending(key: &ContainerKey, tee: Option<Tee>) -> Self {
        Self {
            namespace: key.pod.namespace.clone(),
            name: key.pod.name.clone(),
            container: key.container.clone(),
            init: false,
            tee,
            node: None,
            verdict: None,
            state: State::Pending,
            exit_code: None,
            restarts: 0,
            measurement: None,
            log: None,
            log_sha256: None,
            seconds: None,
            cpu_seconds: None,
            page_ins: None,
            page_outs: None,
            aex: None,
            eexit: None,
            reasons: Vec::new(),
        }
    }

    /// `namespace/name/container`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.name, self.container)
    }
}
