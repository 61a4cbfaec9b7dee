//! Packets in terms of tracks, slices and counters.

use std::io::{self, Write};

use casemate_model::Timestamp;

use super::proto::{
    BOOTTIME, COUNTER, Clock, ClockSnapshot, CounterDescriptor, Data, DebugAnnotation, EXPLICIT,
    INCREMENTAL_STATE_CLEARED, INSTANT, InternedData, InternedName, NEEDS_INCREMENTAL_STATE, REALTIME,
    SLICE_BEGIN, SLICE_END, TracePacket, TrackDescriptor, TrackEvent, write_packet,
};

/// One track of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Track(u64);

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Count = 2,
    Bytes = 3,
    Nanos = 1,
}

/// The name of an event that occurs often, interned once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name(u64);

/// The arguments an event can have; interned at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Enclave = 1,
    End = 2,
    Faults = 3,
    Stays = 4,
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
pub(super) enum Value {
    Number(u64),
    Text(String),
}

/// Writes packets of one sequence.
pub(super) struct Writer<W: Write> {
    to: W,
    tracks: u64,
    names: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a trace: its clocks, and the names of arguments.
    ///
    /// Times are those of the wall clock, in nanoseconds since 1970. The time of boot is
    /// not known here, so the two clocks are said to agree.
    pub(super) fn begin(to: W, start: Timestamp) -> io::Result<Self> {
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

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// A track for slices and instants, or for the tracks under it. Tracks under one
    /// are shown in the order they were made.
    pub(super) fn track(&mut self, name: &str, about: &str, parent: Option<Track>) -> io::Result<Track> {
        self.descriptor(name, about, parent, None)
    }

    pub(super) fn counter(&mut self, name: &str, unit: Unit, parent: Track) -> io::Result<Track> {
        self.descriptor(name, "", Some(parent), Some(CounterDescriptor { unit: Some(unit as i32) }))
    }

    fn descriptor(
        &mut self,
        name: &str,
        about: &str,
        parent: Option<Track>,
        counter: Option<CounterDescriptor>,
    ) -> io::Result<Track> {
        self.tracks += 1;
        let track = Track(self.tracks);
        self.packet(TracePacket {
            data: Some(Data::TrackDescriptor(TrackDescriptor {
                uuid: Some(track.0),
                name: Some(name.to_owned()),
                parent_uuid: parent.map(|parent| parent.0),
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
    pub(super) fn name(&mut self, name: &str) -> io::Result<Name> {
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
    pub(super) fn slice(
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
    pub(super) fn instant(
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
    pub(super) fn count(&mut self, track: Track, time: Timestamp, value: u64) -> io::Result<()> {
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
