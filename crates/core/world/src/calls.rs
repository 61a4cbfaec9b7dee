//! What the REE asks for by calling.

use casemate_mutant::{Mutant, active as seeded};

use crate::step::Step;
use crate::thread::{Cause, Kind, Phase, Thread};
use crate::{Agent, Answer, Entry, Go, Refusal, Request, ThreadId, World};

impl Step<'_> {
    pub(crate) fn submit(&mut self, request: &Request) -> Go {
        if self.config.entry == Entry::Call && self.gate_is_closed() {
            return self.refuse(Refusal::Elsewhere, Go::Ree);
        }
        let Some(id) = self.state.vacancy() else { return self.refuse(Refusal::Busy, Go::Ree) };
        let thread = Thread::new(Kind::Request, request, Phase::Queued, self.me, self.config);
        self.state.put_thread(id, thread);
        if self.config.agent == Agent::Caller {
            return self.enter_for(id);
        }
        self.state.line.join(id);
        self.out.wake_agent = true;
        self.out.answer = Answer::Queued(id);
        Go::Stay
    }

    pub(crate) fn issue(&mut self) -> Go {
        let me = self.me;
        let Some(at) = self.agents_place(me) else { return self.refuse(Refusal::NotInThisDesign, Go::Stay) };
        let queued = match self.config.agent {
            Agent::EachCpu => self.state.index().queued_on(me),
            Agent::Caller | Agent::One => self.state.index().queued(),
        };
        let next = self.state.most_urgent(queued);
        if let Some(id) = self.state.cpu(at).agent
            && !next.is_some_and(|next| self.overtakes(next, id))
        {
            return self.go_on_with(id);
        }
        let Some(id) = next else {
            self.out.answer = Answer::Empty;
            return Go::Stay;
        };
        self.state.line.leave(id);
        self.state.set_origin(id, me);
        if self.thread(id).sync {
            self.state.cpu_mut(at).agent = Some(id);
        }
        self.enter_for(id)
    }

    /// Whether an agent leaves the request that it sees through for another one. The first goes on by itself, and its
    /// answer is fetched like any other. One agent in all takes them one after another.
    fn overtakes(&self, next: ThreadId, before: ThreadId) -> bool {
        self.config.agent == Agent::EachCpu
            && self.thread(before).phase != Phase::Done
            && self.thread(next).urgency < self.thread(before).urgency
    }

    pub(crate) fn resume(&mut self, id: ThreadId) -> Go {
        let known = self.thread(id).kind == Kind::Request
            && !matches!(self.thread(id).phase, Phase::Free | Phase::Queued);
        if self.config.agent != Agent::Caller {
            return self.refuse(Refusal::NotInThisDesign, Go::Stay);
        }
        if known { self.go_on_with(id) } else { self.refuse(Refusal::Unknown, Go::Stay) }
    }

    pub(crate) fn schedule(&mut self) -> Go {
        if !self.config.scheduling_call {
            return self.refuse(Refusal::NotInThisDesign, Go::Stay);
        }
        match self.try_run(true) {
            Some(go) => go,
            None => self.enter_ree(),
        }
    }

    pub(crate) fn collect(&mut self) -> Go {
        let done = self.state.index().done_on(self.me).first();
        self.out.answer = match done {
            Some(id) => {
                self.free(id);
                Answer::Finished(id)
            }
            None => Answer::Empty,
        };
        Go::Stay
    }

    /// A request that waits in a queue is over; one that waits for an interrupt is woken to end itself; any other
    /// sees that it is to end.
    pub(crate) fn cancel(&mut self, id: ThreadId) -> Go {
        let thread = self.thread_mut(id);
        if thread.kind != Kind::Request || matches!(thread.phase, Phase::Free | Phase::Done) {
            return self.refuse(Refusal::Unknown, Go::Stay);
        }
        thread.cancelled = true;
        match thread.phase {
            Phase::Queued => {
                let origin = thread.origin;
                self.state.set_phase(id, Phase::Done);
                self.state.line.leave(id);
                self.out.doorbells.insert(origin);
            }
            Phase::Blocked(Cause::Device) => {
                let on = self.proper_cpu(id);
                self.make_ready(id, on);
                return self.look_again_in_ree();
            }
            _ => {}
        }
        Go::Stay
    }

    pub(crate) fn ree_is_idle(&mut self) -> Go {
        if !self.config.idle_hand_over {
            return self.refuse(Refusal::NotInThisDesign, Go::Stay);
        }
        let me = self.me;
        let answer_waits = !self.state.index().done_on(me).is_empty();
        if answer_waits {
            // It has something to do: the doorbell has rung, or is about to.
            self.out.doorbells.insert(me);
        }
        self.cpu_mut().ree_idle = true;
        let looks = !seeded(Mutant::WorldSleepsOverWork);
        match if looks { self.try_run(true) } else { None } {
            Some(go) => go,
            None => self.leave(),
        }
    }

    /// The CPU is switched off: what waits here waits elsewhere.
    pub(crate) fn go_off(&mut self) -> Go {
        let me = self.me;
        let elsewhere = self.state.on().find(|cpu| *cpu != me);
        let Some(elsewhere) = elsewhere else { return self.refuse(Refusal::Impossible, Go::Stay) };
        let agent = self.cpu().agent;
        for id in ThreadId::all() {
            if self.thread(id).phase == Phase::Ready(me) && !seeded(Mutant::WorldLeavesWorkOnDeadCpu) {
                self.state.set_phase(id, Phase::Ready(elsewhere));
                self.out.sgis.insert(elsewhere);
            }
            let phase = self.thread(id).phase;
            if self.thread(id).origin == me && phase != Phase::Free {
                self.state.set_origin(id, elsewhere);
                // Whoever fetches answers there, or issues requests, has not been told of these.
                let sleeps_on = phase == Phase::Queued && seeded(Mutant::WorldForgetsAgent);
                if matches!(phase, Phase::Done | Phase::Queued) && !sleeps_on {
                    self.out.doorbells.insert(elsewhere);
                }
            }
        }
        // The one agent of all is kept at CPU 0, whoever is on.
        if self.config.agent == Agent::EachCpu
            && let Some(agent) = agent
        {
            self.cpu_mut().agent = None;
            let heir = self.state.cpu_mut(elsewhere);
            // Two requests cannot have one agent: the second is fetched as any other that is done.
            heir.agent = heir.agent.or(Some(agent));
        }
        self.state.set_world(me, World::Off);
        let cpu = self.cpu_mut();
        cpu.tick = false;
        cpu.waited = 0;
        cpu.owed = 0;
        Go::Off
    }

    /// The CPU is given up for a request, which becomes ready.
    fn enter_for(&mut self, id: ThreadId) -> Go {
        self.cpu_mut().issued = Some(id);
        if self.config.entry == Entry::Call {
            self.out.answer = Answer::Accepted(id);
            return self.run(id);
        }
        let on = self.proper_cpu(id);
        let runs_at_once = on == self.me && !self.state.has_ready(on) && !self.gate_is_closed();
        if runs_at_once {
            // Nobody else could: it would be in the line in vain.
            self.out.answer = Answer::Accepted(id);
            return self.run(id);
        }
        self.make_ready(id, on);
        let answer = Answer::Pending(id);
        match self.try_run(false) {
            Some(go) => {
                self.out.answer = Answer::Accepted(id);
                go
            }
            None => {
                self.out.answer = answer;
                self.enter_ree()
            }
        }
    }

    /// Who waits for a request comes back with its CPU.
    fn go_on_with(&mut self, id: ThreadId) -> Go {
        match self.thread(id).phase {
            Phase::Done => {
                self.free(id);
                self.out.answer = Answer::Finished(id);
                Go::Stay
            }
            Phase::Ready(_) if !self.gate_is_closed() => {
                self.state.set_origin(id, self.me);
                self.cpu_mut().issued = Some(id);
                self.out.answer = Answer::Accepted(id);
                self.run(id)
            }
            _ => {
                // Its end is told where it was asked for last.
                self.state.set_origin(id, self.me);
                self.out.answer = Answer::Pending(id);
                self.cpu_mut().issued = Some(id);
                match self.try_run(false) {
                    Some(go) => go,
                    None => self.enter_ree(),
                }
            }
        }
    }
}
