//! What every call answers.

use casemate_world::SessionError;

/// What became of a call. `OK` is 0; after anything else nothing has changed, and nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// It is done.
    Ok = 0,
    /// A pointer is null.
    NullPointer = 1,
    /// A pointer is not aligned as its type is.
    Misaligned = 2,
    /// The memory holds no such thing: it was not initialised, or holds another.
    NotInitialised = 3,
    /// Another call is at work on it: an interrupt came in between, or a CPU without the lock.
    InUse = 4,
    /// No CPU of this design has this number.
    NoSuchCpu = 5,
    /// No thread can have this number.
    NoSuchThread = 6,
    /// No event has this number.
    NoSuchEvent = 7,
    /// A field has a value that means nothing.
    NoSuchValue = 8,
    /// The design makes no sense; the reason says why.
    Senseless = 9,
    /// Every place is taken (`TEE_ERROR_BUSY`).
    Full = 10,
    /// There is nothing in it.
    Empty = 11,
    /// There is no such session, or none of this client (`TEEC_ERROR_BAD_PARAMETERS`).
    NoSuchSession = 12,
    /// A command runs in this session (`TEE_ERROR_BUSY`).
    SessionBusy = 13,
    /// The session is being closed (`TEE_ERROR_TARGET_DEAD`).
    SessionClosing = 14,
    /// A task makes no sense: it never comes, does nothing, or has a deadline beyond its period.
    SenselessTask = 15,
    /// Nothing is sure: the design lets the REE keep the CPU for ever, or bring back the TEE when it likes.
    NoSupply = 16,
    /// A task may miss its deadline.
    Late = 17,
    /// There are more tasks than threads.
    TooMany = 18,
}

impl Status {
    /// Every one, in the order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::Ok,
        Self::NullPointer,
        Self::Misaligned,
        Self::NotInitialised,
        Self::InUse,
        Self::NoSuchCpu,
        Self::NoSuchThread,
        Self::NoSuchEvent,
        Self::NoSuchValue,
        Self::Senseless,
        Self::Full,
        Self::Empty,
        Self::NoSuchSession,
        Self::SessionBusy,
        Self::SessionClosing,
        Self::SenselessTask,
        Self::NoSupply,
        Self::Late,
        Self::TooMany,
    ];
}

impl From<SessionError> for Status {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Full => Self::Full,
            SessionError::Unknown => Self::NoSuchSession,
            SessionError::Busy => Self::SessionBusy,
            SessionError::Closing => Self::SessionClosing,
        }
    }
}

impl From<Result<(), Status>> for Status {
    fn from(result: Result<(), Status>) -> Self {
        result.err().unwrap_or(Self::Ok)
    }
}
