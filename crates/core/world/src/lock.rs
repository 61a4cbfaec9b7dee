//! The lock around the state that CPUs share: who came first goes first, so that no CPU waits for ever.
//!
//! A ticket lock (Reed and Kanodia, "Synchronization with eventcounts and sequencers", CACM 22, 1979). It holds
//! nothing itself: whoever keeps the state in a static cell takes the lock first. Interrupts are masked by
//! whoever takes it: a holder that is interrupted makes all others wait.
//! `tests/loom.rs` explores every interleaving of this file's code.

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, Ordering};

/// A lock.
#[derive(Debug)]
pub struct Lock {
    next: AtomicU32,
    serving: AtomicU32,
}

/// It is held until this is dropped.
#[derive(Debug)]
#[must_use = "it is let go of at once otherwise"]
pub struct Held<'a> {
    lock: &'a Lock,
    ticket: u32,
}

impl Lock {
    /// Nobody has it.
    #[must_use]
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        Self { next: AtomicU32::new(0), serving: AtomicU32::new(0) }
    }

    /// Nobody has it.
    #[must_use]
    #[cfg(loom)]
    pub fn new() -> Self {
        Self { next: AtomicU32::new(0), serving: AtomicU32::new(0) }
    }

    /// Waits for one's turn; `pause` is what a CPU does meanwhile, each time round (`wfe`, `yield`).
    pub fn take(&self, mut pause: impl FnMut()) -> Held<'_> {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        while self.serving.load(Ordering::Acquire) != ticket {
            pause();
        }
        Held { lock: self, ticket }
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.lock.serving.store(self.ticket.wrapping_add(1), Ordering::Release);
    }
}
