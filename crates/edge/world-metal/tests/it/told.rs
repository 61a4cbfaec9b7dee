use casemate_world::{Agent, Config, Goal};
use casemate_world_log::{Malformed, Record, Setup, What};
use casemate_world_metal::{Account, Log, NotALog, SCHEMA, Summary, answered, judge, replay, spans};
use proptest::prelude::*;

use crate::run;

fn read(config: Config) -> Log {
    Log::read(&run::log(config, 4_000)).unwrap()
}

#[test]
fn what_was_decided_by_the_core_is_decided_again_and_breaks_no_law() {
    for config in
        [Config::new(1), Config::new(3), Config { goal: Goal::One, agent: Agent::One, ..Config::new(3) }]
    {
        let log = read(config);
        let replayed = replay(&log).unwrap();
        assert_eq!((replayed.steps, replayed.differ), (4_000, 0));
        assert_eq!(judge(&log), Vec::<String>::new());
    }
}

#[test]
fn every_figure_is_counted() {
    let summary = Summary::of(&read(Config::new(2)));
    assert_eq!((summary.schema, summary.ree, summary.cpus), (SCHEMA, "bare", 2));
    let some = [
        summary.ssrs_made,
        summary.ssrs_completed,
        summary.preemptions,
        summary.migrations,
        summary.switches,
        summary.sgis,
        summary.ticks,
        summary.sleeps,
        summary.idle_hand_overs,
        summary.ssr_max_ns,
    ];
    assert!(some.iter().all(|it| *it > 0), "{some:?}");
    assert!(summary.ssrs_made >= summary.ssrs_completed && summary.ssr_p50_ns <= summary.ssr_p99_ns);
    for account in &summary.accounts {
        let all = account.busy_ns + account.idle_ns + account.off_ns;
        assert!(all <= summary.nanos && all > summary.nanos * 9 / 10, "{account:?} of {}", summary.nanos);
    }
    let document = serde_json::to_value(&summary).unwrap();
    for field in ["ssrs_completed", "preemptions", "migrations", "cpus"] {
        assert!(document[field].is_u64(), "{field}");
    }
    assert_eq!(document["violations"], serde_json::json!([]));
}

#[test]
fn every_request_that_was_answered_has_its_application_and_its_time() {
    let log = read(Config::new(2));
    let summary = Summary::of(&log);
    let answered: Vec<_> = answered(&log).collect();
    assert_eq!(answered.len() as u64, summary.ssrs_completed);
    assert!(answered.iter().all(|it| it.app == Some(2) && it.nanos > 0));
    assert_eq!(answered.iter().map(|it| it.nanos).max(), Some(summary.ssr_max_ns));
}

#[test]
fn what_lies_across_an_edge_of_a_phase_is_divided_there() {
    let log = read(Config::new(2));
    let time = |at: usize| log.records[at].time;
    let last = time(log.records.len() - 1);
    let all = |it: &Account| it.busy_ns + it.idle_ns + it.off_ns;
    // On a record and between two; a tick is 16 ns.
    for cut in [time(7), time(1_000) + 3, time(2_000) - 1, last - 1] {
        let parts =
            [(0, cut), (cut, last), (0, last)].map(|(from, until)| Account::between(&log, from, until));
        let [before, after, whole] = parts;
        for ((before, after), whole) in before.iter().zip(&after).zip(&whole) {
            assert_eq!(all(whole), all(before) + all(after), "{before:?} {after:?}");
        }
    }
    for account in Account::between(&log, time(1_000) + 3, time(1_000) + 53) {
        assert_eq!(all(&account), 50 * 16, "{account:?}");
    }
    assert!(Account::between(&log, last, 0).iter().all(|it| all(it) == 0));
}

/// A byte of what was decided, changed in any record: the replay tells, and names the record.
#[test]
fn any_other_decision_is_found() {
    let good = run::log(Config::new(2), 300);
    let mut found = 0;
    for record in (0..300).step_by(7) {
        for byte in 21..30 {
            let mut bytes = good.clone();
            bytes[Setup::BYTES + record * Record::BYTES + byte] ^= 1;
            let Ok(log) = Log::read(&bytes) else { continue };
            if !matches!(log.records[record].what, What::Step(..)) {
                continue;
            }
            let replayed = replay(&log).unwrap();
            assert_eq!((replayed.differ, replayed.differences[0].record), (1, record), "byte {byte}");
            found += 1;
        }
    }
    assert!(found > 100, "{found}");
}

#[test]
fn what_happens_where_it_cannot_is_found_without_deciding() {
    let log = read(Config::new(2));
    let finish =
        log.records.iter().position(|it| matches!(it.what, What::Step(casemate_world::Event::Finish, _)));
    let mut twice = log.clone();
    let finish = finish.unwrap();
    let end = twice.records[finish];
    twice.records.splice(finish..finish, [end, end, end]);
    assert!(!judge(&twice).is_empty());
    let mut backwards = log;
    backwards.records.swap(10, 900);
    assert!(judge(&backwards).iter().any(|it| it.contains("time goes back")));
}

#[test]
fn a_log_that_is_none_is_refused_by_place() {
    let good = run::log(Config::new(2), 20);
    assert_eq!(Log::read(&good[..100]), Err(NotALog::Setup(Malformed::TooShort)));
    let short = Log::read(&good[..good.len() - 3]);
    assert!(matches!(short, Err(NotALog::CutShort(_, 29))), "{short:?}");
    let mut other = good;
    other[Setup::BYTES + 3 * Record::BYTES + 17] = 0x7f;
    assert_eq!(Log::read(&other), Err(NotALog::Record(3, Malformed::Field("event"))));
}

#[test]
fn pieces_of_a_cpu_come_in_order_and_do_not_overlap() {
    let log = read(Config::new(2));
    let mut ends = [0; 2];
    let mut count = 0;
    for span in spans(&log) {
        let end = &mut ends[usize::from(span.cpu)];
        assert!(span.from >= *end && span.until > span.from, "{span:?} after {end}");
        *end = span.until;
        count += 1;
    }
    assert!(count > 500, "{count}");
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(noise in prop::collection::vec((0..200_usize, any::<u8>()), 0..40)) {
        let mut bytes = run::log(Config::new(2), 60);
        for (at, byte) in noise {
            bytes[Setup::BYTES + at * 9] = byte;
        }
        if let Ok(log) = Log::read(&bytes) {
            let summary = Summary::of(&log);
            prop_assert!(summary.violations.len() <= 200);
            let _ = spans(&log).count();
        }
    }
}
