//! What the thread that runs does: it ends, waits, or calls a service.

use casemate_mutant::{Mutant, active as seeded};

use crate::step::Step;
use crate::thread::{Cause, Kind, Phase};
use crate::{Answer, Go, Priority, Refusal, SwitchBack, THREADS, ThreadId, Urgency};

// Not inlined: what every step saves and restores would grow by what only these need.
impl Step<'_> {
    #[inline(never)]
    pub(crate) fn finish(&mut self, current: ThreadId) -> Go {
        match self.thread(current).kind {
            Kind::Service => self.service_is_done(current),
            Kind::Periodic => {
                self.state.set_phase(current, Phase::Blocked(Cause::Period));
                self.next()
            }
            Kind::Request => self.request_is_done(current),
        }
    }

    #[inline(never)]
    pub(crate) fn block(&mut self, current: ThreadId) -> Go {
        self.state.set_phase(current, Phase::Blocked(Cause::Device));
        if self.thread(current).cancelled {
            // Whoever is to end does not wait.
            return self.back_at_once(current);
        }
        let root = self.state.root(current);
        if self.cpu().issued == Some(root) && self.config.switch_back == SwitchBack::Dispatcher {
            self.out.answer = Answer::Pending(root);
            return self.give_back();
        }
        self.next()
    }

    #[inline(never)]
    pub(crate) fn call(&mut self, current: ThreadId, service: ThreadId) -> Go {
        if self.thread(service).kind != Kind::Service || self.thread(service).phase == Phase::Free {
            return self.refuse(Refusal::Unknown, Go::Stay);
        }
        if self.waits_for(service, current) && !seeded(Mutant::WorldAllowsDeadlock) {
            return self.refuse(Refusal::Deadlock, Go::Stay);
        }
        self.state.set_phase(current, Phase::Blocked(Cause::Service(service)));
        let lent = self.thread(current).urgency;
        self.lend(service, lent);
        if self.thread(service).phase == Phase::Blocked(Cause::Caller) {
            self.serve(service, current);
        } else {
            // Who comes first is served first among those who are as urgent.
            self.state.line.join(current);
        }
        self.next()
    }

    /// The service begins to work for a caller.
    fn serve(&mut self, service: ThreadId, caller: ThreadId) {
        self.state.line.leave(caller);
        self.thread_mut(service).caller = Some(caller);
        let on = self.proper_cpu(service);
        self.make_ready(service, on);
        if on == self.me {
            // The CPU that the caller had is its service's, before those that wait.
            self.state.line.return_to(service);
        }
    }

    // Apart, as are the other rare and long ways: the common ones keep what they need in registers.
    #[inline(never)]
    fn service_is_done(&mut self, service: ThreadId) -> Go {
        let caller = self.thread_mut(service).caller.take();
        if let Some(caller) = caller {
            self.state.set_phase(caller, Phase::Ready(self.me));
            self.state.line.return_to(caller);
        }
        self.state.set_phase(service, Phase::Blocked(Cause::Caller));
        let mut waiting = self.state.index().calling();
        for id in
            waiting.iter().filter(|id| self.thread(*id).phase != Phase::Blocked(Cause::Service(service)))
        {
            waiting.remove(id);
        }
        let next = self.state.most_urgent(waiting);
        let lent = next.map(|id| self.thread(id).urgency);
        let own = self.thread(service).own;
        self.state.set_urgency(service, lent.map_or(own, |lent| lent.min(own)));
        if let Some(next) = next.filter(|_| !seeded(Mutant::WorldForgetsWaiters)) {
            self.serve(service, next);
        }
        if let Some(caller) = caller {
            // Its caller goes on where the answer is, unless somebody is more urgent.
            self.state.line.return_to(caller);
        }
        self.next()
    }

    fn request_is_done(&mut self, request: ThreadId) -> Go {
        self.state.set_phase(request, Phase::Done);
        let origin = self.thread(request).origin;
        let here = origin == self.me;
        let was_issued = self.cpu().issued == Some(request);
        if !here {
            if !seeded(Mutant::WorldForgetsDoorbell) {
                self.out.doorbells.insert(origin);
            }
        } else if self.cpu().ree_idle || !was_issued {
            // The REE has something to do here again.
            self.out.doorbells.insert(origin);
            if self.cpu().ree_idle {
                self.cpu_mut().deferred = true;
            }
        }
        let its_answer_waits = here && was_issued;
        let leaves = its_answer_waits
            && (self.config.switch_back == SwitchBack::Dispatcher
                || self.config.priority == Priority::ReeOverTee);
        if leaves {
            self.cpu_mut().current = None;
            return self.leave();
        }
        if was_issued && !here && self.config.switch_back == SwitchBack::Dispatcher {
            return self.give_back();
        }
        self.next()
    }

    /// Ready again at once, and behind those that wait.
    fn back_at_once(&mut self, current: ThreadId) -> Go {
        self.preempt(current, false);
        self.next()
    }

    /// Whether `service` waits, directly or not, for `thread`, or is what it works for.
    fn waits_for(&self, service: ThreadId, thread: ThreadId) -> bool {
        let mut at = service;
        for _ in 0..THREADS {
            if at == thread {
                return true;
            }
            match self.thread(at).phase {
                Phase::Blocked(Cause::Service(next)) => at = next,
                _ => return false,
            }
        }
        true
    }

    /// A service, and all that it waits for, is at least as urgent as who waits for it.
    fn lend(&mut self, service: ThreadId, urgency: Urgency) {
        if seeded(Mutant::WorldLendsNothing) {
            return;
        }
        let mut at = service;
        for _ in 0..THREADS {
            self.state.set_urgency(at, self.thread(at).urgency.min(urgency));
            match self.thread(at).phase {
                Phase::Blocked(Cause::Service(next)) => at = next,
                _ => return,
            }
        }
    }
}
