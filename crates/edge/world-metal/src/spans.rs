//! What each CPU did, as a simulation's are drawn.

use std::collections::BTreeMap;

use casemate_world::{CPUS, Class, Go, Kind, THREADS, ThreadId};
use casemate_world_config::Design;
use casemate_world_log::{Note, Ree, What};
use casemate_world_sim::{
    Finding, Hostile, Machine, Periodic, Scenario, Service, Side, Span, Task, Variant, Who,
};

use crate::Log;

/// The applications of the firmware, by their numbers in the log.
pub const APPS: [&str; 6] = ["echo", "aes", "long", "periodic", "chain", "device"];
/// What is there from the beginning, by its number in the set-up from 1.
const SPAWNED: [&str; 3] = ["the periodic task", "the first service", "the second service"];

/// What the pieces' names come from: the REE is the first task, the applications those after it.
#[must_use]
pub fn scenario(log: &Log) -> Scenario {
    let ree = match log.setup.ree {
        Ree::Bare => "the bare REE",
        Ree::Linux => "Linux",
    };
    let task = |name: &str| Task {
        name: name.to_owned(),
        count: 1,
        weight: 1024,
        run_micros: 1,
        sleep_micros: 0,
        vary_percent: 0,
        request: None,
    };
    let service = |name: &str| Service { name: name.to_owned(), work_micros: 1, calls: Vec::new() };
    let periodic = |name: &str, nanos: u64| Periodic {
        name: name.to_owned(),
        every_micros: nanos / 1_000,
        vary_percent: 0,
        work_micros: 1,
        deadline_micros: None,
        priority: 0,
        cpu: 0,
        suits_big: false,
    };
    let spawned = || log.setup.spawned.iter().flatten();
    let of = |kind: Kind| spawned().filter(move |it| it.kind == kind);
    Scenario {
        name: format!("{ree} on metal"),
        about: "From the log that the kernel at S-EL1 wrote.".to_owned(),
        finding: Finding { says: String::new(), metric: String::new(), figures: BTreeMap::new() },
        millis: log.records.last().map_or(0, |it| log.nanos(it.time)) / 1_000_000,
        seed: 0,
        machine: Machine { cpus: log.setup.config.cpus, ..Machine::default() },
        tasks: std::iter::once(ree).chain(APPS).map(task).collect(),
        recorded: None,
        interrupts: Vec::new(),
        services: of(Kind::Service).map(|it| service(spawned_name(it.app))).collect(),
        periodic: of(Kind::Periodic).map(|it| periodic(spawned_name(it.app), it.period_nanos)).collect(),
        hostile: Hostile::default(),
        designs: vec![variant(log)],
    }
}

/// The one design that there is.
fn variant(log: &Log) -> Variant {
    Variant { name: "as it was".to_owned(), design: Design::of(log.setup.config), corrected: true }
}

fn spawned_name(app: u8) -> &'static str {
    SPAWNED.get(usize::from(app).wrapping_sub(1)).copied().unwrap_or("another thread")
}

/// What each CPU did, in the order in which it ended.
pub fn spans(log: &Log) -> impl Iterator<Item = Span> {
    let mut who = spawned(log);
    let mut cpus = [(0, None); CPUS];
    log.records.iter().filter_map(move |record| {
        let decided = match record.what {
            What::Step(_, decided) => decided,
            What::Note(Note::Begin(thread, app, _)) => {
                who[thread.index()] = Some(Who::Request(app.saturating_add(1)));
                return None;
            }
            What::Note(_) => return None,
        };
        let now = log.nanos(record.time);
        let (from, running): (u64, Option<ThreadId>) = cpus[record.cpu.index()];
        let after = match decided.go {
            Go::Stay => running,
            Go::Thread(thread) => Some(thread),
            Go::Ree | Go::Sleep | Go::Off => None,
        };
        cpus[record.cpu.index()] = (now, after);
        let in_tee = running.and_then(|it| who[it.index()]).unwrap_or(Who::Switch);
        let (side, who) = match decided.class {
            Class::Ree => (Side::Ree, Who::Task(0)),
            Class::Requested | Class::SelfScheduled => (Side::Tee, in_tee),
            Class::DuringIdle => (Side::TeeDuringIdle, in_tee),
            Class::Off | Class::Idle => return None,
        };
        let cpu = u8::try_from(record.cpu.index()).ok()?;
        (from < now).then_some(Span { cpu, from, until: now, side, who })
    })
}

/// Threads that are there from the beginning: each by its number among those of its kind.
fn spawned(log: &Log) -> [Option<Who>; THREADS] {
    let (mut services, mut periodic) = (0, 0);
    let mut who = [None; THREADS];
    for (place, spawn) in who.iter_mut().zip(log.setup.spawned.iter().flatten()) {
        let (number, named): (&mut u8, fn(u8) -> Who) = match spawn.kind {
            Kind::Service => (&mut services, Who::Service),
            Kind::Periodic | Kind::Request => (&mut periodic, Who::Periodic),
        };
        *place = Some(named(*number));
        *number += 1;
    }
    who
}
