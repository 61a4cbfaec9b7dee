//! What users of other systems have reported: each problem under the design that has it, and its absence under ours.
//!
//! Numbers without more are issues of OP-TEE/optee_os. The designs are theirs in what matters; the default design
//! is ours.

use casemate_world::{
    Agent, Answer, Balance, Config, CpuId, Durations, Entry, Event, Go, Kind, Order, Outcome, Phase,
    Priority, ProperCpu, Request, Resume, Ring, State, Supply, SwitchBack, ThreadId, Tick, World, step,
};
use casemate_world_model::{Setting, Until, search};

const URGENT: Request = Request { priority: 255, ..Request::PLAIN };

/// OP-TEE's threads under Linux' driver: who asks calls and comes back, nothing of the TEE's is there to bring it back.
fn callers_only(cpus: u8) -> Config {
    Config {
        agent: Agent::Caller,
        order: Order::Fifo,
        proper_cpu: ProperCpu::Own,
        balance: Balance::None,
        tick: Tick::None,
        resume: Resume::NextCall,
        switch_back: SwitchBack::Dispatcher,
        idle_hand_over: false,
        tee_waits: None,
        ree_waits: None,
        least_progress: false,
        ..Config::new(cpus)
    }
}

/// A TEE that masks the REE's interrupts while it works.
fn masked(cpus: u8) -> Config {
    Config { priority: Priority::TeeOverRee, tick: Tick::Own, ree_waits: None, ..Config::new(cpus) }
}

struct Play {
    config: Config,
    state: State,
}

impl Play {
    fn of(config: Config) -> Self {
        Self { config, state: State::new(&config).unwrap() }
    }

    fn on(&mut self, cpu: usize, event: Event) -> Outcome {
        step(&mut self.state, &self.config, CpuId::new(cpu).unwrap(), event)
    }

