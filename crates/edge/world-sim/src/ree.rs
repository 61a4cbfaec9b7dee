//! The REE: a fair scheduler on every CPU, as Linux' is in outline. The task that has had least of its share runs;
//! a task that wakes up goes to an idle CPU if its own is busy; a CPU without tasks takes one of the busiest, and
//! every fourth tick evens out what is left. A task that runs is not moved.

use casemate_world::{Agent, CPUS, Event, Resume, Tick, World};

use crate::carry::CALL;
use crate::cpu::{BELL, RECORDED, REE_TICK};
use crate::load::nanos;
use crate::sim::{Sim, id};
use crate::slots::NEVER;
use crate::task::{Task, TaskKind, TaskState, Then};
use crate::timers::{Timer, timer};

/// What the REE's tick costs, and an interrupt that only tells it to look.
const TICK_WORK: u64 = 2_000;
const BELL_WORK: u64 = 1_000;
/// How far a task that slept may be behind the others, and how far ahead one may get before it is pre-empted.
const SLEEPER: u64 = 3_000_000;
const GRANULARITY: u64 = 1_000_000;
/// Ticks between two balancings.
const BALANCE_TICKS: u64 = 4;

impl Sim<'_> {
    /// Adds the agents that the design has; they come after the tasks.
    pub(crate) fn add_agents(&mut self) {
        let agent = |cpu: usize, pinned: bool| Task {
            kind: TaskKind::Agent,
            pinned: if pinned { u8::try_from(cpu).ok() } else { None },
            weight: 1024,
            cpu: u8::try_from(cpu).unwrap_or(0),
            state: TaskState::Waiting,
            vruntime: 0,
            left: CALL,
            then: Then::Issue,
        };
        match self.config.agent {
            Agent::Caller => {}
            Agent::One => self.tasks.push(agent(0, false)),
            Agent::EachCpu => self.tasks.extend((0..self.count.min(CPUS)).map(|cpu| agent(cpu, true))),
        }
    }

    /// A request waits for an agent.
    pub(crate) fn wake_agent(&mut self, cpu: usize) {
        let agent = self.tasks.iter().position(|it| {
            it.then == Then::Issue && it.pinned.is_none_or(|pinned| usize::from(pinned) == cpu)
        });
        if let Some(agent) = agent {
            // One that waits for an answer is woken by it.
            let waits = self.threads.iter().any(|it| it.agent.map(usize::from) == Some(agent));
            if !waits {
                self.wake(agent);
            }
        }
    }

    /// A task has something to do.
    pub(crate) fn wake(&mut self, task: usize) {
        if self.tasks[task].state == TaskState::Runnable {
            return;
        }
        let to = self.place(task);
        let least = self.floor(to).saturating_sub(SLEEPER);
        let vruntime = self.vruntime_on(task, to).max(least);
        let it = &mut self.tasks[task];
        it.state = TaskState::Runnable;
        it.vruntime = vruntime;
        if usize::from(it.cpu) != to {
            it.cpu = u8::try_from(to).unwrap_or(0);
            self.meter.migrations += 1;
        }
        if it.left == 0 {
            self.new_burst(task);
        }
        let vruntime = self.tasks[task].vruntime;
        self.cpus[to].runnable |= 1 << task;
        let current = self.cpus[to].current.map(|it| self.tasks[usize::from(it)].vruntime);
        let goes_first = current.is_none_or(|it| it > vruntime.saturating_add(GRANULARITY));
        if goes_first {
            self.cpus[to].resched = true;
            self.arm_timer(to, Timer::Bell, self.load.scenario.machine.sgi_nanos);
        }
    }

    fn new_burst(&mut self, task: usize) {
        let scenario = self.load.scenario;
        let (left, then) = match self.tasks[task].kind {
            TaskKind::Made(kind) => {
                let kind = scenario.tasks.get(usize::from(kind));
                let around = kind.map(|it| self.random.around(nanos(it.run_micros), it.vary_percent));
                (around.unwrap_or(CALL), Then::Ask)
            }
            TaskKind::Recorded(number, at) => (self.load.recorded.burst(number, at).run, Then::Ask),
            TaskKind::Agent => (CALL, Then::Issue),
        };
        (self.tasks[task].left, self.tasks[task].then) = (left, then);
    }

    /// Where a task is put that wakes up: where it was, unless that is busy and another idle.
    fn place(&self, task: usize) -> usize {
        let it = &self.tasks[task];
        if let Some(pinned) = it.pinned {
            return pinned.into();
        }
        let own = usize::from(it.cpu);
        let idle = |cpu: &usize| self.cpus[*cpu].load() == 0;
        if idle(&own) {
            return own;
        }
        let fastest =
            (0..self.count).filter(idle).max_by_key(|it| (self.cpus[*it].capacity, self.count - it));
        fastest.unwrap_or(own)
    }

    /// The least that a task on this CPU has had. It never falls: who comes to a CPU that was empty begins where those
    /// before him ended.
    fn floor(&mut self, cpu: usize) -> u64 {
        let of = &self.cpus[cpu];
        let least = bits(of.runnable).map(|it| self.tasks[it].vruntime).min();
        let current = of.current.map(|it| self.tasks[usize::from(it)].vruntime);
        let least = least.into_iter().chain(current).min();
        let of = &mut self.cpus[cpu];
        of.floor = least.unwrap_or(0).max(of.floor);
        of.floor
    }

    /// What a task has had, as it counts on a CPU: it is as far ahead there as it was where it comes from.
    fn vruntime_on(&mut self, task: usize, to: usize) -> u64 {
        let from = usize::from(self.tasks[task].cpu);
        let (old, new) = (self.floor(from), self.floor(to));
        self.tasks[task].vruntime.saturating_add(new).saturating_sub(old)
    }

    /// A task waits for something.
    pub(crate) fn waits(&mut self, task: usize) {
        self.tasks[task].state = TaskState::Waiting;
        self.leaves(task);
        if self.tasks[task].then == Then::Issue {
            self.tasks[task].left = CALL;
        }
    }

    fn leaves(&mut self, task: usize) {
        let of = &mut self.cpus[usize::from(self.tasks[task].cpu)];
        of.runnable &= !(1 << task);
        if of.current.map(usize::from) == Some(task) {
            of.current = None;
            of.in_call = false;
        }
    }

    /// A task has done what it does each time: it sleeps, or begins again.
    pub(crate) fn cycle_ends(&mut self, task: usize) {
        let sleep = match self.tasks[task].kind {
            TaskKind::Made(kind) => {
                let Some(kind) = self.load.scenario.tasks.get(usize::from(kind)) else { return };
                let sleep = nanos(kind.sleep_micros);
                if sleep > 0 { self.random.around(sleep, kind.vary_percent) } else { 0 }
            }
            TaskKind::Recorded(number, at) => {
                self.tasks[task].kind = TaskKind::Recorded(number, self.load.recorded.after(number, at));
                self.load.recorded.burst(number, at).sleep
            }
            TaskKind::Agent => return,
        };
        self.tasks[task].left = 0;
        self.tasks[task].then = Then::Ask;
        if sleep > 0 {
            self.waits(task);
            self.arm_wake(task, sleep);
        } else if self.tasks[task].state == TaskState::Waiting {
            self.wake(task);
        } else {
            self.new_burst(task);
        }
    }

    /// The REE's tick.
    pub(crate) fn ree_tick(&mut self, cpu: usize) {
        let of = &mut self.cpus[cpu];
        of.ticks += 1;
        of.handlers += TICK_WORK;
        of.resched = true;
        let balances = of.ticks.is_multiple_of(BALANCE_TICKS);
        // Where nothing else brings the TEE's work back, the REE's driver lets it schedule.
        of.schedule |= self.config.scheduling_call && self.config.resume != Resume::Tick;
        if balances
            && let Some((from, load)) = self.busiest(cpu)
            && load >= self.cpus[cpu].load() + 2
        {
            self.pull(from, cpu);
        }
    }

    /// The CPU with the most tasks, one of which could move.
    fn busiest(&self, to: usize) -> Option<(usize, u32)> {
        let movable = |cpu: &usize| *cpu != to && self.movable(*cpu).is_some();
        let loads = (0..self.count).filter(movable).map(|it| (it, self.cpus[it].load()));
        loads.max_by_key(|(cpu, load)| (*load, self.count - cpu))
    }

    fn movable(&self, cpu: usize) -> Option<usize> {
        bits(self.cpus[cpu].runnable).find(|it| self.tasks[*it].pinned.is_none())
    }

    fn pull(&mut self, from: usize, to: usize) {
        let Some(task) = self.movable(from) else { return };
        let vruntime = self.vruntime_on(task, to);
        self.cpus[from].runnable &= !(1 << task);
        self.cpus[to].runnable |= 1 << task;
        let it = &mut self.tasks[task];
        it.vruntime = vruntime;
        it.cpu = u8::try_from(to).unwrap_or(0);
        self.meter.migrations += 1;
    }

    /// The REE does what is to be done on a CPU, if it has it; what then runs is timed.
    pub(crate) fn settle(&mut self, cpu: usize) {
        // Handled interrupts may wake tasks, and a call may come back at once.
        for _ in 0..4 {
            if self.state.cpu(id(cpu)).world() != World::Ree {
                break;
            }
            self.advance(cpu);
            self.take_interrupts(cpu);
            if std::mem::take(&mut self.cpus[cpu].schedule) {
                self.step(cpu, Event::Schedule);
                continue;
            }
            let of = &self.cpus[cpu];
            let busy = of.switching > 0 || of.handlers > 0;
            if self.pick(cpu) || busy {
                self.cpus[cpu].asleep = false;
                break;
            }
            if self.cpus[cpu].asleep {
                break;
            }
            self.sleep(cpu);
        }
        self.keep_ree_tick(cpu);
        self.arm(cpu);
    }

    /// The REE has nothing to do here.
    fn sleep(&mut self, cpu: usize) {
        let of = &mut self.cpus[cpu];
        of.asleep = true;
        of.deep = of.utilisation < crate::cpu::FULL / 5;
        if self.config.idle_hand_over {
            self.step(cpu, Event::Idle);
        } else if self.config.scheduling_call {
            self.step(cpu, Event::Schedule);
            self.cpus[cpu].asleep = true;
        }
    }

    /// The REE's own tick, where it is another than the TEE's; it stops while the REE sleeps.
    fn keep_ree_tick(&mut self, cpu: usize) {
        let withheld = self.config.tick == Tick::UnifiedRee
            && self.load.scenario.hostile == crate::Hostile::WithholdsTick;
        if self.config.tick.is_shared() && !withheld {
            return;
        }
        let slot = timer(cpu, Timer::ReeTick);
        if self.cpus[cpu].asleep {
            self.slots.set(slot, NEVER);
        } else if self.slots.time(slot) == NEVER {
            self.slots.set(slot, self.next_tick(0));
        }
    }

    /// The REE handles all interrupts that wait.
    fn take_interrupts(&mut self, cpu: usize) {
        let pending = std::mem::take(&mut self.cpus[cpu].pending);
        for line in bits(pending.into()) {
            let since = std::mem::replace(&mut self.cpus[cpu].since[line], NEVER);
            let latency = (self.now + self.cpus[cpu].switching).saturating_sub(since);
            self.meter.interrupts.add(latency);
            match line {
                BELL => {
                    self.cpus[cpu].handlers += BELL_WORK;
                    while let casemate_world::Answer::Finished(_) = self.step(cpu, Event::Collect).answer {}
                }
                REE_TICK => self.ree_tick(cpu),
                RECORDED => {
                    let of = &mut self.cpus[cpu];
                    of.handlers += std::mem::take(&mut of.recorded);
                }
                source => {
                    let work = self.load.scenario.interrupts.get(source).map_or(0, |it| it.handler_micros);
                    self.cpus[cpu].handlers += nanos(work);
                }
            }
        }
    }

    /// Says which task runs. Whether there is one.
    fn pick(&mut self, cpu: usize) -> bool {
        if std::mem::take(&mut self.cpus[cpu].resched)
            && let Some(current) = self.cpus[cpu].current
        {
            self.cpus[cpu].runnable |= 1 << current;
            self.cpus[cpu].current = None;
        }
        if self.cpus[cpu].current.is_some() {
            return true;
        }
        if self.cpus[cpu].runnable == 0
            && let Some((from, _)) = self.busiest(cpu)
        {
            self.pull(from, cpu);
        }
        let next = bits(self.cpus[cpu].runnable).min_by_key(|it| (self.tasks[*it].vruntime, *it));
        let of = &mut self.cpus[cpu];
        if let Some(next) = next {
            of.runnable &= !(1 << next);
            of.current = u8::try_from(next).ok();
        }
        next.is_some()
    }
}

/// The numbers of the bits that are set.
fn bits(mut of: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = of.trailing_zeros();
        of &= of.wrapping_sub(1);
        (bit < 64).then_some(bit as usize)
    })
}
