//! Intel SGX: the quote, and the measurement of an enclave.

pub mod layout;
mod measurement;
pub(crate) mod quote;

pub use measurement::{MeasurementBuilder, PageFlags};
