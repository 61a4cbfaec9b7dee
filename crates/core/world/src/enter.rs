//! How a CPU comes into the TEE, goes from thread to thread, and comes out.

use casemate_mutant::{Mutant, active as seeded};

use crate::step::Step;
use crate::thread::{Kind, Phase};
use crate::{Agent, Answer, Balance, CpuId, Entry, Go, Goal, Priority, ThreadId, Tick, World};

impl Step<'_> {
    /// Runs the most urgent of those that are ready here, or, where it `may_steal`, elsewhere. `None`: there is
    /// nobody, or the TEE is elsewhere and may be at one place only.
    pub(crate) fn try_run(&mut self, may_steal: bool) -> Option<Go> {
        if self.gate_is_closed() {
            self.hand_over_ready();
            return None;
        }
        let mut asked = self.state.index().ready(self.me);
        if asked.is_empty() && may_steal && self.config.balance != Balance::None {
            asked = self.state.ready_anywhere();
        }
        let next = self.state.most_urgent(asked)?;
        Some(self.run(next))
    }

    /// Runs a thread that is ready.
    pub(crate) fn run(&mut self, next: ThreadId) -> Go {
        if !seeded(Mutant::WorldRunsTwice) {
            self.state.line.leave(next);
        }
        let me = self.me;
        self.state.set_phase(next, Phase::Running(me));
        self.thread_mut(next).last = Some(me);
        if self.cpu().world() != World::Tee {
            self.state.set_world(me, World::Tee);
            let slice = match self.config.entry {
                Entry::TimeSlice(slice) => slice,
                Entry::Call | Entry::Event => 0,
            };
            let fresh = self.config.least_progress;
            let cpu = self.cpu_mut();
            (cpu.fresh, cpu.slice) = (fresh, slice);
            // What is left of its share the REE has given up.
            cpu.owed = 0;
        }
        let tick = self.config.tick.is_there();
        let cpu = self.cpu_mut();
        cpu.current = Some(next);
        cpu.waited = 0;
        cpu.tick = tick;
        Go::Thread(next)
    }

    /// The thread that runs stops, and is ready again: in front, where it was interrupted; else behind those
    /// that wait.
    pub(crate) fn preempt(&mut self, current: ThreadId, in_front: bool) {
        let me = self.me;
        let idle =
            if self.config.balance == Balance::StealAndPush && in_front && self.config.goal == Goal::Many {
                self.idle_cpu(|_| true)
            } else {
                None
            };
        let to = idle.unwrap_or(me);
        let phase = if seeded(Mutant::WorldLosesPreempted) { Phase::Done } else { Phase::Ready(to) };
        self.state.set_phase(current, phase);
        if in_front {
            self.state.line.return_to(current);
        } else {
            self.state.line.join(current);
        }
        if to != me {
            self.out.sgis.insert(to);
        }
        self.cpu_mut().current = None;
        if self.cpu().issued == Some(current) && self.out.answer == Answer::Nothing {
            self.out.answer = Answer::Interrupted(current);
        }
    }

    /// No thread runs here any more: the next one, or the REE, or sleep.
    pub(crate) fn next(&mut self) -> Go {
        self.cpu_mut().current = None;
        let yields = self.cpu().deferred && self.config.priority != Priority::TeeOverRee;
        if yields {
            return self.leave();
        }
        let idle = self.cpu().ree_idle;
        match self.try_run(idle) {
            Some(go) => go,
            None => self.leave(),
        }
    }

    /// The TEE has done what this CPU was given for. While the REE sleeps it goes on with the rest.
    pub(crate) fn give_back(&mut self) -> Go {
        self.cpu_mut().current = None;
        let sleeps = self.cpu().ree_idle && !self.cpu().deferred;
        if sleeps && let Some(go) = self.try_run(true) {
            return go;
        }
        self.leave()
    }

    /// Out of the TEE, or not into it: to sleep where the REE sleeps, else to the REE.
    pub(crate) fn leave(&mut self) -> Go {
        let sleeps =
            self.cpu().ree_idle && (!self.cpu().deferred || seeded(Mutant::WorldSleepsOverInterrupt));
        let was_in_tee = self.cpu().world() == World::Tee;
        let go = if sleeps { self.fall_asleep() } else { self.enter_ree() };
        if was_in_tee && self.config.goal == Goal::One {
            self.open_gate();
        }
        go
    }

    /// To the REE, whatever it said before.
    pub(crate) fn enter_ree(&mut self) -> Go {
        if self.cpu().issued.is_some() {
            self.answer_with_what_is_done();
        }
        let me = self.me;
        let tick = match self.config.tick {
            Tick::None => false,
            Tick::Own => self.state.has_ready(me) && !seeded(Mutant::WorldForgetsTick),
            Tick::UnifiedTee | Tick::UnifiedRee => !seeded(Mutant::WorldStopsSharedTick),
        };
        self.state.set_world(me, World::Ree);
        let cpu = self.cpu_mut();
        let due = cpu.ree_tick_due;
        cpu.current = None;
        cpu.issued = None;
        cpu.ree_idle = false;
        cpu.deferred = false;
        cpu.ree_tick_due = false;
        cpu.fresh = false;
        cpu.held = 0;
        cpu.slice = 0;
        cpu.tick = tick;
        self.out.ree_tick |= due;
        Go::Ree
    }

    fn fall_asleep(&mut self) -> Go {
        let tick = self.config.tick.is_there() && (!self.config.nohz || seeded(Mutant::WorldTicksInSleep));
        self.state.set_world(self.me, World::Idle);
        let cpu = self.cpu_mut();
        cpu.current = None;
        cpu.issued = None;
        cpu.ree_tick_due = false;
        cpu.fresh = false;
        cpu.held = 0;
        cpu.waited = 0;
        cpu.owed = 0;
        cpu.slice = 0;
        cpu.tick = tick;
        Go::Sleep
    }

    /// The caller that is on this CPU has its answer at once, if it is there.
    #[inline(never)]
    fn answer_with_what_is_done(&mut self) {
        let Some(issued) = self.cpu().issued else { return };
        let done = self.thread(issued).phase == Phase::Done && self.thread(issued).origin == self.me;
        if done && self.out.answer == Answer::Nothing {
            if !seeded(Mutant::WorldAnswersTwice) {
                self.free(issued);
            }
            self.out.answer = Answer::Finished(issued);
            self.out.doorbells.remove(self.me);
        }
    }

    /// A request is over, and its thread free.
    pub(crate) fn free(&mut self, id: ThreadId) {
        debug_assert!(self.thread(id).kind == Kind::Request, "only requests end for good");
        let seen_through =
            self.agents_place(self.thread(id).origin).filter(|at| self.state.cpu(*at).agent == Some(id));
        if let Some(at) = seen_through {
            self.state.cpu_mut(at).agent = None;
        }
        self.state.put_thread(id, crate::Thread::free());
    }

    /// At which CPU it is kept what the agent of those that are asked for there sees through. `None`: there are no agents.
    pub(crate) fn agents_place(&self, origin: CpuId) -> Option<CpuId> {
        match self.config.agent {
            Agent::Caller => None,
            Agent::One => CpuId::new(0),
            Agent::EachCpu => Some(origin),
        }
    }

    /// Whether the TEE is elsewhere, and may be at one place only.
    pub(crate) fn gate_is_closed(&self) -> bool {
        self.config.goal == Goal::One
            && self.state.in_tee_beside(self.me).is_some()
            && !seeded(Mutant::WorldIgnoresGate)
    }

    /// Where the TEE is, there all that is ready here is to run.
    #[inline(never)]
    fn hand_over_ready(&mut self) {
        let Some(owner) = self.state.in_tee_beside(self.me) else { return };
        let moving = self.state.index().ready(self.me);
        for id in moving.iter() {
            self.state.set_phase(id, Phase::Ready(owner));
        }
        self.cpu_mut().waited = 0;
        if !moving.is_empty() {
            self.out.sgis.insert(owner);
        }
    }

    /// The TEE may be elsewhere now: whoever has work waiting looks again.
    #[inline(never)]
    fn open_gate(&mut self) {
        let waiting = self.state.line.iter().find_map(|id| match self.thread(id).phase {
            Phase::Ready(cpu) if cpu != self.me => Some(cpu),
            _ => None,
        });
        if let Some(cpu) = waiting {
            self.out.sgis.insert(cpu);
        }
    }
}
