//! An inspection as people read it: one row for each thing that asks or could ask for a
//! TEE, below it why a class is not plain, and every finding with its place and remedy.
//!
//! What was understood comes as [`Inspected`] rows; this renders them. Where the table
//! would be wider than the terminal, the namespace and the overhead go first, and only
//! then are cells wrapped.

use std::fmt::Write as _;

use casemate_model::Bytes;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};

use crate::style::Tone;
use crate::{Style, text};

/// One thing that was inspected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Where it begins: `file:line`.
    pub place: String,
    /// Its kind; empty where none is written.
    pub kind: String,
    /// Its namespace; empty where none is written.
    pub namespace: String,
    /// Its name; empty where none is written.
    pub name: String,
    /// Its class, in the words programs read.
    pub class: &'static str,
    /// How the class is to be taken.
    pub weight: Weight,
    /// Why it has that class.
    pub reason: String,
    /// The TEE, where known.
    pub tee: Option<&'static str>,
    /// Encrypted memory guaranteed.
    pub epc_guaranteed: Option<Bytes>,
    /// The most encrypted memory it may have.
    pub epc_limit: Option<Bytes>,
    /// Enclaves at once.
    pub enclaves: Option<u64>,
    /// Memory-encryption keys.
    pub key_slots: Option<u64>,
    /// Memory of the sandbox.
    pub overhead_memory: Option<Bytes>,
    /// What is wrong or risky in it.
    pub remarks: Vec<Remark>,
}

/// Something wrong or risky.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How bad it is.
    pub weight: Weight,
    /// Where: `file:line:column`.
    pub place: String,
    /// Which of the catalogue.
    pub id: &'static str,
    /// What is wrong, and what to do about it.
    pub text: String,
}

/// How a line is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Wrong, or unprotected.
    Error,
    /// Not certain, or risky.
    Warning,
    /// Worth knowing.
    Info,
    /// As it should be.
    Good,
}

/// Renders an inspection; `errors` are what could not be read. Ends with a line end.
#[must_use]
pub fn inspection_table(inspected: &[Inspected], errors: &[String], style: Style) -> String {
    let mut out = String::new();
    if !inspected.is_empty() {
        rows(&mut out, inspected, style);
    }
    let mut lines: Vec<(Tone, String)> = Vec::new();
    for one in inspected {
        if one.weight != Weight::Info {
            lines.push((Tone::Plain, format!("{}: {} {}: {}", one.place, title(one), one.class, one.reason)));
        }
        for remark in &one.remarks {
            let word = remark.weight.word();
            lines.push((
                remark.weight.tone(),
                format!("{}: {word} {}: {}", remark.place, remark.id, remark.text),
            ));
        }
    }
    lines.extend(errors.iter().map(|error| (Tone::Bad, error.clone())));
    if !lines.is_empty() && !out.is_empty() {
        out.push('\n');
    }
    for (tone, line) in &lines {
        push(&mut out, style, *tone, line);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    push(&mut out, style, Tone::Plain, &summary(inspected, errors));
    out
}

impl Weight {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Good => "good",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Error => Tone::Bad,
            Self::Warning => Tone::Waiting,
            Self::Info => Tone::Faint,
            Self::Good => Tone::Good,
        }
    }

    const fn colour(self) -> Option<Color> {
        match self {
            Self::Error => Some(Color::Red),
            Self::Warning => Some(Color::Yellow),
            Self::Info => None,
            Self::Good => Some(Color::Green),
        }
    }
}

fn title(one: &Inspected) -> String {
    let kind = if one.kind.is_empty() { "document" } else { &one.kind };
    if one.name.is_empty() { kind.to_owned() } else { format!("{kind} {}", one.name) }
}

fn rows(out: &mut String, inspected: &[Inspected], style: Style) {
    let full = build(inspected, style, true);
    let chosen = match style.width {
        Some(width) if widest(&full) > usize::from(width) => {
            let mut narrow = build(inspected, style, false);
            narrow.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            narrow
        }
        _ => full,
    };
    for line in chosen.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// Columns needed by `table` when nothing is wrapped: contents, and two between columns.
fn widest(table: &Table) -> usize {
    let columns = table.column_max_content_widths();
    columns.iter().map(|width| usize::from(*width) + 2).sum::<usize>().saturating_sub(2)
}

fn build(inspected: &[Inspected], style: Style, with_all: bool) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
    if style.colour {
        table.enforce_styling();
    }
    let mut header = vec!["PLACE", "KIND"];
    if with_all {
        header.push("NAMESPACE");
    }
    header.extend(["NAME", "CLASS", "TEE"]);
    let first_number = header.len();
    header.extend(["EPC", "LIMIT", "ENCLAVES", "KEYS"]);
    if with_all {
        header.push("OVERHEAD");
    }
    header.push("FINDINGS");
    let numbers = first_number..header.len() - 1;
    table.set_header(header);
    for one in inspected {
        table.add_row(row(one, with_all));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(one: &Inspected, with_all: bool) -> Vec<Cell> {
    let plain = |text: &str| Cell::new(text::clean(if text.is_empty() { "-" } else { text }));
    let mut cells = vec![plain(&one.place), plain(&one.kind)];
    if with_all {
        cells.push(plain(&one.namespace));
    }
    cells.push(plain(&one.name));
    let class = Cell::new(one.class);
    cells.push(match one.weight.colour() {
        Some(colour) => class.fg(colour),
        None => class,
    });
    cells.push(plain(one.tee.unwrap_or_default()));
    cells.push(number(one.epc_guaranteed));
    cells.push(number(one.epc_limit));
    cells.push(number(one.enclaves));
    cells.push(number(one.key_slots));
    if with_all {
        cells.push(number(one.overhead_memory));
    }
    let worst = one.remarks.iter().map(|remark| remark.weight).min();
    let found = Cell::new(counts(&one.remarks));
    cells.push(match worst.and_then(Weight::colour) {
        Some(colour) => found.fg(colour),
        None => found,
    });
    cells
}

/// A number, or `?` where the files do not tell it.
fn number<T: ToString>(number: Option<T>) -> Cell {
    Cell::new(number.map_or_else(|| "?".to_owned(), |number| number.to_string()))
}

/// How many of each weight: `1 error, 2 warnings`.
fn counts(remarks: &[Remark]) -> String {
    let mut parts = Vec::new();
    for (weight, word) in [(Weight::Error, "error"), (Weight::Warning, "warning"), (Weight::Info, "info")] {
        match remarks.iter().filter(|remark| remark.weight == weight).count() {
            0 => {}
            1 => parts.push(format!("1 {word}")),
            many if weight == Weight::Info => parts.push(format!("{many} {word}")),
            many => parts.push(format!("{many} {word}s")),
        }
    }
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

fn summary(inspected: &[Inspected], errors: &[String]) -> String {
    let mut classes: Vec<(&str, usize)> = Vec::new();
    for one in inspected {
        match classes.iter_mut().find(|(class, _)| *class == one.class) {
            Some((_, count)) => *count += 1,
            None => classes.push((one.class, 1)),
        }
    }
    classes.sort_unstable();
    let mut parts: Vec<String> = classes.iter().map(|(class, count)| format!("{count} {class}")).collect();
    if parts.is_empty() {
        parts.push("nothing in it asks or could ask for a TEE".to_owned());
    }
    match errors.len() {
        0 => {}
        1 => parts.push("1 error".to_owned()),
        many => parts.push(format!("{many} errors")),
    }
    parts.join(", ")
}

fn push(out: &mut String, style: Style, tone: Tone, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", style.paint(tone, &text::clean(line)));
}