    /// A request is made and brought into the TEE, by whoever does that in the design.
    fn request(&mut self, cpu: usize, request: Request) -> ThreadId {
        let answer = match self.on(cpu, Event::Submit(request)).answer {
            Answer::Queued(_) => self.on(cpu, Event::Issue).answer,
            answer => answer,
        };
        match answer {
            Answer::Accepted(id) | Answer::Pending(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn world(&self, cpu: usize) -> World {
        self.state.cpu(CpuId::new(cpu).unwrap()).world()
    }

    fn phase(&self, id: ThreadId) -> Phase {
        self.state.thread(id).phase()
    }

    /// Ticks until a thread runs again, while the REE keeps its CPU as busy as it can. `None`: not in a hundred.
    fn ticks_until_it_runs(&mut self, cpu: usize, id: ThreadId) -> Option<usize> {
        (0..100).find(|_| {
            if self.state.cpu(CpuId::new(cpu).unwrap()).ticks() {
                self.on(cpu, Event::Tick);
            } else {
                self.on(cpu, Event::NonSecure);
            }
            matches!(self.phase(id), Phase::Running(_))
        })
    }
}

/// Ticks until the REE has its CPU, once it has an interrupt. `None`: not in a hundred.
fn ticks_until_the_ree_is_heard(config: Config) -> Option<usize> {
    let mut play = Play::of(config);
    play.request(0, Request::PLAIN);
    let quantum = play.on(0, Event::NonSecure).quantum;
    if quantum {
        play.on(0, Event::Quantum);
    }
    (0..100).find(|_| {
        let heard = play.world(0) == World::Ree;
        if !heard && play.state.cpu(CpuId::new(0).unwrap()).ticks() {
            play.on(0, Event::Tick);
        }
        heard
    })
}

#[test]
fn issues_1353_2694_4524_a_long_call_stalls_rcu_where_the_tee_masks_interrupts() {
    assert_eq!(ticks_until_the_ree_is_heard(masked(1)), None, "no grace period ever ends");
    assert_eq!(ticks_until_the_ree_is_heard(Config::new(1)), Some(0));
    // A TEE that goes first is no reason: its bound is kept.
    let bounded = Config { ree_waits: Some(1), ..masked(1) };
    assert_eq!(ticks_until_the_ree_is_heard(bounded), Some(1));
}

#[test]
fn issue_6731_masked_interrupts_preclude_a_real_time_ree() {
    let call = Config { entry: Entry::Call, scheduling_call: false, ..callers_only(1) };
    assert_eq!(ticks_until_the_ree_is_heard(call), None, "as long as the call lasts");
    // Ours: once the thread has had its least quantum, in the very step of the interrupt.
    let mut play = Play::of(Config::new(1));
    play.request(0, Request::PLAIN);
    play.on(0, Event::Quantum);
    assert_eq!(play.on(0, Event::NonSecure).go, Go::Ree);
}

#[test]
fn issue_4438_a_call_of_the_watchdog_waits_for_ever_behind_others() {
    let after_long_call = |config: Config| {
        let mut play = Play::of(config);
        let long = play.request(0, Request::PLAIN);
        play.on(0, Event::Block);
        assert_eq!(play.phase(long), Phase::Blocked(casemate_world::Cause::Device));
        play.on(0, Event::Submit(URGENT));
        play.on(0, Event::Issue).go
    };
    let queue = Config { agent: Agent::One, order: Order::Fifo, ..Config::new(1) };
    assert_eq!(after_long_call(queue), Go::Ree, "the agent waits for the long call");
    assert!(matches!(after_long_call(Config::new(1)), Go::Thread(_)));
}

#[test]
fn issue_4438_who_waits_for_a_service_is_served_in_turn() {
    let mut play = Play::of(Config { agent: Agent::Caller, ..Config::new(3) });
    let service = play.state.spawn(Kind::Service, &Request::PLAIN, &play.config).unwrap();
    let [first, second, third] = [0, 1, 2].map(|cpu| play.request(cpu, Request::PLAIN));
    // The last in number comes before the second.
    for cpu in [0, 2, 1] {
        play.on(cpu, Event::Call(service));
    }
    let served = |play: &mut Play| {
        let Phase::Running(cpu) = play.phase(service) else { panic!("{:?}", play.phase(service)) };
        let caller = play.state.thread(service).caller().unwrap();
        play.on(cpu.index(), Event::Finish);
        // Its caller has its answer and is done too, and the service goes on.
        play.on(cpu.index(), Event::Finish);
        play.on(cpu.index(), Event::Schedule);
        caller
    };
    assert_eq!([0; 3].map(|_| served(&mut play)), [first, third, second]);
}

#[test]
fn issue_2761_a_wake_up_between_looking_and_sleeping_is_lost() {
    // A wait queue that looks, and then sleeps: what comes in between rings nobody and is not seen.
    let ring = Ring::<4>::new();
    assert_eq!(ring.pop(), None);
    assert_eq!(ring.push(7), Ok(false), "nobody is rung");
    // Ours says first that it sleeps, and looks again.
    assert_eq!(ring.fall_asleep(), Some(7));
    assert_eq!(ring.fall_asleep(), None);
    assert_eq!(ring.push(8), Ok(true), "whoever sleeps is rung");
    // So does a CPU: an answer that came while its REE was about to sleep rings it.
    let mut play = Play::of(Config::new(2));
    let id = play.request(0, Request::PLAIN);
    play.on(0, Event::Quantum);
    play.on(0, Event::NonSecure);
    play.on(1, Event::Schedule);
    assert_eq!(play.phase(id), Phase::Running(CpuId::new(1).unwrap()));
    play.on(1, Event::Finish);
    assert!(play.on(0, Event::Idle).doorbells.contains(CpuId::new(0).unwrap()));
}

#[test]
fn issue_7042_a_thread_that_is_ready_sleeps_on_while_sessions_run_in_parallel() {
    let waits = |config: Config| {
        let mut play = Play::of(config);
        let id = play.request(0, Request::PLAIN);
        play.on(0, Event::Quantum);
        assert_eq!(play.on(0, Event::NonSecure).go, Go::Ree);
        assert!(matches!(play.phase(id), Phase::Ready(_)));
        play.ticks_until_it_runs(0, id)
    };
    assert_eq!(waits(callers_only(2)), None, "until somebody of the REE gets round to it");
    assert_eq!(waits(Config::new(2)), Some(3), "the fourth tick, as the bound says");
}

#[test]
fn issues_911_3147_4803_no_task_of_the_tee_is_periodic_or_woken_by_its_device() {
    let released = |config: Config| {
        let mut play = Play::of(config);
        let task = play.state.spawn(Kind::Periodic, &Request::PLAIN, &play.config).unwrap();
        play.on(0, Event::Release(task, 100));
        play.ticks_until_it_runs(0, task)
    };
    assert_eq!(released(callers_only(1)), None, "the REE never asked for it");
    assert_eq!(released(Config::new(1)), Some(3));
    // And so there are deadlines to be sure of.
    let lasts = Durations { tick: 1_000, quantum: 200 };
    assert_eq!(Supply::of(&callers_only(1), &lasts), None);
    assert_eq!(Supply::of(&Config::new(1), &lasts), Some(Supply { period: 4_200, budget: 200 }));
}

#[test]
fn issue_869_a_call_that_is_resumed_on_another_cpu_ends_there() {
    let mut play = Play::of(callers_only(2));
    let id = play.request(0, Request::PLAIN);
    assert_eq!(play.on(0, Event::NonSecure).answer, Answer::Interrupted(id));
    assert_eq!(play.on(1, Event::Resume(id)).go, Go::Thread(id));
    // "It ends where it was entered" is what was asserted, and is no law of ours.
    assert_eq!(play.on(1, Event::Finish).answer, Answer::Finished(id));
    assert_eq!((play.world(0), play.world(1), play.phase(id)), (World::Ree, World::Ree, Phase::Free));
    let setting = Setting::new(callers_only(2), 2);
    assert_eq!(search(&setting, Until::AllIsSeen, std::num::NonZeroUsize::MIN).broken, []);
}

#[test]
fn issues_1540_5477_the_tee_cannot_choose_the_cpu_it_runs_on() {
    let runs_on = |config: Config| {
        let mut play = Play::of(Config { idle_hand_over: true, ..config });
        play.on(1, Event::Idle);
        let id = play.request(0, Request { suits_big: true, ..Request::PLAIN });
        play.on(1, Event::Sgi);
        match play.phase(id) {
            Phase::Running(cpu) => cpu.index(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(runs_on(callers_only(2)), 0, "where it was asked for, always");
    assert_eq!(runs_on(Config::new(2)), 0, "where no fewer threads of the TEE are elsewhere");
    let idle = Config { proper_cpu: ProperCpu::Idle, ..Config::new(2) };
    assert_eq!(runs_on(idle), 1, "where nobody else wants to run");
    let big = CpuId::new(1).into_iter().collect();
    assert_eq!(runs_on(Config { big, proper_cpu: ProperCpu::KindOfCore, ..Config::new(2) }), 1);
}

#[test]
fn issue_6010_an_interrupt_in_the_midst_of_handling_one_corrupts_the_state() {
    // A step is one function of a state: an interrupt in its midst comes before or after it. Twice is as once.
    let mut play = Play::of(Config::new(1));
    let id = play.request(0, Request::PLAIN);
    play.on(0, Event::Block);
    play.on(0, Event::Device(id));
    let once = play.state;
    play.on(0, Event::Device(id));
    assert_eq!(play.state, once);
    play.on(0, Event::Idle);
    let runs = play.state;
    play.on(0, Event::Device(id));
    assert_eq!((play.state, play.phase(id)), (runs, Phase::Running(CpuId::new(0).unwrap())));
}

#[test]
fn nuttx_16800_a_call_that_is_resumed_at_once_starves_the_tasks_of_the_ree() {
    // Whoever asks comes back the moment he is interrupted, and the REE's tasks have nothing in between.
    let mut play = Play::of(callers_only(1));
    let id = play.request(0, Request::PLAIN);
    for _ in 0..100 {
        assert_eq!(play.on(0, Event::NonSecure).go, Go::Ree);
        assert_eq!(play.on(0, Event::Resume(id)).go, Go::Thread(id));
    }
    // Ours goes on by itself, after ticks that are the REE's: nobody has to come back for it at once.
    let mut play = Play::of(Config::new(1));
    let id = play.request(0, Request::PLAIN);
    for _ in 0..10 {
        assert!(play.on(0, Event::NonSecure).quantum || play.world(0) == World::Ree);
        play.on(0, Event::Quantum);
        assert_eq!((play.world(0), play.ticks_until_it_runs(0, id)), (World::Ree, Some(3)));
    }
}

#[test]
fn issue_4581_a_cpu_cannot_be_suspended_while_a_call_is_in_flight() {
    for config in [callers_only(2), Config::new(2)] {
        let mut play = Play::of(config);
        let id = play.request(1, Request::PLAIN);
        play.on(1, Event::Quantum);
        play.on(1, Event::NonSecure);
        assert_eq!(play.on(1, Event::Offline).go, Go::Off);
        // Its thread is where a CPU is, and so is whoever is told of its end.
        let zero = CpuId::new(0).unwrap();
        assert_eq!((play.phase(id), play.state.thread(id).origin()), (Phase::Ready(zero), zero));
    }
    // Whatever the order. A TEE that leaves work behind is the seeded bug `WorldLeavesWorkOnDeadCpu`.
    let setting = Setting { hotplug: true, ..Setting::new(callers_only(2), 1) };
    assert_eq!(search(&setting, Until::AllIsSeen, std::num::NonZeroUsize::MIN).broken, []);
}
