//! `docs/metal-log.md` says what the code does: numbers of all choices, and where each field lies.

use casemate_world::{
    Answer, Class, Config, CpuId, CpuSet, Entry, Event, Go, Kind, Refusal, Request, ThreadId,
};
use casemate_world_log::{Decided, Note, Record, Ree, Setup, Spawn, What};

const PAGE: &str = include_str!("../../../../../docs/metal-log.md");
const CODES: &str = include_str!("../../src/codes.rs");

/// Rows of the tables below this heading: what stands in their columns, without the marks of code.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, rest) = PAGE.split_once(&format!("\n## {heading}\n")).expect("the heading");
    let section = rest.split("\n## ").next().unwrap_or_default();
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|it| it.trim().replace('`', "")).collect();
    section.lines().filter(|it| it.starts_with("| ")).map(cells).collect()
}

/// The column in which the field is told of, for the field of this name.
fn numbers(field: &str) -> String {
    let all = [rows("The set-up"), rows("A record")].concat();
    let mut of = all.iter().filter(|row| row.iter().rev().nth(1).is_some_and(|it| it == field));
    let told = of.find(|row| row.last().is_some_and(|it| it.starts_with("0 ")));
    told.and_then(|row| row.last()).unwrap_or_else(|| panic!("no numbers of `{field}`")).clone()
}

