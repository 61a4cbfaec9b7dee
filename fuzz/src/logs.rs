//! Logs that a TEE's kernel writes on metal.

use casemate_world::{Agent, Answer, Config, CpuId, Event, Goal, Kind, Request, State, World, step};
use casemate_world_log::{Decided, Note, Record, Ree, Setup, Spawn, What};
use casemate_world_metal::{
    Account, DIFFERENCES_MOST, Log, Summary, VIOLATIONS_MOST, answered, replay, scenario, spans,
};

/// Any bytes as a log: read, decided again, judged, counted and drawn.
///
/// Asserted: what is read is written as the same bytes again; no more is said of it than is kept; pieces of a CPU are
/// in order.
pub(crate) fn world_log(bytes: Vec<u8>) {
    let log = match Log::read(&bytes) {
        Ok(log) => log,
        Err(why) => return assert!(!why.to_string().is_empty()),
    };
    assert_eq!(Setup::decode(&log.setup.encode()), Ok(log.setup));
    let records = bytes[Setup::BYTES..].chunks(Record::BYTES);
    assert!(
        log.records
            .iter()
            .map(Record::encode)
            .eq(records.map(|it| <[u8; Record::BYTES]>::try_from(it).expect("whole records")))
    );
    let summary = Summary::of(&log);
    assert!(
        summary.violations.len() <= VIOLATIONS_MOST + DIFFERENCES_MOST + 2,
        "{}",
        summary.violations.len()
    );
    assert!(summary.steps <= log.records.len() && summary.steps_that_differ <= summary.steps);
    if let Ok(replayed) = replay(&log) {
        assert!(replayed.differences.len() <= DIFFERENCES_MOST);
    }
    let _ = Account::between(&log, 1 << 20, 1 << 40);
    assert!(answered(&log).count() <= log.records.len());
    assert_eq!(scenario(&log).designs.len(), 1);
    let mut ended = [0; casemate_world::CPUS];
    for span in spans(&log) {
        let ended = &mut ended[usize::from(span.cpu)];
        assert!(
            span.from < span.until && span.from >= *ended || !is_in_order(&log),
            "{span:?} after {ended}"
        );
        *ended = span.until;
    }
}

/// Whether time goes by: nobody is held to it who writes a log.
fn is_in_order(log: &Log) -> bool {
    log.records.is_sorted_by_key(|it| it.time)
}

/// Logs of a few designs, as a kernel would write them.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let designs = [
        Config::new(2),
        Config { agent: Agent::Caller, ..Config::new(1) },
        Config { agent: Agent::One, goal: Goal::One, ..Config::new(3) },
    ];
    designs.map(log).into()
}

fn log(config: Config) -> Vec<u8> {
    let mut spawned = [None; 8];
    let request = Request { priority: 9, ..Request::PLAIN };
    spawned[0] = Some(Spawn {
        kind: Kind::Periodic,
        request,
        app: 1,
        period_nanos: 1_000_000,
        deadline_nanos: 1_000_000,
    });
    let setup = Setup {
        config,
        ree: Ree::Linux,
        memory: 1 << 27,
        frequency: 62_500_000,
        tick_nanos: 1_000_000,
        quantum_nanos: 100_000,
        ree_arguments: [0; 4],
        logs: true,
        spawned,
    };
    let mut state = State::new(&config).expect("a design that makes sense");
    state.spawn(Kind::Periodic, &request, &config).expect("a place");
    let mut bytes = setup.encode().to_vec();
    for time in 0..40_u64 {
        let cpu = CpuId::new(time as usize / 3 % usize::from(config.cpus)).expect("a CPU");
        let pick = |from: &[Event]| from[time as usize % from.len()];
        let event = match state.cpu(cpu).world() {
            World::Ree => pick(&[Event::Submit(Request::PLAIN), Event::Issue, Event::Tick, Event::Idle]),
            World::Tee => pick(&[Event::Quantum, Event::NonSecure, Event::Block, Event::Finish]),
            World::Idle => pick(&[Event::NonSecure, Event::Sgi, Event::Tick]),
            World::Off => Event::Online,
        };
        let outcome = step(&mut state, &config, cpu, event);
        let time = 1_000 + time * 1_000;
        bytes.extend(Record { time, cpu, what: What::Step(event, Decided::from(&outcome)) }.encode());
        if let (Event::Submit(_), Answer::Queued(it) | Answer::Accepted(it)) = (event, outcome.answer) {
            bytes.extend(Record { time, cpu, what: What::Note(Note::Begin(it, 2, 1)) }.encode());
        }
    }
    bytes
}
