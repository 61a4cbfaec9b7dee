//! Other verifiers of evidence, asked the same questions as ours: dcap-qvl for Intel's quotes, sev for
//! AMD's reports. Nothing here ships; it is how our verdicts and our speed are held against theirs.

#![forbid(unsafe_code)]

pub mod data;
pub mod differences;
pub mod explained;
pub mod mutation;
pub mod peer;
