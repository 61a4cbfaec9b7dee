//! Ticks, interrupts of either world, and interrupts between CPUs.

use casemate_mutant::{Mutant, active as seeded};

use crate::step::Step;
use crate::{Config, Entry, Go, Priority, Resume, ThreadId};

impl Step<'_> {
    /// The REE runs, and the tick comes.
    pub(crate) fn tick_in_ree(&mut self) -> Go {
        let shared = self.config.tick.is_shared();
        self.out.ree_tick = shared;
        let me = self.me;
        let cpu = self.cpu_mut();
        let owed = cpu.owed > 0;
        cpu.owed = cpu.owed.saturating_sub(1);
        if self.gate_is_closed() {
            // What is ready here goes to where the TEE is.
            let _ = self.try_run(false);
        }
        if !self.state.has_ready(me) {
            let cpu = self.cpu_mut();
            cpu.waited = 0;
            cpu.tick = shared;
            return Go::Ree;
        }
        let cpu = self.cpu_mut();
        if !seeded(Mutant::WorldStarvesTee) {
            cpu.waited = cpu.waited.saturating_add(1);
        }
        let waited = cpu.waited;
        let may = match self.config.priority {
            Priority::TeeOverRee | Priority::Equal => !owed || seeded(Mutant::WorldTakesShare),
            Priority::ReeOverTee => {
                self.config.resume == Resume::Tick && self.config.tee_waits.is_some_and(|it| waited >= it)
            }
        };
        let entered = if may { self.try_run(false) } else { None };
        entered.unwrap_or(Go::Ree)
    }

    /// The tick comes while a thread runs.
    pub(crate) fn tick_in_tee(&mut self, current: ThreadId) -> Go {
        let me = self.me;
        let (shared, nohz) = (self.config.tick.is_shared(), self.config.nohz);
        let theirs = !self.config.tick.is_tees_own();
        let cpu = self.cpu_mut();
        // A tick that the REE sends is no measure of time: it may send as many as it likes.
        let too_soon = cpu.fresh && theirs && !seeded(Mutant::WorldCutsShort);
        cpu.fresh = too_soon;
        if shared && !(cpu.ree_idle && nohz) {
            cpu.deferred = true;
            cpu.ree_tick_due = true;
        }
        if cpu.deferred && !too_soon {
            cpu.held = cpu.held.saturating_add(1);
        }
        let (deferred, held) = (cpu.deferred, cpu.held);
        if self.config.entry == Entry::Call {
            return Go::Stay;
        }
        if too_soon {
            self.out.quantum = deferred;
            return Go::Stay;
        }
        let leaves = deferred
            && match self.config.priority {
                Priority::ReeOverTee | Priority::Equal => true,
                Priority::TeeOverRee => {
                    self.config.ree_waits.is_some_and(|it| held >= it) && !seeded(Mutant::WorldStarvesRee)
                }
            };
        if leaves {
            self.owe_share();
            self.preempt(current, true);
            return self.leave();
        }
        if let Entry::TimeSlice(slice) = self.config.entry {
            let cpu = self.cpu_mut();
            cpu.slice = cpu.slice.saturating_sub(1);
            if cpu.slice == 0 {
                cpu.slice = slice;
                self.owe_share();
                self.preempt(current, false);
                return self.give_back();
            }
        }
        let mine = self.thread(current).urgency;
        let other = self.state.most_urgent(self.state.index().ready(me));
        match other {
            Some(other) if self.thread(other).urgency <= mine => {
                self.preempt(current, false);
                self.run(other)
            }
            _ => Go::Stay,
        }
    }

    /// A thread has run for its least quantum: what waited for that goes on.
    pub(crate) fn quantum(&mut self, current: ThreadId) -> Go {
        let Config { entry, priority, tick, .. } = *self.config;
        let cpu = self.cpu_mut();
        cpu.fresh = seeded(Mutant::WorldNeverEndsQuantum);
        if cpu.fresh || !cpu.deferred || entry == Entry::Call {
            return Go::Stay;
        }
        if priority != Priority::ReeOverTee {
            // Only a tick pre-empts, and one that the REE sent too soon has waited until now.
            if tick.is_tees_own() || !cpu.ree_tick_due {
                return Go::Stay;
            }
        }
        self.owe_share();
        self.preempt(current, true);
        self.leave()
    }

    /// The REE has its share before the TEE takes the CPU by itself; where the REE goes first, the wait of ready work
    /// is share enough.
    fn owe_share(&mut self) {
        if self.config.priority != Priority::ReeOverTee {
            self.cpu_mut().owed = self.config.ree_share;
        }
    }

    /// A non-secure interrupt comes while a thread runs.
    pub(crate) fn non_secure(&mut self, current: ThreadId) -> Go {
        let fresh = self.cpu().fresh;
        self.cpu_mut().deferred = true;
        let preempts = self.config.priority == Priority::ReeOverTee && self.config.entry != Entry::Call;
        if preempts && !fresh {
            self.preempt(current, true);
            return self.leave();
        }
        self.out.quantum = preempts;
        Go::Stay
    }

    /// Something may have become ready here while the REE runs.
    pub(crate) fn look_again_in_ree(&mut self) -> Go {
        let at_once = self.config.priority == Priority::TeeOverRee && self.cpu().owed == 0;
        if at_once && let Some(go) = self.try_run(false) {
            return go;
        }
        if self.gate_is_closed() {
            let _ = self.try_run(false);
        }
        let me = self.me;
        let tick = self.config.tick.is_shared() || (self.config.tick.is_there() && self.state.has_ready(me));
        self.cpu_mut().tick = tick;
        Go::Stay
    }

    /// Something may have become ready here that goes before the thread that runs.
    pub(crate) fn look_again_in_tee(&mut self, current: ThreadId) -> Go {
        if self.config.entry == Entry::Call {
            return Go::Stay;
        }
        let me = self.me;
        let mine = self.thread(current).urgency;
        let other = self.state.most_urgent(self.state.index().ready(me));
        match other {
            Some(other) if self.thread(other).urgency < mine => {
                self.preempt(current, true);
                self.run(other)
            }
            _ => Go::Stay,
        }
    }

    /// The CPU was woken by the TEE, or by its tick: work, or sleep again.
    pub(crate) fn look_again_in_idle(&mut self) -> Go {
        match self.try_run(true) {
            Some(go) => go,
            None => self.leave(),
        }
    }
}
