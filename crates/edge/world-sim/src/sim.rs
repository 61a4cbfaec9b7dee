//! The simulation: what is due next happens, until the time is over.

use casemate_world::{CPUS, Config, CpuId, Event, State, THREADS, ThreadId, World};

use crate::cpu::{BELL, Cpu, FULL, RECORDED, REE_TICK};
use crate::load::{Load, nanos};
use crate::meter::Meter;
use crate::random::Random;
use crate::simulated::{Simulated, Spent};
use crate::slots::{NEVER, Slots};
use crate::span::Span;
use crate::task::{Task, TaskKind, TaskState, Then};
use crate::thread::Thread;
use crate::timers::{DEVICES, GOVERNOR, INTERRUPTS, RELEASES, REPLAYS, SLOTS, TIMERS, WAKES};
use crate::{Measured, Mistake, Scenario, Variant};

/// Runs a design under a load.
///
/// # Errors
///
/// The scenario or the design makes no sense.
pub fn simulate(scenario: &Scenario, variant: &Variant) -> Result<Measured, Mistake> {
    simulation(scenario, variant, None).map(|it| it.measured)
}

/// The same, with all that is known at the end; `watch` is told what each CPU did, as soon as it is known.
///
/// # Errors
///
/// The scenario or the design makes no sense.
pub fn simulate_watched(
    scenario: &Scenario,
    variant: &Variant,
    watch: &mut dyn FnMut(Span),
) -> Result<Simulated, Mistake> {
    simulation(scenario, variant, Some(watch))
}

fn simulation<'a>(
    scenario: &'a Scenario,
    variant: &Variant,
    watch: Option<&'a mut dyn FnMut(Span)>,
) -> Result<Simulated, Mistake> {
    scenario.validate()?;
    let senseless = |reason| Mistake::Senseless(variant.name.clone(), reason);
    let config = scenario.config(variant).map_err(senseless)?;
    let mut state = State::new(&config).map_err(senseless)?;
    let load = Load::new(scenario, &config, &mut state);
    let mut sim = Sim::new(load, config, state, variant.corrected, watch);
    sim.run();
    Ok(Simulated {
        measured: sim.meter.measured(sim.until, sim.count),
        requests: sim.meter.requests.distribution(),
        interrupts: sim.meter.interrupts.distribution(),
        spent: sim.meter.spent.iter().take(sim.count).map(Spent::of).collect(),
    })
}

/// A simulation.
pub(crate) struct Sim<'a> {
    pub(crate) load: Load<'a>,
    pub(crate) config: Config,
    pub(crate) corrected: bool,
    pub(crate) state: State,
    pub(crate) now: u64,
    pub(crate) until: u64,
    pub(crate) count: usize,
    pub(crate) slots: Slots,
    pub(crate) cpus: Vec<Cpu>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) threads: [Thread; THREADS],
    pub(crate) random: Random,
    pub(crate) meter: Meter,
    pub(crate) watch: Option<&'a mut dyn FnMut(Span)>,
}

pub(crate) fn id(cpu: usize) -> CpuId {
    CpuId::new(cpu % CPUS).expect("a remainder of CPUS is the number of one")
}

impl<'a> Sim<'a> {
    fn new(
        load: Load<'a>,
        config: Config,
        state: State,
        corrected: bool,
        watch: Option<&'a mut dyn FnMut(Span)>,
    ) -> Self {
        let scenario = load.scenario;
        let count = usize::from(config.cpus);
        let little = FULL * u64::from(scenario.machine.little_percent) / 100;
        let is_little = |cpu| !config.big.is_empty() && !config.big.contains(id(cpu));
        let cpus = (0..count).map(|it| Cpu::new(if is_little(it) { little } else { FULL })).collect();
        let mut threads = [Thread::default(); THREADS];
        load.threads().for_each(|(id, thread)| threads[id.index()] = thread);
        let mut sim = Self {
            load,
            config,
            corrected,
            state,
            now: 0,
            until: scenario.millis.saturating_mul(1_000_000),
            count,
            slots: Slots::new(SLOTS),
            cpus,
            tasks: Vec::new(),
            threads,
            random: Random::new(scenario.seed),
            meter: Meter::new(),
            watch,
        };
        sim.begin(scenario);
        sim
    }

