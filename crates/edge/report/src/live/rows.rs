//! Enclaves, one a line, in columns. Where the window is too narrow for all columns,
//! those that say least go first; where it is too short, the busiest enclaves are shown.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use casemate_model::{PodKey, Timestamp};

use super::amount::{count, countdown};
use super::bar::parts;
use super::enclave::Enclave;
use super::line::{Line, middle_cut, shown, width};
use super::window::{Glyphs, Window};
use crate::style::Tone;
use crate::{EnclaveState, Verdict};

/// Between two columns.
const GAP: usize = 2;
/// Columns of a name that is shortened no further while other columns can go.
const NAME_MIN: usize = 12;
const BAR_MIN: usize = 6;
const BAR_MAX: usize = 24;

/// The columns behind the name, in the order they are given up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Faults,
    Bar,
    Verdict,
    Cpu,
    Pages,
    State,
}

/// As they are given up, and as they stand in a line.
const GIVEN_UP: [Column; 6] =
    [Column::Faults, Column::Bar, Column::Verdict, Column::Cpu, Column::Pages, Column::State];
const SHOWN: [Column; 6] =
    [Column::State, Column::Cpu, Column::Bar, Column::Pages, Column::Faults, Column::Verdict];

/// The texts of one enclave.
struct Row<'a> {
    enclave: &'a Enclave,
    name: String,
    state: (Tone, String),
    cpu: String,
    pages: String,
    faults: String,
    verdict: (Tone, String),
}

/// The enclaves in at most `rows` lines, with a header where there is room for it.
pub(super) fn lines(enclaves: &[&Enclave], now: Timestamp, rows: usize, window: Window) -> Vec<Line> {
    if enclaves.is_empty() || rows == 0 {
        return Vec::new();
    }
    let fitting = if enclaves.len() <= rows { rows } else { rows - 1 };
    let left_out = enclaves.len().saturating_sub(fitting);
    let chosen = busiest(enclaves, fitting);
    let told = |naming| chosen.iter().map(|enclave| Row::new(enclave, now, naming)).collect::<Vec<_>>();
    let mut rows_shown = told(Naming::of(enclaves));
    let mut layout = Layout::new(&rows_shown, window);
    if layout.cuts_names(&rows_shown) && one_container_a_pod(enclaves) {
        rows_shown = told(Naming::Pod);
        layout = Layout::new(&rows_shown, window);
    }
    let mut lines = Vec::new();
    if enclaves.len() < rows {
        lines.push(layout.header());
    }
    lines.extend(rows_shown.iter().map(|row| layout.row(row, window.glyphs)));
    if left_out > 0 {
        let mut line = Line::default();
        let more = if fitting == 0 { "enclaves" } else { "more" };
        line.push(Tone::Faint, &format!("+{left_out} {more}"));
        lines.push(line);
    }
    lines
}

/// How much of its container's name an enclave is called by.
#[derive(Clone, Copy)]
enum Naming {
    Full,
    WithoutNamespace,
    Pod,
}

impl Naming {
    /// A namespace that all share says nothing.
    fn of(enclaves: &[&Enclave]) -> Self {
        if enclaves.windows(2).all(|two| two[0].container.pod.namespace == two[1].container.pod.namespace) {
            Self::WithoutNamespace
        } else {
            Self::Full
        }
    }
}

fn one_container_a_pod(enclaves: &[&Enclave]) -> bool {
    let pods: BTreeSet<&PodKey> = enclaves.iter().map(|enclave| &enclave.container.pod).collect();
    pods.len() == enclaves.len()
}

/// At most `count` enclaves, those that use most, in the order given. What they use is
/// compared in coarse steps, so that rows do not come and go with every sample.
fn busiest<'a>(enclaves: &[&'a Enclave], count: usize) -> Vec<&'a Enclave> {
    let mut order: Vec<usize> = (0..enclaves.len()).collect();
    order.sort_by_key(|index| {
        let enclave = enclaves[*index];
        let faults = enclave.fault_rate().and_then(u64::checked_ilog2);
        Reverse((enclave.cpu_percent().map(|percent| percent / 5), faults, enclave.resident.0 / 1024))
    });
    order.truncate(count);
    order.sort_unstable();
    order.into_iter().map(|index| enclaves[index]).collect()
}

impl<'a> Row<'a> {
    fn new(enclave: &'a Enclave, now: Timestamp, naming: Naming) -> Self {
        let container = &enclave.container;
        let name = match naming {
            Naming::Full => container.to_string(),
            Naming::WithoutNamespace => format!("{}/{}", container.pod.name, container.container),
            Naming::Pod => container.pod.name.clone(),
        };
        let optional = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        Self {
            enclave,
            name: shown(&name),
            state: state(enclave),
            cpu: optional(enclave.cpu_percent().map(|percent| format!("{}%", count(percent)))),
            pages: format!("{}/{}", count(enclave.resident.0), count(enclave.total.0)),
            faults: optional(enclave.fault_rate().map(count)),
            verdict: verdict(enclave, now),
        }
    }

    fn text(&self, column: Column) -> &str {
        match column {
            Column::Faults => &self.faults,
            Column::Bar => "",
            Column::Verdict => &self.verdict.1,
            Column::Cpu => &self.cpu,
            Column::Pages => &self.pages,
            Column::State => &self.state.1,
        }
    }
}

