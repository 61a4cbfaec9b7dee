//! Everything around the TEE that can happen: a REE on each CPU, devices, timers, interrupts that are under way.

use casemate_world::{
    Agent, Answer, CPUS, Cause, Class, Config, CpuId, Event, Go, Kind, Outcome, Phase, Request, Senseless,
    State, THREADS, ThreadId, World, step,
};

/// A state of the world and of what is around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// What the design knows.
    pub state: State,
    /// Interrupts between TEEs that have not come yet.
    pub sgis: [bool; CPUS],
    /// Interrupts that tell a REE of an answer and have not come yet.
    pub bells: [bool; CPUS],
    /// Least quanta that are being measured.
    pub quanta: [bool; CPUS],
    /// Requests that the REE will still make.
    pub left: u8,
    /// Requests it has made and not had the answer of.
    pub pending: u8,
    /// Interrupts of devices that threads wait for.
    pub devices: u8,
    /// Ticks for which something ready waited on a CPU, counted here.
    pub waited: [u8; CPUS],
    /// Ticks for which the REE of a CPU waited with an interrupt.
    pub held: [u8; CPUS],
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
}

/// Something that happens on a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Happening {
    /// Where.
    pub cpu: CpuId,
    /// What.
    pub event: Event,
}

/// What there is beside the CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setting {
    /// The design.
    pub config: Config,
    /// How many requests are made in all.
    pub requests: u8,
    /// Services that threads may call.
    pub services: u8,
    /// Whether non-secure interrupts come at any time, not only to tell of answers.
    pub noise: bool,
    /// Whether threads wait for devices.
    pub devices: bool,
    /// Whether CPUs are switched off and on.
    pub hotplug: bool,
}

impl Setting {
    /// Before anything happens.
    ///
    /// # Errors
    ///
    /// The design makes no sense.
    pub fn begin(&self) -> Result<Scene, Senseless> {
        let mut state = State::new(&self.config)?;
        for _ in 0..self.services {
            state.spawn(Kind::Service, &Request::PLAIN, &self.config);
        }
        Ok(Scene {
            state,
            sgis: [false; CPUS],
            bells: [false; CPUS],
            quanta: [false; CPUS],
            left: self.requests,
            pending: 0,
            devices: 0,
            waited: [0; CPUS],
            held: [0; CPUS],
            fault: None,
        })
    }

    /// Everything that can happen next.
    pub fn happenings(&self, scene: &Scene, to: &mut Vec<Happening>) {
        for cpu in CpuId::all().take(usize::from(self.config.cpus)) {
            let at = cpu.index();
            let mut can = |event| to.push(Happening { cpu, event });
            match scene.state.cpu(cpu).world() {
                World::Off => can(Event::Online),
                World::Ree => {
                    self.in_ree(scene, cpu, &mut can);
                    let others = (0..usize::from(self.config.cpus)).filter(|other| *other != at);
                    let mut on = others.filter_map(CpuId::new).map(|it| scene.state.cpu(it).world());
                    if self.hotplug && on.any(|it| it != World::Off) {
                        can(Event::Offline);
                    }
                }
                World::Tee => self.in_tee(scene, cpu, &mut can),
                World::Idle => {
                    if scene.bells[at] || self.noise {
                        can(Event::NonSecure);
                    }
                }
            }
            if scene.state.cpu(cpu).ticks() {
                can(Event::Tick);
            }
            if scene.sgis[at] {
                can(Event::Sgi);
            }
        }
        self.spurious(scene, to);
        // Interrupts of devices go to the first CPU that is on.
        let first = CpuId::all().find(|cpu| scene.state.cpu(*cpu).world() != World::Off);
        if let (true, Some(first)) = (scene.devices > 0, first) {
            for thread in ThreadId::all() {
                if is_awaited(scene, thread) {
                    to.push(Happening { cpu: first, event: Event::Device(thread) });
                }
            }
        }
    }

    /// Interrupts that nobody waits for come as well: to a thread that runs.
    fn spurious(&self, scene: &Scene, to: &mut Vec<Happening>) {
        for cpu in CpuId::all().take(usize::from(self.config.cpus)) {
            if let (true, Some(thread)) = (self.devices && self.noise, scene.state.cpu(cpu).current()) {
                to.push(Happening { cpu, event: Event::Device(thread) });
            }
        }
    }

    fn in_ree(&self, scene: &Scene, cpu: CpuId, can: &mut impl FnMut(Event)) {
        let rings = scene.bells[cpu.index()];
        let mine = |wanted: &dyn Fn(Phase) -> bool| {
            let state = scene.state;
            let asked = move |id: &ThreadId| {
                let thread = state.thread(*id);
                thread.kind() == Kind::Request && thread.origin() == cpu
            };
            ThreadId::all()
                .filter(asked)
                .filter(|id| wanted(scene.state.thread(*id).phase()))
                .collect::<Vec<_>>()
        };
        if scene.left > 0 {
            can(Event::Submit(Request::PLAIN));
        }
        if self.config.scheduling_call {
            can(Event::Schedule);
        }
        if rings {
            can(Event::NonSecure);
        }
        let done = mine(&|phase| phase == Phase::Done);
        match self.config.agent {
            Agent::Caller => {
                if !done.is_empty() {
                    can(Event::Collect);
                }
                mine(&|phase| matches!(phase, Phase::Ready(_)))
                    .into_iter()
                    .for_each(|it| can(Event::Resume(it)));
            }
            Agent::One | Agent::EachCpu => can(Event::Issue),
        }
        // A REE that knows of an answer does not sleep before it has fetched it.
        if self.config.idle_hand_over && (done.is_empty() || rings) {
            can(Event::Idle);
        }
    }

