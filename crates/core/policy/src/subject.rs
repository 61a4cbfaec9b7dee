//! What evidence can speak of.

use std::fmt;

use casemate_model::{ContainerKey, EnclaveId, Measurement, NodeIdentity, NodeName, Tee};

/// A subject of evidence: [`Platform`] or [`Workload`], and nothing else.
pub trait Subject: sealed::Sealed + fmt::Display + fmt::Debug {}

impl Subject for Platform {}
impl Subject for Workload {}

/// A node whose TEE can be trusted. Its witness gates placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// The node's name.
    pub node: NodeName,
    /// Which node, and which boot of it.
    pub identity: NodeIdentity,
    /// The TEE it has.
    pub tee: Tee,
}

/// A measurement that runs in an enclave for a container. Its witness gates entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The enclave instance.
    pub enclave: EnclaveId,
    /// The container it is run for.
    pub container: ContainerKey,
    /// What the enclave is.
    pub measurement: Measurement,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "platform {} ({})", self.node, self.tee)
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workload {} in enclave {}", self.container, self.enclave)
    }
}

mod sealed {
    use serde_json::{Value, json};

    pub trait Sealed {
        /// Every part of it, as a result names it.
        fn document(&self) -> Value;
    }

    impl Sealed for super::Platform {
        fn document(&self) -> Value {
            let Self { node, identity, tee } = self;
            json!({ "platform": {
                "node": node.0,
                "uid": identity.uid,
                "boot_id": identity.boot_id,
                "tee": tee.as_str(),
            } })
        }
    }

    impl Sealed for super::Workload {
        fn document(&self) -> Value {
            let Self { enclave, container, measurement } = self;
            json!({ "workload": {
                "enclave": { "index": enclave.index, "generation": enclave.generation },
                "namespace": container.pod.namespace,
                "pod": container.pod.name,
                "container": container.container,
                "measurement": measurement.to_string(),
            } })
        }
    }
}
