//! Manifests in, workloads and findings out: through the public API only.

mod fixture;
mod hostile;
mod jobs;
mod pods;
mod policies;
mod problems;
mod quickstart;
mod real;
