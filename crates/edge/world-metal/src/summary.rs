//! The figures of a log.

use std::collections::BTreeMap;

use casemate_world::{Answer, Event, Go, THREADS, ThreadId};
use casemate_world_config::Design;
use casemate_world_log::{Ree, What};
use serde::Serialize;

use crate::{Account, Log, answered, judge, percentile, replay};

/// What the document is.
pub const SCHEMA: &str = "casemate.world-boot/v1";

/// What two worlds did on metal.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// `bare` or `linux`.
    pub ree: &'static str,
    /// How many CPUs.
    pub cpus: u8,
    /// The design.
    pub design: Design,
    /// Virtual nanoseconds from the first record to the last.
    pub nanos: u64,
    /// Requests that were made.
    pub ssrs_made: u64,
    /// Of those, how many have their answer.
    pub ssrs_completed: u64,
    /// Times that a request was refused because every thread was taken.
    pub ssrs_refused: u64,
    /// From a request's being made to its answer, in nanoseconds: the median.
    pub ssr_p50_ns: u64,
    /// 99 of 100.
    pub ssr_p99_ns: u64,
    /// The longest.
    pub ssr_max_ns: u64,
    /// Times that a thread had to stop because of a tick or an interrupt.
    pub preemptions: u64,
    /// Times that a thread went on on another CPU than before.
    pub migrations: u64,
    /// Changes of a CPU from one world to the other; sleep is the TEE's.
    pub switches: u64,
    /// Interrupts between CPUs of the TEE.
    pub sgis: u64,
    /// CPUs whose REE was told of an answer.
    pub doorbells: u64,
    /// Ticks of the TEE.
    pub ticks: u64,
    /// Releases of periodic tasks.
    pub releases: u64,
    /// Interrupts of the device.
    pub device_interrupts: u64,
    /// Of those, how many came to the CPU on which the thread that waited had run last.
    pub device_interrupts_where_it_ran: u64,
    /// Times that the REE handed over an idle CPU.
    pub idle_hand_overs: u64,
    /// Times that a CPU slept.
    pub sleeps: u64,
    /// Steps on metal.
    pub steps: usize,
    /// Of those, how many are decided otherwise when they are decided again.
    pub steps_that_differ: usize,
    /// On what each CPU spent its time.
    pub accounts: Vec<Account>,
    /// What is wrong: laws that the log breaks, steps that were decided otherwise, and what whoever booted adds.
    pub violations: Vec<String>,
}

/// What is counted on the way.
#[derive(Default)]
struct Counts {
    running: BTreeMap<usize, ThreadId>,
    outside: BTreeMap<usize, bool>,
    last: [Option<usize>; THREADS],
}

impl Summary {
    /// Of a log.
    #[must_use]
    pub fn of(log: &Log) -> Self {
        let config = log.setup.config;
        let mut it = Self {
            schema: SCHEMA,
            ree: match log.setup.ree {
                Ree::Bare => "bare",
                Ree::Linux => "linux",
            },
            cpus: config.cpus,
            design: Design::of(config),
            nanos: log.records.last().map_or(0, |it| log.nanos(it.time)),
            ssrs_made: 0,
            ssrs_completed: 0,
            ssrs_refused: 0,
            ssr_p50_ns: 0,
            ssr_p99_ns: 0,
            ssr_max_ns: 0,
            preemptions: 0,
            migrations: 0,
            switches: 0,
            sgis: 0,
            doorbells: 0,
            ticks: 0,
            releases: 0,
            device_interrupts: 0,
            device_interrupts_where_it_ran: 0,
            idle_hand_overs: 0,
            sleeps: 0,
            steps: 0,
            steps_that_differ: 0,
            accounts: Vec::new(),
            violations: judge(log),
        };
        it.count(log);
        it.decide_again(log);
        it
    }

    fn decide_again(&mut self, log: &Log) {
        match replay(log) {
            Ok(replayed) => {
                (self.steps, self.steps_that_differ) = (replayed.steps, replayed.differ);
                self.violations.extend(replayed.differences.iter().map(ToString::to_string));
            }
            Err(why) => self.violations.push(format!("the design makes no sense: {why}")),
        }
    }

    fn count(&mut self, log: &Log) {
        let mut counts = Counts::default();
        for record in &log.records {
            let What::Step(event, decided) = record.what else { continue };
            let cpu = record.cpu.index();
            self.sgis += u64::from(decided.sgis.len());
            self.doorbells += u64::from(decided.doorbells.len());
            match event {
                Event::Tick => self.ticks += 1,
                Event::Release(..) => self.releases += 1,
                Event::Device(thread) => {
                    self.device_interrupts += 1;
                    let there = counts.last[thread.index()] == Some(cpu);
                    self.device_interrupts_where_it_ran += u64::from(there);
                }
                Event::Idle if !matches!(decided.answer, Answer::Refused(_)) => self.idle_hand_overs += 1,
                _ => {}
            }
            self.moves(&mut counts, cpu, event, decided.go);
            self.answers(event, decided.answer);
        }
        let mut latencies: Vec<_> = answered(log).map(|it| it.nanos).collect();
        latencies.sort_unstable();
        [self.ssr_p50_ns, self.ssr_p99_ns, self.ssr_max_ns] =
            [50, 99, 100].map(|percent| percentile(&latencies, percent));
        self.accounts = Account::between(log, 0, u64::MAX);
    }

    fn moves(&mut self, counts: &mut Counts, cpu: usize, event: Event, go: Go) {
        let before = counts.running.get(&cpu).copied();
        let stops = match go {
            Go::Stay => false,
            Go::Thread(thread) => before.is_some_and(|it| it != thread),
            Go::Ree | Go::Sleep | Go::Off => before.is_some(),
        };
        let unasked = !matches!(event, Event::Finish | Event::Block | Event::Call(_));
        self.preemptions += u64::from(stops && unasked);
        if let Go::Thread(thread) = go {
            let last = counts.last[thread.index()].replace(cpu);
            self.migrations += u64::from(last.is_some_and(|it| it != cpu));
            counts.running.insert(cpu, thread);
        } else if go != Go::Stay {
            counts.running.remove(&cpu);
        }
        self.sleeps += u64::from(go == Go::Sleep);
        let outside = match go {
            Go::Stay => return,
            Go::Ree | Go::Off => true,
            Go::Thread(_) | Go::Sleep => false,
        };
        let was = counts.outside.insert(cpu, outside).unwrap_or(true);
        self.switches += u64::from(was != outside);
    }

    fn answers(&mut self, event: Event, answer: Answer) {
        match (event, answer) {
            (Event::Submit(_), Answer::Accepted(_) | Answer::Queued(_) | Answer::Pending(_)) => {
                self.ssrs_made += 1;
            }
            (Event::Submit(_), Answer::Refused(_)) => self.ssrs_refused += 1,
            _ => {}
        }
        self.ssrs_completed += u64::from(matches!(answer, Answer::Finished(_)));
    }
}
