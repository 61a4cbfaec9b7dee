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
//! Reads what makes pods (Pods, Jobs, CronJobs, Deployments and their like) and what pods
//! refer to (ConfigMaps, Secrets, runtime and priority classes) as Kubernetes writes
//! them, in YAML or JSON, many documents a file, in `List`s, in any order. Keys of
//! Kubernetes that no module here lists are allowed and ignored; what would run wrongly if
//! it were ignored is refused by name. Every problem of every document is found, each
//! with its place ([`Place`]) and field path. Other kinds are refused by name, one finding
//! a document. [`read_to_plan`] reads what a cluster is made of too (nodes, namespaces, disruption budgets,
//! claims), and pods as they are placed on many nodes.
//! [`inspect()`] reads the same documents to tell what they ask for, and more kinds and
//! templates with them.
//!
//! This crate opens no file, reads no clock and no environment: text comes as
//! [`Source`]s. Whatever the text says, it does not panic, and what it costs is
//! bounded: 32 MiB a source, 100,000 documents, 2,000,000 values and 100 levels a
//! document, aliases that expand to 5,000 values and 4 MiB, and 64 MiB once everything
//! is expanded.

#![forbid(unsafe_code)]

mod admission;
mod affinity;
pub mod argument;
mod base64;
mod budget;
mod config;
mod container;
mod document;
mod documents;
mod downward;
mod duration;
mod env;
mod expand;
mod field;
mod implicit;
mod inputs;
mod inspect;
mod kind;
mod metadata;
mod mount;
mod namespaces;
mod node;
mod ours;
mod owners;
mod path;
mod place;
mod pod;
mod pod_resources;
mod policy;
mod priority_class;
mod problem;
mod quantity;
mod reading;
mod resources;
mod runtime_class;
mod scheduling;
mod security;
mod sidecar;
mod source;
mod storage;
mod suggest;
mod template;
mod topology;
mod tree;
mod unsupported;
mod variables;
mod vocabulary;
mod volume;
mod wishes;
mod workload;

pub use admission::{Account, Admission};
pub use document::document;
pub use inspect::{
    Class, Entry, Fact, Finding, FindingId, Form, Inspection, Says, Severity, What, inspect,
    inspect_markdown, is_manifest_name,
};
pub use node::NodeEntry;
pub use place::Place;
pub use policy::{PolicyDocument, ResolvedPolicy, RootName};
pub use problem::{Note, Problem, ProblemKind};
pub use reading::{Options, Reading, empty_directory, read, read_policy, read_to_plan, read_with};
pub use source::Source;
pub use vocabulary::technology::Technology;
pub use workload::{Idle, Provenance, Understood, Workload, WorkloadKind};
