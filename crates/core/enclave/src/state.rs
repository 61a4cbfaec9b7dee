//! The states of an enclave. Each holds what being in it proves.

use casemate_model::Measurement;
use casemate_policy::{Attested, Workload};

/// A state an [`Enclave`](crate::Enclave) can be in: one of the four here, and nothing else.
pub trait State: sealed::Sealed {}

/// It exists and is being filled; nobody knows yet what it will be.
#[derive(Debug)]
#[non_exhaustive]
pub struct Created;

/// Its contents are fixed and measured. Whether they are good is not known.
#[derive(Debug)]
pub struct Initialised {
    pub(crate) measurement: Measurement,
}

/// Its own evidence was affirmed. It can be entered while the witness holds.
#[derive(Debug)]
pub struct Ready {
    pub(crate) measurement: Measurement,
    pub(crate) witness: Attested<Workload>,
}

/// It must not run. Its old witness is gone; a new one resumes it.
#[derive(Debug)]
pub struct Suspended {
    pub(crate) measurement: Measurement,
}

impl State for Created {}
impl State for Initialised {}
impl State for Ready {}
impl State for Suspended {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Created {}
    impl Sealed for super::Initialised {}
    impl Sealed for super::Ready {}
    impl Sealed for super::Suspended {}
}