    /// Every source gets its first time, every task its place.
    fn begin(&mut self, scenario: &Scenario) {
        for (slot, it) in (INTERRUPTS..).zip(&scenario.interrupts) {
            let first = self.random.around(nanos(it.every_micros), it.vary_percent);
            self.slots.set(slot, first);
        }
        for (slot, it) in (RELEASES..).zip(&scenario.periodic) {
            let first = self.random.around(nanos(it.every_micros), it.vary_percent);
            self.slots.set(slot, first);
        }
        self.slots.set(GOVERNOR, nanos(scenario.machine.governor_micros));
        for (kind, it) in (0_u8..).zip(&scenario.tasks) {
            for _ in 0..it.count {
                let at = self.add_task(TaskKind::Made(kind), it.weight);
                let first = self.random.around(nanos(it.sleep_micros.max(100)), 100);
                self.slots.set(WAKES + at, first);
            }
        }
        for (number, it) in (0_u8..).zip(scenario.replay().map_or(&[][..], |it| it.tasks())) {
            let at = self.add_task(TaskKind::Recorded(number, 0), it.weight);
            self.slots.set(WAKES + at, it.start);
        }
        for (cpu, slot) in (0..self.count).zip(REPLAYS..) {
            self.slots.set(slot, self.load.recorded.due(cpu));
        }
        self.add_agents();
        for cpu in 0..self.count {
            if self.config.tick.is_shared() {
                self.arm_tick(cpu);
            }
            self.settle(cpu);
        }
    }

    /// Adds a task, asleep, on one CPU after another; its number.
    fn add_task(&mut self, kind: TaskKind, weight: u32) -> u16 {
        let at = self.tasks.len();
        self.tasks.push(Task {
            kind,
            pinned: None,
            weight: weight.into(),
            cpu: u8::try_from(at % self.count).unwrap_or(0),
            state: TaskState::Waiting,
            vruntime: 0,
            left: 0,
            then: Then::Ask,
        });
        at as u16
    }

    fn run(&mut self) {
        loop {
            let (slot, time) = self.slots.first();
            if time > self.until {
                break;
            }
            self.now = time.max(self.now);
            self.meter.events += 1;
            self.happens(slot);
        }
        self.now = self.until;
        (0..self.count).for_each(|cpu| self.advance(cpu));
    }

    /// What a slot stands for happens.
    fn happens(&mut self, slot: u16) {
        let number = |from: u16| usize::from(slot - from);
        match slot {
            ..INTERRUPTS => {
                let cpu = usize::from(slot / TIMERS);
                match slot % TIMERS {
                    0 => self.end(cpu),
                    1 => self.tick(cpu, slot),
                    2 => self.ree_ticks(cpu, slot),
                    3 => self.once(cpu, slot, Event::Quantum),
                    4 => self.once(cpu, slot, Event::Sgi),
                    _ => self.ree_interrupt(cpu, slot, BELL, NEVER),
                }
            }
            INTERRUPTS..RELEASES => {
                let Some(it) = self.load.scenario.interrupts.get(number(INTERRUPTS)) else { return };
                let next = self.now + self.random.around(nanos(it.every_micros), it.vary_percent);
                self.ree_interrupt(it.cpu.into(), slot, number(INTERRUPTS), next);
            }
            RELEASES..DEVICES => self.release(number(RELEASES), slot),
            DEVICES..GOVERNOR => self.device(number(DEVICES), slot),
            GOVERNOR => {
                self.govern();
                self.slots.set(slot, self.now + nanos(self.load.scenario.machine.governor_micros));
            }
            WAKES..REPLAYS => {
                self.slots.set(slot, NEVER);
                self.wake(number(WAKES));
            }
            _ => self.replay(number(REPLAYS), slot),
        }
    }

    /// Something that comes to a CPU once.
    fn once(&mut self, cpu: usize, slot: u16, event: Event) {
        if self.is_woken_later(cpu, slot) {
            return;
        }
        self.slots.set(slot, NEVER);
        self.step(cpu, event);
        self.settle(cpu);
    }

