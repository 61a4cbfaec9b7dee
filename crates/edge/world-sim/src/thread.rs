//! What the threads of the TEE do, piece by piece.

use casemate_world::ThreadId;

/// The work of a thread: equal pieces, with a call or a wait after each but the last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Thread {
    pub(crate) kind: ThreadKind,
    /// Work that is left of this piece.
    pub(crate) left: u64,
    /// All of its work.
    pub(crate) work: u64,
    /// How many pieces are over.
    pub(crate) at: u8,
    /// Who waits for its answer.
    pub(crate) owner: Option<u8>,
    /// The agent that sees it through.
    pub(crate) agent: Option<u8>,
    /// When it was asked for, or released.
    pub(crate) asked: u64,
    /// When it has to be done.
    pub(crate) deadline: Option<u64>,
}

/// What a thread is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ThreadKind {
    /// None is there.
    #[default]
    None,
    /// A request of this kind of task.
    Request(u8),
    /// A service.
    Service(u8),
    /// A periodic task.
    Periodic(u8),
}

/// What comes after a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Call(ThreadId),
    Wait { nanos: u64, cpu: u8 },
    Finish,
}
