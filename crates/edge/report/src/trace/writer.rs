//! Packets in terms of tracks, slices and counters.

use std::io::{self, Write};

use casemate_model::Timestamp;

use super::proto::{
    BOOTTIME, COUNTER, Clock, ClockSnapshot, CounterDescriptor, Data, DebugAnnotation, EXPLICIT,
    INCREMENTAL_STATE_CLEARED, INSTANT, InternedData, InternedName, NEEDS_INCREMENTAL_STATE,
    ProcessDescriptor, REALTIME, SLICE_BEGIN, SLICE_END, TracePacket, TrackDescriptor, TrackEvent,
    write_packet,
};

/// One track of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track(u64);

/// What a track is for.
#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Process(u32),
    Counter(Unit),
}

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count = 2,
    /// Bytes.
    Bytes = 3,
    /// Nanoseconds.
    Nanos = 1,
}

/// The name of an event that occurs often, interned once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(u64);

/// The arguments an event can have; interned at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Which enclave.
    Enclave = 1,
    /// How it ended.
    End = 2,
    /// How many pages were missing.
    Faults = 3,
    /// How many stays are one slice.
    Stays = 4,
    /// What happened, in words.
    What = 5,
}

const KEYS: [(Key, &str); 5] = [
    (Key::Enclave, "enclave"),
    (Key::End, "end"),
    (Key::Faults, "faults"),
    (Key::Stays, "stays"),
    (Key::What, "what"),
];

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// Text.
    Text(String),
}

/// Writes packets of one sequence. Each method fails where what is written to does.
#[derive(Debug)]
pub struct Writer<W: Write> {
    to: W,
    tracks: u64,
    names: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a trace: its clocks, and the names of arguments.
    ///
    /// Times are those of the wall clock, in nanoseconds since 1970. The time of boot is
    /// not known here, so the two clocks are said to agree.
    pub fn begin(to: W, start: Timestamp) -> io::Result<Self> {
        let mut writer = Self { to, tracks: 0, names: 0 };
        let clock = |id| Clock { clock_id: Some(id), timestamp: Some(start.0) };
        let keys = KEYS.iter().map(|(key, name)| interned(*key as u64, name)).collect();
        writer.packet(TracePacket {
            timestamp: Some(start.0),
            sequence_flags: Some(INCREMENTAL_STATE_CLEARED),
            interned_data: Some(InternedData { event_names: Vec::new(), debug_annotation_names: keys }),
            data: Some(Data::ClockSnapshot(ClockSnapshot { clocks: vec![clock(REALTIME), clock(BOOTTIME)] })),
            ..TracePacket::default()
        })?;
        Ok(writer)
    }

    /// All has been written.
    pub fn finish(mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// A track for slices and instants, or for the tracks under it. Tracks under one
    /// are shown in the order they were made.
    pub fn track(&mut self, name: &str, about: &str, parent: Option<Track>) -> io::Result<Track> {
        self.descriptor(name, about, parent, Kind::Plain)
    }

    /// A process, for the tracks under it. Numbers from 1 on; each is there once.
    pub fn process(&mut self, number: u32, name: &str, about: &str) -> io::Result<Track> {
        self.descriptor(name, about, None, Kind::Process(number))
    }

    /// A track with one value at each moment.
    pub fn counter(&mut self, name: &str, unit: Unit, parent: Track) -> io::Result<Track> {
        self.descriptor(name, "", Some(parent), Kind::Counter(unit))
    }

    fn descriptor(
        &mut self,
        name: &str,
        about: &str,
        parent: Option<Track>,
        kind: Kind,
    ) -> io::Result<Track> {
        let counter = match kind {
            Kind::Counter(unit) => Some(CounterDescriptor { unit: Some(unit as i32) }),
            Kind::Plain | Kind::Process(_) => None,
        };
        let process = match kind {
            Kind::Process(number) => Some(ProcessDescriptor {
                pid: i32::try_from(number).ok(),
                process_name: Some(name.to_owned()),
            }),
            Kind::Plain | Kind::Counter(_) => None,
        };
        self.tracks += 1;
        let track = Track(self.tracks);
        self.packet(TracePacket {
            data: Some(Data::TrackDescriptor(TrackDescriptor {
                uuid: Some(track.0),
                name: Some(name.to_owned()),
                parent_uuid: parent.map(|parent| parent.0),
                process,
                counter,
                child_ordering: Some(EXPLICIT),
                sibling_order_rank: i32::try_from(self.tracks).ok(),
                description: Some(about.to_owned()).filter(|about| !about.is_empty()),
            })),
            ..TracePacket::default()
        })?;
        Ok(track)
    }

    /// Interns a name.
    pub fn name(&mut self, name: &str) -> io::Result<Name> {
        self.names += 1;
        let event_names = vec![interned(self.names, name)];
        self.packet(TracePacket {
            interned_data: Some(InternedData { event_names, debug_annotation_names: Vec::new() }),
            sequence_flags: Some(NEEDS_INCREMENTAL_STATE),
            ..TracePacket::default()
        })?;
        Ok(Name(self.names))
    }

    /// A slice from `from` until `until`; slices of one track come in order and do not overlap.
    pub fn slice(
        &mut self,
        track: Track,
        name: Name,
        (from, until): (Timestamp, Timestamp),
        arguments: Vec<(Key, Value)>,
    ) -> io::Result<()> {
        let event = TrackEvent {
            name_iid: Some(name.0),
            debug_annotations: arguments.into_iter().map(annotation).collect(),
            ..event(track, SLICE_BEGIN)
        };
        self.event(from, event)?;
        self.event(until, event_end(track))
    }

    /// Something at one moment.
    pub fn instant(
        &mut self,
        track: Track,
        time: Timestamp,
        name: Name,
        arguments: Vec<(Key, Value)>,
    ) -> io::Result<()> {
        let event = TrackEvent {
            name_iid: Some(name.0),
            debug_annotations: arguments.into_iter().map(annotation).collect(),
            ..event(track, INSTANT)
        };
        self.event(time, event)
    }

    /// What a counter counts from now on.
    pub fn count(&mut self, track: Track, time: Timestamp, value: u64) -> io::Result<()> {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        self.event(time, TrackEvent { counter_value: Some(value), ..event(track, COUNTER) })
    }

    fn event(&mut self, time: Timestamp, event: TrackEvent) -> io::Result<()> {
        self.packet(TracePacket {
            timestamp: Some(time.0),
            sequence_flags: Some(NEEDS_INCREMENTAL_STATE),
            data: Some(Data::TrackEvent(event)),
            ..TracePacket::default()
        })
    }

    fn packet(&mut self, packet: TracePacket) -> io::Result<()> {
        write_packet(&TracePacket { trusted_packet_sequence_id: Some(1), ..packet }, &mut self.to)
    }
}

fn event(track: Track, kind: i32) -> TrackEvent {
    TrackEvent { r#type: Some(kind), track_uuid: Some(track.0), ..TrackEvent::default() }
}

fn event_end(track: Track) -> TrackEvent {
    event(track, SLICE_END)
}

fn annotation((key, value): (Key, Value)) -> DebugAnnotation {
    let (uint_value, string_value) = match value {
        Value::Number(number) => (Some(number), None),
        Value::Text(text) => (None, Some(text)),
    };
    DebugAnnotation { name_iid: Some(key as u64), uint_value, string_value }
}

fn interned(iid: u64, name: &str) -> InternedName {
    InternedName { iid: Some(iid), name: Some(name.to_owned()) }
}
