//! Whatever can make a step long: every place is taken, everybody works for somebody, and all of it under any
//! design that makes sense.

use casemate_world::{
    Agent, Balance, CPUS, Config, CpuId, CpuSet, DeviceInterrupt, Entry, Event, Goal, Kind, Order, Priority,
    ProperCpu, Request, Resume, State, SwitchBack, THREADS, ThreadId, Tick, World, step,
};

use super::walk::Situation;
use crate::random::Random;

/// Events on each design, after everything is full.
const EVENTS: usize = 40;

/// Situations, each design from its beginning.
pub(super) struct Assault {
    random: Random,
    config: Config,
    state: State,
    left: usize,
    services: usize,
}

impl Assault {
    pub(super) fn new() -> Self {
        let config = Config::new(1);
        let state = State::new(&config).expect("the default makes sense");
        Self { random: Random::new(2), config, state, left: 0, services: 0 }
    }

    /// Another design, and as many services as there may be or none.
    fn begin(&mut self) {
        loop {
            self.config = design(&mut self.random);
            if let Ok(state) = State::new(&self.config) {
                self.state = state;
                break;
            }
        }
        self.services = [0, 2, THREADS / 2, THREADS - 1][self.random.below(4)];
        for _ in 0..self.services {
            let request = request(&mut self.random);
            self.state.spawn(Kind::Service, &request, &self.config);
        }
        self.left = EVENTS + THREADS;
    }

    fn event(&mut self) -> (CpuId, Event) {
        let cpu =
            CpuId::all().nth(self.random.below(usize::from(self.config.cpus))).expect("one of the CPUs");
        let thread = ThreadId::all().nth(self.random.below(THREADS)).expect("one of the threads");
        if self.left > EVENTS {
            return (cpu, self.fill(cpu));
        }
        let event = match self.random.below(20) {
            0 => Event::Submit(request(&mut self.random)),
            1 | 2 => Event::Issue,
            3 => Event::Resume(thread),
            4 => Event::Schedule,
            5 => Event::Collect,
            6 => Event::Cancel(thread),
            7 | 8 => Event::Idle,
            9 => Event::Offline,
            10 => Event::Online,
            11 => Event::Tick,
            12 => Event::Quantum,
            13 => Event::Sgi,
            14 => Event::NonSecure,
            15 => Event::Device(thread),
            16 => Event::Release(thread, 7),
            17 | 18 => Event::Finish,
            _ => Event::Block,
        };
        (cpu, event)
    }

    /// Takes one more place, or makes the chain of services one longer.
    fn fill(&mut self, cpu: CpuId) -> Event {
        let state = &self.state;
        match (state.cpu(cpu).world(), state.cpu(cpu).current()) {
            (World::Tee, Some(current)) if self.services > 2 => {
                ThreadId::new((current.index() + 1) % THREADS).map_or(Event::Tick, Event::Call)
            }
            (World::Ree, _) if self.random.below(3) > 0 => Event::Submit(request(&mut self.random)),
            (World::Ree, _) => Event::Issue,
            _ => Event::NonSecure,
        }
    }
}

impl Iterator for Assault {
    type Item = Situation;

    fn next(&mut self) -> Option<Situation> {
        if self.left == 0 {
            self.begin();
        }
        let (cpu, event) = self.event();
        self.left -= 1;
        let (before, config) = (self.state, self.config);
        step(&mut self.state, &self.config, cpu, event);
        Some(Situation { state: before, config, cpu, event })
    }
}

fn request(random: &mut Random) -> Request {
    // Few different ones, so that many are as urgent and the line decides.
    Request {
        priority: u8::try_from(random.below(3)).unwrap_or(0),
        deadline: [7, 8, u64::MAX][random.below(3)],
        sync: random.below(2) == 0,
        suits_big: random.below(2) == 0,
    }
}

/// Any design, sensible or not.
fn design(random: &mut Random) -> Config {
    let cpus = [2, CPUS, CPUS, CPUS][random.below(4)];
    let big: CpuSet = CpuId::all().take(cpus).filter(|_| random.below(2) == 0).collect();
    let mut yes = || random.below(2) == 0;
    let flags = [yes(), yes(), yes(), yes()];
    let mut ticks = || [None, Some(1), Some(4)][random.below(3)];
    let (tee_waits, ree_waits) = (ticks(), ticks());
    Config {
        cpus: u8::try_from(cpus).unwrap_or(1),
        big,
        entry: [Entry::Event, Entry::Event, Entry::TimeSlice(1), Entry::Call][random.below(4)],
        scheduling_call: flags[0],
        priority: [Priority::TeeOverRee, Priority::ReeOverTee, Priority::Equal][random.below(3)],
        agent: [Agent::Caller, Agent::One, Agent::EachCpu][random.below(3)],
        order: [Order::Fifo, Order::Priority, Order::Deadline][random.below(3)],
        goal: [Goal::One, Goal::Many][random.below(2)],
        device: [DeviceInterrupt::WhereItLands, DeviceInterrupt::Routed][random.below(2)],
        proper_cpu: [
            ProperCpu::Own,
            ProperCpu::Idle,
            ProperCpu::KindOfCore,
            ProperCpu::Warm,
            // Longest, because it looks at every CPU.
            ProperCpu::LeastLoaded,
            ProperCpu::LeastLoaded,
            ProperCpu::LeastLoaded,
        ][random.below(7)],
        balance: [Balance::None, Balance::Steal, Balance::StealAndPush][random.below(3)],
        tick: [Tick::None, Tick::Own, Tick::UnifiedTee, Tick::UnifiedRee][random.below(4)],
        resume: [Resume::NextCall, Resume::ReeIdle, Resume::Tick][random.below(3)],
        switch_back: [SwitchBack::Dispatcher, SwitchBack::TeeIdle][random.below(2)],
        nohz: flags[1],
        idle_hand_over: flags[2],
        tee_waits,
        ree_waits,
        ree_share: 1,
        least_progress: flags[3],
    }
}