/// `TwoWords` as a design has it: `two-words`.
fn word(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

#[test]
fn every_choice_has_its_number_in_the_page() {
    let mut found = 0;
    for line in CODES.lines() {
        let Some((named, values)) = line.trim().strip_suffix(" }").and_then(|it| it.split_once(" { ")) else {
            continue;
        };
        let Some(field) = named.split('"').nth(1) else { continue };
        let values = values.split(", ").map(|it| {
            let (name, number) = it.split_once(" = ").expect("a name and its number");
            format!("{number} {}", word(name))
        });
        assert_eq!(numbers(field), values.collect::<Vec<_>>().join(", "), "{field}");
        found += 1;
    }
    assert_eq!(found, 13);
}

/// Fields of these tables lie where they are said to, one after the other.
fn lie(rows: &[Vec<String>], bytes: &[u8], fields: &[(&str, &[u8])]) {
    let rows: Vec<_> = rows.iter().filter(|it| it[0].parse::<usize>().is_ok() && it.len() == 4).collect();
    assert_eq!(rows.len(), fields.len());
    let mut end = 0;
    for (row, (name, value)) in rows.iter().zip(fields) {
        let [at, len] = [&row[0], &row[1]].map(|it| it.parse::<usize>().expect("a number"));
        assert_eq!((at, row[2].as_str(), len), (end, *name, value.len()));
        assert_eq!(bytes[at..at + len], **value, "{name}");
        end = at + len;
    }
}

#[test]
fn every_field_of_a_setup_lies_where_the_page_says() {
    let cpu = |number| CpuId::new(number).unwrap();
    let config = Config {
        cpus: 5,
        big: [cpu(1), cpu(4)].into_iter().collect(),
        entry: Entry::TimeSlice(9),
        tee_waits: None,
        ree_waits: Some(7),
        ree_share: 6,
        nohz: false,
        least_progress: false,
        ..Config::new(5)
    };
    let request = Request { priority: 11, deadline: 12, sync: true, suits_big: false };
    let spawn = Spawn { kind: Kind::Periodic, request, app: 3, period_nanos: 13, deadline_nanos: 14 };
    let mut spawned = [None; 8];
    spawned[1] = Some(spawn);
    let setup = Setup {
        config,
        ree: Ree::Linux,
        memory: 1 << 29,
        frequency: 62_500_000,
        tick_nanos: 4_000_000,
        quantum_nanos: 500_000,
        ree_arguments: [1, 2, 3, 4],
        logs: true,
        spawned,
    };
    let bytes = setup.encode();
    let word = u64::to_le_bytes;
    let arguments = [1, 2, 3, 4].map(word).concat();
    let (setups, spawns): (Vec<_>, Vec<_>) = {
        let rows = rows("The set-up");
        let second = rows.iter().position(|row| row[2] == "is_there").unwrap();
        (rows[..second].to_vec(), rows[second..].to_vec())
    };
    let fields: [(&str, &[u8]); 30] = [
        ("magic", b"CASEMATE"),
        ("version", &[1, 0, 0, 0]),
        ("cpus", &[5]),
        ("big", &[0b1_0010]),
        ("entry", &[2]),
        ("slice", &[9]),
        ("priority", &[1]),
        ("agent", &[2]),
        ("order", &[1]),
        ("goal", &[1]),
        ("device", &[1]),
        ("proper_cpu", &[2]),
        ("balance", &[1]),
        ("tick", &[2]),
        ("resume", &[2]),
        ("switch_back", &[1]),
        ("ree_share", &[6]),
        ("tee_waits", &[0, 0]),
        ("ree_waits", &[1, 7]),
        ("scheduling_call", &[1]),
        ("nohz", &[0]),
        ("idle_hand_over", &[1]),
        ("least_progress", &[0]),
        ("ree", &[1]),
        ("logs", &[1]),
        ("memory", &word(1 << 29)),
        ("frequency", &word(62_500_000)),
        ("tick_nanos", &word(4_000_000)),
        ("quantum_nanos", &word(500_000)),
        ("ree_arguments", &arguments),
    ];
    lie(&setups, &bytes, &fields);
    assert!(PAGE.contains("From byte 101 on come eight places") && bytes[101] == 0);
    let fields: [(&str, &[u8]); 9] = [
        ("is_there", &[1]),
        ("kind", &[2]),
        ("app", &[3]),
        ("priority", &[11]),
        ("sync", &[1]),
        ("suits_big", &[0]),
        ("deadline", &word(12)),
        ("period_nanos", &word(13)),
        ("deadline_nanos", &word(14)),
    ];
    lie(&spawns, &bytes[102..], &fields);
    assert!(bytes[102 + 30..].iter().all(|it| *it == 0));
}

#[test]
fn every_field_of_a_record_lies_where_the_page_says() {
    let cpu = |number| CpuId::new(number).unwrap();
    let thread = |number| ThreadId::new(number).unwrap();
    let set = |number| CpuSet::from_iter([cpu(number)]);
    let request = Request { priority: 11, deadline: 12, sync: true, suits_big: true };
    let decided = Decided {
        go: Go::Thread(thread(2)),
        answer: Answer::Refused(Refusal::Elsewhere),
        sgis: set(1),
        doorbells: set(4),
        tick: true,
        ree_tick: false,
        quantum: true,
        wake_agent: false,
        class: Class::DuringIdle,
        of: Some(thread(6)),
        in_call: true,
    };
    let record = Record { time: 77, cpu: cpu(3), what: What::Step(Event::Submit(request), decided) };
    let word = u64::to_le_bytes;
    let fields: [(&str, &[u8]); 17] = [
        ("time", &word(77)),
        ("word", &word(12)),
        ("cpu", &[3]),
        ("event", &[0]),
        ("thread", &[255]),
        ("priority", &[11]),
        ("about", &[3]),
        ("go", &[1]),
        ("go_thread", &[2]),
        ("answer", &[7]),
        ("answer_of", &[5]),
        ("sgis", &[2]),
        ("doorbells", &[16]),
        ("flags", &[1 | 4 | 16]),
        ("class", &[4]),
        ("of", &[6]),
        ("unused", &[0, 0]),
    ];
    lie(&rows("A record"), &record.encode(), &fields);
}

/// What happens, in the order of its numbers, and notes.
fn happenings() -> Vec<(&'static str, What)> {
    let thread = ThreadId::new(6).unwrap();
    let decided = |event| {
        let mut state = casemate_world::State::new(&Config::new(1)).unwrap();
        let outcome = casemate_world::step(&mut state, &Config::new(1), CpuId::new(0).unwrap(), event);
        What::Step(event, Decided::from(&outcome))
    };
    let events = [
        ("submit", Event::Submit(Request { deadline: 5, ..Request::PLAIN })),
        ("issue", Event::Issue),
        ("resume", Event::Resume(thread)),
        ("schedule", Event::Schedule),
        ("collect", Event::Collect),
        ("cancel", Event::Cancel(thread)),
        ("idle", Event::Idle),
        ("offline", Event::Offline),
        ("online", Event::Online),
        ("tick", Event::Tick),
        ("quantum", Event::Quantum),
        ("sgi", Event::Sgi),
        ("non-secure", Event::NonSecure),
        ("device", Event::Device(thread)),
        ("release", Event::Release(thread, 5)),
        ("finish", Event::Finish),
        ("block", Event::Block),
        ("call", Event::Call(thread)),
    ];
    let notes =
        [("begin", Note::Begin(thread, 3, 5)), ("end", Note::End(thread, 5)), ("mark", Note::Mark(5))];
    let events = events.map(|(name, event)| (name, decided(event)));
    events.into_iter().chain(notes.map(|(name, note)| (name, What::Note(note)))).collect()
}

#[test]
fn every_event_and_note_has_its_number_in_the_page() {
    let rows: Vec<_> = rows("A record").into_iter().filter(|row| row.len() == 5).skip(1).collect();
    let happenings = happenings();
    assert_eq!(rows.len(), happenings.len());
    for (row, (name, what)) in rows.iter().zip(happenings) {
        let bytes = Record { time: 1, cpu: CpuId::new(0).unwrap(), what }.encode();
        assert_eq!((row[0].as_str(), row[1].as_str()), (bytes[17].to_string().as_str(), name));
        assert_eq!(bytes[18], if row[2] == "yes" { 6 } else { 255 }, "{name}");
        assert_eq!(bytes[8], if row[3] == "0" { 0 } else { 5 }, "{name}");
        assert!(bytes[17] < 128 || bytes[20..] == [0; 12], "{name}");
    }
}

#[test]
fn where_a_cpu_goes_and_what_is_answered_have_their_numbers_in_the_page() {
    let thread = ThreadId::new(6).unwrap();
    let What::Step(event, decided) = happenings()[9].1 else { panic!("a step") };
    let byte = |at: usize, decided| {
        let record = Record { time: 1, cpu: CpuId::new(0).unwrap(), what: What::Step(event, decided) };
        record.encode()[at]
    };
    let gone = [Go::Ree, Go::Thread(thread), Go::Stay, Go::Sleep, Go::Off];
    let answers = [
        Answer::Nothing,
        Answer::Accepted(thread),
        Answer::Queued(thread),
        Answer::Finished(thread),
        Answer::Interrupted(thread),
        Answer::Pending(thread),
        Answer::Empty,
        Answer::Refused(Refusal::Busy),
    ];
    let name = |it: String| word(it.split('(').next().unwrap_or_default());
    let gone = gone.map(|go| format!("{} {}", byte(21, Decided { go, ..decided }), name(format!("{go:?}"))));
    let answers = answers
        .map(|answer| format!("{} {}", byte(23, Decided { answer, ..decided }), name(format!("{answer:?}"))));
    assert_eq!((numbers("go"), numbers("answer")), (gone.join(", "), answers.join(", ")));
}
