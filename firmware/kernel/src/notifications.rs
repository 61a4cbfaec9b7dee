//! What Linux' driver waits for: values of which it is told by an interrupt (Linux `optee_smc.h`, asynchronous
//! notifications). A request's value is one more than its thread's number; 0 has a meaning of its own.

use casemate_machine::sys::mmio;
use casemate_metal_abi::{map, own};
use casemate_world::{Phase, State, THREADS, ThreadId, ThreadSet};

/// The greatest value there is.
pub(crate) const MOST: u64 = THREADS as u64;
/// Of the distributor's registers: interrupts that are made pending.
const ISPENDR: u64 = 0x200;

/// Who waits, and of what the driver is still to be told.
pub(crate) struct Notifications {
    waiting: ThreadSet,
    due: ThreadSet,
    enabled: bool,
}

impl Notifications {
    /// Nobody waits.
    pub(crate) const NONE: Self = Self { waiting: ThreadSet::EMPTY, due: ThreadSet::EMPTY, enabled: false };

    /// The driver hears, or stops hearing.
    pub(crate) fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    /// Whether it hears.
    pub(crate) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Who asked for this request waits; the value that will be told.
    pub(crate) fn wait(&mut self, thread: ThreadId) -> u64 {
        self.waiting.insert(thread);
        thread.index() as u64 + 1
    }

    /// Whether somebody waits for it.
    pub(crate) fn waits(&self, thread: ThreadId) -> bool {
        self.waiting.contains(thread)
    }

    /// The request is over.
    pub(crate) fn forget(&mut self, thread: ThreadId) {
        self.waiting.remove(thread);
    }

    /// Requests have ended: whoever waits for one of them is told.
    pub(crate) fn ring(&mut self, state: &State) {
        let ended: ThreadSet =
            self.waiting.iter().filter(|it| state.thread(*it).phase() == Phase::Done).collect();
        if !ended.is_empty() {
            self.waiting = self.waiting.without(ended);
            self.tell(ended);
        }
    }

    /// These are told.
    pub(crate) fn tell(&mut self, threads: ThreadSet) {
        self.due = self.due.or(threads);
        let spi = own::NOTIFICATION_SPI;
        mmio::write32(map::GICD + ISPENDR + u64::from(spi / 32) * 4, 1 << (spi % 32));
    }

    /// The next value, and whether there are more.
    pub(crate) fn next(&mut self) -> Option<(u64, bool)> {
        let thread = self.due.first()?;
        self.due.remove(thread);
        Some((thread.index() as u64 + 1, !self.due.is_empty()))
    }
}
