//! The trace, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use casemate_model::{Bytes, EnclaveId, NodeName, PodKey};
use prost::Message;

use super::proto::{
    COUNTER, Data, INCREMENTAL_STATE_CLEARED, INSTANT, SLICE_BEGIN, SLICE_END, TracePacket, TrackDescriptor,
};
use super::*;
use crate::{EnclaveSample, EnclaveState, Event, Limits, Observer as _, Sample, Stay, What};

#[derive(Clone, PartialEq, Message)]
struct Trace {
    #[prost(message, repeated, tag = "1")]
    packet: Vec<TracePacket>,
}

fn packets(recording: &Recording) -> Vec<TracePacket> {
    let mut bytes = Vec::new();
    write_trace(recording, &mut bytes).unwrap();
    let trace = Trace::decode(bytes.as_slice()).unwrap();
    assert_eq!(trace.encode_to_vec(), bytes, "nothing is in the file but packets");
    trace.packet
}

fn container(name: &str) -> ContainerKey {
    ContainerKey { pod: PodKey { namespace: "d".into(), name: name.into() }, container: "app".into() }
}

const FIRST: EnclaveId = EnclaveId { index: 0, generation: 0 };

fn worker(number: u16) -> WorkerId {
    WorkerId(number.try_into().unwrap())
}

fn stay(at: u16, from: u64, until: u64, end: StayEnd) -> Stay {
    let (from, until) = (Timestamp(from), Timestamp(until));
    Stay { worker: worker(at), enclave: FIRST, from, until, end, faults: until.0 - from.0 }
}

fn sample(time: u64, resident: u64) -> Sample {
    let enclave = EnclaveSample {
        enclave: FIRST,
        container: container("hog"),
        state: EnclaveState::Ready,
        verdict: None,
        worker: None,
        resident: Pages(resident),
        total: Pages(resident),
        guaranteed: Pages(1),
        faults: resident,
        page_ins: 0,
        page_outs: 0,
        aex: time,
        eexit: 0,
        cpu: casemate_model::Nanos(time / 2),
        fair: casemate_model::Nanos(time / 2),
    };
    Sample { time: Timestamp(time), frames: Pages(64), free: Pages(64 - resident), enclaves: vec![enclave] }
}

fn small() -> Recording {
    let mut recording = Recording::default();
    let mut tell = |time: u64, subject: Subject, what: What| {
        recording.event(Event { time: Timestamp(time), subject, what });
    };
    let hog = || Subject::Container(container("hog"));
    let laptop = NodeName("laptop".into());
    let why = "the only node\u{1b}[2J".to_owned();
    tell(1000, Subject::Pod(container("hog").pod), What::PodPlaced { node: laptop.clone(), why });
    let (epc_guaranteed, epc_limit) = (Bytes(4096), None);
    tell(1010, hog(), What::EnclaveCreated { enclave: FIRST, epc_guaranteed, epc_limit });
    tell(1020, hog(), What::Entered);
    tell(1060, hog(), What::Suspended { why: "its verdict lapsed".into() });
    tell(1070, hog(), What::Resumed { not_after: Timestamp(9000) });
    tell(1090, hog(), What::Exited { code: 0 });
    tell(1095, hog(), What::Destroyed { pages_zeroed: Pages(3) });
    tell(1100, Subject::Node(laptop), What::RunEnded { succeeded: true });
    recording.sample(sample(1030, 2));
    recording.sample(sample(1050, 3));
    recording.sample(sample(1080, 3));
    recording.stays(vec![stay(1, 1020, 1040, StayEnd::Aex), stay(1, 1045, 1060, StayEnd::Eexit)]);
    recording.stays(vec![stay(2, 1070, 1090, StayEnd::Over)]);
    recording
}

/// One line a packet, without what repeats itself.
fn listing(packets: &[TracePacket]) -> String {
    let mut names = BTreeMap::new();
    let mut keys = BTreeMap::new();
    let mut tracks: BTreeMap<u64, String> = BTreeMap::new();
    let mut list = String::new();
    for packet in packets {
        if let Some(interned) = &packet.interned_data {
            let pairs = |names: &[super::proto::InternedName]| {
                names.iter().map(|it| (it.iid.unwrap(), it.name.clone().unwrap())).collect::<Vec<_>>()
            };
            names.extend(pairs(&interned.event_names));
            keys.extend(pairs(&interned.debug_annotation_names));
        }
        let time = packet.timestamp.unwrap_or(0);
        let _ = match &packet.data {
            None => Ok(()),
            Some(Data::ClockSnapshot(snapshot)) => writeln!(list, "{time} clocks {:?}", snapshot.clocks),
            Some(Data::TrackDescriptor(track)) => {
                let parent = track.parent_uuid.map_or(String::new(), |uuid| tracks[&uuid].clone() + " / ");
                let path = parent + track.name.as_deref().unwrap();
                tracks.insert(track.uuid.unwrap(), path.clone());
                let unit = track.counter.map(|counter| counter.unit.unwrap());
                writeln!(
                    list,
                    "track {path} {}",
                    unit.map_or(String::new(), |unit| format!("in unit {unit}"))
                )
            }
            Some(Data::TrackEvent(event)) => {
                let kind = match event.r#type.unwrap() {
                    SLICE_BEGIN => "begin",
                    SLICE_END => "end",
                    INSTANT => "instant",
                    COUNTER => "count",
                    other => panic!("type {other}"),
                };
                let name = event.name_iid.map_or("", |iid| names[&iid].as_str());
                let value = event.counter_value.map_or(String::new(), |value| value.to_string());
                let arguments = event.debug_annotations.iter().map(|it| {
                    let value = it.string_value.clone().or(it.uint_value.map(|value| value.to_string()));
                    format!(" {}={}", keys[&it.name_iid.unwrap()], value.unwrap())
                });
                let arguments: String = arguments.collect();
                let track = &tracks[&event.track_uuid.unwrap()];
                writeln!(list, "{time} {kind} [{track}] {name}{value}{arguments}")
            }
        };
    }
    list
}

