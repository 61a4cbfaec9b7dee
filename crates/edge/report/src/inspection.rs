//! An inspection as people read it: one row for each thing that asks or could ask for a
//! TEE, below it why a class is not plain, and every finding with its place and remedy.
//!
//! What was understood comes as [`Inspected`] rows; this renders them. In a pipe every
//! finding is one line that begins with its whole place. On a terminal they are grouped
//! below what they were found in, wrapped at words, and the table follows, where it is
//! seen last. Where it would be wider than the terminal, the namespace and the overhead go
//! first, then the beginnings of paths, and only then are cells wrapped.

use std::fmt::Write as _;

use casemate_model::Bytes;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};

use unicode_width::UnicodeWidthStr as _;

use crate::style::Tone;
use crate::{Style, text};

/// Characters of a place that are always shown.
const PLACE_MIN: usize = 24;

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
    let mut table = String::new();
    if !inspected.is_empty() {
        rows(&mut table, inspected, style);
    }
    let parts = match style.width {
        None => [table, lines(inspected, errors, style)],
        Some(width) => [groups(inspected, errors, style, usize::from(width)), table],
    };
    let mut out = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        out.push_str(&part);
        out.push('\n');
    }
    push(&mut out, style, Tone::Plain, &summary(inspected, errors));
    out
}

/// A line for each class that is not plain, each finding and each error, with its whole place.
fn lines(inspected: &[Inspected], errors: &[String], style: Style) -> String {
    let mut out = String::new();
    for one in inspected {
        if one.weight != Weight::Info {
            let said = format!("{}: {} {}: {}", one.place, title(one), one.class, one.reason);
            push(&mut out, style, Tone::Plain, &said);
        }
        for remark in &one.remarks {
            let Remark { weight, place, id, text } = remark;
            push(&mut out, style, weight.tone(), &format!("{place}: {} {id}: {text}", weight.word()));
        }
    }
    for error in errors {
        push(&mut out, style, Tone::Bad, error);
    }
    out
}

/// The same, findings below what they were found in.
fn groups(inspected: &[Inspected], errors: &[String], style: Style, width: usize) -> String {
    let mut out = String::new();
    for one in inspected.iter().filter(|one| one.weight != Weight::Info || !one.remarks.is_empty()) {
        let said = format!("{}: {} is {}: {}", one.place, title(one), one.class, one.reason);
        wrapped(&mut out, style, Tone::Plain, "", &said, 4, width);
        // The file is named above; what follows it is line and column.
        let file = one.place.rsplit_once(':').map_or("", |(file, _)| file);
        for remark in &one.remarks {
            let place = remark.place.strip_prefix(file).unwrap_or(&remark.place).trim_start_matches(':');
            let head = format!("  {place:<7} {:<7}  ", remark.weight.word());
            let text = format!("{} ({})", remark.text, remark.id);
            wrapped(&mut out, style, remark.weight.tone(), &head, &text, head.len(), width);
        }
    }
    for error in errors {
        wrapped(&mut out, style, Tone::Bad, "", error, 4, width);
    }
    out
}

