//! What all CPUs share, and the step: what happens on a CPU is decided, logged and carried out.

use casemate_machine::sys::cpu as instructions;
use casemate_metal_abi::{map, own};
use casemate_world::{
    Accounts, Answer, CPUS, Config, CpuId, CpuSet, Event, Kind, Outcome, Phase, Request, State, THREADS,
    ThreadId, ThreadSet, Tick, step,
};
use casemate_world_log::{Ree, Setup};

use crate::apps::{App, chain};
use crate::deadlines::NEVER;
use crate::here::Here;
use crate::job::Job;
use crate::journal::Journal;
use crate::notifications::Notifications;
use crate::registered::Registered;
use crate::sessions::Clients;
use crate::sys::cell::{Guard, Locked};
use crate::sys::context;
use crate::{code, die};

/// It, once it has begun.
static KERNEL: Locked<Option<Kernel>> = Locked::new(None);

/// The kernel's lock is held.
pub(crate) type Held = Guard<'static, Option<Kernel>>;

/// Takes the lock.
#[inline(always)]
pub(crate) fn lock() -> Held {
    KERNEL.lock()
}

/// What is behind it.
#[inline(always)]
pub(crate) fn of(held: &mut Held) -> &mut Kernel {
    match &mut **held {
        Some(kernel) => kernel,
        None => die(code::SET_UP, format_args!("entered before it has begun")),
    }
}

/// What all CPUs share.
pub(crate) struct Kernel {
    pub(crate) config: Config,
    pub(crate) state: State,
    pub(crate) ree: Ree,
    pub(crate) journal: Journal,
    pub(crate) accounts: Accounts,
    pub(crate) clients: Clients,
    pub(crate) registered: Registered,
    pub(crate) notifications: Notifications,
    /// When each periodic task is released next, its period and its deadline, in ticks of the counter.
    pub(crate) releases: [Option<Release>; THREADS],
    /// Periods of the tick and of the least quantum, in ticks of the counter.
    pub(crate) tick: u64,
    quantum: u64,
    /// Ticks of the counter in a second.
    pub(crate) frequency: u64,
    /// Since when each CPU's time is not billed.
    since: [u64; CPUS],
    /// How often a thread's place was used: a handle is of one request only.
    generations: [u32; THREADS],
    /// The device's interrupt came when no thread waited for it.
    pub(crate) device_came: bool,
    /// Requests whose caller has moved to a CPU that is not their agent's: the agent's CPU fetches their answers.
    pub(crate) moved: ThreadSet,
    /// Handles of requests that were fetched so, and whose callers have not come for them yet.
    pub(crate) fetched: [Option<u64>; THREADS],
}

/// A periodic task's times.
#[derive(Clone, Copy)]
pub(crate) struct Release {
    pub(crate) at: u64,
    pub(crate) period: u64,
    pub(crate) deadline: u64,
}

/// In ticks of the counter.
fn ticks(nanos: u64, frequency: u64) -> u64 {
    let ticks = u128::from(nanos) * u128::from(frequency) / 1_000_000_000;
    (ticks as u64).max(1)
}

impl Kernel {
    /// Begins with this set-up: threads that are there from the beginning are, and all CPUs but the first are off.
    pub(crate) fn begin(set_up: &Setup, now: u64) {
        let config = set_up.config;
        let mut state = match State::new(&config) {
            Ok(state) => state,
            Err(why) => die(code::SET_UP, format_args!("the design makes no sense: {why}")),
        };
        let mut releases = [None; THREADS];
        for spawn in set_up.spawned.iter().flatten() {
            let (Some(thread), Some(app)) =
                (state.spawn(spawn.kind, &spawn.request, &config), App::of_spawned(spawn.app))
            else {
                die(code::SET_UP, format_args!("thread {} cannot be", spawn.app))
            };
            // SAFETY: nothing runs yet.
            unsafe { *context::job(thread) = Job { app, ..Job::NONE } };
            context::begin(thread);
            match app {
                App::First => chain::is(0, thread),
                App::Second => chain::is(1, thread),
                _ => {}
            }
            if spawn.period_nanos > 0 {
                let period = ticks(spawn.period_nanos, set_up.frequency);
                let deadline = ticks(spawn.deadline_nanos, set_up.frequency);
                releases[thread.index()] = Some(Release { at: now + period, period, deadline });
            }
        }
        let kernel = Self {
            config,
            state,
            ree: set_up.ree,
            journal: Journal::begin(set_up.logs),
            accounts: Accounts::default(),
            clients: Clients::NONE,
            registered: Registered::NONE,
            notifications: Notifications::NONE,
            releases,
            tick: ticks(set_up.tick_nanos, set_up.frequency),
            quantum: ticks(set_up.quantum_nanos, set_up.frequency),
            frequency: set_up.frequency,
            since: [now; CPUS],
            generations: [0; THREADS],
            device_came: false,
            moved: ThreadSet::EMPTY,
            fetched: [None; THREADS],
        };
        let mut held = lock();
        *held = Some(kernel);
        let kernel = of(&mut held);
        for cpu in CpuId::all().take(config.cpus.into()).skip(1) {
            let _ = kernel.decide(cpu, Event::Offline, now);
        }
    }

