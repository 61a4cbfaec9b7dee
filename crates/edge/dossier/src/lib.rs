//! Files in, evidence and endorsements out; and what a verifier says of them, as a document.
//!
//! Evidence travels in many wrappings: raw, hex, base64, PEM, JSON of several makers, protobuf. What
//! a file is is told by its *content*, never by its name ([`recognise`]). Everything that came from
//! one attester makes a [`Dossier`]: its evidence, outermost first, without copies and without what
//! other evidence already holds; its endorsements; its reference values; and what was of no use.
//! [`Examiner`] verifies and judges one and answers with [`Verdict`]s.
//!
//! Bytes that somebody signed are handed on as they came, never written anew. A file of more than
//! [`MAX_FILE_BYTES`] is not looked at, and nothing in one makes this crate panic.
//!
//! Reads no file, clock or environment itself: bytes and time are arguments.

#![forbid(unsafe_code)]

mod binary;
mod cbor;
mod content;
mod decode;
mod der;
mod dossier;
mod examine;
mod forecast;
mod inspect;
mod json;
mod protobuf;
mod reference;
mod verdict;

pub use content::{Content, MAX_FILE_BYTES, Unsupported, Unusable, recognise};
pub use decode::bytes_of_hex;
pub use dossier::{Dossier, Found, Input, Statement, Unused};
pub use examine::Examiner;
pub use forecast::Forecast;
pub use inspect::{Piece, inspect};
pub use reference::{CcaReferences, References};
pub use verdict::{Outcome, Verdict};
