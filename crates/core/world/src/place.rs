//! On which CPU a thread that becomes ready is put: the proper CPU of RT 2.2.1.

use casemate_mutant::{Mutant, active as seeded};

use crate::step::Step;
use crate::thread::{Cause, Phase};
use crate::{CpuId, DeviceInterrupt, Goal, Order, ProperCpu, ThreadId, Urgency, World};

impl Step<'_> {
    /// A thread is ready: it joins the line of its proper CPU, which is told.
    pub(crate) fn make_ready(&mut self, id: ThreadId, on: CpuId) {
        self.state.set_phase(id, Phase::Ready(on));
        self.state.line.join(id);
        if on == self.me {
            let wants = self.cpu().tick || self.config.tick.is_there();
            self.cpu_mut().tick = wants;
        } else if !seeded(Mutant::WorldForgetsSgi) {
            self.out.sgis.insert(on);
        }
    }

    /// Where a thread is put that became ready here.
    pub(crate) fn proper_cpu(&self, id: ThreadId) -> CpuId {
        if self.config.goal == Goal::One
            && let Some(owner) = self.state.in_tee_beside(self.me)
        {
            return owner;
        }
        let thread = self.thread(id);
        let me_is_idle = self.cpu().ree_idle && self.cpu().current.is_none();
        let chosen = match self.config.proper_cpu {
            ProperCpu::Own => None,
            ProperCpu::Idle if me_is_idle => None,
            ProperCpu::Idle => self.idle_cpu(|_| true),
            ProperCpu::KindOfCore => {
                let suits = |cpu: CpuId| self.config.big.contains(cpu) == thread.suits_big;
                if me_is_idle && suits(self.me) {
                    None
                } else {
                    let any = || if me_is_idle { None } else { self.idle_cpu(|_| true) };
                    self.idle_cpu(suits).or_else(any)
                }
            }
            ProperCpu::LeastLoaded => self.least_loaded(),
            ProperCpu::Warm => {
                let warm = thread.last.filter(|cpu| self.state.cpu(*cpu).world() != World::Off);
                match warm {
                    Some(warm) if warm == self.me || self.is_free(warm) => Some(warm),
                    Some(warm) => self.idle_cpu(|_| true).or(Some(warm)),
                    None => self.idle_cpu(|_| true),
                }
            }
        };
        chosen.unwrap_or(self.me)
    }

    /// A secure interrupt wakes a thread that waits for one.
    pub(crate) fn device(&mut self, id: ThreadId) {
        let waits = self.thread(id).phase == Phase::Blocked(Cause::Device);
        if waits || seeded(Mutant::WorldWakesWhoRuns) {
            let on = self.where_handled(id);
            self.make_ready(id, on);
        }
    }

    /// A periodic task's time has come. If it still runs it has missed its deadline, which whoever keeps the
    /// time knows; it is not released twice.
    pub(crate) fn release(&mut self, id: ThreadId, deadline: u64) {
        if self.thread(id).phase != Phase::Blocked(Cause::Period) {
            return;
        }
        if self.config.order == Order::Deadline {
            let urgency = Urgency(deadline);
            self.thread_mut(id).own = urgency;
            self.state.set_urgency(id, urgency);
        }
        let on = self.proper_cpu(id);
        self.make_ready(id, on);
    }

    fn where_handled(&self, id: ThreadId) -> CpuId {
        let last = self.thread(id).last.filter(|cpu| self.state.cpu(*cpu).world() == World::Tee);
        match (self.config.device, last) {
            (DeviceInterrupt::Routed, Some(last)) => last,
            _ => self.proper_cpu(id),
        }
    }

    /// Another CPU on which fewer threads run or wait than here.
    fn least_loaded(&self) -> Option<CpuId> {
        if self.cpu().current.is_none() && !self.state.has_ready(self.me) {
            return None;
        }
        let (mut least, mut chosen) = (self.load(self.me), None);
        let mut others = self.state.on();
        while least > 0
            && let Some(cpu) = others.next()
        {
            let load = self.load(cpu);
            if load < least {
                (least, chosen) = (load, Some(cpu));
            }
        }
        chosen
    }

    /// An idle CPU of those `wanted` for which nothing waits yet.
    pub(crate) fn idle_cpu(&self, wanted: impl Fn(CpuId) -> bool) -> Option<CpuId> {
        let idle = self.state.index().in_world(World::Idle);
        idle.iter().find(|cpu| !self.state.has_ready(*cpu) && wanted(*cpu))
    }

    fn is_free(&self, cpu: CpuId) -> bool {
        self.state.cpu(cpu).world() == World::Idle && !self.state.has_ready(cpu)
    }

    /// How many threads run or wait there.
    fn load(&self, cpu: CpuId) -> u32 {
        let runs = |id: ThreadId| self.thread(id).phase == Phase::Running(cpu);
        self.state.index().ready(cpu).len() + u32::from(self.state.cpu(cpu).current.is_some_and(runs))
    }
}
