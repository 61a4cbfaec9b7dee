//! Manifests in, workloads and findings out: through the public API only.

mod admission;
mod config;
mod evidence;
mod fixture;
mod hostile;
mod inspect;
mod jobs;
mod kinds;
mod live;
mod nodes;
mod plan;
mod plan_affinity;
mod plan_cluster;
mod plan_hardware;
mod plan_live;
mod plan_storage;
mod plan_unsupported;
mod plan_wishes;
mod pods;
mod policies;
mod problems;
mod quickstart;
mod real;
mod scheduling;
mod specs;
mod volumes;
