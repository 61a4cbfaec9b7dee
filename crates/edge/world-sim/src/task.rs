//! A task of the REE as the simulator sees it.

use casemate_world::ThreadId;

/// A task.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) kind: TaskKind,
    /// The only CPU it may be on.
    pub(crate) pinned: Option<u8>,
    pub(crate) weight: u64,
    /// Where it is, or was last.
    pub(crate) cpu: u8,
    pub(crate) state: TaskState,
    /// What it has had of its fair share: nanoseconds, more of them the less it weighs.
    pub(crate) vruntime: u64,
    /// Work that is left before what comes then.
    pub(crate) left: u64,
    pub(crate) then: Then,
}

/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskKind {
    /// An agent.
    Agent,
    /// One of the scenario's, by the number of its kind.
    Made(u8),
    /// One that was recorded, by its number, and which of its bursts it is at.
    Recorded(u8, u32),
}

/// What becomes of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskState {
    /// It runs, or could.
    Runnable,
    /// It sleeps, or waits for an answer.
    Waiting,
}

/// What a task does when its work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// It asks for something, or sleeps if it never does.
    Ask,
    /// It goes on with its request.
    Resume(ThreadId),
    /// It sees to requests: an agent.
    Issue,
}
