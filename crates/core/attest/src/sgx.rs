//! Intel SGX: the layout of quotes and reports, and the measurement of an enclave.

pub mod layout;
mod measurement;

pub use measurement::{MeasurementBuilder, PageFlags};
