//! When each source of events is due next.

use casemate_world::{CPUS, THREADS, ThreadId, Tick};

use crate::load::nanos;
use crate::sim::Sim;
use crate::slots::NEVER;
use crate::{Hostile, INTERRUPTS_MOST, TASKS_MOST};

/// Sources of events of each CPU.
#[derive(Clone, Copy)]
pub(crate) enum Timer {
    /// What runs there comes to an end.
    End,
    /// The TEE's tick, or the one for both.
    Tick,
    /// The REE's own tick.
    ReeTick,
    /// The least quantum.
    Quantum,
    /// An interrupt between TEEs.
    Sgi,
    /// An interrupt that tells the REE to look.
    Bell,
}

pub(crate) const TIMERS: u16 = 6;
pub(crate) const INTERRUPTS: u16 = TIMERS * CPUS as u16;
pub(crate) const RELEASES: u16 = INTERRUPTS + INTERRUPTS_MOST as u16;
pub(crate) const DEVICES: u16 = RELEASES + THREADS as u16;
pub(crate) const GOVERNOR: u16 = DEVICES + THREADS as u16;
pub(crate) const WAKES: u16 = GOVERNOR + 1;
pub(crate) const REPLAYS: u16 = WAKES + TASKS_MOST as u16;
pub(crate) const SLOTS: u16 = REPLAYS + CPUS as u16;

pub(crate) const fn timer(cpu: usize, timer: Timer) -> u16 {
    (cpu % CPUS) as u16 * TIMERS + timer as u16
}

impl Sim<'_> {
    pub(crate) fn arm_device(&mut self, thread: ThreadId, after: u64) {
        self.slots.set(DEVICES + thread.index() as u16, self.now + after);
    }

    pub(crate) fn arm_wake(&mut self, task: usize, after: u64) {
        self.slots.set(WAKES + task as u16, self.now + after);
    }

    /// Arms a timer, unless it is due before.
    pub(crate) fn arm_timer(&mut self, cpu: usize, which: Timer, after: u64) {
        let slot = timer(cpu, which);
        let at = self.slots.time(slot).min(self.now + after);
        self.slots.set(slot, at);
    }

    /// The tick that the design asks for goes on or stops.
    pub(crate) fn keep_tick(&mut self, cpu: usize, on: bool) {
        let slot = timer(cpu, Timer::Tick);
        if !on {
            self.slots.set(slot, NEVER);
        } else if self.slots.time(slot) == NEVER {
            self.arm_tick(cpu);
        }
    }

    pub(crate) fn arm_tick(&mut self, cpu: usize) {
        let machine = &self.load.scenario.machine;
        let rees = self.config.tick == Tick::UnifiedRee;
        let time = match self.load.scenario.hostile {
            Hostile::WithholdsTick if rees => NEVER,
            Hostile::FloodsTick if rees => self.now + (nanos(machine.tick_micros) / 100).max(1),
            _ if self.config.tick == Tick::Own => self.next_tick(machine.own_tick_late_percent),
            _ => self.next_tick(0),
        };
        self.slots.set(timer(cpu, Timer::Tick), time);
    }

    /// The next time of a timer that is due so many percent of a tick after the REE's.
    pub(crate) fn next_tick(&self, late_percent: u8) -> u64 {
        let period = nanos(self.load.scenario.machine.tick_micros);
        let late = period * u64::from(late_percent) / 100;
        match self.now.checked_sub(late) {
            Some(since) => (since / period + 1) * period + late,
            None => late,
        }
    }
}
