//! What was counted over an enclave's life.

/// Counts over one enclave's life. `entries` is always `aex + eexit + abandoned` once nobody is inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Times a worker went in (EENTER, ERESUME).
    pub entries: u64,
    /// Times it was interrupted out (asynchronous exit).
    pub aex: u64,
    /// Times it came out by itself: host calls, blocking, the end.
    pub eexit: u64,
    /// Times an [`Inside`](crate::Inside) was dropped without saying how it ended: a fault of the shell.
    pub abandoned: u64,
    /// Times it was suspended.
    pub suspensions: u64,
    /// Witnesses that replaced an earlier one.
    pub renewals: u64,
}
