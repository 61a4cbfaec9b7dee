//! Which threads are in which phase, and which CPUs in which world, as sets: what would otherwise be looked for.
//!
//! All of it follows from the threads and the CPUs. It changes with them, by [`State`](crate::State)'s methods.

use crate::thread::{Cause, Phase, Thread};
use crate::{CPUS, Cpu, CpuId, CpuSet, ThreadId, ThreadSet, World};

/// Threads by phase and CPUs by world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Index {
    threads: [ThreadSet; SLOTS],
    asked_on: [ThreadSet; CPUS],
    cpus: [CpuSet; 4],
}

// A slot for each CPU where threads can be ready, and these.
const FREE: usize = CPUS;
const QUEUED: usize = CPUS + 1;
const DONE: usize = CPUS + 2;
const CALLING: usize = CPUS + 3;
/// Threads that nobody looks for.
const OTHER: usize = CPUS + 4;
/// A power of two, so that no slot is looked up in vain.
const SLOTS: usize = 16;
const _: () = assert!(OTHER < SLOTS);

impl Index {
    /// Of what there is.
    pub(crate) fn of(cpus: &[Cpu; CPUS], threads: &[Thread]) -> Self {
        let mut index = Self {
            threads: [ThreadSet::EMPTY; SLOTS],
            asked_on: [ThreadSet::EMPTY; CPUS],
            cpus: [CpuSet::EMPTY; 4],
        };
        for (id, thread) in ThreadId::all().zip(threads) {
            index.threads[slot(thread.phase)].insert(id);
            index.asked_on[thread.origin.index()].insert(id);
        }
        for (id, cpu) in CpuId::all().zip(cpus) {
            index.cpus[cpu.world() as usize].insert(id);
        }
        index
    }

    pub(crate) fn thread_changes(&mut self, id: ThreadId, from: Phase, to: Phase) {
        self.threads[slot(from)].remove(id);
        self.threads[slot(to)].insert(id);
    }

    pub(crate) fn origin_changes(&mut self, id: ThreadId, from: CpuId, to: CpuId) {
        self.asked_on[from.index()].remove(id);
        self.asked_on[to.index()].insert(id);
    }

    pub(crate) fn cpu_changes(&mut self, id: CpuId, from: World, to: World) {
        self.cpus[from as usize].remove(id);
        self.cpus[to as usize].insert(id);
    }

    /// Those in a CPU's run queue.
    pub(crate) const fn ready(&self, on: CpuId) -> ThreadSet {
        self.threads[on.index()]
    }

    /// Those in any run queue.
    pub(crate) fn ready_anywhere(&self) -> ThreadSet {
        let all = self.threads[..CPUS].iter().fold(0, |all, it| all | it.bits());
        ThreadSet::from_bits(all)
    }

    /// Those in an agent's queue.
    pub(crate) const fn queued(&self) -> ThreadSet {
        self.threads[QUEUED]
    }

    /// Those in an agent's queue that were asked for on a CPU.
    pub(crate) const fn queued_on(&self, on: CpuId) -> ThreadSet {
        self.threads[QUEUED].and(self.asked_on[on.index()])
    }

    /// Those whose answer is still to be fetched on a CPU.
    pub(crate) const fn done_on(&self, on: CpuId) -> ThreadSet {
        self.threads[DONE].and(self.asked_on[on.index()])
    }

    /// Those that wait for a service.
    pub(crate) const fn calling(&self) -> ThreadSet {
        self.threads[CALLING]
    }

    /// Places where there is no thread.
    pub(crate) const fn free(&self) -> ThreadSet {
        self.threads[FREE]
    }

    /// The CPUs that are in a world.
    pub(crate) const fn in_world(&self, world: World) -> CpuSet {
        self.cpus[world as usize]
    }
}

const fn slot(phase: Phase) -> usize {
    let slot = match phase {
        Phase::Ready(cpu) => cpu.index(),
        Phase::Free => FREE,
        Phase::Queued => QUEUED,
        Phase::Done => DONE,
        Phase::Blocked(Cause::Service(_)) => CALLING,
        Phase::Running(_) | Phase::Blocked(_) => OTHER,
    };
    slot & (SLOTS - 1)
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
            }
        }
    }
}
