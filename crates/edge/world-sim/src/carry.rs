//! What a step decided is carried out.

use casemate_world::{Agent, Answer, Event, Outcome, Phase, Refusal, Request, ThreadId, World, step};

use crate::Hostile;
use crate::cpu::REE_TICK;
use crate::load::nanos;
use crate::sim::{Sim, id};
use crate::slots::NEVER;
use crate::task::{TaskKind, Then};
use crate::thread::{After, Thread, ThreadKind};
use crate::timers::{Timer, timer};

/// What it takes the REE to make a call, in work.
pub(crate) const CALL: u64 = 500;
/// When a request that was refused comes again.
const AGAIN: u64 = 100_000;

impl Sim<'_> {
    /// Something happens on a CPU, and what follows is carried out.
    pub(crate) fn step(&mut self, cpu: usize, event: Event) -> Outcome {
        self.advance(cpu);
        let before = self.state.cpu(id(cpu)).world();
        let outcome = step(&mut self.state, &self.config, id(cpu), event);
        let machine = &self.load.scenario.machine;
        let (sgi, quantum) = (machine.sgi_nanos, nanos(machine.quantum_micros));
        for it in outcome.sgis.iter() {
            self.arm_timer(it.index(), Timer::Sgi, sgi);
        }
        for it in outcome.doorbells.iter() {
            self.arm_timer(it.index(), Timer::Bell, sgi);
        }
        if outcome.quantum {
            self.arm_timer(cpu, Timer::Quantum, quantum);
        }
        self.keep_tick(cpu, outcome.tick);
        self.change_worlds(cpu, before, event);
        if outcome.wake_agent {
            self.wake_agent(cpu);
        }
        self.answered(cpu, event, outcome.answer);
        if outcome.ree_tick {
            let now = self.now;
            let since = std::mem::replace(&mut self.cpus[cpu].since[REE_TICK], NEVER);
            self.meter.interrupts.add(now.saturating_sub(since));
            self.ree_tick(cpu);
        }
        outcome
    }

    /// Counts switches and stays, and takes their time.
    fn change_worlds(&mut self, cpu: usize, before: World, event: Event) {
        let after = self.state.cpu(id(cpu)).world();
        let scenario = self.load.scenario;
        let of = &mut self.cpus[cpu];
        let in_tee = matches!(after, World::Tee | World::Idle);
        if in_tee != of.in_tee {
            of.in_tee = in_tee;
            of.switching += scenario.machine.switch_nanos;
            self.meter.switches += 1;
        }
        if after == World::Tee && before != World::Tee {
            of.entered = self.now;
            if scenario.hostile == Hostile::FloodsInterrupts {
                self.arm_timer(cpu, Timer::Bell, scenario.machine.sgi_nanos);
            }
        }
        if before == World::Tee && after != World::Tee {
            let own_accord = matches!(event, Event::Finish | Event::Block | Event::Call(_));
            let short = self.now - self.cpus[cpu].entered < nanos(scenario.machine.tick_micros) / 10;
            self.slots.set(timer(cpu, Timer::Quantum), NEVER);
            self.meter.stays += 1;
            self.meter.slivers += u64::from(short && !own_accord);
        }
        if after == World::Ree && before != World::Ree {
            self.cpus[cpu].asleep = false;
        }
    }

    /// What runs on a CPU has come to an end.
    pub(crate) fn end(&mut self, cpu: usize) {
        self.advance(cpu);
        match self.state.cpu(id(cpu)).world() {
            World::Tee => {
                let current = self.state.cpu(id(cpu)).current();
                if let Some(thread) = current.filter(|it| self.threads[it.index()].left == 0) {
                    self.piece_ends(cpu, thread);
                }
            }
            World::Ree if self.cpus[cpu].handlers == 0 => {
                let current = self.cpus[cpu].current.map(usize::from);
                if let Some(task) = current.filter(|it| self.tasks[*it].left == 0) {
                    self.task_acts(cpu, task);
                }
            }
            _ => {}
        }
        self.settle(cpu);
    }

    fn piece_ends(&mut self, cpu: usize, thread: ThreadId) {
        let at = thread.index();
        match self.load.after_piece(&mut self.threads[at]) {
            After::Call(service) => {
                let outcome = self.step(cpu, Event::Call(service));
                self.meter.refused += u64::from(matches!(outcome.answer, Answer::Refused(_)));
            }
            After::Wait { nanos, .. } => {
                self.step(cpu, Event::Block);
                self.arm_device(thread, nanos);
            }
            After::Finish => {
                if let ThreadKind::Periodic(_) = self.threads[at].kind {
                    let late = self.threads[at].deadline.is_some_and(|it| self.now > it);
                    self.meter.misses += u64::from(late);
                }
                if !matches!(self.threads[at].kind, ThreadKind::Request(_)) {
                    self.load.begin(&mut self.threads[at]);
                }
                self.step(cpu, Event::Finish);
            }
        }
    }

    /// A task's work is done.
    fn task_acts(&mut self, cpu: usize, task: usize) {
        match self.tasks[task].then {
            Then::Ask => self.ask(cpu, task),
            Then::Resume(thread) => self.call(cpu, Event::Resume(thread)),
            Then::Issue => self.call(cpu, Event::Issue),
        }
    }

    fn call(&mut self, cpu: usize, event: Event) {
        self.cpus[cpu].in_call = true;
        self.step(cpu, event);
    }

    fn ask(&mut self, cpu: usize, task: usize) {
        let scenario = self.load.scenario;
        let TaskKind::Made(kind) = self.tasks[task].kind else { return self.cycle_ends(task) };
        let ask = scenario.tasks.get(usize::from(kind)).and_then(|it| it.request.as_ref());
        let Some(ask) = ask else { return self.cycle_ends(task) };
        let deadline = ask.deadline_micros.map(|it| self.now + nanos(it));
        let calls = self.config.agent == Agent::Caller;
        let sync = calls || !ask.asynchronous;
        let request = Request {
            priority: ask.priority,
            deadline: deadline.unwrap_or(u64::MAX),
            sync,
            suits_big: ask.suits_big,
        };
        let work = self.random.around(nanos(ask.work_micros), ask.vary_percent);
        let mut thread = Thread {
            kind: ThreadKind::Request(kind),
            work,
            owner: if sync { u8::try_from(task).ok() } else { None },
            asked: self.now,
            deadline,
            ..Thread::default()
        };
        self.load.begin(&mut thread);
        // The place that it will have, if there is one.
        let place = ThreadId::all().find(|it| self.state.thread(*it).phase() == Phase::Free);
        if let Some(place) = place {
            self.threads[place.index()] = thread;
        }
        self.cpus[cpu].in_call = true;
        let outcome = self.step(cpu, Event::Submit(request));
        if matches!(outcome.answer, Answer::Refused(_)) {
            return;
        }
        self.meter.asked += 1;
        self.meter.deadlines += u64::from(deadline.is_some());
        if !calls {
            self.cpus[cpu].in_call = false;
            if sync { self.waits(task) } else { self.cycle_ends(task) }
        }
    }

    /// The REE of a CPU is told something.
    fn answered(&mut self, cpu: usize, event: Event, answer: Answer) {
        let in_ree = self.state.cpu(id(cpu)).world() == World::Ree;
        let caller = if in_ree && self.cpus[cpu].in_call { self.cpus[cpu].current } else { None };
        if let Answer::Finished(thread) = answer {
            self.completes(thread);
        }
        let Some(task) = caller.map(usize::from) else { return };
        if event == Event::Collect || matches!(answer, Answer::Queued(_)) {
            return;
        }
        self.cpus[cpu].in_call = false;
        let then = self.tasks[task].then;
        match answer {
            Answer::Finished(_) if then == Then::Issue => self.tasks[task].left = CALL,
            Answer::Finished(_) => {}
            Answer::Pending(thread) => {
                if then == Then::Issue {
                    if !self.is_asynchronous(thread) {
                        self.threads[thread.index()].agent = u8::try_from(task).ok();
                        self.waits(task);
                    } else {
                        self.tasks[task].left = CALL;
                    }
                } else {
                    self.tasks[task].then = Then::Resume(thread);
                    self.waits(task);
                }
            }
            Answer::Empty => self.waits(task),
            Answer::Refused(Refusal::Busy | Refusal::Elsewhere) => {
                self.meter.refused += 1;
                self.tasks[task].left = CALL;
                self.waits(task);
                self.arm_wake(task, AGAIN);
            }
            Answer::Refused(_) => self.cycle_ends(task),
            // Its call came back without an answer: it calls again when it runs again.
            Answer::Interrupted(_) | Answer::Nothing | Answer::Accepted(_) | Answer::Queued(_) => {
                let mine = (0..).zip(&self.threads).find(|(at, it)| {
                    it.owner.map(usize::from) == Some(task)
                        && ThreadId::new(*at).is_some_and(|it| self.state.thread(it).phase() != Phase::Free)
                });
                let mine = mine.and_then(|(at, _)| ThreadId::new(at));
                match (then, mine) {
                    (Then::Issue, _) => {}
                    (_, Some(thread)) => self.tasks[task].then = Then::Resume(thread),
                    (_, None) => return self.cycle_ends(task),
                }
                self.tasks[task].left = CALL;
            }
        }
    }

    fn is_asynchronous(&self, thread: ThreadId) -> bool {
        self.threads[thread.index()].owner.is_none()
    }

    /// A request has its answer.
    fn completes(&mut self, thread: ThreadId) {
        let of = std::mem::take(&mut self.threads[thread.index()]);
        self.meter.requests.add(self.now.saturating_sub(of.asked));
        self.meter.answered += 1;
        self.meter.misses += u64::from(of.deadline.is_some_and(|it| self.now > it));
        if let Some(owner) = of.owner {
            self.cycle_ends(owner.into());
        }
        if let Some(agent) = of.agent {
            self.wake(agent.into());
        }
    }
}
