//! The nouns every other crate speaks: quantities, names, TEE kinds and what
//! each can do, what a pod asks for and what a node has.
//!
//! Plain data with total, panic-free arithmetic. This crate decides nothing,
//! reads nothing and knows no wire format: Kubernetes documents become these
//! types in `manifest`, quotes in `attest`.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod affinity;
mod device;
mod digest;
mod hardware;
mod hash;
mod name;
mod node;
mod placement_policy;
mod quantity;
mod scheduling;
pub mod tee;
mod volume;
mod workload;

pub use device::{DeviceKind, Devices};
pub use digest::{ConfigDigest, Fingerprint, Measurement, Nonce, ParseHexError, ReportData};
pub use hardware::{Fmspc, Hardware, NumaNode};
pub use hash::Digest;
pub use name::{ContainerKey, EnclaveId, NodeName, PodKey, WorkerId};
pub use node::{Capacity, Node, NodeIdentity, Taint, TaintEffect};
pub use placement_policy::{PlacementPolicy, PolicyError, Scope, Sharing};
pub use quantity::{Bytes, MilliCpu, Nanos, PAGE_SIZE, Pages, Timestamp};
pub use scheduling::{BudgetBound, DisruptionBudget, Preemption, Scheduling, Share};
pub use tee::{Feature, Features, Granularity, Runtime, Tee, TeeVariant};
pub use volume::{Mount, Volume, VolumeSource};
pub use workload::{Container, Demand, EnclaveDemand, Pod, RestartPolicy, Toleration, TolerationOperator};
