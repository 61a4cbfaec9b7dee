//! Recorded and synthetic workloads: which nodes there are, and which pods arrive in which order.
//!
//! ```
//! use casemate_trace::{Inflation, Limits, nodes, pods};
//!
//! let limits = Limits::default();
//! let nodes = nodes(b"sn,cpu_milli,memory_mib,gpu,model\nn0,96000,393216,2,T4\n", &limits)?;
//! let list = b"name,cpu_milli,memory_mib,num_gpu,gpu_milli\np0,4000,8192,1,500\np1,8000,8192,1,1000\n";
//! let pods = pods(list, &limits)?;
//! let capacity = nodes.iter().map(|node| node.gpu_milli()).sum();
//! let arrived: u64 = Inflation::new(&pods, 42, capacity).map(|pod| pod.total_gpu_milli()).sum();
//! assert!(arrived <= capacity);
//! # Ok::<(), casemate_trace::TraceError>(())
//! ```
//!
//! Reads the node and pod lists of OpenB (`alibaba/clusterdata`, `cluster-trace-gpu-v2023`), plain or
//! compressed with gzip, up to stated [`Limits`]; a mistake is told with its line and column, and nothing is
//! guessed. [`Inflation`] makes a stream of arrivals of a list, as the literature does that compares
//! packing; [`synthetic`] makes clusters of TEE nodes, of which no list is public. All of it is a function of
//! bytes and a seed: no clock, no file, no source of randomness.

#![forbid(unsafe_code)]

mod inflation;
mod limits;
mod node;
mod plain;
mod pod;
mod problem;
mod random;
pub mod synthetic;
mod table;
mod workload;

pub use inflation::Inflation;
pub use limits::Limits;
pub use node::{Node, nodes};
pub use pod::{Pod, pods};
pub use problem::{Problem, TraceError};
pub use random::Random;
pub use workload::Workload;
