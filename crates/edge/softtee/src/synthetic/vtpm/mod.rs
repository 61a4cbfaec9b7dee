//! Virtual TPMs for tests, whose keys exist in memory only: of Azure, inside evidence of other kinds, and of
//! Google, under a root of the test's.

mod azure;
mod google;
mod tpm;

pub use azure::{AzureDefect, SyntheticHcl};
pub use google::{GoogleDefect, GoogleRoot};
pub use tpm::{QuoteDefect, Statement, SyntheticTpm, TpmKeyKind, event_log};