    /// Something happens here.
    #[inline(always)]
    pub(crate) fn happens(&mut self, here: &mut Here, event: Event) -> Outcome {
        let now = instructions::now();
        let outcome = self.decide(here.cpu, event, now);
        if !matches!(outcome.answer, Answer::Nothing) {
            here.answer = outcome.answer;
        }
        if self.config.tick.is_tees_own() {
            here.deadlines.keep_tick(outcome.tick, now, self.tick);
        }
        if outcome.quantum {
            here.deadlines.quantum = now + self.quantum;
        }
        if let Answer::Finished(thread) = outcome.answer {
            self.is_over(thread);
        }
        if outcome.ree_tick && self.config.tick == Tick::UnifiedTee && self.ree == Ree::Bare {
            instructions::send_sgi_to_other_world(here.cpu.index(), own::TICK_SGI);
        }
        if !outcome.sgis.is_empty() || !outcome.doorbells.is_empty() {
            self.send(outcome.sgis, outcome.doorbells);
        }
        outcome
    }

    /// One step, logged and billed.
    #[inline(always)]
    fn decide(&mut self, cpu: CpuId, event: Event, now: u64) -> Outcome {
        let outcome = step(&mut self.state, &self.config, cpu, event);
        self.journal.step(now, cpu, &event, &outcome);
        let since = core::mem::replace(&mut self.since[cpu.index()], now);
        self.accounts.add(cpu, &outcome.bill, now - since);
        outcome
    }

    #[inline(never)]
    fn send(&mut self, sgis: CpuSet, doorbells: CpuSet) {
        sgis.iter().for_each(|cpu| instructions::send_sgi(cpu.index(), map::LOOK_AGAIN_SGI));
        match self.ree {
            Ree::Bare => doorbells
                .iter()
                .for_each(|cpu| instructions::send_sgi_to_other_world(cpu.index(), own::DOORBELL_SGI)),
            Ree::Linux => {
                self.notifications.ring(&self.state);
                self.call_agents();
            }
        }
    }

    /// The agents of requests that have ended, and whose callers have moved away, are called.
    pub(crate) fn call_agents(&self) {
        let ended = self.moved.iter().filter(|it| self.state.thread(*it).phase() == Phase::Done);
        let at = ended.map(|it| self.state.thread(it).origin());
        at.for_each(|cpu| instructions::send_sgi(cpu.index(), map::LOOK_AGAIN_SGI));
    }

    /// A request of the REE's: `fill` says what its thread has to do. `None`: every thread is taken.
    #[inline(always)]
    pub(crate) fn submit(
        &mut self,
        here: &mut Here,
        request: &Request,
        fill: impl FnOnce(&mut Self, ThreadId, &mut Job) -> Result<(), u32>,
    ) -> Result<Option<ThreadId>, u32> {
        let free = self.state.vacancy();
        if let Some(thread) = free {
            // SAFETY: there is no such thread, and the lock is held.
            let job = unsafe { context::job(thread) };
            fill(self, thread, job)?;
            context::begin(thread);
        }
        let outcome = self.happens(here, Event::Submit(*request));
        match (free, outcome.answer) {
            (Some(thread), Answer::Refused(_)) => {
                self.clients.end(thread);
                Ok(None)
            }
            (thread, _) => Ok(thread),
        }
    }

    /// A request has its answer: its handle is no more.
    fn is_over(&mut self, thread: ThreadId) {
        let generation = &mut self.generations[thread.index()];
        *generation = generation.wrapping_add(1) & 0xff_ffff;
        self.notifications.forget(thread);
    }

    /// By which number the REE knows a request.
    #[inline(always)]
    pub(crate) fn handle(&self, thread: ThreadId) -> u64 {
        u64::from(self.generations[thread.index()]) << 8 | (thread.index() as u64 + 1)
    }

    /// The request of a number, if it is not over.
    #[inline(always)]
    pub(crate) fn of_handle(&self, handle: u64) -> Option<ThreadId> {
        let thread = ThreadId::new(usize::try_from(handle & 0xff).ok()?.checked_sub(1)?)?;
        let of = self.state.thread(thread);
        let is_there = of.kind() == Kind::Request && of.phase() != Phase::Free;
        (is_there && self.handle(thread) == handle).then_some(thread)
    }

    /// By which number the REE knew a request that has its answer.
    pub(crate) fn handle_before(&self, thread: ThreadId) -> u64 {
        let before = self.generations[thread.index()].wrapping_sub(1) & 0xff_ffff;
        u64::from(before) << 8 | (thread.index() as u64 + 1)
    }

    /// The time in so many nanoseconds, in ticks of the counter.
    pub(crate) fn after(&self, nanos: u64) -> u64 {
        instructions::now().saturating_add(ticks(nanos, self.frequency))
    }

    /// Nanoseconds of so many ticks of the counter.
    pub(crate) fn nanos(&self, ticks: u64) -> u64 {
        (u128::from(ticks) * 1_000_000_000 / u128::from(self.frequency.max(1))) as u64
    }

    /// The CPU that sees to periodic tasks: the first that is on.
    pub(crate) fn keeps_time(&self, cpu: CpuId) -> bool {
        CpuId::all().find(|it| self.state.cpu(*it).world() != casemate_world::World::Off) == Some(cpu)
    }

    /// A CPU has gone off: whoever sees to periodic tasks and to the device now is told.
    pub(crate) fn hand_over(&self) {
        if let Some(heir) = CpuId::all().find(|it| self.keeps_time(*it)) {
            crate::interrupts::send_device_to(heir);
            instructions::send_sgi(heir.index(), map::LOOK_AGAIN_SGI);
        }
    }

    /// When the next periodic task is released, for the CPU that sees to it.
    pub(crate) fn next_release(&self, cpu: CpuId) -> u64 {
        if !self.keeps_time(cpu) {
            return NEVER;
        }
        self.releases.iter().flatten().map(|it| it.at).min().unwrap_or(NEVER)
    }
}