fn state(enclave: &Enclave) -> (Tone, String) {
    match (enclave.state, enclave.worker) {
        (EnclaveState::Building, _) => (Tone::Faint, "building".to_owned()),
        (EnclaveState::Ready, _) => (Tone::Plain, "ready".to_owned()),
        // Workers are counted from one.
        (EnclaveState::Inside, Some(worker)) => (Tone::Good, format!("on CPU {}", worker.index())),
        (EnclaveState::Inside, None) => (Tone::Good, "inside".to_owned()),
        (EnclaveState::Blocked, _) => (Tone::Faint, "blocked".to_owned()),
        (EnclaveState::Suspended, _) => (Tone::Waiting, "suspended".to_owned()),
    }
}

fn verdict(enclave: &Enclave, now: Timestamp) -> (Tone, String) {
    match (enclave.verdict, enclave.not_after) {
        (None, _) => (Tone::Faint, "-".to_owned()),
        (Some(Verdict::Contraindicated), _) => (Tone::Bad, Verdict::Contraindicated.to_string()),
        (Some(Verdict::Affirming), None) => (Tone::Good, Verdict::Affirming.to_string()),
        (Some(Verdict::Affirming), Some(until)) if now >= until => (Tone::Bad, "lapsed".to_owned()),
        (Some(Verdict::Affirming), Some(until)) => {
            (Tone::Good, format!("{} {}", Verdict::Affirming, countdown(until.since(now))))
        }
    }
}

/// Which columns there are, and how wide.
struct Layout {
    name: usize,
    /// In the order shown, with their widths.
    columns: Vec<(Column, usize)>,
}

impl Layout {
    fn new(rows: &[Row<'_>], window: Window) -> Self {
        let available = usize::from(window.columns);
        let widest = |of: fn(&Row<'_>) -> usize| rows.iter().map(of).max().unwrap_or(0);
        let name = widest(|row| width(&row.name)).max(width(NAME));
        let mut columns: Vec<(Column, usize)> = SHOWN
            .into_iter()
            .map(|column| {
                let texts = rows.iter().map(|row| width(row.text(column)));
                let least = if column == Column::Bar { BAR_MIN } else { column.least() };
                (column, texts.max().unwrap_or(0).max(least))
            })
            .collect();
        let taken = |columns: &[(Column, usize)]| columns.iter().map(|(_, width)| width + GAP).sum::<usize>();
        for given_up in GIVEN_UP {
            // The state goes only where a name has next to no room beside it.
            let least = if given_up == Column::State { 8 } else { NAME_MIN };
            if name.min(least) + taken(&columns) <= available {
                break;
            }
            columns.retain(|(column, _)| *column != given_up);
        }
        let name = name.min(available.saturating_sub(taken(&columns)));
        let spare = available.saturating_sub(name + taken(&columns));
        for (column, width) in &mut columns {
            if *column == Column::Bar {
                *width = (*width + spare).min(BAR_MAX);
            }
        }
        Self { name, columns }
    }

    fn cuts_names(&self, rows: &[Row<'_>]) -> bool {
        rows.iter().any(|row| width(&row.name) > self.name)
    }

    fn header(&self) -> Line {
        let mut line = Line::default();
        line.left(Tone::Faint, NAME, self.name);
        for (column, width) in &self.columns {
            line.push(Tone::Plain, "  ");
            if column.is_number() {
                line.right(Tone::Faint, column.title(), *width);
            } else {
                line.left(Tone::Faint, column.title(), *width);
            }
        }
        line
    }

    fn row(&self, row: &Row<'_>, glyphs: Glyphs) -> Line {
        let mut line = Line::default();
        line.left(Tone::Plain, &middle_cut(&row.name, self.name, glyphs), self.name);
        for (column, width) in &self.columns {
            line.push(Tone::Plain, "  ");
            match column {
                Column::State => line.left(row.state.0, &row.state.1, *width),
                Column::Verdict => line.left(row.verdict.0, &row.verdict.1, *width),
                Column::Bar => bar(&mut line, row.enclave, *width, glyphs),
                Column::Cpu | Column::Pages | Column::Faults => {
                    line.right(Tone::Plain, row.text(*column), *width);
                }
            }
        }
        line
    }
}

const NAME: &str = "ENCLAVE";

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Faults => "FAULTS/S",
            Self::Bar => "RESIDENT",
            Self::Verdict => "VERDICT",
            Self::Cpu => "CPU",
            Self::Pages => "PAGES",
            Self::State => "STATE",
        }
    }

    /// So wide that a change of what it says moves no other column.
    fn least(self) -> usize {
        match self {
            Self::Cpu => 4,
            Self::Pages => 11,
            Self::Verdict => 15,
            Self::Faults | Self::Bar => 8,
            Self::State => 9,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Cpu | Self::Pages | Self::Faults)
    }
}

/// Of the pages it has touched: those that stay, those that can be put out, those that are out.
fn bar(line: &mut Line, enclave: &Enclave, columns: usize, glyphs: Glyphs) {
    let kept = enclave.resident.min(enclave.guaranteed);
    let movable = enclave.resident.saturating_sub(kept);
    let out = enclave.total.saturating_sub(enclave.resident);
    let [kept, movable, out] = parts([kept.0, movable.0, out.0], columns);
    let run = |glyph: char, count: usize| glyph.to_string().repeat(count);
    line.push(Tone::Good, &run(glyphs.kept(), kept));
    line.push(Tone::Waiting, &run(glyphs.movable(), movable));
    line.left(Tone::Faint, &run(glyphs.empty(), out), columns - kept - movable);
}
