//! A CPU as the simulator sees it.

use crate::slots::NEVER;

/// Bits of interrupts that wait for the REE beside those of the scenario's sources.
pub(crate) const BELL: usize = crate::INTERRUPTS_MOST;
pub(crate) const REE_TICK: usize = BELL + 1;
pub(crate) const RECORDED: usize = REE_TICK + 1;
const LINES: usize = RECORDED + 1;

/// A full speed, or all of a window.
pub(crate) const FULL: u64 = 1024;

/// A CPU.
#[derive(Clone, Debug)]
pub(crate) struct Cpu {
    /// Until when its time is accounted for.
    pub(crate) until: u64,
    /// Nanoseconds of switching between worlds that are left.
    pub(crate) switching: u64,
    /// Work of the REE's interrupt handlers that is left.
    pub(crate) handlers: u64,
    /// Work of those recorded interrupts that wait.
    pub(crate) recorded: u64,
    /// The REE's task.
    pub(crate) current: Option<u8>,
    /// Whether that task gave up the CPU by a call that has not come back.
    pub(crate) in_call: bool,
    /// Tasks that could run here, without the current one.
    pub(crate) runnable: u64,
    /// The least that a task here has had of its fair share, at any time.
    pub(crate) floor: u64,
    /// Another task may have to run.
    pub(crate) resched: bool,
    /// The REE has nothing to do.
    pub(crate) asleep: bool,
    /// It sleeps deeply.
    pub(crate) deep: bool,
    /// When it will have woken up; `NEVER` unless it is about to.
    pub(crate) awake_at: u64,
    /// The REE lets the TEE schedule as soon as it can.
    pub(crate) schedule: bool,
    /// Whether the CPU is physically in the TEE, asleep or not.
    pub(crate) in_tee: bool,
    /// Since when a thread has had it.
    pub(crate) entered: u64,
    /// Since when each of the REE's interrupts waits.
    pub(crate) since: [u64; LINES],
    /// Which of them wait.
    pub(crate) pending: u32,
    /// Ticks of the REE.
    pub(crate) ticks: u64,
    /// How fast it is at its full frequency, of `FULL`.
    pub(crate) capacity: u64,
    /// Its frequency, of `FULL`.
    pub(crate) frequency: u64,
    pub(crate) window: Window,
    /// How busy it is in the long run, of `FULL` and at the full frequency, for the governor.
    pub(crate) utilisation: u64,
}

/// Nanoseconds since the governor looked last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    /// Busy, as the REE sees it.
    pub(crate) seen: u64,
    /// With what is given back.
    pub(crate) corrected: u64,
    /// In truth.
    pub(crate) busy: u64,
    /// How much the window before was busy as the REE sees it, of `FULL`.
    pub(crate) before: u64,
}

impl Cpu {
    pub(crate) fn new(capacity: u64) -> Self {
        Self {
            until: 0,
            switching: 0,
            handlers: 0,
            recorded: 0,
            current: None,
            in_call: false,
            runnable: 0,
            floor: 0,
            resched: false,
            asleep: false,
            deep: false,
            awake_at: NEVER,
            schedule: false,
            in_tee: false,
            entered: 0,
            since: [NEVER; LINES],
            pending: 0,
            ticks: 0,
            capacity,
            frequency: FULL,
            window: Window::default(),
            utilisation: FULL / 2,
        }
    }

    /// How fast it is, of `FULL`.
    pub(crate) fn speed(&self) -> u64 {
        (self.capacity * self.frequency / FULL).max(1)
    }

    /// How long work takes.
    pub(crate) fn lasts(&self, work: u64) -> u64 {
        work.saturating_mul(FULL).div_ceil(self.speed())
    }

    /// How much work is done in so long.
    pub(crate) fn does(&self, nanos: u64) -> u64 {
        nanos.saturating_mul(self.speed()) / FULL
    }

    /// How many tasks the REE has here.
    pub(crate) fn load(&self) -> u32 {
        self.runnable.count_ones() + u32::from(self.current.is_some())
    }

    /// An interrupt of the REE has come.
    pub(crate) fn raise(&mut self, line: usize, now: u64) {
        self.pending |= 1 << line;
        if self.since[line] == NEVER {
            self.since[line] = now;
        }
    }
}
