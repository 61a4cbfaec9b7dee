//! A run: a REE that asks, sleeps and interrupts, driven step by step.

use casemate_world::{Answer, Config, CpuId, Event, Go, Kind, Request, State, World, step};
use casemate_world_log::{Decided, Note, Record, Ree, Setup, Spawn, What};

/// A set-up with a periodic task.
pub(crate) fn setup(config: Config) -> Setup {
    let mut spawned = [None; 8];
    spawned[0] = Some(Spawn {
        kind: Kind::Periodic,
        request: Request { priority: 9, ..Request::PLAIN },
        app: 1,
        period_nanos: 1_000_000,
        deadline_nanos: 1_000_000,
    });
    Setup {
        config,
        ree: Ree::Bare,
        memory: 1 << 27,
        frequency: 62_500_000,
        tick_nanos: 1_000_000,
        quantum_nanos: 100_000,
        ree_arguments: [0; 4],
        logs: true,
        spawned,
    }
}

/// The bytes of a log of so many rounds.
pub(crate) fn log(config: Config, rounds: u64) -> Vec<u8> {
    let setup = setup(config);
    let mut state = State::new(&config).unwrap();
    for spawn in setup.spawned.iter().flatten() {
        state.spawn(spawn.kind, &spawn.request, &config).unwrap();
    }
    let mut bytes = setup.encode().to_vec();
    let mut random = 7_u64;
    let mut time = 1_000;
    for _ in 0..rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        time += random >> 52;
        let cpu = CpuId::new((random >> 33) as usize % usize::from(config.cpus)).unwrap();
        let pick = |from: &[Event]| from[(random >> 40) as usize % from.len()];
        let event = match state.cpu(cpu).world() {
            World::Ree => {
                pick(&[Event::Submit(Request::PLAIN), Event::Issue, Event::Issue, Event::Tick, Event::Idle])
            }
            World::Tee => pick(&[Event::Finish, Event::NonSecure, Event::Tick, Event::Quantum]),
            World::Idle => pick(&[Event::NonSecure, Event::Sgi, Event::Tick]),
            World::Off => Event::Online,
        };
        let outcome = step(&mut state, &config, cpu, event);
        let what = What::Step(event, Decided::from(&outcome));
        bytes.extend(Record { time, cpu, what }.encode());
        if let (Event::Submit(_), Answer::Queued(thread)) = (event, outcome.answer) {
            bytes.extend(Record { time, cpu, what: What::Note(Note::Begin(thread, 2, 1)) }.encode());
        }
        assert!(outcome.go != Go::Off, "nobody switches a CPU off");
    }
    bytes
}
