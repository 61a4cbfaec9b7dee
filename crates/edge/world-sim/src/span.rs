//! What a CPU did, piece by piece.

/// The most pieces that are kept; what comes later is not.
pub const SPANS_MOST: usize = 1 << 20;

/// A piece of a CPU's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// On which CPU.
    pub cpu: u8,
    /// From when, in nanoseconds.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// What it did.
    pub who: Who,
}

/// What a CPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// It runs a task of the REE, by its number in the order of the scenario; agents come last.
    Task(u8),
    /// It handles an interrupt of the REE.
    Interrupt,
    /// It runs a thread of the TEE while the REE has something to do.
    Thread(u8),
    /// It runs a thread of the TEE while the REE sleeps.
    ThreadDuringIdle(u8),
}
