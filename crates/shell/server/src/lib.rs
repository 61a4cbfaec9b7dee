//! The attestation service, `casemate attest serve`: evidence over HTTP in, verdicts and signed
//! results out.
//!
//! [`Server::bind`] opens keys, collateral and a socket; [`Server::run`] serves until it is told to
//! [stop](Stopper::stop). What decides is `attest`, `policy`, `verifier` and `dossier`; this crate owns threads,
//! sockets, files and the clock, and bounds what each client may take up ([`Limits`]). The API is
//! described by [`OPENAPI`].

#![forbid(unsafe_code)]

mod admission;
mod ask;
pub mod clock;
pub mod collateral;
mod enrolled;
mod events;
mod http;
pub mod keys;
mod ledger;
pub mod logs;
mod metrics;
mod nonce;
mod pool;
mod server;
mod service;
mod token;

pub use enrolled::EnrolledError;
pub use http::{Limits, OPENAPI, ROUTES};
pub use server::{Config, Server, StartError, Stopper};
pub use service::{NONCE_LIFE, Policies};
pub use token::TokenError;
