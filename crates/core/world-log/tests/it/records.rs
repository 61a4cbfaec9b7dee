//! Records are read as they were written, and nothing else is taken for one.

use casemate_world::{Config, CpuId, Event, Request, State, ThreadId, step};
use casemate_world_log::{Decided, Malformed, Note, Record, What};
use proptest::prelude::*;

fn thread() -> impl Strategy<Value = ThreadId> {
    (0..16_usize).prop_map(|it| ThreadId::new(it).unwrap())
}

fn event() -> impl Strategy<Value = Event> {
    let request = (any::<u8>(), any::<u64>(), any::<bool>(), any::<bool>())
        .prop_map(|(priority, deadline, sync, suits_big)| Request { priority, deadline, sync, suits_big });
    prop_oneof![
        request.prop_map(Event::Submit),
        (0..12_usize).prop_map(|it| {
            [
                Event::Issue,
                Event::Schedule,
                Event::Collect,
                Event::Idle,
                Event::Offline,
                Event::Online,
                Event::Tick,
                Event::Quantum,
                Event::Sgi,
                Event::NonSecure,
                Event::Finish,
                Event::Block,
            ][it]
        }),
        thread().prop_map(Event::Resume),
        thread().prop_map(Event::Cancel),
        thread().prop_map(Event::Device),
        (thread(), any::<u64>()).prop_map(|(thread, deadline)| Event::Release(thread, deadline)),
        thread().prop_map(Event::Call),
    ]
}

fn note() -> impl Strategy<Value = Note> {
    prop_oneof![
        (thread(), any::<u8>(), any::<u32>())
            .prop_map(|(thread, app, session)| Note::Begin(thread, app, session)),
        (thread(), any::<u32>()).prop_map(|(thread, result)| Note::End(thread, result)),
        any::<u64>().prop_map(Note::Mark),
    ]
}

proptest! {
    /// Whatever happens under the design with everything in it, what was decided is read as it was written.
    #[test]
    fn steps_are_read_as_they_were_written(events in prop::collection::vec((0..2_usize, event()), 1..60), time: u64) {
        let config = Config::new(2);
        let mut state = State::new(&config).unwrap();
        for (cpu, event) in events {
            let cpu = CpuId::new(cpu).unwrap();
            let outcome = step(&mut state, &config, cpu, event);
            let record = Record { time, cpu, what: What::Step(event, Decided::from(&outcome)) };
            prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
        }
    }

    #[test]
    fn notes_are_read_as_they_were_written(time: u64, cpu in 0..8_usize, note in note()) {
        let record = Record { time, cpu: CpuId::new(cpu).unwrap(), what: What::Note(note) };
        prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
    }

    /// Bytes near those of records: tags and threads that there are, and some that there are not.
    #[test]
    fn what_is_accepted_is_written_as_the_same_bytes(mut bytes: [u8; 32], low in prop::collection::vec(0..20_u8, 14)) {
        for (at, byte) in (16..30).zip(low) {
            bytes[at] = byte;
        }
        bytes[30..].fill(0);
        if let Ok(record) = Record::decode(&bytes) {
            prop_assert_eq!(record.encode(), bytes);
        }
    }
}

#[test]
fn what_is_no_record_is_refused_by_the_field() {
    let cpu = CpuId::new(0).unwrap();
    let good = Record { time: 7, cpu, what: What::Note(Note::Mark(1)) }.encode();
    for (at, value, field) in [(16, 8, "cpu"), (17, 18, "event"), (17, 0xff, "event"), (31, 1, "unused")] {
        let mut bytes = good;
        bytes[at] = value;
        assert_eq!(Record::decode(&bytes), Err(Malformed::Field(field)), "byte {at}");
    }
}
