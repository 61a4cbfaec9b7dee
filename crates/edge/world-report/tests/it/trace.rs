//! The trace, read back with what is known of Perfetto's format and not with what wrote it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use casemate_world_report::{Recorder, SimulationTrace};
use casemate_world_sim::{Scenario, Side, Span, Who, simulate_watched};
use prost::Message;

use crate::scenarios::{SMALL, all, read};

#[derive(Clone, PartialEq, Message)]
struct Trace {
    #[prost(message, repeated, tag = "1")]
    packet: Vec<Packet>,
}

#[derive(Clone, PartialEq, Message)]
struct Packet {
    #[prost(uint64, optional, tag = "8")]
    timestamp: Option<u64>,
    #[prost(message, optional, tag = "11")]
    event: Option<TrackEvent>,
    #[prost(message, optional, tag = "12")]
    interned: Option<Interned>,
    #[prost(message, optional, tag = "60")]
    track: Option<Descriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct Descriptor {
    #[prost(uint64, optional, tag = "1")]
    uuid: Option<u64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
    #[prost(message, optional, tag = "3")]
    process: Option<Process>,
    #[prost(uint64, optional, tag = "5")]
    parent: Option<u64>,
    #[prost(string, optional, tag = "14")]
    about: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Process {
    #[prost(int32, optional, tag = "1")]
    pid: Option<i32>,
    #[prost(string, optional, tag = "6")]
    name: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct TrackEvent {
    #[prost(int32, optional, tag = "9")]
    kind: Option<i32>,
    #[prost(uint64, optional, tag = "10")]
    name: Option<u64>,
    #[prost(uint64, optional, tag = "11")]
    track: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct Interned {
    #[prost(message, repeated, tag = "2")]
    names: Vec<InternedName>,
}

#[derive(Clone, PartialEq, Message)]
struct InternedName {
    #[prost(uint64, optional, tag = "1")]
    iid: Option<u64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
}

/// A track with its slices, each with when it begins and ends.
#[derive(Debug, Default)]
struct Seen {
    process: String,
    name: String,
    slices: Vec<(u64, u64, String)>,
    instants: Vec<(u64, String)>,
    open: Option<(u64, String)>,
}

fn seen(bytes: &[u8]) -> Vec<Seen> {
    let trace = Trace::decode(bytes).unwrap();
    let mut names = BTreeMap::new();
    let mut processes: BTreeMap<u64, String> = BTreeMap::new();
    let mut pids = Vec::new();
    let mut tracks: BTreeMap<u64, Seen> = BTreeMap::new();
    for packet in trace.packet {
        for it in packet.interned.into_iter().flat_map(|it| it.names) {
            assert!(names.insert(it.iid.unwrap(), it.name.unwrap()).is_none());
        }
        if let Some(it) = packet.track {
            match it.process {
                Some(process) => {
                    assert_eq!(process.name, it.name);
                    pids.push(process.pid.unwrap());
                    processes.insert(it.uuid.unwrap(), it.name.unwrap());
                }
                None => {
                    let process = processes[&it.parent.unwrap()].clone();
                    let seen = Seen { process, name: it.name.unwrap(), ..Seen::default() };
                    assert!(tracks.insert(it.uuid.unwrap(), seen).is_none());
                }
            }
        }
        let Some(event) = packet.event else { continue };
        let (time, track) = (packet.timestamp.unwrap(), tracks.get_mut(&event.track.unwrap()).unwrap());
        match event.kind.unwrap() {
            1 => {
                let end = track.slices.last().map_or(0, |it| it.1);
                assert!(track.open.is_none() && end <= time, "slices of a track overlap");
                track.open = Some((time, names[&event.name.unwrap()].clone()));
            }
            2 => {
                let (from, name) = track.open.take().unwrap();
                assert!(from < time);
                track.slices.push((from, time, name));
            }
            3 => track.instants.push((time, names[&event.name.unwrap()].clone())),
            kind => panic!("kind {kind}"),
        }
    }
    assert!(tracks.values().all(|it| it.open.is_none()), "every slice ends");
    assert!(pids.iter().copied().eq(1..=pids.len().try_into().unwrap()), "{pids:?}");
    tracks.into_values().collect()
}

fn traced(scenario: &Scenario) -> Vec<u8> {
    traced_and_cut(scenario).0
}

/// The trace, and for each design from when on something is left out.
fn traced_and_cut(scenario: &Scenario) -> (Vec<u8>, Vec<Option<u64>>) {
    let mut cuts = Vec::new();
    let mut bytes = Vec::new();
    let mut trace = SimulationTrace::begin(&mut bytes, scenario.designs.len()).unwrap();
    for design in &scenario.designs {
        let mut kept = trace.recorder();
        simulate_watched(scenario, design, &mut |span| kept.add(span)).unwrap();
        cuts.push(kept.cut());
        trace.design(scenario, design, &kept).unwrap();
    }
    trace.finish().unwrap();
    (bytes, cuts)
}

#[test]
fn in_every_scenario_slices_of_both_worlds_and_sleep_are_all_the_time_of_a_cpu() {
    for (file, scenario) in all() {
        let (bytes, cuts) = traced_and_cut(&scenario);
        let tracks = seen(&bytes);
        for (design, cut) in scenario.designs.iter().zip(cuts) {
            let process = format!("{}: {}", scenario.name, design.name);
            let mut later = [0; casemate_world::CPUS];
            let spent = simulate_watched(&scenario, design, &mut |span| {
                let left_out = span.until.saturating_sub(span.from.max(cut.unwrap_or(u64::MAX)));
                later[usize::from(span.cpu)] += left_out;
            });
            let spent = spent.unwrap().spent;
            for (cpu, spent) in spent.iter().enumerate() {
                let of = |world: &str| {
                    let name = format!("CPU {cpu} {world}");
                    tracks.iter().find(|it| it.process == process && it.name == name).unwrap()
                };
                let (ree, tee) = (of("REE"), of("TEE"));
                let time = |it: &Seen| it.slices.iter().map(|(from, until, _)| until - from).sum::<u64>();
                assert_eq!(
                    time(ree) + time(tee) + later[cpu] + spent.idle_ns,
                    scenario.millis * 1_000_000,
                    "{file}: {process}: CPU {cpu}"
                );
                // Never both at once.
                let mut both: Vec<_> = ree.slices.iter().chain(&tee.slices).collect();
                both.sort();
                assert!(both.is_sorted_by(|a, b| a.1 <= b.0), "{file}: {process}: CPU {cpu}");
            }
        }
    }
}

#[test]
fn each_design_is_a_process_whose_slices_have_the_names_of_the_scenario() {
    let mut text = String::new();
    for track in seen(&traced(&read(SMALL))) {
        let names: BTreeSet<&str> = track.slices.iter().map(|it| it.2.as_str()).collect();
        let _ = writeln!(text, "{} / {}: {names:?}", track.process, track.name);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_same_scenario_gives_the_same_bytes() {
    let scenario = read(SMALL);
    assert_eq!(traced(&scenario), traced(&scenario));
}

#[test]
fn what_is_cut_is_whole_until_the_cut_and_says_so() {
    let scenario = read(SMALL);
    let (design, mut all) = (&scenario.designs[0], Vec::new());
    let mut kept = Recorder::new(20);
    simulate_watched(&scenario, design, &mut |span| {
        kept.add(span);
        all.push(span);
    })
    .unwrap();
    let cut = kept.cut().unwrap();
    let mut bytes = Vec::new();
    let mut trace = SimulationTrace::begin(&mut bytes, 1).unwrap();
    trace.design(&scenario, design, &kept).unwrap();
    trace.finish().unwrap();
    let tracks = seen(&bytes);
    let slices = tracks.iter().flat_map(|it| &it.slices);
    let before = all.iter().map(|it| it.until.min(cut).saturating_sub(it.from)).sum::<u64>();
    assert!(cut > 0 && before > 0);
    assert_eq!(slices.map(|(from, until, _)| until - from).sum::<u64>(), before);
    let last = tracks.last().unwrap();
    assert_eq!(last.instants, [(cut, "what comes later is left out".to_owned())]);
}

#[test]
fn names_are_stripped_of_control_characters_and_nothing_panics() {
    let mut scenario = read(SMALL);
    scenario.name = "\u{1b}]0;x\u{7}\u{202e}".repeat(1_000);
    scenario.tasks.clear();
    let mut kept = Recorder::new(9);
    for who in [Who::Task(200), Who::Request(9), Who::Service(9), Who::Periodic(9), Who::Agent(9)] {
        kept.add(Span { cpu: 200, from: 0, until: 5, side: Side::TeeDuringIdle, who });
    }
    let mut bytes = Vec::new();
    let mut trace = SimulationTrace::begin(&mut bytes, 0).unwrap();
    trace.design(&scenario, &scenario.designs[0], &kept).unwrap();
    trace.finish().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("\u{1b}]0") && !text.contains('\u{202e}'));
}
