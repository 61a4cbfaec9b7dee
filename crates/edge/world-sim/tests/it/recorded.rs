//! A recording is replayed as it was, as far as the simulated machine lets it.

use casemate_sched_trace::Recording;
use casemate_world_sim::{Scenario, Who, simulate, simulate_watched};

use crate::scenarios::read;

/// 100 ms on one CPU: `a b` runs for 2 ms in every 10, `hog` for the rest until 90 ms, interrupts of 50 us come every
/// 10 ms.
fn trace() -> String {
    let line = |micros: u64, text: &str| format!("  x-1 [000] {}.{:06}: {text}\n", 5, micros);
    let switch =
        |from: &str, state: &str, to: &str| format!("sched_switch: {from} [120] {state} ==> {to} [120]");
    let mut out = line(0, &switch("swapper/0:0", "R", "hog:7"));
    for round in 0..10 {
        let at = round * 10_000;
        out += &line(at + 1_000, "irq_handler_entry: irq=3 name=eth0");
        out += &line(at + 1_050, "irq_handler_exit: irq=3 ret=handled");
        out += &line(at + 4_000, "sched_waking: a b:12 [120] CPU:000");
        out += &line(at + 4_000, &switch("hog:7", "R", "a b:12"));
        out += &line(at + 6_000, &switch("a b:12", "S", "hog:7"));
    }
    out + &line(100_000, &switch("hog:7", "R", "swapper/0:0"))
}

fn scenario(more: &str) -> Scenario {
    let text = format!(
        "name: it\nabout: a\nfinding: {{says: s, metric: requests, figures: {{}}}}\nmillis: 1000\n\
         machine: {{cpus: 1, slowest_percent: 100}}\nrecorded: {{trace: it.trace}}\ndesigns: [{{name: d}}]\n{more}"
    );
    read(&text)
}

fn with(scenario: Scenario) -> Scenario {
    scenario.with_recording(&Recording::read(trace().as_bytes()).unwrap())
}

#[test]
fn on_a_machine_without_a_tee_a_recording_runs_as_it_did() {
    let scenario = with(scenario(""));
    let variant = &scenario.designs[0];
    let mut ran = std::collections::BTreeMap::new();
    let mut watch = |span: casemate_world_sim::Span| {
        *ran.entry(span.who.name(&scenario, variant).into_owned()).or_insert(0) += span.until - span.from;
    };
    simulate_watched(&scenario, variant, &mut watch).unwrap();
    // Ten rounds of ten bursts of 2 ms; the other one takes what is left, but for ticks and interrupts.
    let millis = |name: &str| ran[name] / 1_000_000;
    assert!((190..=201).contains(&millis("a b (12)")), "{ran:?}");
    assert!((785..=800).contains(&millis("hog (7)")), "{ran:?}");
}

#[test]
fn recorded_interrupts_come_when_they_came() {
    let scenario = with(scenario(""));
    let mut begun = Vec::new();
    let mut watch = |span: casemate_world_sim::Span| {
        // Ticks, and what wakes a CPU, take two microseconds.
        if span.who == Who::Interrupt && span.until - span.from > 40_000 {
            begun.push(span.from);
        }
    };
    simulate_watched(&scenario, &scenario.designs[0], &mut watch).unwrap();
    assert_eq!(begun.len(), 100);
    let due =
        (0..10).flat_map(|round| (0..10).map(move |at| round * 100_000_000 + at * 10_000_000 + 1_000_000));
    let late = |(is, due): (&u64, u64)| is.checked_sub(due).unwrap();
    assert!(begun.iter().zip(due).map(late).all(|it| it < 10_000), "{begun:?}");
}

#[test]
fn a_recording_that_was_not_read_is_refused_and_none_changes_nothing() {
    let refused = scenario("").validate().unwrap_err().to_string();
    assert!(refused.contains("`it.trace` has not been read"), "{refused}");
    let plain = read(
        "name: it\nabout: a\nfinding: {says: s, metric: requests, figures: {}}\nmillis: 50\n\
         tasks: [{name: a, run_micros: 300, sleep_micros: 400}]\ndesigns: [{name: d}]\n",
    );
    assert_eq!(plain.recorded_trace(), None);
    let same = with(plain.clone());
    assert!(same.replay().is_none());
    assert_eq!(simulate(&same, &same.designs[0]).unwrap(), simulate(&plain, &plain.designs[0]).unwrap());
}

#[test]
fn tasks_that_find_no_room_are_told() {
    let full = with(scenario("tasks: [{name: many, count: 55, run_micros: 10, sleep_micros: 50000}]\n"));
    let replay = full.replay().unwrap();
    assert_eq!(replay.tasks().iter().map(|it| it.comm.as_str()).collect::<Vec<_>>(), ["hog"]);
    assert_eq!(replay.left_out().tasks, 1);
    let remarks = replay.remarks(&full.machine);
    assert_eq!(remarks, ["1 tasks are left out, with 20.1 % of what all ran"]);
    full.validate().unwrap();
    simulate(&full, &full.designs[0]).unwrap();
}

#[test]
fn interrupts_of_a_cpu_that_is_not_there_go_to_another() {
    let text = trace().replace("[000]", "[009]");
    let scenario = scenario("").with_recording(&Recording::read(text.as_bytes()).unwrap());
    let remarks = scenario.replay().unwrap().remarks(&scenario.machine);
    assert!(remarks[0].starts_with("10 CPUs were recorded, 1 are simulated"), "{remarks:?}");
    let there = simulate(&with(self::scenario("")), &scenario.designs[0]).unwrap();
    assert_eq!(simulate(&scenario, &scenario.designs[0]).unwrap(), there);
}
