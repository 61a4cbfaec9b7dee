//! The software TEE: this machine's root, its quotes, and synthetic evidence for tests.
//!
//! Where there is no TEE hardware, software enclaves need somebody to vouch for them. Here that
//! is a key generated on this machine, never compiled in, and readable by its owner only
//! ([`SoftwareRoot`]). It certifies a quoting enclave for each process ([`QuotingEnclave`]), whose
//! quotes have the format of SGX quotes of version 3.
//!
//! **It protects nothing from the host's owner**, who can read the key. Its certificates and its
//! quotes say so in plain text. Evidence under it is worth something only to a policy that names
//! its fingerprint.
//!
//! [`synthetic`] makes evidence with one chosen defect under a root that exists in memory only.
//! It is for the tests of other crates.

#![forbid(unsafe_code)]

mod certificate;
mod key;
mod quote;
mod root;
mod store;
pub mod synthetic;

pub use key::SigningError;
pub use quote::{EnclaveReport, QuotingEnclave};
pub use root::{RootError, SoftwareRoot};
pub use store::StoreError;
