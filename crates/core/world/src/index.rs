//! Which threads are in which phase, and which CPUs in which world, as sets: what would otherwise be looked for.
//!
//! All of it follows from the threads and the CPUs. It changes with them, by [`State`](crate::State)'s methods.

use crate::thread::{Cause, Phase, Thread};
use crate::{CPUS, Cpu, CpuId, CpuSet, ThreadId, ThreadSet, Urgency, World};

/// Threads by phase and CPUs by world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Index {
    threads: [ThreadSet; SLOTS],
    asked_on: [ThreadSet; CPUS],
    pressing: ThreadSet,
    cpus: [CpuSet; 4],
}

/// Which set a thread is in: one for each CPU where threads can be ready, and these. A thread keeps its own, so
/// that it is found without asking for the phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot(u8);

/// A power of two, so that no slot is looked up in vain.
const SLOTS: usize = 16;

impl Slot {
    // After those of the CPUs.
    const FREE: Self = Self(CPUS as u8);
    const QUEUED: Self = Self(CPUS as u8 + 1);
    const DONE: Self = Self(CPUS as u8 + 2);
    const CALLING: Self = Self(CPUS as u8 + 3);
    /// Threads that nobody looks for.
    const OTHER: Self = Self(CPUS as u8 + 4);

    /// Of the threads in a phase.
    pub(crate) const fn of(phase: Phase) -> Self {
        match phase {
            Phase::Ready(cpu) => Self(cpu.index() as u8),
            Phase::Free => Self::FREE,
            Phase::Queued => Self::QUEUED,
            Phase::Done => Self::DONE,
            Phase::Blocked(Cause::Service(_)) => Self::CALLING,
            Phase::Running(_) | Phase::Blocked(_) => Self::OTHER,
        }
    }

    const fn index(self) -> usize {
        self.0 as usize & (SLOTS - 1)
    }
}

const _: () = assert!((Slot::OTHER.0 as usize) < SLOTS);

impl Index {
    /// Of what there is.
    pub(crate) fn of(cpus: &[Cpu; CPUS], threads: &[Thread]) -> Self {
        let mut index = Self {
            threads: [ThreadSet::EMPTY; SLOTS],
            asked_on: [ThreadSet::EMPTY; CPUS],
            pressing: ThreadSet::EMPTY,
            cpus: [CpuSet::EMPTY; 4],
        };
        for (id, thread) in ThreadId::all().zip(threads) {
            index.threads[Slot::of(thread.phase).index()].insert(id);
            index.asked_on[thread.origin.index()].insert(id);
            index.urgency_changes(id, thread.urgency);
        }
        for (id, cpu) in CpuId::all().zip(cpus) {
            index.cpus[cpu.world() as usize].insert(id);
        }
        index
    }

    pub(crate) fn thread_changes(&mut self, id: ThreadId, from: Slot, to: Slot) {
        self.threads[from.index()].remove(id);
        self.threads[to.index()].insert(id);
    }

    pub(crate) fn origin_changes(&mut self, id: ThreadId, from: CpuId, to: CpuId) {
        self.asked_on[from.index()].remove(id);
        self.asked_on[to.index()].insert(id);
    }

    pub(crate) fn urgency_changes(&mut self, id: ThreadId, to: Urgency) {
        if to == Urgency::NONE {
            self.pressing.remove(id);
        } else {
            self.pressing.insert(id);
        }
    }

    pub(crate) fn cpu_changes(&mut self, id: CpuId, from: World, to: World) {
        self.cpus[from as usize].remove(id);
        self.cpus[to as usize].insert(id);
    }

    /// Those in a CPU's run queue.
    pub(crate) const fn ready(&self, on: CpuId) -> ThreadSet {
        self.threads[on.index()]
    }

    /// Those that are more urgent than who says nothing about it.
    pub(crate) const fn pressing(&self) -> ThreadSet {
        self.pressing
    }

    /// Those in an agent's queue.
    pub(crate) const fn queued(&self) -> ThreadSet {
        self.threads[Slot::QUEUED.index()]
    }

    /// Those in an agent's queue that were asked for on a CPU.
    pub(crate) const fn queued_on(&self, on: CpuId) -> ThreadSet {
        self.threads[Slot::QUEUED.index()].and(self.asked_on[on.index()])
    }

    /// Those whose answer is still to be fetched on a CPU.
    pub(crate) const fn done_on(&self, on: CpuId) -> ThreadSet {
        self.threads[Slot::DONE.index()].and(self.asked_on[on.index()])
    }

    /// Those in the line that wait for an agent or a service, and not for a CPU.
    pub(crate) const fn not_for_a_cpu(&self) -> ThreadSet {
        self.queued().or(self.calling())
    }

    /// Those that wait for a service.
    pub(crate) const fn calling(&self) -> ThreadSet {
        self.threads[Slot::CALLING.index()]
    }

    /// Places where there is no thread.
    pub(crate) const fn free(&self) -> ThreadSet {
        self.threads[Slot::FREE.index()]
    }

    /// The CPUs that are in a world.
    pub(crate) const fn in_world(&self, world: World) -> CpuSet {
        self.cpus[world as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Agent, Config, Event, Goal, Kind, Request, State, step};

    fn event(kind: u8, thread: ThreadId) -> Event {
        match kind {
            0 => Event::Issue,
            1 => Event::Resume(thread),
            2 => Event::Schedule,
            3 => Event::Collect,
            4 => Event::Cancel(thread),
            5 => Event::Idle,
            6 => Event::Offline,
            7 => Event::Online,
            8 | 9 => Event::Tick,
            10 => Event::Sgi,
            11 => Event::NonSecure,
            12 => Event::Device(thread),
            13 => Event::Finish,
            14 => Event::Block,
            15 => Event::Call(thread),
            _ => Event::Submit(Request::PLAIN),
        }
    }

    proptest! {
        #[test]
        fn it_says_what_is_the_case_whatever_happens(
            agent in 0..3_usize,
            one: bool,
            events in prop::collection::vec((0..CPUS, 0..20_u8, 0..crate::THREADS), 1..300),
        ) {
            let agent = [Agent::Caller, Agent::One, Agent::EachCpu][agent];
            let goal = if one && agent != Agent::EachCpu { Goal::One } else { Goal::Many };
            let config = Config { agent, goal, ..Config::new(4) };
            let mut state = State::new(&config).unwrap();
            state.spawn(Kind::Service, &Request::PLAIN, &config);
            state.spawn(Kind::Service, &Request::PLAIN, &config);
            for (cpu, kind, thread) in events {
                let event = event(kind, ThreadId::new(thread).unwrap());
                step(&mut state, &config, CpuId::new(cpu).unwrap(), event);
                prop_assert_eq!(*state.index(), state.counted());
                let given = |id: &CpuId| state.cpu(*id).issued.is_none() || state.cpu(*id).world() == World::Tee;
                prop_assert!(CpuId::all().all(|id| given(&id)), "a call gave a CPU that is not in the TEE");
                let ready = |id: &ThreadId| matches!(state.thread(*id).phase(), Phase::Ready(_));
                let anywhere: ThreadSet = ThreadId::all().filter(ready).collect();
                prop_assert_eq!(state.ready_anywhere(), anywhere);
            }
        }
    }
}