#[test]
fn a_small_run_is_these_tracks_slices_and_counters() {
    insta::assert_snapshot!(listing(&packets(&small())));
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    assert_eq!(packets(&small()), packets(&small()));
}

#[test]
fn a_recording_of_nothing_is_a_trace_of_nothing() {
    let packets = packets(&Recording::default());
    assert_eq!(
        listing(&packets),
        "0 clocks [Clock { clock_id: Some(1), timestamp: Some(0) }, \
         Clock { clock_id: Some(6), timestamp: Some(0) }]\ntrack casemate run \n"
    );
}

/// What Perfetto's importer asks of a sequence of track events.
fn assert_well_formed(packets: &[TracePacket]) {
    let mut tracks: BTreeMap<u64, &TrackDescriptor> = BTreeMap::new();
    let mut begun: BTreeMap<u64, u64> = BTreeMap::new();
    let mut ended: BTreeMap<u64, u64> = BTreeMap::new();
    let mut interned = BTreeSet::new();
    assert_eq!(
        packets[0].sequence_flags,
        Some(INCREMENTAL_STATE_CLEARED),
        "a sequence begins with nothing interned"
    );
    for packet in packets {
        assert_eq!(packet.trusted_packet_sequence_id, Some(1));
        for name in packet.interned_data.iter().flat_map(|interned| &interned.event_names) {
            assert!(interned.insert(name.iid.unwrap()), "{name:?} twice");
        }
        match &packet.data {
            Some(Data::TrackDescriptor(track)) => {
                assert!(track.parent_uuid.is_none_or(|parent| tracks.contains_key(&parent)));
                assert!(tracks.insert(track.uuid.unwrap(), track).is_none());
            }
            Some(Data::TrackEvent(event)) => {
                let (time, uuid) = (packet.timestamp.unwrap(), event.track_uuid.unwrap());
                let kind = event.r#type.unwrap();
                assert_eq!(tracks[&uuid].counter.is_some(), kind == COUNTER);
                assert!(event.name_iid.is_none_or(|name| interned.contains(&name)));
                if kind == SLICE_BEGIN {
                    assert!(ended.get(&uuid).is_none_or(|end| *end <= time), "slices in order");
                    assert!(begun.insert(uuid, time).is_none(), "slices are not nested");
                } else if kind == SLICE_END {
                    assert!(begun.remove(&uuid).is_some_and(|begin| begin <= time));
                    ended.insert(uuid, time);
                }
            }
            _ => {}
        }
    }
    assert!(begun.is_empty(), "every slice ends");
}

proptest::proptest! {
    /// Also where clocks go back, stays lie over one another and names are odd.
    #[test]
    fn whatever_is_recorded_is_well_formed(
        events in proptest::collection::vec((0_u64..1000, 0_usize..9, ".{0,8}"), 0..40),
        stays in proptest::collection::vec((1_u16..4, 0_u64..1000, 0_u64..1000), 0..40),
    ) {
        let mut recording = Recording::new(Limits { stays: 16, ..Limits::default() });
        for (time, kind, name) in events {
            let what = match kind {
                0 => What::EnclaveCreated { enclave: FIRST, epc_guaranteed: Bytes(0), epc_limit: None },
                1 => What::Entered,
                2 => What::Suspended { why: name.clone() },
                3 => What::Resumed { not_after: Timestamp(time) },
                4 => What::Exited { code: 0 },
                5 => What::Killed { why: name.clone() },
                6 => What::Renewed { not_after: Timestamp(time) },
                7 => What::Failed { why: name.clone() },
                _ => What::Destroyed { pages_zeroed: Pages(0) },
            };
            let subject = Subject::Container(container(&name));
            recording.event(Event { time: Timestamp(time), subject, what });
        }
        let stays = stays.into_iter().map(|(at, from, until)| {
            let (from, until) = (Timestamp(from), Timestamp(until));
            Stay { worker: worker(at), enclave: FIRST, from, until, end: StayEnd::Aex, faults: 1 }
        });
        recording.stays(stays.collect());
        assert_well_formed(&packets(&recording));
    }
}
