//! The attestation service.

#![forbid(unsafe_code)]

pub mod clock;
pub mod collateral;
pub mod keys;
