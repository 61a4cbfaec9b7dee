//! Logs of boots, driven here step by step, for the page's tests and for whoever looks at it.

use casemate_world::{Answer, Config, CpuId, Event, Kind, Request, State, World, step};
use casemate_world_log::{Decided, Note, Record, Ree, Setup, Spawn, What};
use casemate_world_metal::Log;

/// What every name and line tries where somebody else chose it.
pub(crate) const HOSTILE: &str =
    "\"'><script>window.stolen = 1</script><img src=x onerror=stolen=1>\u{202e}\u{1b}&amp;";

/// What a machine begins with: a design, and a periodic task.
pub(crate) fn setup(config: Config) -> Setup {
    let request = Request { priority: 9, ..Request::PLAIN };
    let (kind, period_nanos, deadline_nanos) = (Kind::Periodic, 4_000_000, 4_000_000);
    let mut spawned = [None; 8];
    spawned[0] = Some(Spawn { kind, request, app: 1, period_nanos, deadline_nanos });
    Setup {
        config,
        ree: Ree::Linux,
        memory: 1 << 27,
        frequency: 62_500_000,
        tick_nanos: 4_000_000,
        quantum_nanos: 100_000,
        ree_arguments: [0; 4],
        logs: true,
        spawned,
    }
}

/// The log of so many steps: a REE that asks now and then, sleeps, and interrupts.
pub(crate) fn log(config: Config, steps: usize) -> Log {
    let setup = setup(config);
    let mut state = State::new(&config).unwrap();
    for spawn in setup.spawned.iter().flatten() {
        state.spawn(spawn.kind, &spawn.request, &config).unwrap();
    }
    let (mut records, mut random, mut time) = (Vec::new(), 7_u64, 1_000);
    for number in 0..steps {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Much happens in each fourth part, and little in the others.
        time += (random >> 50) * if number * 8 / steps % 4 == 1 { 1 } else { 16 };
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
        records.push(Record { time, cpu, what: What::Step(event, Decided::from(&outcome)) });
        if let (Event::Submit(_), Answer::Queued(thread) | Answer::Accepted(thread)) = (event, outcome.answer)
        {
            let app = [0, 0, 0, 1, 2][(random >> 45) as usize % 5];
            records.push(Record { time, cpu, what: What::Note(Note::Begin(thread, app, 1)) });
        }
    }
    Log { setup, records }
}
