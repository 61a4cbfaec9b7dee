//! A run as a trace for Perfetto (<https://ui.perfetto.dev>): a protobuf file of
//! tracks, slices and counters, which can also be queried with SQL.
//!
//! The tracks, from the top (`docs/report.md` shows them):
//!
//! - **CPUs**: one track each; a slice is one stay of an enclave, named for its
//!   container, with how it ended and its faults;
//! - **Encrypted memory**: frames in use and free, in bytes;
//! - **Enclaves**: one track a container with the states events tell of as slices and
//!   its attestations and ends as instants; under it what samples told: resident
//!   and touched bytes, faults, pages brought back and put out, exits, CPU time and
//!   fair share;
//! - **Node**: its attestations, decisions about pods, and the checker.
//!
//! Names and messages are stripped of control characters; they are otherwise as the
//! guests chose them. Perfetto shows text as text.

mod proto;
#[cfg(test)]
mod tests;
pub mod writer;

use std::collections::BTreeMap;
use std::io::{self, Write};

use casemate_model::{ContainerKey, Pages, Timestamp, WorkerId};

use self::writer::{Key, Name, Track, Unit, Value, Writer};
use crate::history::{Histories, History};
use crate::recording::{Reading, Slice};
use crate::{Recording, StayEnd, Subject, line, text};

/// Writes the recording as a Perfetto trace. The same recording gives the same bytes.
///
/// Packets are written one by one: hand in a buffered writer.
///
/// # Errors
///
/// Where the writer fails.
pub fn write_trace(recording: &Recording, to: impl Write) -> io::Result<()> {
    let (start, _) = recording.bounds().unwrap_or((Timestamp(0), Timestamp(0)));
    let mut writer = Writer::begin(to, start)?;
    let left_out = recording.left_out().join("; ");
    let root = writer.track("casemate run", &left_out, None)?;
    let mut names = Names::default();
    cpus(&mut writer, root, &mut names, recording)?;
    memory(&mut writer, root, recording)?;
    enclaves(&mut writer, root, &mut names, recording)?;
    node(&mut writer, root, &mut names, recording)?;
    writer.finish()
}

/// Names already interned.
#[derive(Default)]
struct Names(BTreeMap<String, Name>);

impl Names {
    fn get<W: Write>(&mut self, writer: &mut Writer<W>, name: &str) -> io::Result<Name> {
        let name = text::clean(name);
        if let Some(known) = self.0.get(name.as_ref()) {
            return Ok(*known);
        }
        let interned = writer.name(&name)?;
        self.0.insert(name.into_owned(), interned);
        Ok(interned)
    }
}

fn clean(of: &str) -> Value {
    Value::Text(text::clean(of).into_owned())
}

fn cpus<W: Write>(
    writer: &mut Writer<W>,
    root: Track,
    names: &mut Names,
    recording: &Recording,
) -> io::Result<()> {
    let slices = recording.slices();
    if slices.is_empty() {
        return Ok(());
    }
    let group = writer.track("CPUs", "a slice is one stay of an enclave, from entry to exit", Some(root))?;
    let mut current: Option<(WorkerId, Track)> = None;
    let mut free = Timestamp(0);
    for slice in &slices {
        let track = match current {
            Some((worker, track)) if worker == slice.worker => track,
            _ => {
                let track = writer.track(&format!("CPU {}", slice.worker.index()), "", Some(group))?;
                current = Some((slice.worker, track));
                free = Timestamp(0);
                track
            }
        };
        // Slices that lay over one another would be read as nested.
        let from = slice.from.max(free);
        free = slice.until.max(from);
        let entry = recording.enclaves().get(slice.enclave);
        let name = entry.and_then(|entry| entry.container.as_ref()).map(ContainerKey::to_string);
        let name = names.get(writer, &name.unwrap_or_else(|| "an enclave".to_owned()))?;
        let mut arguments = stay_arguments(slice);
        if let Some(entry) = entry {
            arguments.insert(0, (Key::Enclave, Value::Text(entry.id.to_string())));
        }
        writer.slice(track, name, (from, free), arguments)?;
    }
    Ok(())
}

fn stay_arguments(slice: &Slice) -> Vec<(Key, Value)> {
    let end = match slice.end() {
        Some(StayEnd::Aex) => "AEX",
        Some(StayEnd::Eexit) => "EEXIT",
        Some(StayEnd::Over) => "over",
        None => "several",
    };
    let mut arguments =
        vec![(Key::End, Value::Text(end.to_owned())), (Key::Faults, Value::Number(slice.faults))];
    if slice.stays > 1 {
        arguments.push((Key::Stays, Value::Number(slice.stays.into())));
    }
    arguments
}

