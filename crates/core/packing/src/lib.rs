//! Which node loses least by taking a request, learned from what was asked for so far.
//!
//! ```
//! use casemate_packing::{Cluster, Label, Node, Request, Room, Want};
//!
//! // Kinds: 0 = thousandths of a core, 1 = thousandths of a GPU.
//! let node = |gpus: usize| Node::new(Label(0), vec![vec![8_000], vec![1_000; gpus]]);
//! let mut cluster = Cluster::new(vec![node(2)?, node(0)?], Room::new());
//! let cpu_only = Request::new(vec![Want::Share(4_000), Want::Nothing], None)?;
//! let with_gpu = Request::new(vec![Want::Share(4_000), Want::Share(500)], None)?;
//! assert_eq!(cluster.place(&with_gpu), Some(0));
//! // The second node has no GPU that room could be lost for.
//! assert_eq!(cluster.place(&cpu_only), Some(1));
//! # Ok::<(), casemate_packing::PackingError>(())
//! ```
//!
//! One notion covers everything that is handed out: a *kind* of device, of which a node has *units* of some
//! capacity each. CPU and memory are one unit; key slots are one unit of so many; encrypted memory has a
//! unit for each NUMA node; GPUs are units of which a share, or several whole ones, are asked for. No kind
//! is special, and amounts are plain integers in whatever unit the caller likes.
//!
//! The default policy is [`Room`]; [`FirstFit`] and [`BestFit`] are there to be compared with it. A policy's
//! answer depends on the node's state and the request only, until it says that what it learned has changed:
//! nodes in equal state need one answer between them, and an index may keep it.
//!
//! Decides nothing about trust, names or priorities, and nothing ever leaves: whoever schedules does.

#![forbid(unsafe_code)]

mod cluster;
mod mix;
mod node;
mod policy;
mod request;
mod room;

pub use cluster::Cluster;
pub use node::{KINDS_MOST, Label, Node, UNITS_MOST};
pub use policy::{BestFit, Choice, FirstFit, Policy, cheapest};
pub use request::{PackingError, Request, Want};
pub use room::{REMEMBERED, RENEWED, Room};
