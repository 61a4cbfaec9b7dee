//! Who sends what to whom: read off from each step, by comparing what was before with what is after.

use std::collections::{BTreeMap, BTreeSet};

use casemate_world::{Answer, CpuId, Event, Go, Phase, ThreadId, World};

use super::walk::Taken;

/// A part of a CPU's software, or what interrupts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Tasks of the REE.
    Tasks,
    /// The queue of requests.
    Queue,
    /// The agent.
    Agent,
    /// The REE's kernel: its driver and its idle loop.
    Kernel,
    /// The TEE's dispatcher.
    Dispatcher,
    /// The TEE's run queue.
    Ready,
    /// The thread that runs.
    Thread,
    /// A timer.
    Timer,
    /// A secure device.
    Device,
    /// A device of the REE.
    Interrupt,
}

/// A part, on a CPU.
pub(super) type Place = (Part, usize);

/// What goes from where to where, by every name it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Flows(pub(super) BTreeMap<(Place, Place), BTreeSet<&'static str>>);

impl Flows {
    fn add(&mut self, from: Place, to: Place, what: &'static str) {
        self.0.entry((from, to)).or_default().insert(what);
    }

    /// Adds what goes from where to where in a step.
    pub(super) fn see(&mut self, of: &Taken<'_>) {
        if matches!(of.outcome.answer, Answer::Refused(_)) {
            return;
        }
        let me = of.cpu.index();
        self.event(of, me);
        let dispatcher = (Part::Dispatcher, me);
        for to in of.outcome.sgis.iter() {
            self.add(dispatcher, (Part::Dispatcher, to.index()), "SGI");
        }
        for to in of.outcome.doorbells.iter() {
            self.add(dispatcher, (Part::Kernel, to.index()), "doorbell");
        }
        if of.outcome.ree_tick {
            self.add(dispatcher, (Part::Kernel, me), "REE's tick");
        }
        if of.outcome.wake_agent {
            self.add((Part::Queue, me), (Part::Agent, me), "wakes");
        }
        self.answer(of, me);
        for id in ThreadId::all() {
            self.thread(of, id, me);
        }
    }

    fn event(&mut self, of: &Taken<'_>, me: usize) {
        let word = super::words::of(&of.event);
        let (from, to) = match of.event {
            Event::Submit(_) if matches!(of.outcome.answer, Answer::Queued(_)) => (Part::Tasks, Part::Queue),
            Event::Submit(_) | Event::Resume(_) | Event::Cancel(_) => (Part::Tasks, Part::Dispatcher),
            Event::Issue => (Part::Agent, Part::Dispatcher),
            Event::Schedule | Event::Collect | Event::Idle | Event::Offline | Event::Online => {
                (Part::Kernel, Part::Dispatcher)
            }
            Event::Tick | Event::Quantum | Event::Release(..) => (Part::Timer, Part::Dispatcher),
            Event::Device(_) => (Part::Device, Part::Dispatcher),
            Event::Finish | Event::Block | Event::Call(_) => (Part::Thread, Part::Dispatcher),
            // While the REE runs they are the REE's own affair.
            Event::NonSecure if of.before.cpu(of.cpu).world() == World::Ree => return,
            Event::NonSecure => (Part::Interrupt, Part::Dispatcher),
            // Told by whoever sent it.
            Event::Sgi => return,
        };
        self.add((from, me), (to, me), word);
    }

    fn answer(&mut self, of: &Taken<'_>, me: usize) {
        let word = match of.outcome.answer {
            Answer::Finished(_) => "answer",
            Answer::Interrupted(_) => "pre-empted",
            Answer::Pending(_) => "pending",
            Answer::Empty => "nothing to do",
            Answer::Nothing | Answer::Accepted(_) | Answer::Queued(_) | Answer::Refused(_) => {
                let left = matches!(of.before.cpu(of.cpu).world(), World::Tee | World::Idle);
                if left && of.outcome.go == Go::Ree {
                    self.add((Part::Dispatcher, me), (Part::Kernel, me), "return");
                }
                return;
            }
        };
        let to = if of.event == Event::Collect { Part::Kernel } else { Part::Agent };
        self.add((Part::Dispatcher, me), (to, me), word);
    }

    fn thread(&mut self, of: &Taken<'_>, id: ThreadId, me: usize) {
        let (before, after) = (of.before.thread(id).phase(), of.after.thread(id).phase());
        let ready = |cpu: CpuId| (Part::Ready, cpu.index());
        let (dispatcher, runs) = ((Part::Dispatcher, me), (Part::Thread, me));
        if before == Phase::Queued && after != Phase::Queued {
            let from = of.before.thread(id).origin().index();
            self.add((Part::Queue, from), (Part::Agent, me), "next");
        }
        let became = if before == Phase::Queued { "request" } else { "woken" };
        match (before, after) {
            (Phase::Queued | Phase::Blocked(_), Phase::Ready(on)) => self.add(dispatcher, ready(on), became),
            (Phase::Queued | Phase::Blocked(_), Phase::Running(on)) => {
                self.add(dispatcher, ready(on), became);
                self.add(ready(on), runs, "enters");
            }
            (Phase::Ready(on), Phase::Running(_)) if on == of.cpu => self.add(ready(on), runs, "enters"),
            (Phase::Ready(on), Phase::Running(_)) => self.add(ready(on), runs, "stolen"),
            (Phase::Running(_), Phase::Ready(on)) => self.add(runs, ready(on), "pre-empted"),
            (Phase::Ready(from), Phase::Ready(to)) if from != to => self.add(ready(from), ready(to), "moved"),
            _ => {}
        }
    }
}