fn memory<W: Write>(writer: &mut Writer<W>, root: Track, recording: &Recording) -> io::Result<()> {
    let mut moments = recording.moments().peekable();
    if moments.peek().is_none() {
        return Ok(());
    }
    let group = writer.track("Encrypted memory", "", Some(root))?;
    let used = writer.counter("in use", Unit::Bytes, group)?;
    let free = writer.counter("free", Unit::Bytes, group)?;
    for moment in moments {
        let in_use = Pages(moment.frames.0.saturating_sub(moment.free.0));
        writer.count(used, moment.time, in_use.to_bytes().0)?;
        writer.count(free, moment.time, moment.free.to_bytes().0)?;
    }
    Ok(())
}

fn enclaves<W: Write>(
    writer: &mut Writer<W>,
    root: Track,
    names: &mut Names,
    recording: &Recording,
) -> io::Result<()> {
    let histories = Histories::of(recording);
    let mut readings: BTreeMap<&ContainerKey, Vec<(Timestamp, Reading)>> = BTreeMap::new();
    for moment in recording.moments() {
        for reading in &moment.readings {
            let entry = recording.enclaves().get(reading.enclave);
            if let Some(container) = entry.and_then(|entry| entry.container.as_ref()) {
                readings.entry(container).or_default().push((moment.time, *reading));
            }
        }
    }
    if readings.is_empty() && histories.iter().next().is_none() {
        return Ok(());
    }
    let group =
        writer.track("Enclaves", "states are slices; attestations and ends are instants", Some(root))?;
    for history in histories.iter() {
        let name = text::clean(&history.container.to_string()).into_owned();
        let track = writer.track(&name, "", Some(group))?;
        life(writer, track, names, history)?;
        let end = history.phases.last().map(|phase| phase.until);
        counters(writer, track, readings.get(&history.container).map_or(&[], Vec::as_slice), end)?;
    }
    Ok(())
}

fn life<W: Write>(
    writer: &mut Writer<W>,
    track: Track,
    names: &mut Names,
    history: &History,
) -> io::Result<()> {
    for phase in &history.phases {
        let name = names.get(writer, phase.kind.as_str())?;
        let enclave = phase.enclave.map(|enclave| (Key::Enclave, Value::Text(enclave.to_string())));
        writer.slice(track, name, (phase.from, phase.until), enclave.into_iter().collect())?;
    }
    for mark in &history.marks {
        let name = names.get(writer, mark.kind.as_str())?;
        writer.instant(track, mark.time, name, vec![(Key::What, clean(&mark.words))])?;
    }
    Ok(())
}

/// One counter of an enclave: its name, its unit, and what it reads.
type Counter = (&'static str, Unit, fn(&Reading) -> u64);

const COUNTERS: [Counter; 9] = [
    ("resident", Unit::Bytes, |reading| reading.resident.to_bytes().0),
    ("touched", Unit::Bytes, |reading| reading.total.to_bytes().0),
    ("faults", Unit::Count, |reading| reading.faults),
    ("pages brought back", Unit::Count, |reading| reading.page_ins),
    ("pages put out", Unit::Count, |reading| reading.page_outs),
    ("asynchronous exits", Unit::Count, |reading| reading.aex),
    ("synchronous exits", Unit::Count, |reading| reading.eexit),
    ("CPU time", Unit::Nanos, |reading| reading.cpu.0),
    ("fair share of CPU time", Unit::Nanos, |reading| reading.fair.0),
];

fn counters<W: Write>(
    writer: &mut Writer<W>,
    parent: Track,
    readings: &[(Timestamp, Reading)],
    end: Option<Timestamp>,
) -> io::Result<()> {
    for (name, unit, read) in COUNTERS {
        // A counter holds its value until the next: only changes are written.
        let mut last = None;
        let mut track = None;
        for (time, reading) in readings {
            let value = read(reading);
            if last == Some(value) || (last.is_none() && value == 0) {
                continue;
            }
            let track = match track {
                Some(track) => track,
                None => *track.insert(writer.counter(name, unit, parent)?),
            };
            writer.count(track, *time, value)?;
            last = Some(value);
        }
        // Counts stay what they were in the end; memory is given back.
        let seen = readings.last().map(|(time, _)| *time);
        if let (Unit::Bytes, Some(track), Some(end)) = (unit, track, end.filter(|end| Some(*end) > seen)) {
            writer.count(track, end, 0)?;
        }
    }
    Ok(())
}

fn node<W: Write>(
    writer: &mut Writer<W>,
    root: Track,
    names: &mut Names,
    recording: &Recording,
) -> io::Result<()> {
    let mut track = None;
    for event in recording.events().filter(|event| !matches!(event.subject, Subject::Container(_))) {
        let track = match track {
            Some(track) => track,
            None => *track.insert(writer.track("Node and pods", "", Some(root))?),
        };
        let (_, words) = line::words(&event.what);
        let name = names.get(writer, event.what.kind())?;
        let what = format!("{}: {words}", event.subject);
        writer.instant(track, event.time, name, vec![(Key::What, clean(&what))])?;
    }
    Ok(())
}
