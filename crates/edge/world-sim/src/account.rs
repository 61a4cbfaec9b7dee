//! What a CPU has done is accounted for, and when what it does comes to an end.

use casemate_world::{Bill, Class, World};

use crate::sim::{Sim, id};
use crate::slots::NEVER;
use crate::span::{Side, Span, Who};
use crate::task::TaskKind;
use crate::thread::ThreadKind;
use crate::timers::{Timer, timer};

impl Sim<'_> {
    pub(crate) fn sleeps(&self, cpu: usize) -> bool {
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
