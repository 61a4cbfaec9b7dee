//! The node runtime: software enclaves in a paged pool of encrypted memory.
//!
//! A [`Node`] attests itself, places pods, builds an enclave for each container,
//! attests it and runs it: WASI programs in wasmtime, whose memory lives in a
//! [`pager::Pool`] and whose CPU time `casemate-cpu` shares out. What is decided is
//! decided in the core crates; this one does it, and shows every step to the
//! independent checker.
//!
//! Software enclaves protect nothing from the host's owner.

#![deny(unsafe_code)]

mod attestation;
mod claims;
mod clock;
mod config;
mod control;
mod engine;
mod guest;
mod image;
mod loader;
pub mod machine;
mod memories;
mod node;
mod notice;
mod output;
pub mod pager;
mod roster;
mod schedule;
mod software_tee;
mod stays;
mod supervisor;
mod sys;
mod task;
mod ticker;
mod volumes;
mod watch;
mod worker;
mod workload;

pub use attestation::EvidenceSource;
pub use casemate_pod::Restarts;
pub use clock::Clock;
pub use config::{NodeConfig, Renewal};
pub use engine::{Engine, Program, ProgramError, base_config};
pub use guest::{Ending, Guest, Invocation};
pub use image::{IMAGE_BYTES_MAX, Image, ImageError};
pub use memories::SealedMemories;
pub use node::{Node, NodeError};
pub use notice::Interrupt;
pub use output::{LOG_BYTES_MAX, LogSummary};
pub use software_tee::{SoftwareTee, SoftwareTeeError, probe_measurement};
pub use workload::{DEFAULT_LIMIT, Workload};
