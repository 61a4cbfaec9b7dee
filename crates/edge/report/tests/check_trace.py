"""Reads a trace with Perfetto's own message definitions and checks what its importer asks for.

    pip install perfetto
    cargo run -p casemate-report --example pages -- DIR
    python crates/edge/report/tests/check_trace.py DIR/*.pftrace

Run by hand: the crate's own tests read traces with the structs that wrote them, this one with
none of them. Every field has to be known to Perfetto; tracks and names are there before they
are used; slices of a track neither overlap nor stay open.
"""

import sys
from collections import Counter

from google.protobuf.unknown_fields import UnknownFieldSet
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket, TrackEvent


def assert_known(message):
    assert len(UnknownFieldSet(message)) == 0, f"unknown fields in {message}"
    for field, value in message.ListFields():
        if field.message_type:
            for part in [value] if hasattr(value, "ListFields") else value:
                assert_known(part)


def check(path):
    trace = Trace()
    with open(path, "rb") as file:
        trace.ParseFromString(file.read())
    tracks, names, arguments = {}, set(), set()
    began, ended, counts = {}, {}, Counter()
    first = trace.packet[0]
    assert first.sequence_flags == TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
    assert {clock.clock_id for clock in first.clock_snapshot.clocks} == {1, 6}
    for packet in trace.packet:
        assert_known(packet)
        assert packet.trusted_packet_sequence_id == 1
        for name in packet.interned_data.event_names:
            assert name.iid not in names
            names.add(name.iid)
        arguments.update(name.iid for name in packet.interned_data.debug_annotation_names)
        if packet.HasField("track_descriptor"):
            track = packet.track_descriptor
            assert track.uuid not in tracks
            assert not track.HasField("parent_uuid") or track.parent_uuid in tracks
            tracks[track.uuid] = track
        if not packet.HasField("track_event"):
            continue
        event, time = packet.track_event, packet.timestamp
        assert packet.HasField("timestamp") and event.track_uuid in tracks
        assert all(argument.name_iid in arguments for argument in event.debug_annotations)
        is_counter = event.type == TrackEvent.TYPE_COUNTER
        assert is_counter == tracks[event.track_uuid].HasField("counter")
        if event.type in (TrackEvent.TYPE_SLICE_BEGIN, TrackEvent.TYPE_INSTANT):
            assert event.name_iid in names
        if event.type == TrackEvent.TYPE_SLICE_BEGIN:
            assert event.track_uuid not in began and ended.get(event.track_uuid, 0) <= time
            began[event.track_uuid] = time
        if event.type == TrackEvent.TYPE_SLICE_END:
            assert began.pop(event.track_uuid) <= time
            ended[event.track_uuid] = time
        counts[TrackEvent.Type.Name(event.type)] += 1
    assert not began
    print(f"{path}: {len(tracks)} tracks, {dict(counts)}")


for argument in sys.argv[1:]:
    check(argument)
