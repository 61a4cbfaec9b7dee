//! What is known of the CPUs and threads.

use core::hash::{Hash, Hasher};

use crate::index::{Index, Slot};
use crate::line::Line;
use crate::thread::{Kind, Phase, Thread};
use crate::{CPUS, Config, CpuId, CpuSet, Request, Senseless, THREADS, ThreadId, ThreadSet, Urgency};

/// Everything a decision rests on. Copied freely; equal states decide equally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    cpus: [Cpu; CPUS],
    threads: [Thread; THREADS],
    pub(crate) line: Line,
    index: Index,
}

/// A CPU. What is forgotten when it leaves the TEE comes first: it is one word, and forgotten at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C, align(8))]
pub struct Cpu {
    /// The thread that runs, if the CPU is in the TEE.
    pub(crate) current: Option<ThreadId>,
    /// The request for which the REE gave up the CPU, if it did for one.
    pub(crate) issued: Option<ThreadId>,
    /// The REE has said that it sleeps.
    pub(crate) ree_idle: bool,
    /// A non-secure interrupt waits for the TEE to leave.
    pub(crate) deferred: bool,
    /// The tick of one timer for both worlds came while the TEE ran, and the REE has not had it.
    pub(crate) ree_tick_due: bool,
    /// The thread was entered and has not run for its least quantum yet.
    pub(crate) fresh: bool,
    /// Ticks for which an interrupt of the REE has waited.
    pub(crate) held: u8,
    /// Ticks that are left of the TEE's time slice.
    pub(crate) slice: u8,
    world: World,
    /// The request that this CPU's agent sees through; with one agent in all it is kept at CPU 0.
    pub(crate) agent: Option<ThreadId>,
    /// Ticks for which ready work has waited here.
    pub(crate) waited: u8,
    /// Ticks that the REE has before the TEE may take the CPU by itself.
    pub(crate) owed: u8,
    /// The tick is on.
    pub(crate) tick: bool,
}

/// In which world a CPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum World {
    /// It is switched off.
    Off,
    /// The rich one.
    Ree,
    /// The trusted one.
    Tee,
    /// Neither has anything to do, and it sleeps.
    Idle,
}

impl State {
    /// All CPUs of the design are on and in the REE; there are no threads.
    ///
    /// # Errors
    ///
    /// The design makes no sense.
    pub fn new(config: &Config) -> Result<Self, Senseless> {
        config.validate()?;
        let off = Cpu {
            world: World::Off,
            current: None,
            issued: None,
            agent: None,
            ree_idle: false,
            deferred: false,
            ree_tick_due: false,
            fresh: false,
            tick: false,
            waited: 0,
            held: 0,
            owed: 0,
            slice: 0,
        };
        let mut cpus = [off; CPUS];
        for cpu in cpus.iter_mut().take(config.cpus()) {
            cpu.world = World::Ree;
            cpu.tick = config.tick.is_shared();
        }
        let threads = [Thread::free(); THREADS];
        Ok(Self { cpus, threads, line: Line::EMPTY, index: Index::of(&cpus, &threads) })
    }

    /// Adds a service or a periodic task, which waits to be called or released. `None`: there is no place.
    pub fn spawn(&mut self, kind: Kind, request: &Request, config: &Config) -> Option<ThreadId> {
        let id = self.vacancy()?;
        let phase = Phase::Blocked(match kind {
            Kind::Request => return None,
            Kind::Service => crate::Cause::Caller,
            Kind::Periodic => crate::Cause::Period,
        });
        let origin = CpuId::new(0)?;
        self.put_thread(id, Thread::new(kind, request, phase, origin, config));
        Some(id)
    }

    /// A thread.
    #[must_use]
    pub fn thread(&self, id: ThreadId) -> &Thread {
        // Every number there can be has its place.
        &self.threads[id.index()]
    }

    /// Those that wait for a CPU or an agent, in the order in which they are taken if all are as urgent.
    pub fn waiting(&self) -> impl Iterator<Item = ThreadId> {
        self.line.iter()
    }

    /// A CPU.
    #[must_use]
    pub fn cpu(&self, id: CpuId) -> &Cpu {
        &self.cpus[id.index()]
    }

    pub(crate) fn thread_mut(&mut self, id: ThreadId) -> &mut Thread {
        &mut self.threads[id.index()]
    }

    pub(crate) fn cpu_mut(&mut self, id: CpuId) -> &mut Cpu {
        &mut self.cpus[id.index()]
    }

    /// Puts a thread, or none, into its place.
    pub(crate) fn put_thread(&mut self, id: ThreadId, thread: Thread) {
        self.index.thread_changes(id, self.thread(id).slot, thread.slot);
        self.index.origin_changes(id, self.thread(id).origin, thread.origin);
        self.index.urgency_changes(id, thread.urgency);
        *self.thread_mut(id) = thread;
    }

    pub(crate) fn set_origin(&mut self, id: ThreadId, origin: CpuId) {
        self.index.origin_changes(id, self.thread(id).origin, origin);
        self.thread_mut(id).origin = origin;
    }

