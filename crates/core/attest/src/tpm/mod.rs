//! TPM 2.0: quotes, the keys that sign them, the registers they are over, and event logs.
//!
//! The Trusted Computing Group's library specification, part 2, has the structures; TCG PC Client platform
//! firmware profile, 10, has the event log. Whose TPM it is, and why its key is to be believed, is
//! [`vtpm`](crate::vtpm)'s.

mod attest;
mod bank;
pub mod event_log;
mod fault;
mod inspect;
pub(crate) mod key;
mod public;
mod quote;
pub(crate) mod reader;
mod signature;

pub use attest::{Attest, PcrSelection};
pub use fault::{TpmError, TpmFault};
pub(crate) use inspect::key_fields as inspect_key;
pub use inspect::{inspect, inspect_event_log, inspect_public};
pub use public::{ObjectAttributes, Public};
pub use quote::{Registers, VerifiedQuote, verify_quote};
pub use signature::{Scheme, Signature};
