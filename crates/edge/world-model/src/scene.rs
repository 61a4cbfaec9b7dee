//! What is the case: the state of the design, and of what is around it, counted apart.

use casemate_world::{
    Agent, Answer, CPUS, Cause, Class, CpuId, CpuSet, Event, Go, Outcome, Phase, Priority, State, ThreadId,
    World, step,
};

use crate::{Happening, Setting, What};

/// A state of the world and of what is around it.
///
/// Nothing beside `state` is the design's: it is what somebody who watches knows by himself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// What the design knows.
    pub state: State,
    /// CPUs with an interrupt between TEEs that has not come yet.
    pub sgis: CpuSet,
    /// CPUs with an interrupt that tells their REE of an answer and has not come yet.
    pub bells: CpuSet,
    /// CPUs on which a least quantum is being measured.
    pub quanta: CpuSet,
    /// CPUs that were entered and have not run for their least quantum.
    pub young: CpuSet,
    /// CPUs that are in the TEE because whoever asks, or an agent, called from there.
    pub inside: CpuSet,
    /// CPUs whose agent is awake; with one agent in all, CPU 0 stands for it.
    pub awake: CpuSet,
    /// The request for which each CPU's REE gave it up.
    pub asked: [Option<ThreadId>; CPUS],
    /// Requests that the REE will still make.
    pub left: u8,
    /// Requests it has made and not had the answer of.
    pub pending: u8,
    /// Interrupts of devices that threads wait for.
    pub devices: u8,
    /// For how many ticks' time something ready waited on a CPU.
    pub waited: [u8; CPUS],
    /// Ticks for which the REE of a CPU waited with an interrupt.
    pub held: [u8; CPUS],
    /// Ticks that the REE of a CPU still has for itself.
    pub share: [u8; CPUS],
    /// What went wrong in the last step itself.
    pub fault: Option<Fault>,
}

/// What a step did that no step may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It refused what can happen.
    Refused,
    /// It went where it cannot go from there, or elsewhere than it says.
    Astray,
    /// It answered for a request that was not pending.
    AnswerOfNothing,
    /// It billed time to somebody else than who had it.
    Misbilled,
    /// The REE pre-empted a thread before its least quantum.
    CutShort,
    /// The TEE took a CPU by itself that the REE had for itself.
    ShareTaken,
}

impl Scene {
    /// Which CPU stands for the agent of this one.
    #[must_use]
    pub fn agent_of(setting: &Setting, cpu: CpuId) -> CpuId {
        match setting.config.agent {
            Agent::One => CpuId::all().next().unwrap_or(cpu),
            Agent::Caller | Agent::EachCpu => cpu,
        }
    }

    /// Whether the agent that CPU stands for is in the TEE.
    #[must_use]
    pub fn agent_is_inside(&self, setting: &Setting, agent: CpuId) -> bool {
        match setting.config.agent {
            Agent::One => !self.inside.is_empty(),
            Agent::Caller | Agent::EachCpu => self.inside.contains(agent),
        }
    }
}

impl Setting {
    /// What follows.
    #[must_use]
    pub fn follow(&self, scene: &Scene, happening: Happening) -> Scene {
        let mut next = scene.clone();
        match happening.what {
            What::Event(event) => {
                self.take_step(scene, &mut next, happening.cpu, event);
            }
            What::Beat => next.waited[happening.cpu.index()] += 1,
        }
        next
    }

    /// One step of the design, and what it changes around.
    pub(crate) fn take_step(&self, scene: &Scene, next: &mut Scene, cpu: CpuId, event: Event) -> Outcome {
        match event {
            Event::Sgi => next.sgis.remove(cpu),
            Event::NonSecure => next.hear(self, cpu),
            // A CPU that is switched off has no interrupts pending.
            Event::Offline => {
                next.sgis.remove(cpu);
                next.bells.remove(cpu);
                if self.config.agent == Agent::EachCpu {
                    next.awake.remove(cpu);
                }
            }
            Event::Quantum => next.quanta.remove(cpu),
            // Who is to end does not wait.
            Event::Block if !scene.runs_to_its_end(cpu) => next.devices += 1,
            Event::Device(thread) | Event::Cancel(thread) if scene.is_awaited(thread) => next.devices -= 1,
            _ => {}
        }
        let outcome = step(&mut next.state, &self.config, cpu, event);
        next.take(self, cpu, event, &outcome);
        if outcome.bill.class != scene.class(cpu) || outcome.bill.of != scene.worked_for(cpu) {
            next.fault = Some(Fault::Misbilled);
        }
        let before = scene.state.cpu(cpu).world();
        next.fault = next.fault.or(next.astray(cpu, before, &outcome));
        next.count(self, scene, cpu, event);
        outcome
    }
}

