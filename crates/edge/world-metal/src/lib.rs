//! What two worlds did on metal, from the log that the kernel at S-EL1 writes.
//!
//! [`Log::read`] reads it; [`replay`] decides every step again and compares; [`judge`] looks whether laws hold that need
//! no decider; [`Summary`] has the figures, [`answered`] how long each request took, [`Account`] on what a CPU spent its
//! time; [`spans`] has what each CPU did, as a simulation's are drawn.

#![forbid(unsafe_code)]

mod account;
mod answered;
mod chosen;
mod judge;
mod log;
mod replay;
mod spans;
mod summary;

pub use account::Account;
pub use answered::{Answered, answered, percentile};
pub use chosen::{Chosen, chosen};
pub use judge::{VIOLATIONS_MOST, judge};
pub use log::{Log, NotALog};
pub use replay::{DIFFERENCES_MOST, Difference, Replayed, replay};
pub use spans::{APPS, scenario, spans};
pub use summary::{SCHEMA, Summary};
