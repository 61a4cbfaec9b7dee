//! What the verifier promises, as tests.

mod batch;
mod every_kind;
mod memory;
mod queue;
mod real;
mod relay;
mod snp;
mod synthetic;
