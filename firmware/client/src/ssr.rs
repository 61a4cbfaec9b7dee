//! Secure service requests (SSR) of many tasks, and the agents that issue them (SSA, RT 2.1).
//!
//! With agents a task puts its request into a queue in memory (SSRQ), and sleeps; agents take requests from it, call the
//! TEE, and wake whoever asked. Without, each task calls itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use casemate_metal_abi::apps as named;
use casemate_world::Ring;

use crate::apps;
use crate::plan::{Agents, Plan};
use crate::sys::power;
use crate::sys::tee::Device;
use crate::tee::Session;

/// Requests that may wait in the queue.
const QUEUE: usize = 64;

/// Where whoever waits is told how his request ended.
type Told = Sender<Result<(), String>>;

/// A queue with its agents, and where answers go.
struct Service {
    queue: Ring<QUEUE>,
    agents: Mutex<Vec<Thread>>,
    /// By task: whoever waits for its answer.
    tasks: Vec<Mutex<Option<Told>>>,
    over: AtomicBool,
}

/// What a request is: which task's, and how many numbers are to be summed.
fn word(task: usize, numbers: u64) -> u64 {
    (task as u64) << 32 | numbers
}

fn carry_out(session: &Session<'_>, word: u64) -> Result<(), String> {
    let numbers = word & 0xffff_ffff;
    let is = session.value(named::LONG_SUM, numbers)?;
    if is == apps::sum(numbers) { Ok(()) } else { Err(format!("{is:x} is not the sum of {numbers} numbers")) }
}

impl Service {
    /// Puts a request in, and waits for its answer.
    fn request(&self, task: usize, word: u64) -> Result<(), String> {
        let (sender, answer) = mpsc::channel();
        *self.tasks[task].lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        loop {
            match self.queue.push(word) {
                Ok(rings) => {
                    if rings {
                        self.ring();
                    }
                    break;
                }
                // There is room when an agent has taken one.
                Err(_) => thread::yield_now(),
            }
        }
        answer.recv().map_err(|_| "the agent died".to_owned())?
    }

    /// Agents that sleep are woken.
    fn ring(&self) {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.iter().for_each(Thread::unpark);
    }

    /// An agent: until it is over.
    fn serve(&self) -> Result<(), String> {
        let device = Device::open().map_err(|error| format!("/dev/tee0: {error}"))?;
        let session = Session::open(&device, &named::LONG)?;
        self.agents.lock().unwrap_or_else(PoisonError::into_inner).push(thread::current());
        while !self.over.load(Ordering::Acquire) {
            let word = match self.queue.pop().or_else(|| self.queue.fall_asleep()) {
                Some(word) => word,
                None => {
                    // Rung since it fell asleep or not: what was rung meanwhile ends this at once.
                    if !self.over.load(Ordering::Acquire) {
                        thread::park();
                    }
                    self.queue.woken();
                    continue;
                }
            };
            let outcome = carry_out(&session, word);
            let asked = self.tasks.get((word >> 32) as usize);
            let asked = asked.and_then(|it| it.lock().unwrap_or_else(PoisonError::into_inner).take());
            if let Some(asked) = asked {
                let _ = asked.send(outcome);
            }
        }
        Ok(())
    }
}

/// One task's requests: how long each took.
fn task(plan: &Plan, task: usize, service: &Service) -> Result<Vec<Duration>, String> {
    let device = Device::open().map_err(|error| format!("/dev/tee0: {error}"))?;
    let session = match plan.agents {
        Agents::None => Some(Session::open(&device, &named::LONG)?),
        Agents::One | Agents::EachCpu => None,
    };
    (0..plan.requests)
        .map(|round| {
            let word = word(task, 1_000 * (1 + (task + round) as u64 % 7));
            let began = Instant::now();
            match &session {
                Some(session) => carry_out(session, word)?,
                None => service.request(task, word)?,
            }
            Ok(began.elapsed())
        })
        .collect()
}

/// All of them.
pub(crate) fn run(plan: &Plan) -> Result<(), String> {
    let service = Service {
        queue: Ring::new(),
        agents: Mutex::default(),
        tasks: (0..plan.tasks).map(|_| Mutex::default()).collect(),
        over: AtomicBool::new(false),
    };
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    let agents = match plan.agents {
        Agents::None => 0,
        Agents::One => 1,
        Agents::EachCpu => cpus,
    };
    let (mut took, mut failed) = (Vec::new(), Vec::new());
    let served = thread::scope(|scope| {
        let service = &service;
        let agents: Vec<_> = (0..agents)
            .map(|agent| {
                scope.spawn(move || {
                    if plan.agents == Agents::EachCpu {
                        power::stay_on(agent).map_err(|error| format!("CPU {agent}: {error}"))?;
                    }
                    service.serve()
                })
            })
            .collect();
        let tasks: Vec<_> = (0..plan.tasks).map(|it| scope.spawn(move || task(plan, it, service))).collect();
        for outcome in tasks {
            match outcome.join() {
                Ok(Ok(of_task)) => took.extend(of_task),
                Ok(Err(why)) => failed.push(why),
                Err(_) => failed.push("a task died".to_owned()),
            }
        }
        service.over.store(true, Ordering::Release);
        service.ring();
        agents.into_iter().try_for_each(|it| it.join().map_err(|_| "an agent died".to_owned())?)
    });
    took.sort_unstable();
    let nanos = |at: usize| took.get(at).map_or(0, Duration::as_nanos);
    println!(
        "casemate: ssr completed={} failed={} shortest_ns={} median_ns={} longest_ns={}",
        took.len(),
        failed.len(),
        nanos(0),
        nanos(took.len() / 2),
        nanos(took.len().saturating_sub(1)),
    );
    match failed.into_iter().next() {
        Some(why) => Err(why),
        None => served,
    }
}
