//! One step: something happens on a CPU, and it is decided what to do.

use crate::state::{Cpu, State};
use crate::thread::Thread;
use crate::{Answer, Bill, Class, Config, CpuId, CpuSet, Event, Go, Outcome, Refusal, ThreadId, World};

/// Decides what happens after an event on a CPU. Total: what cannot happen changes nothing and says so.
///
/// Bounded: no loop is longer than [`THREADS`](crate::THREADS) or [`CPUS`](crate::CPUS), no loop contains two
/// others, nothing recurses. The state is one; who shares it between CPUs holds one lock while it is called.
#[inline]
pub fn step(state: &mut State, config: &Config, me: CpuId, event: Event) -> Outcome {
    let mut out = Outcome {
        go: Go::Stay,
        answer: Answer::Nothing,
        sgis: CpuSet::EMPTY,
        doorbells: CpuSet::EMPTY,
        tick: false,
        ree_tick: false,
        quantum: false,
        wake_agent: false,
        bill: Bill::NOTHING,
    };
    decide(state, config, me, event, &mut out);
    out
}

/// Writes where the caller wants it, so that what is decided is not copied.
#[inline(never)]
fn decide(state: &mut State, config: &Config, me: CpuId, event: Event, out: &mut Outcome) {
    Step { state, config, me, out }.take(&event);
}

/// A step under way.
pub(crate) struct Step<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) config: &'a Config,
    pub(crate) me: CpuId,
    pub(crate) out: &'a mut Outcome,
}

impl Step<'_> {
    #[inline]
    fn take(&mut self, event: &Event) {
        // Each arm bills for itself, so that the worlds are told apart once.
        self.out.go = match self.cpu().world() {
            World::Off => {
                self.out.bill = Bill::beside(Class::Off);
                self.while_off(event)
            }
            World::Ree => {
                self.out.bill = Bill::beside(Class::Ree);
                self.in_ree(event)
            }
            World::Tee => {
                self.out.bill = Bill::in_tee(self.state, self.cpu());
                self.in_tee(event)
            }
            World::Idle => {
                self.out.bill = Bill::beside(Class::Idle);
                self.in_idle(event)
            }
        };
        self.out.tick = self.cpu().tick;
    }

    fn while_off(&mut self, event: &Event) -> Go {
        match *event {
            Event::Online => {
                self.state.set_world(self.me, World::Ree);
                self.enter_ree()
            }
            _ => self.refuse(Refusal::Impossible, Go::Off),
        }
    }

    fn in_ree(&mut self, event: &Event) -> Go {
        match *event {
            Event::Submit(ref request) => self.submit(request),
            Event::Issue => self.issue(),
            Event::Resume(thread) => self.resume(thread),
            Event::Schedule => self.schedule(),
            Event::Collect => self.collect(),
            Event::Cancel(thread) => self.cancel(thread),
            Event::Idle => self.ree_is_idle(),
            Event::Offline => self.go_off(),
            Event::Tick => self.tick_in_ree(),
            Event::Sgi => self.look_again_in_ree(),
            Event::Device(thread) => {
                self.device(thread);
                self.look_again_in_ree()
            }
            Event::Release(thread, deadline) => {
                self.release(thread, deadline);
                self.look_again_in_ree()
            }
            Event::NonSecure | Event::Quantum => Go::Stay,
            Event::Online | Event::Finish | Event::Block | Event::Call(_) => {
                self.refuse(Refusal::Impossible, Go::Stay)
            }
        }
    }

    fn in_tee(&mut self, event: &Event) -> Go {
        let Some(current) = self.cpu().current else { return self.refuse(Refusal::Impossible, Go::Stay) };
        match *event {
            Event::Tick => self.tick_in_tee(current),
            Event::Quantum => self.quantum(current),
            Event::NonSecure => self.non_secure(current),
            Event::Sgi => self.look_again_in_tee(current),
            Event::Device(thread) => {
                self.device(thread);
                self.look_again_in_tee(current)
            }
            Event::Release(thread, deadline) => {
                self.release(thread, deadline);
                self.look_again_in_tee(current)
            }
            Event::Finish => self.finish(current),
            Event::Block => self.block(current),
            Event::Call(service) => self.call(current, service),
            _ => self.refuse(Refusal::Impossible, Go::Stay),
        }
    }

    fn in_idle(&mut self, event: &Event) -> Go {
        match *event {
            Event::Tick | Event::Sgi => self.look_again_in_idle(),
            Event::Device(thread) => {
                self.device(thread);
                self.look_again_in_idle()
            }
            Event::Release(thread, deadline) => {
                self.release(thread, deadline);
                self.look_again_in_idle()
            }
            Event::NonSecure => self.enter_ree(),
            Event::Quantum => Go::Stay,
            _ => self.refuse(Refusal::Impossible, Go::Stay),
        }
    }

    /// Says no, and changes nothing.
    pub(crate) fn refuse(&mut self, why: Refusal, go: Go) -> Go {
        self.out.answer = Answer::Refused(why);
        go
    }

    pub(crate) fn cpu(&self) -> &Cpu {
        self.state.cpu(self.me)
    }

    pub(crate) fn cpu_mut(&mut self) -> &mut Cpu {
        self.state.cpu_mut(self.me)
    }

    pub(crate) fn thread(&self, id: ThreadId) -> &Thread {
        self.state.thread(id)
    }

    pub(crate) fn thread_mut(&mut self, id: ThreadId) -> &mut Thread {
        self.state.thread_mut(id)
    }
}