/// A paragraph that begins with `head`; further lines are indented.
pub(crate) fn wrapped(
    out: &mut String,
    style: Style,
    tone: Tone,
    head: &str,
    text: &str,
    indent: usize,
    width: usize,
) {
    // In a window too narrow for an indented paragraph the terminal breaks lines itself.
    let width = if width < indent + 20 { usize::MAX } else { width };
    let mut line = text::clean(head).into_owned();
    let mut columns = line.width();
    let mut begun = false;
    for word in text::clean(text).split_whitespace() {
        if begun && columns + 1 + word.width() > width {
            let _ = writeln!(out, "{}", style.paint(tone, &line));
            line = " ".repeat(indent);
            (columns, begun) = (indent, false);
        }
        if begun {
            line.push(' ');
            columns += 1;
        }
        line.push_str(word);
        columns += word.width();
        begun = true;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", style.paint(tone, &line));
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

    pub(crate) const fn tone(self) -> Tone {
        match self {
            Self::Error => Tone::Bad,
            Self::Warning => Tone::Waiting,
            Self::Info => Tone::Faint,
            Self::Good => Tone::Good,
        }
    }

    pub(crate) const fn colour(self) -> Option<Color> {
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
    for line in fitting(inspected, style).lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// The table with as many columns as fit.
fn fitting(inspected: &[Inspected], style: Style) -> Table {
    let full = build(inspected, style, &Column::ALL);
    let Some(width) = style.width.map(usize::from) else { return full };
    let mut columns = Column::ALL.to_vec();
    let mut table = full;
    let longest = inspected.iter().map(|one| one.place.chars().count()).max().unwrap_or(0);
    for given_up in Column::GIVEN_UP {
        if widest(&table) <= width.saturating_add(longest.saturating_sub(PLACE_MIN)) {
            break;
        }
        columns.retain(|column| *column != given_up);
        table = build(inspected, style, &columns);
    }
    let over = widest(&table).saturating_sub(width);
    if over > 0 {
        table = build(&with_short_places(inspected, over), style, &columns);
    }
    if widest(&table) > width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(style.width.unwrap_or(u16::MAX));
    }
    table
}

/// The same with places so much shorter at their beginnings: what tells files apart stands at the end.
fn with_short_places(inspected: &[Inspected], over: usize) -> Vec<Inspected> {
    let longest = inspected.iter().map(|one| one.place.chars().count()).max().unwrap_or(0);
    let room = longest.saturating_sub(over).max(PLACE_MIN);
    let short = |one: &Inspected| {
        let count = one.place.chars().count();
        let mut one = one.clone();
        if count > room {
            let tail: String = one.place.chars().skip(count - room + 1).collect();
            one.place = format!("…{tail}");
        }
        one
    };
    inspected.iter().map(short).collect()
}

/// Columns needed by `table` when nothing is wrapped: contents, and two between columns.
fn widest(table: &Table) -> usize {
    let columns = table.column_max_content_widths();
    columns.iter().map(|width| usize::from(*width) + 2).sum::<usize>().saturating_sub(2)
}

fn build(inspected: &[Inspected], style: Style, columns: &[Column]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
    if style.colour {
        table.enforce_styling();
    }
    table.set_header(columns.iter().map(|column| column.title()));
    for one in inspected {
        table.add_row(columns.iter().map(|column| column.cell(one)));
    }
    for (column, laid_out) in columns.iter().zip(table.column_iter_mut()) {
        laid_out.set_padding((0, 2));
        if column.is_number() {
            laid_out.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Place,
    Kind,
    Namespace,
    Name,
    Class,
    Tee,
    Epc,
    Limit,
    Enclaves,
    Keys,
    Overhead,
    Findings,
}

impl Column {
    const ALL: [Self; 12] = [
        Self::Place,
        Self::Kind,
        Self::Namespace,
        Self::Name,
        Self::Class,
        Self::Tee,
        Self::Epc,
        Self::Limit,
        Self::Enclaves,
        Self::Keys,
        Self::Overhead,
        Self::Findings,
    ];
    /// Those a narrow window does without, the first first.
    const GIVEN_UP: [Self; 7] = [
        Self::Namespace,
        Self::Overhead,
        Self::Keys,
        Self::Kind,
        Self::Enclaves,
        Self::Limit,
        Self::Findings,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Place => "PLACE",
            Self::Kind => "KIND",
            Self::Namespace => "NAMESPACE",
            Self::Name => "NAME",
            Self::Class => "CLASS",
            Self::Tee => "TEE",
            Self::Epc => "EPC",
            Self::Limit => "LIMIT",
            Self::Enclaves => "ENCLAVES",
            Self::Keys => "KEYS",
            Self::Overhead => "OVERHEAD",
            Self::Findings => "FINDINGS",
        }
    }

    const fn is_number(self) -> bool {
        matches!(self, Self::Epc | Self::Limit | Self::Enclaves | Self::Keys | Self::Overhead)
    }

    fn cell(self, one: &Inspected) -> Cell {
        let plain = |text: &str| Cell::new(text::clean(if text.is_empty() { "-" } else { text }));
        let coloured = |cell: Cell, weight: Option<Weight>| match weight.and_then(Weight::colour) {
            Some(colour) => cell.fg(colour),
            None => cell,
        };
        match self {
            Self::Place => plain(&one.place),
            Self::Kind => plain(&one.kind),
            Self::Namespace => plain(&one.namespace),
            Self::Name => plain(&one.name),
            Self::Class => coloured(Cell::new(one.class), Some(one.weight)),
            Self::Tee => plain(one.tee.unwrap_or_default()),
            Self::Epc => number(one.epc_guaranteed),
            Self::Limit => number(one.epc_limit),
            Self::Enclaves => number(one.enclaves),
            Self::Keys => number(one.key_slots),
            Self::Overhead => number(one.overhead_memory),
            Self::Findings => {
                let worst = one.remarks.iter().map(|remark| remark.weight).min();
                coloured(Cell::new(counts(&one.remarks)), worst)
            }
        }
    }
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
    if parts.is_empty() && errors.is_empty() {
        parts.push("nothing in it asks or could ask for a TEE".to_owned());
    }
    match errors.len() {
        0 => {}
        1 => parts.push("1 error".to_owned()),
        many => parts.push(format!("{many} errors")),
    }
    parts.join(", ")
}

pub(crate) fn push(out: &mut String, style: Style, tone: Tone, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", style.paint(tone, &text::clean(line)));
}