    fn tick(&mut self, cpu: usize, slot: u16) {
        if self.is_woken_later(cpu, slot) {
            return;
        }
        self.slots.set(slot, NEVER);
        self.arm_tick(cpu);
        if self.config.tick.is_shared() && self.state.cpu(id(cpu)).world() == World::Tee {
            let now = self.now;
            let of = &mut self.cpus[cpu].since[REE_TICK];
            *of = now.min(*of);
        }
        self.step(cpu, Event::Tick);
        if !self.state.cpu(id(cpu)).is_deferred() {
            // Nobody waits for it.
            self.cpus[cpu].since[REE_TICK] = NEVER;
        }
        self.settle(cpu);
    }

    fn ree_ticks(&mut self, cpu: usize, slot: u16) {
        let next = self.next_tick(0);
        self.ree_interrupt(cpu, slot, REE_TICK, next);
    }

    /// An interrupt for the REE, whose source is due again at `next`.
    fn ree_interrupt(&mut self, cpu: usize, slot: u16, line: usize, next: u64) {
        let now = self.now;
        self.cpus[cpu].raise(line, now);
        if self.is_woken_later(cpu, slot) {
            return;
        }
        self.slots.set(slot, next);
        self.step(cpu, Event::NonSecure);
        self.settle(cpu);
    }

    /// A recorded interrupt is due. Those that were due before a CPU was awake come one after another then.
    fn replay(&mut self, cpu: usize, slot: u16) {
        let now = self.now;
        self.cpus[cpu].raise(RECORDED, now);
        if self.is_woken_later(cpu, slot) {
            return;
        }
        self.cpus[cpu].recorded += self.load.recorded.take(cpu);
        self.slots.set(slot, self.load.recorded.due(cpu).max(now));
        self.step(cpu, Event::NonSecure);
        self.settle(cpu);
    }

    fn release(&mut self, at: usize, slot: u16) {
        let scenario = self.load.scenario;
        let (Some(it), Some(thread)) = (scenario.periodic.get(at), self.load.periodic.get(at).copied())
        else {
            return;
        };
        let cpu = usize::from(it.cpu);
        if self.is_woken_later(cpu, slot) {
            return;
        }
        self.slots.set(slot, self.now + self.random.around(nanos(it.every_micros), it.vary_percent));
        let deadline = self.now + nanos(it.deadline_micros.unwrap_or(it.every_micros));
        self.meter.deadlines += 1;
        let waits = matches!(
            self.state.thread(thread).phase(),
            casemate_world::Phase::Blocked(casemate_world::Cause::Period)
        );
        if waits {
            let of = &mut self.threads[thread.index()];
            (of.asked, of.deadline) = (self.now, Some(deadline));
            self.load.begin(of);
        } else {
            self.meter.misses += 1;
        }
        self.step(cpu, Event::Release(thread, deadline));
        self.settle(cpu);
    }

    fn device(&mut self, at: usize, slot: u16) {
        let Some(thread) = ThreadId::new(at) else { return };
        let cpu = self.load.device_cpu(&self.threads[at]);
        if self.is_woken_later(cpu, slot) {
            return;
        }
        self.slots.set(slot, NEVER);
        self.step(cpu, Event::Device(thread));
        self.settle(cpu);
    }

    /// Whether the CPU sleeps so that this has to wait until it is awake; it wakes up.
    fn is_woken_later(&mut self, cpu: usize, slot: u16) -> bool {
        let sleeps = self.sleeps(cpu);
        let deep = nanos(self.load.scenario.machine.deep_micros);
        let of = &mut self.cpus[cpu];
        if !sleeps {
            of.awake_at = NEVER;
            return false;
        }
        if of.awake_at == NEVER {
            of.awake_at = self.now + if of.deep { deep } else { deep / 40 };
        }
        if self.now < of.awake_at {
            let at = of.awake_at;
            self.slots.set(slot, at);
            return true;
        }
        of.awake_at = NEVER;
        false
    }
}
