//! What the verifier promises, as tests.

mod batch;
mod memory;
mod queue;
mod real;
mod relay;
mod snp;
mod synthetic;
