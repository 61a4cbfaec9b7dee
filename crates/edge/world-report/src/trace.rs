//! A simulation as a trace for Perfetto (<https://ui.perfetto.dev>): each design is a process, in it each CPU has a
//! track for the REE and one for the TEE, and a slice is what ran, by the name that the scenario has for it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use casemate_model::Timestamp;
use casemate_report::trace::writer::{Key, Name, Track, Value, Writer};
use casemate_world_sim::{Scenario, Side, Span, Variant, Who};

use crate::text;

/// The most slices of a trace, divided evenly among its designs.
pub const SPANS_MOST: usize = 1 << 20;

/// What each CPU did under one design: the first so many pieces, those of a kind that follow each other as one.
#[derive(Clone, Debug)]
pub struct Recorder {
    most: usize,
    spans: Vec<Span>,
    /// For each CPU, where its last piece is.
    last: BTreeMap<u8, usize>,
    /// From when on not everything is kept.
    cut: Option<u64>,
}

impl Recorder {
    /// Keeps at most so many.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { most, spans: Vec::new(), last: BTreeMap::new(), cut: None }
    }

    /// A CPU did something; pieces of a CPU come in order.
    pub fn add(&mut self, span: Span) {
        let last = self.last.get(&span.cpu).and_then(|at| self.spans.get_mut(*at));
        let goes_on = |it: &&mut Span| (it.until, it.side, it.who) == (span.from, span.side, span.who);
        if self.cut.is_none()
            && let Some(last) = last.filter(goes_on)
        {
            last.until = span.until;
        } else if self.cut.is_none() && self.spans.len() < self.most {
            self.last.insert(span.cpu, self.spans.len());
            self.spans.push(span);
        } else {
            self.cut = Some(self.cut.map_or(span.from, |cut| cut.min(span.from)));
        }
    }

    /// From when on, in nanoseconds, not everything was kept; `None`: everything was.
    #[must_use]
    pub const fn cut(&self) -> Option<u64> {
        self.cut
    }

    /// What was kept and is complete: of all CPUs, until the same moment.
    fn complete(&self) -> impl Iterator<Item = Span> {
        let cut = self.cut.unwrap_or(u64::MAX);
        let complete = self.spans.iter().filter(move |it| it.from < cut);
        complete.map(move |it| Span { until: it.until.min(cut), ..*it })
    }
}

/// A trace that is being written. The same designs give the same bytes.
///
/// Packets are written one by one: hand in a buffered writer.
#[derive(Debug)]
pub struct SimulationTrace<W: Write> {
    writer: Writer<W>,
    designs: usize,
    written: u32,
    names: BTreeMap<String, Name>,
}

impl<W: Write> SimulationTrace<W> {
    /// Begins a trace of so many designs.
    ///
    /// # Errors
    ///
    /// Where the writer fails.
    pub fn begin(to: W, designs: usize) -> io::Result<Self> {
        let writer = Writer::begin(to, Timestamp(0))?;
        Ok(Self { writer, designs, written: 0, names: BTreeMap::new() })
    }

    /// What keeps the pieces of the next design.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        Recorder::new(SPANS_MOST / self.designs.max(1))
    }

    /// Writes what was recorded of a design, as a process of its own.
    ///
    /// # Errors
    ///
    /// Where the writer fails.
    pub fn design(&mut self, scenario: &Scenario, variant: &Variant, kept: &Recorder) -> io::Result<()> {
        self.written += 1;
        let title = format!("{}: {}", text::name(&scenario.name), text::name(&variant.name));
        let about = match kept.cut {
            None => text::sentences(&scenario.about).into_owned(),
            Some(cut) => cut_short(cut),
        };
        let process = self.writer.process(self.written, &title, &about)?;
        let mut of: BTreeMap<(u8, World), Vec<Span>> = BTreeMap::new();
        for cpu in 0..scenario.machine.cpus {
            of.extend(World::ALL.map(|world| ((cpu, world), Vec::new())));
        }
        for span in kept.complete() {
            of.entry((span.cpu, World::of(span.side))).or_default().push(span);
        }
        for ((cpu, world), spans) in &of {
            let name = format!("CPU {cpu} {}", world.name());
            let track = self.writer.track(&name, world.about(), Some(process))?;
            for span in spans {
                self.slice(track, &span.who.name(scenario, variant), span)?;
            }
        }
        match kept.cut {
            Some(cut) => self.say_cut(process, cut),
            None => Ok(()),
        }
    }

    fn slice(&mut self, track: Track, name: &str, span: &Span) -> io::Result<()> {
        let name = self.name(name)?;
        let what = match (span.side, span.who) {
            (Side::TeeDuringIdle, Who::Switch) | (Side::Ree | Side::Tee, _) => None,
            (Side::TeeDuringIdle, _) => Some((Key::What, Value::Text("while the REE sleeps".to_owned()))),
        };
        let times = (Timestamp(span.from), Timestamp(span.until));
        self.writer.slice(track, name, times, what.into_iter().collect())
    }

    fn say_cut(&mut self, process: Track, cut: u64) -> io::Result<()> {
        let track = self.writer.track("left out", "", Some(process))?;
        let name = self.name("what comes later is left out")?;
        let what = vec![(Key::What, Value::Text(cut_short(cut)))];
        self.writer.instant(track, Timestamp(cut), name, what)
    }

    fn name(&mut self, name: &str) -> io::Result<Name> {
        let name = text::name(name);
        if let Some(known) = self.names.get(name.as_ref()) {
            return Ok(*known);
        }
        let interned = self.writer.name(&name)?;
        self.names.insert(name.into_owned(), interned);
        Ok(interned)
    }

    /// All designs have been written.
    ///
    /// # Errors
    ///
    /// Where the writer fails.
    pub fn finish(self) -> io::Result<()> {
        self.writer.finish()
    }
}

fn cut_short(cut: u64) -> String {
    format!("more happened than is kept: what comes after {:.3} ms is left out", cut as f64 / 1e6)
}

/// Which world a track is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum World {
    Ree,
    Tee,
}

impl World {
    const ALL: [Self; 2] = [Self::Ree, Self::Tee];

    const fn of(side: Side) -> Self {
        match side {
            Side::Ree => Self::Ree,
            Side::Tee | Side::TeeDuringIdle => Self::Tee,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ree => "REE",
            Self::Tee => "TEE",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Self::Ree => "tasks, agents and interrupts; where neither world has a slice, the CPU sleeps",
            Self::Tee => {
                "requests, services and periodic tasks; where neither world has a slice, the CPU sleeps"
            }
        }
    }
}