impl Scene {
    /// The REE hears its doorbell, and wakes the agent.
    fn hear(&mut self, setting: &Setting, cpu: CpuId) {
        if self.bells.contains(cpu) {
            self.bells.remove(cpu);
            if setting.config.agent != Agent::Caller {
                self.awake.insert(Self::agent_of(setting, cpu));
            }
        }
    }

    /// What an outcome changes around the TEE.
    fn take(&mut self, setting: &Setting, cpu: CpuId, event: Event, outcome: &Outcome) {
        outcome.sgis.iter().for_each(|it| self.sgis.insert(it));
        outcome.doorbells.iter().for_each(|it| self.bells.insert(it));
        if outcome.quantum {
            self.quanta.insert(cpu);
        }
        if self.state.cpu(cpu).world() != World::Tee {
            self.quanta.remove(cpu);
        }
        let refused = matches!(outcome.answer, Answer::Refused(_));
        match event {
            Event::Submit(_) if refused => {}
            Event::Submit(_) => {
                self.left -= 1;
                self.pending += 1;
            }
            Event::Call(_) => {}
            _ if refused => self.fault = Some(Fault::Refused),
            _ => {}
        }
        if let Answer::Finished(id) = outcome.answer {
            match self.pending.checked_sub(1) {
                Some(left) => self.pending = left,
                None => self.fault = Some(Fault::AnswerOfNothing),
            }
            for asked in &mut self.asked {
                *asked = asked.filter(|it| *it != id);
            }
        }
        self.note_calls(setting, cpu, event, outcome);
    }

    /// Who is in the TEE by a call, for what, and which agents sleep.
    fn note_calls(&mut self, setting: &Setting, cpu: CpuId, event: Event, outcome: &Outcome) {
        let called = matches!(event, Event::Submit(_) | Event::Issue | Event::Resume(_));
        let agent = Self::agent_of(setting, cpu);
        let returns = self.inside.contains(cpu);
        let in_tee = self.state.cpu(cpu).world() == World::Tee;
        if called && in_tee {
            self.inside.insert(cpu);
            self.asked[cpu.index()] = match outcome.answer {
                Answer::Accepted(id) | Answer::Pending(id) => Some(id),
                _ => None,
            };
        }
        if !in_tee {
            self.inside.remove(cpu);
            self.asked[cpu.index()] = None;
        }
        if setting.config.agent == Agent::Caller {
            return;
        }
        if outcome.wake_agent && event != Event::Offline {
            self.awake.insert(agent);
        }
        let back = !in_tee && (returns || event == Event::Issue);
        let waits = self.state.cpu(agent).agent().is_some();
        match outcome.answer {
            _ if event == Event::Issue && in_tee => self.awake.remove(agent),
            Answer::Empty if back => self.awake.remove(agent),
            // For a request for which nobody waits it does not wait either.
            Answer::Pending(_) if back && waits => self.awake.remove(agent),
            _ if back => self.awake.insert(agent),
            _ => {}
        }
    }

    /// What is counted: who waits how long, who has been cut short.
    fn count(&mut self, setting: &Setting, scene: &Self, cpu: CpuId, event: Event) {
        let at = cpu.index();
        let (before, now) = (scene.state.cpu(cpu).world(), self.state.cpu(cpu).world());
        let ready = ThreadId::all().any(|id| self.state.thread(id).phase() == Phase::Ready(cpu));
        let by_itself = setting.hostile && !setting.config.tick.is_tees_own();
        if now != World::Ree || !ready {
            self.waited[at] = 0;
        } else if event == Event::Tick && !by_itself {
            self.waited[at] = self.waited[at].saturating_add(1);
        }
        // A tick that comes before the least quantum is over measures no time.
        let tick = event == Event::Tick && (!scene.young.contains(cpu) || setting.config.tick.is_tees_own());
        let waits = now == World::Tee && before == World::Tee && scene.held[at] > 0;
        let pending = now == World::Tee && event == Event::NonSecure;
        self.held[at] = match (waits || pending, tick) {
            (false, _) => 0,
            (true, true) => scene.held[at].saturating_add(1),
            (true, false) => scene.held[at].max(1),
        };
        self.count_quantum(setting, scene, cpu, event);
        self.count_share(setting, scene, cpu, event);
    }