    pub(crate) fn set_urgency(&mut self, id: ThreadId, urgency: Urgency) {
        self.index.urgency_changes(id, urgency);
        self.thread_mut(id).urgency = urgency;
    }

    pub(crate) fn set_phase(&mut self, id: ThreadId, phase: Phase) {
        let slot = Slot::of(phase);
        self.index.thread_changes(id, self.thread(id).slot, slot);
        let thread = self.thread_mut(id);
        (thread.phase, thread.slot) = (phase, slot);
    }

    pub(crate) fn set_world(&mut self, id: CpuId, world: World) {
        self.index.cpu_changes(id, self.cpu(id).world, world);
        self.cpu_mut(id).world = world;
    }

    /// Threads by phase, CPUs by world.
    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }

    /// What the index should say.
    #[cfg(test)]
    pub(crate) fn counted(&self) -> Index {
        Index::of(&self.cpus, &self.threads)
    }

    /// The place that the next request will have. `None`: every thread is taken.
    #[must_use]
    pub fn vacancy(&self) -> Option<ThreadId> {
        self.index.free().first()
    }

    /// Another CPU that is in the TEE.
    pub(crate) fn in_tee_beside(&self, me: CpuId) -> Option<CpuId> {
        let mut others = self.index.in_world(World::Tee);
        others.remove(me);
        others.first()
    }

    /// Those that are switched on, in order.
    pub(crate) fn on(&self) -> impl Iterator<Item = CpuId> + use<> {
        CpuSet::from_bits(!self.index.in_world(World::Off).bits()).iter()
    }

    /// Those in any run queue: who is in the line waits for a CPU, an agent or a service.
    pub(crate) const fn ready_anywhere(&self) -> ThreadSet {
        self.line.members().without(self.index.not_for_a_cpu())
    }

    /// The most urgent of those that are `asked` for and in the line; among equals who came first.
    pub(crate) fn most_urgent(&self, asked: ThreadSet) -> Option<ThreadId> {
        if asked.is_one_at_most() { asked.first() } else { self.most_urgent_of_many(asked) }
    }

    #[inline(never)]
    fn most_urgent_of_many(&self, asked: ThreadSet) -> Option<ThreadId> {
        let pressing = asked.and(self.index.pressing());
        let most = pressing.iter().map(|id| self.thread(id).urgency).min();
        // Mostly nobody presses, all are alike, and who came first goes first.
        let alike = match most {
            None => asked,
            Some(most) => pressing.iter().filter(|id| self.thread(*id).urgency == most).collect(),
        };
        self.line.first_of(alike)
    }

    /// Whether somebody is ready there.
    pub(crate) fn has_ready(&self, cpu: CpuId) -> bool {
        !self.index.ready(cpu).is_empty()
    }

    /// The thread at the beginning of a chain of services: whose work it is.
    #[must_use]
    pub fn root(&self, id: ThreadId) -> ThreadId {
        let mut root = id;
        // A chain has no more links than there are threads.
        for _ in 0..THREADS {
            match self.thread(root).caller {
                Some(caller) => root = caller,
                None => break,
            }
        }
        root
    }
}

/// What follows from the rest, and places where nothing is, go without being said: who looks at very many states
/// spends most of his time here.
impl Hash for State {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.index.in_world(World::Off).hash(to);
        for cpu in self.on() {
            self.cpu(cpu).hash(to);
        }
        // The one agent of all has its request at CPU 0, which may be off.
        for cpu in self.index.in_world(World::Off).iter() {
            self.cpu(cpu).agent.hash(to);
        }
        self.index.free().hash(to);
        for thread in ThreadSet::from_bits(!self.index.free().bits()).iter() {
            self.thread(thread).hash(to);
        }
        self.line.hash(to);
    }
}

impl Cpu {
    /// In which world it is.
    #[must_use]
    pub const fn world(&self) -> World {
        self.world
    }

    /// The thread that runs on it.
    #[must_use]
    pub const fn current(&self) -> Option<ThreadId> {
        self.current
    }

    /// The request for which the REE gave up the CPU.
    #[must_use]
    pub const fn issued(&self) -> Option<ThreadId> {
        self.issued
    }

    /// The request that this CPU's agent sees through; the one agent of all has its own at CPU 0.
    #[must_use]
    pub const fn agent(&self) -> Option<ThreadId> {
        self.agent
    }

    /// Whether the REE has said that it sleeps.
    #[must_use]
    pub const fn is_ree_idle(&self) -> bool {
        self.ree_idle
    }

    /// Whether a non-secure interrupt waits for the TEE to leave.
    #[must_use]
    pub const fn is_deferred(&self) -> bool {
        self.deferred
    }

    /// Whether the tick is on.
    #[must_use]
    pub const fn ticks(&self) -> bool {
        self.tick
    }

    /// Ticks for which ready work has waited on it.
    #[must_use]
    pub const fn waited(&self) -> u8 {
        self.waited
    }

    /// Ticks for which an interrupt of the REE has waited on it.
    #[must_use]
    pub const fn held(&self) -> u8 {
        self.held
    }
}