    fn in_tee(&self, scene: &Scene, cpu: CpuId, can: &mut impl FnMut(Event)) {
        can(Event::Finish);
        if self.devices {
            can(Event::Block);
        }
        if scene.bells[cpu.index()] || self.noise {
            can(Event::NonSecure);
        }
        if scene.quanta[cpu.index()] {
            can(Event::Quantum);
        }
        let Some(current) = scene.state.cpu(cpu).current() else { return };
        for id in ThreadId::all().filter(|id| *id != current) {
            let thread = scene.state.thread(id);
            if thread.kind() == Kind::Service && thread.phase() != Phase::Free {
                can(Event::Call(id));
            }
        }
    }

    /// What follows.
    #[must_use]
    pub fn follow(&self, scene: &Scene, happening: Happening) -> Scene {
        let Happening { cpu, event } = happening;
        let at = cpu.index();
        let mut next = scene.clone();
        let before = *scene.state.cpu(cpu);
        match event {
            Event::Sgi => next.sgis[at] = false,
            Event::NonSecure => next.bells[at] = false,
            // A CPU that is switched off has no interrupts pending.
            Event::Offline => (next.sgis[at], next.bells[at]) = (false, false),
            Event::Quantum => next.quanta[at] = false,
            Event::Block => next.devices += 1,
            Event::Device(thread) if is_awaited(scene, thread) => next.devices -= 1,
            _ => {}
        }
        let outcome = step(&mut next.state, &self.config, cpu, event);
        next.take(cpu, event, &outcome);
        if outcome.bill.class != class_of(scene, cpu) {
            next.fault = Some(Fault::Misbilled);
        }
        next.fault = next.fault.or(astray(&next.state, cpu, before.world(), &outcome));
        let ready = (0..THREADS)
            .filter_map(ThreadId::new)
            .any(|id| next.state.thread(id).phase() == Phase::Ready(cpu));
        let now = next.state.cpu(cpu).world();
        if now != World::Ree || !ready {
            next.waited[at] = 0;
        } else if event == Event::Tick {
            next.waited[at] += 1;
        }
        let waits = now == World::Tee && before.world() == World::Tee && scene.held[at] > 0;
        let pending = now == World::Tee && event == Event::NonSecure;
        next.held[at] = match (waits || pending, event) {
            (false, _) => 0,
            (true, Event::Tick) => scene.held[at] + 1,
            (true, _) => scene.held[at].max(1),
        };
        next
    }
}

fn is_awaited(scene: &Scene, thread: ThreadId) -> bool {
    scene.state.thread(thread).phase() == Phase::Blocked(Cause::Device)
}

impl Scene {
    /// What an outcome changes around the TEE.
    fn take(&mut self, cpu: CpuId, event: Event, outcome: &Outcome) {
        outcome.sgis.iter().for_each(|it| self.sgis[it.index()] = true);
        outcome.doorbells.iter().for_each(|it| self.bells[it.index()] = true);
        self.quanta[cpu.index()] |= outcome.quantum;
        if self.state.cpu(cpu).world() != World::Tee {
            self.quanta[cpu.index()] = false;
        }
        let refused = matches!(outcome.answer, Answer::Refused(_));
        match (event, outcome.answer) {
            (Event::Submit(_), _) if refused => {}
            (Event::Submit(_), _) => {
                self.left -= 1;
                self.pending += 1;
            }
            (Event::Call(_), _) => {}
            _ if refused => self.fault = Some(Fault::Refused),
            _ => {}
        }
        if let Answer::Finished(_) = outcome.answer {
            match self.pending.checked_sub(1) {
                Some(left) => self.pending = left,
                None => self.fault = Some(Fault::AnswerOfNothing),
            }
        }
    }
}

/// What the time of a CPU is, that is as it is.
fn class_of(scene: &Scene, cpu: CpuId) -> Class {
    let of = scene.state.cpu(cpu);
    let root = of.current().map(|it| scene.state.root(it));
    match (of.world(), of.is_ree_idle()) {
        (World::Off, _) => Class::Off,
        (World::Ree, _) => Class::Ree,
        (World::Idle, _) => Class::Idle,
        (World::Tee, true) => Class::DuringIdle,
        (World::Tee, false) if root.is_some() && root == of.issued() => Class::Requested,
        (World::Tee, false) => Class::SelfScheduled,
    }
}

/// Whether the CPU is where the outcome says.
fn astray(state: &State, cpu: CpuId, before: World, outcome: &Outcome) -> Option<Fault> {
    let now = state.cpu(cpu).world();
    let right = match outcome.go {
        Go::Ree => now == World::Ree,
        Go::Thread(thread) => now == World::Tee && state.cpu(cpu).current() == Some(thread),
        Go::Stay => now == before,
        Go::Sleep => now == World::Idle,
        Go::Off => now == World::Off,
    };
    (!right).then_some(Fault::Astray)
}
