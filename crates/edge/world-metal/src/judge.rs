//! Laws that hold whatever decides: only what the log says is looked at, and nothing of the decider's code.

use casemate_world::{Answer, CPUS, Event, Go, Goal, THREADS};
use casemate_world_log::{Decided, What};

use crate::Log;

/// More violations are not kept.
pub const VIOLATIONS_MOST: usize = 64;

/// Where a CPU is, as its records tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Ree,
    /// In the TEE, with this thread.
    Tee(usize),
    Asleep,
    Off,
}

struct Judge {
    goal: Goal,
    cpus: usize,
    /// Ticks for which an interrupt of the REE may wait.
    ree_waits: Option<u8>,
    at: [At; CPUS],
    last: [u64; CPUS],
    /// Ticks for which an interrupt of the REE has waited; `None`: none waits.
    held: [Option<u32>; CPUS],
    /// Requests that were made and have no answer.
    open: [bool; THREADS],
    violations: Vec<String>,
}

/// What is wrong, in the order in which it happened.
#[must_use]
pub fn judge(log: &Log) -> Vec<String> {
    let config = &log.setup.config;
    let mut judge = Judge {
        goal: config.goal,
        cpus: usize::from(config.cpus),
        ree_waits: config.ree_waits,
        at: [At::Ree; CPUS],
        last: [0; CPUS],
        held: [None; CPUS],
        open: [false; THREADS],
        violations: Vec::new(),
    };
    for (number, record) in log.records.iter().enumerate() {
        let cpu = record.cpu.index();
        let mut say = |what: String| {
            if judge.violations.len() < VIOLATIONS_MOST {
                judge.violations.push(format!("record {number}, CPU {cpu}: {what}"));
            }
        };
        if cpu >= judge.cpus {
            say("the design has no such CPU".to_owned());
            continue;
        }
        if record.time < judge.last[cpu] {
            say(format!("time goes back from {} to {}", judge.last[cpu], record.time));
        }
        judge.last[cpu] = record.time;
        if let What::Step(event, decided) = record.what {
            let found = judge.step(cpu, event, &decided);
            for what in found {
                if judge.violations.len() < VIOLATIONS_MOST {
                    judge.violations.push(format!("record {number}, CPU {cpu}: {what}"));
                }
            }
        }
    }
    judge.violations
}

impl Judge {
    fn step(&mut self, cpu: usize, event: Event, decided: &Decided) -> Vec<String> {
        let mut found = Vec::new();
        let before = self.at[cpu];
        let refused = matches!(decided.answer, Answer::Refused(_));
        let of_ree = matches!(
            event,
            Event::Submit(_)
                | Event::Issue
                | Event::Resume(_)
                | Event::Schedule
                | Event::Collect
                | Event::Cancel(_)
                | Event::Idle
                | Event::Offline
        );
        let of_thread = matches!(event, Event::Finish | Event::Block | Event::Call(_));
        let expected = match before {
            At::Ree => !of_thread && event != Event::Online,
            At::Tee(_) => !of_ree && event != Event::Online,
            At::Asleep => !of_ree && !of_thread && event != Event::Online,
            At::Off => event == Event::Online,
        };
        if !expected && !refused {
            found.push(format!("{event:?} where the CPU is {before:?}"));
        }
        let after = match decided.go {
            Go::Stay => before,
            Go::Ree => At::Ree,
            Go::Thread(thread) => At::Tee(thread.index()),
            Go::Sleep => At::Asleep,
            Go::Off => At::Off,
        };
        self.waits(cpu, event, before, after, &mut found);
        self.at[cpu] = after;
        if let At::Tee(thread) = after {
            for (other, at) in self.at.iter().enumerate().take(self.cpus).filter(|(other, _)| *other != cpu) {
                match at {
                    At::Tee(it) if *it == thread => {
                        found.push(format!("thread {thread} runs here and on CPU {other}"));
                    }
                    At::Tee(_) if self.goal == Goal::One => {
                        found.push(format!("the TEE is here and on CPU {other}, and may be on one"));
                    }
                    _ => {}
                }
            }
        }
        self.answers(event, decided, &mut found);
        found
    }

    /// An interrupt of the REE waits for so many ticks at most.
    fn waits(&mut self, cpu: usize, event: Event, before: At, after: At, found: &mut Vec<String>) {
        let stays = matches!((before, after), (At::Tee(_), At::Tee(_)));
        if !stays {
            self.held[cpu] = None;
        } else if event == Event::NonSecure {
            self.held[cpu] = self.held[cpu].or(Some(0));
        } else if event == Event::Tick
            && let Some(held) = &mut self.held[cpu]
        {
            *held += 1;
            // The tick at which the least quantum has not ended does not count where it is the REE's.
            let most = self.ree_waits.map(|it| u32::from(it) + 1);
            if most.is_some_and(|most| *held > most) {
                found.push(format!("an interrupt of the REE has waited for {held} ticks"));
            }
        }
    }

    /// Who asked is answered, once.
    fn answers(&mut self, event: Event, decided: &Decided, found: &mut Vec<String>) {
        if let (Event::Submit(_), Answer::Queued(it) | Answer::Accepted(it) | Answer::Pending(it)) =
            (event, decided.answer)
            && std::mem::replace(&mut self.open[it.index()], true)
        {
            found.push(format!("request {it} was made twice"));
        }
        if let Answer::Finished(it) = decided.answer
            && !std::mem::replace(&mut self.open[it.index()], false)
        {
            found.push(format!("request {it} was answered, and nobody had asked"));
        }
    }
}
