//! What a node is told at start.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::PathBuf;

use casemate_model::{Bytes, Nanos, NodeIdentity, NodeName, Taint};
use casemate_pod::Restarts;

use crate::pager::MechanismChoice;

/// A software-TEE node: this machine, or a part of it.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Its name.
    pub name: NodeName,
    /// Which machine, and which boot of it. See [`crate::machine`].
    pub identity: NodeIdentity,
    /// Encrypted memory in its pool.
    pub epc: Bytes,
    /// CPUs that run enclaves: one worker thread each.
    pub cpus: NonZeroU16,
    /// Ordinary memory pods may request in all.
    pub memory: Bytes,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// How pages move in and out of the pool.
    pub paging: MechanismChoice,
    /// How long an enclave runs before the next one's turn.
    pub slice: Nanos,
    /// When evidence is renewed.
    pub renewal: Renewal,
    /// Where container logs go. Created where it is missing.
    pub logs: PathBuf,
    /// Where the volumes of pods are while they run. Made for its owner only, where a pod has any.
    pub volumes: PathBuf,
    /// Directories of this machine that pods may read from, with all below them.
    pub host_path_roots: Vec<PathBuf>,
    /// How often, and after what delays, containers that failed are started again.
    pub restarts: Restarts,
    /// How often the observer is told how memory and CPU are shared out. `None`: never.
    pub sampling: Option<Nanos>,
    /// Whether the observer is told each stay of an enclave on a CPU.
    pub record_stays: bool,
}

/// When evidence is renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renewal {
    /// At two thirds of its lifetime, so that nothing is ever suspended for it.
    #[default]
    InTime,
    /// Once it has lapsed: the enclave is suspended, attested again and resumed.
    OnLapse,
    /// Not at all: an enclave whose evidence lapses stays suspended and is ended.
    Never,
}
