//! Kubernetes manifests and our policy document in, `model` out.
//!
//! ```
//! use casemate_manifest::{Source, read};
//!
//! let text = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}";
//! let reading = read(&[Source { name: "p.yaml".into(), text: text.into() }]);
//! assert_eq!(reading.workloads[0].pod.key.to_string(), "default/p");
//! ```
//!
//! Reads Pods and Jobs (batch/v1) as Kubernetes writes them, in YAML or JSON, many
//! documents a file, in `List`s. Keys of Kubernetes that are not listed in [`read`]'s
//! modules are allowed and ignored; what would run wrongly if it were ignored is
//! refused by name. Every problem of every document is found, each with its place
//! ([`Place`]) and field path. Other kinds are refused by name, one finding a document.
//!
//! This crate opens no file, reads no clock and no environment: text comes as
//! [`Source`]s. Whatever the text says, it does not panic, and what it costs is
//! bounded: 4 MiB a source, 1,000 documents, 100,000 values and 32 levels a
//! document, aliases that expand to 5,000 events, and 64 MiB once everything is expanded.

#![forbid(unsafe_code)]

pub mod argument;
mod container;
mod duration;
mod expand;
mod field;
mod implicit;
mod inspect;
mod job;
mod metadata;
mod place;
mod pod;
mod policy;
mod problem;
mod quantity;
mod reading;
mod resources;
mod source;
mod suggest;
mod template;
mod tree;
mod vocabulary;
mod workload;

pub use inspect::{
    Class, Entry, Fact, Finding, FindingId, Form, Inspection, Says, Severity, What, inspect, inspect_markdown,
    is_manifest_name,
};
pub use place::Place;
pub use policy::{PolicyDocument, ResolvedPolicy, RootName};
pub use problem::{Note, Problem, ProblemKind};
pub use reading::{Reading, empty_directory, read, read_policy};
pub use source::Source;
pub use vocabulary::technology::Technology;
pub use workload::{Provenance, Workload, WorkloadKind};
