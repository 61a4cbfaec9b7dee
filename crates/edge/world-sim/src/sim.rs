//! The simulation: what is due next happens, until the time is over.

use casemate_world::{Bill, CPUS, Class, Config, CpuId, Event, State, THREADS, ThreadId, Tick, World};

use crate::cpu::{BELL, Cpu, FULL, RECORDED, REE_TICK};
use crate::load::{Load, nanos};
use crate::meter::Meter;
use crate::random::Random;
use crate::simulated::{Simulated, Spent};
use crate::slots::{NEVER, Slots};
use crate::span::{Side, Span, Who};
use crate::task::{Task, TaskKind, TaskState, Then};
use crate::thread::{Thread, ThreadKind};
use crate::{Hostile, INTERRUPTS_MOST, Measured, Mistake, Scenario, TASKS_MOST, Variant};

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

const TIMERS: u16 = 6;
const INTERRUPTS: u16 = TIMERS * CPUS as u16;
const RELEASES: u16 = INTERRUPTS + INTERRUPTS_MOST as u16;
const DEVICES: u16 = RELEASES + THREADS as u16;
const GOVERNOR: u16 = DEVICES + THREADS as u16;
const WAKES: u16 = GOVERNOR + 1;
const REPLAYS: u16 = WAKES + TASKS_MOST as u16;
const SLOTS: u16 = REPLAYS + CPUS as u16;

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
    watch: Option<&'a mut dyn FnMut(Span)>,
}

pub(crate) fn id(cpu: usize) -> CpuId {
    CpuId::new(cpu % CPUS).expect("a remainder of CPUS is the number of one")
}

pub(crate) const fn timer(cpu: usize, timer: Timer) -> u16 {
    (cpu % CPUS) as u16 * TIMERS + timer as u16
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

    fn arm_tick(&mut self, cpu: usize) {
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

    fn sleeps(&self, cpu: usize) -> bool {
        let of = &self.cpus[cpu];
        match self.state.cpu(id(cpu)).world() {
            World::Idle => true,
            World::Ree => of.asleep && of.switching == 0 && of.handlers == 0,
            World::Tee | World::Off => false,
        }
    }

    /// Accounts for what a CPU has done since it was looked at last.
    pub(crate) fn advance(&mut self, cpu: usize) {
        let elapsed = self.now - self.cpus[cpu].until;
        if elapsed == 0 {
            return;
        }
        let bill = Bill::of(&self.state, id(cpu));
        let world = self.state.cpu(id(cpu)).world();
        let sleeps = self.sleeps(cpu);
        let from = self.cpus[cpu].until;
        let of = &mut self.cpus[cpu];
        of.until = self.now;
        let class = match bill.class {
            Class::Ree if sleeps => Class::Idle,
            other => other,
        };
        self.meter.spent[cpu][class as usize] += elapsed;
        if sleeps {
            self.meter.energy += if of.deep { 0 } else { elapsed * 20 };
            return;
        }
        let speed = of.speed();
        self.meter.energy += elapsed * ((speed * speed * speed) >> 20);
        of.window.busy += elapsed;
        of.window.seen += if of.asleep { 0 } else { elapsed };
        // What is given back is what the TEE knows to have been during idle.
        let told = !of.asleep || class == Class::DuringIdle;
        of.window.corrected += if told { elapsed } else { 0 };
        let waits = of.pending != 0 || (class == Class::SelfScheduled && !of.asleep);
        if world == World::Tee && waits {
            self.meter.loss += elapsed;
        }
        let switching = elapsed.min(of.switching);
        of.switching -= switching;
        let mut working = elapsed - switching;
        match world {
            World::Tee => {
                let Some(thread) = self.state.cpu(id(cpu)).current() else { return };
                let done = of.does(working).min(self.threads[thread.index()].left);
                self.threads[thread.index()].left -= done;
                self.meter.tee_work += done;
                if let Some(task) = of.current {
                    let task = &mut self.tasks[usize::from(task)];
                    task.vruntime += elapsed * 1024 / task.weight;
                }
                let idle = class == Class::DuringIdle;
                let side = if idle { Side::TeeDuringIdle } else { Side::Tee };
                let who = match self.threads[thread.index()].kind {
                    ThreadKind::Request(kind) => Who::Request(kind),
                    ThreadKind::Service(at) => Who::Service(at),
                    ThreadKind::Periodic(at) => Who::Periodic(at),
                    ThreadKind::None => Who::Switch,
                };
                self.tell(cpu, side, from, &[(switching, Who::Switch), (working, who)]);
            }
            World::Ree => {
                let handled = working.min(of.lasts(of.handlers));
                if handled > 0 {
                    of.handlers -= of.does(handled).min(of.handlers);
                    working -= handled;
                }
                let current = of.current;
                if let Some(task) = current {
                    let done = of.does(working);
                    let task = &mut self.tasks[usize::from(task)];
                    let done = done.min(task.left);
                    task.left -= done;
                    task.vruntime += working * 1024 / task.weight;
                    self.meter.ree_work += if task.kind == TaskKind::Agent { 0 } else { done };
                }
                let who = current.map_or(Who::Interrupt, |it| self.who_is(it));
                let parts = [(switching, Who::Switch), (handled, Who::Interrupt), (working, who)];
                self.tell(cpu, Side::Ree, from, &parts);
            }
            World::Idle | World::Off => {}
        }
    }

    fn who_is(&self, task: u8) -> Who {
        match self.tasks[usize::from(task)].kind {
            TaskKind::Made(_) | TaskKind::Recorded(..) => Who::Task(task),
            TaskKind::Agent => Who::Agent(self.tasks[usize::from(task)].pinned.unwrap_or(0)),
        }
    }

    /// Tells whoever watches what a CPU did since then, one after another and for how long.
    fn tell(&mut self, cpu: usize, side: Side, mut from: u64, parts: &[(u64, Who)]) {
        let Some(watch) = &mut self.watch else { return };
        for (nanos, who) in parts.iter().filter(|it| it.0 > 0) {
            let until = from + nanos;
            watch(Span { cpu: cpu as u8, from, until, side, who: *who });
            from = until;
        }
    }

    /// Says when what runs on a CPU comes to an end.
    pub(crate) fn arm(&mut self, cpu: usize) {
        let of = &self.cpus[cpu];
        let end = match self.state.cpu(id(cpu)).world() {
            World::Tee => {
                let left = self.state.cpu(id(cpu)).current().map(|it| self.threads[it.index()].left);
                left.map(|it| of.switching + of.lasts(it))
            }
            World::Ree if of.switching > 0 || of.handlers > 0 => Some(of.switching + of.lasts(of.handlers)),
            World::Ree => of.current.map(|it| of.lasts(self.tasks[usize::from(it)].left)),
            World::Idle | World::Off => None,
        };
        // Something that has no work left ends a moment later, so that time goes on.
        let end = end.map_or(NEVER, |it| self.now + it.max(1));
        self.slots.set(timer(cpu, Timer::End), end);
    }
}
