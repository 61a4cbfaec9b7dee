//! When something is due on a CPU: the tick, the end of a least quantum, a periodic task, the test device.
//!
//! One timer has them all: the secure physical one (CNTPS), which neither the REE nor the hypervisor can touch.

use casemate_machine::write;

/// Never.
pub(crate) const NEVER: u64 = u64::MAX;

/// Ticks of the counter, or [`NEVER`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    /// The next tick.
    pub(crate) tick: u64,
    /// The end of the least quantum.
    pub(crate) quantum: u64,
    /// The next release of a periodic task, if this CPU sees to them.
    pub(crate) release: u64,
    /// When the test device raises its interrupt, if it was asked to here.
    pub(crate) device: u64,
    armed: u64,
}

impl Deadlines {
    /// Nothing is due.
    pub(crate) const NONE: Self =
        Self { tick: NEVER, quantum: NEVER, release: NEVER, device: NEVER, armed: NEVER };

    /// The timer is off.
    pub(crate) fn disarm(&mut self) {
        write!("cntps_ctl_el1", 0);
        self.armed = NEVER;
    }

    /// Sets the timer to what is due first.
    #[inline(always)]
    pub(crate) fn arm(&mut self) {
        let first = self.tick.min(self.quantum).min(self.release).min(self.device);
        if first == self.armed {
            return;
        }
        if first == NEVER {
            write!("cntps_ctl_el1", 0);
        } else {
            write!("cntps_cval_el1", first);
            write!("cntps_ctl_el1", 1);
        }
        self.armed = first;
    }

    /// The tick is on, or off; on, it goes on as it did.
    #[inline(always)]
    pub(crate) fn keep_tick(&mut self, on: bool, now: u64, period: u64) {
        match (on, self.tick) {
            (false, _) => self.tick = NEVER,
            (true, NEVER) => self.tick = now + period,
            (true, _) => {}
        }
    }

    /// Whether the tick is due; then it is set to the next. One that came too late is not made good.
    pub(crate) fn tick_is_due(&mut self, now: u64, period: u64) -> bool {
        let due = self.tick <= now;
        if due {
            let next = self.tick + period;
            self.tick = if next > now { next } else { now + period };
        }
        due
    }

    /// Whether the test device is to raise its interrupt; it does once.
    pub(crate) fn device_is_due(&mut self, now: u64) -> bool {
        let due = self.device <= now;
        if due {
            self.device = NEVER;
        }
        due
    }

    /// Whether the least quantum has ended; it ends once.
    pub(crate) fn quantum_is_over(&mut self, now: u64) -> bool {
        let over = self.quantum <= now;
        if over {
            self.quantum = NEVER;
        }
        over
    }
}