    fn count_quantum(&mut self, setting: &Setting, scene: &Self, cpu: CpuId, event: Event) {
        let (before, now) = (scene.state.cpu(cpu).world(), self.state.cpu(cpu).world());
        let own_tick = event == Event::Tick && setting.config.tick.is_tees_own();
        if !setting.config.least_progress || event == Event::Quantum || own_tick || now != World::Tee {
            self.young.remove(cpu);
        } else if before != World::Tee {
            self.young.insert(cpu);
        }
        let ran = scene.state.cpu(cpu).current();
        let cut = ran.is_some_and(|it| matches!(self.state.thread(it).phase(), Phase::Ready(_)))
            && now != World::Tee
            && matches!(event, Event::NonSecure | Event::Tick)
            && !own_tick;
        if cut && scene.young.contains(cpu) {
            self.fault = Some(Fault::CutShort);
        }
    }

    fn count_share(&mut self, setting: &Setting, scene: &Self, cpu: CpuId, event: Event) {
        if setting.config.priority == Priority::ReeOverTee {
            return;
        }
        let at = cpu.index();
        let (before, now) = (scene.state.cpu(cpu).world(), self.state.cpu(cpu).world());
        let by_itself = matches!(event, Event::Tick | Event::Sgi | Event::Device(_) | Event::Release(..));
        match (before, now) {
            (World::Tee, World::Ree) if matches!(event, Event::Tick | Event::Quantum) => {
                self.share[at] = setting.config.ree_share
            }
            (World::Ree, World::Tee) => {
                if by_itself && scene.share[at] > 0 {
                    self.fault = Some(Fault::ShareTaken);
                }
                self.share[at] = 0;
            }
            (World::Ree, World::Ree) if event == Event::Tick => {
                self.share[at] = scene.share[at].saturating_sub(1)
            }
            (_, World::Idle | World::Off) => self.share[at] = 0,
            _ => {}
        }
    }

    fn runs_to_its_end(&self, cpu: CpuId) -> bool {
        self.state.cpu(cpu).current().is_some_and(|it| self.state.thread(it).is_cancelled())
    }

    pub(crate) fn is_awaited(&self, thread: ThreadId) -> bool {
        self.state.thread(thread).phase() == Phase::Blocked(Cause::Device)
    }

    /// For whom the TEE works on a CPU: the beginning of the chain of calls.
    fn worked_for(&self, cpu: CpuId) -> Option<ThreadId> {
        let mut root = self.state.cpu(cpu).current()?;
        while let Some(caller) = self.state.thread(root).caller() {
            root = caller;
        }
        Some(root)
    }

    /// What the time of a CPU is, that is as it is.
    fn class(&self, cpu: CpuId) -> Class {
        let of = self.state.cpu(cpu);
        let asked = self.asked[cpu.index()];
        match of.world() {
            World::Off => Class::Off,
            World::Ree => Class::Ree,
            World::Idle => Class::Idle,
            World::Tee if of.is_ree_idle() => Class::DuringIdle,
            World::Tee if asked.is_some() && self.worked_for(cpu) == asked => Class::Requested,
            World::Tee => Class::SelfScheduled,
        }
    }

    /// Whether the CPU is elsewhere than the outcome says.
    fn astray(&self, cpu: CpuId, before: World, outcome: &Outcome) -> Option<Fault> {
        let now = self.state.cpu(cpu).world();
        let right = match outcome.go {
            Go::Ree => now == World::Ree,
            Go::Thread(thread) => now == World::Tee && self.state.cpu(cpu).current() == Some(thread),
            Go::Stay => now == before,
            Go::Sleep => now == World::Idle,
            Go::Off => now == World::Off,
        };
        (!right).then_some(Fault::Astray)
    }
}
