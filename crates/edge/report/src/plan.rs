//! A plan: where pods would go, why the others would not, and how full the nodes would be; as the document
//! that programs read ([`PlanReport`]) and as people read it ([`plan_table`]).

use std::fmt::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};
use serde::Serialize;

use crate::inspection::wrapped;
use crate::style::Tone;
use crate::{Style, text};

/// The document of `casemate plan -o json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// [`PlanReport::SCHEMA`].
    pub schema: &'static str,
    /// What was supposed to be otherwise than the documents say.
    pub what_if: Vec<String>,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many pods there are.
    pub pods: usize,
    /// Each pod with a place.
    pub placements: Vec<PlannedPod>,
    /// Pods without, those that ask for the same together.
    pub pending: Vec<PendingPods>,
    /// What is handed out of each resource.
    pub resources: Vec<PlannedResource>,
    /// What was understood of the documents and is not acted upon.
    pub notes: Vec<String>,
    /// What could not be read.
    pub errors: Vec<String>,
}

/// A pod with a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedPod {
    /// Its namespace and name.
    pub pod: String,
    /// Where it would go.
    pub node: String,
    /// How good the node is for it.
    pub why: String,
}

/// Pods without a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingPods {
    /// Their namespaces and names.
    pub pods: Vec<String>,
    /// Whether these nodes could not take one even if they were empty.
    pub never: bool,
    /// A reason that holds whatever the node.
    pub reason: Option<String>,
    /// What keeps them off the nodes, the nearest first.
    pub hurdles: Vec<PlannedHurdle>,
    /// Cloud instance types that would hold one, those that waste least first.
    pub instance_types: Vec<String>,
}

/// What keeps pods off some nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedHurdle {
    /// How many nodes are alike in it.
    pub nodes: usize,
    /// One of them.
    pub example: String,
    /// What would have to be otherwise: all of it.
    pub reasons: Vec<String>,
}

/// How much of a resource is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedResource {
    /// Its name.
    pub resource: String,
    /// In bytes, thousandths of a CPU, or slots.
    pub unit: &'static str,
    /// What the nodes have.
    pub capacity: u64,
    /// What pods would have of it.
    pub used: u64,
    /// The most that is free on one node.
    pub largest_free: u64,
    /// The same as people write them: capacity, used, largest free.
    #[serde(skip)]
    pub written: [String; 3],
}

impl PlanReport {
    /// Which document it is. Within it fields are only added.
    pub const SCHEMA: &'static str = "casemate.plan/v1";
}

/// Renders a plan. Ends with a line end.
#[must_use]
pub fn plan_table(report: &PlanReport, style: Style) -> String {
    let width = style.width.map_or(usize::MAX, usize::from);
    let mut out = String::new();
    for supposed in &report.what_if {
        wrapped(&mut out, style, Tone::Waiting, "", &format!("supposing: {supposed}"), 4, width);
    }
    if !report.placements.is_empty() {
        let rows = report.placements.iter().map(|it| {
            [(it.pod.as_str(), Tone::Plain), (it.node.as_str(), Tone::Good), (it.why.as_str(), Tone::Faint)]
        });
        part(&mut out, &grid(["POD", "NODE", "WHY"], rows, &[], style));
    }
    for pending in &report.pending {
        let mut said = String::new();
        let verdict = match (pending.never, pending.pods.len()) {
            (true, _) => "can never be placed here",
            (false, 1) => "waits",
            (false, _) => "wait",
        };
        let head = format!("{} {verdict}", pods(&pending.pods));
        let head = pending.reason.as_ref().map_or_else(|| format!("{head}:"), |it| format!("{head}: {it}"));
        let tone = if pending.never { Tone::Bad } else { Tone::Waiting };
        wrapped(&mut said, style, tone, "", &head, 4, width);
        for hurdle in &pending.hurdles {
            let nodes = match hurdle.nodes {
                1 => hurdle.example.clone(),
                count => format!("{count} nodes like {}", hurdle.example),
            };
            let line = format!("{nodes}: {}", hurdle.reasons.join("; "));
            wrapped(&mut said, style, Tone::Plain, "  ", &line, 4, width);
        }
        if !pending.instance_types.is_empty() {
            let line = format!("would fit: {}", pending.instance_types.join(", "));
            wrapped(&mut said, style, Tone::Faint, "  ", &line, 4, width);
        }
        part(&mut out, &said);
    }
    if !report.resources.is_empty() {
        let percents: Vec<String> = report.resources.iter().map(|it| percent(it.used, it.capacity)).collect();
        let rows = report.resources.iter().zip(&percents).map(|(it, percent)| {
            let [capacity, used, free] = it.written.each_ref().map(String::as_str);
            [it.resource.as_str(), used, capacity, percent.as_str(), free].map(|cell| (cell, Tone::Plain))
        });
        let titles = ["RESOURCE", "USED", "OF", "%", "FREE ON ONE NODE"];
        part(&mut out, &grid(titles, rows, &[1, 2, 3, 4], style));
    }
    let mut last = String::new();
    for note in &report.notes {
        wrapped(&mut last, style, Tone::Faint, "", &format!("note: {note}"), 4, width);
    }
    for error in &report.errors {
        wrapped(&mut last, style, Tone::Bad, "", error, 4, width);
    }
    let summary = summary(report);
    wrapped(&mut last, style, Tone::Plain, "", &summary, 4, width);
    part(&mut out, &last);
    out
}

/// Parts are told apart by an empty line.
fn part(out: &mut String, part: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(part);
}

fn grid<'a, const N: usize>(
    titles: [&str; N],
    rows: impl Iterator<Item = [(&'a str, Tone); N]>,
    numbers: &[usize],
    style: Style,
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
    if style.colour {
        table.enforce_styling();
    }
    if let Some(width) = style.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(titles);
    for row in rows {
        table.add_row(row.map(|(said, tone)| {
            let cell = Cell::new(text::clean(said));
            match tone {
                Tone::Good if style.colour => cell.fg(Color::Green),
                Tone::Faint if style.colour => cell.fg(Color::DarkGrey),
                _ => cell,
            }
        }));
    }
    for (nth, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if numbers.contains(&nth) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = String::new();
    for line in table.lines() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn pods(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

fn percent(used: u64, capacity: u64) -> String {
    let tenths = u128::from(used) * 1000 / u128::from(capacity.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn summary(report: &PlanReport) -> String {
    let (placed, pending) = (report.placements.len(), report.pods - report.placements.len());
    let never: usize = report.pending.iter().filter(|it| it.never).map(|it| it.pods.len()).sum();
    let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut said = format!("{} on {}: {placed} placed", of(report.pods, "pod"), of(report.nodes, "node"));
    if pending > 0 {
        let _ = write!(said, ", {pending} pending");
    }
    if never > 0 {
        let _ = write!(said, ", of which {never} can never be placed");
    }
    if !report.errors.is_empty() {
        let _ = write!(said, "; {}", of(report.errors.len(), "error"));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> PlanReport {
        let hurdle = |nodes, example: &str, reason: &str| PlannedHurdle {
            nodes,
            example: example.into(),
            reasons: vec![reason.into()],
        };
        PlanReport {
            schema: PlanReport::SCHEMA,
            what_if: vec!["node b is down".into()],
            nodes: 5,
            pods: 5,
            placements: vec![PlannedPod {
                pod: "default/a".into(),
                node: "n1".into(),
                why: "EPC would be 50 % used (32Mi of 64Mi)".into(),
            }],
            pending: vec![
                PendingPods {
                    pods: vec!["default/b".into(), "default/c".into(), "default/d".into()],
                    never: false,
                    reason: None,
                    hurdles: vec![
                        hurdle(3, "n1", "asks for 60Mi EPC, 54Mi of 64Mi are free"),
                        hurdle(1, "n4", "asks for sgx, the node has tdx"),
                    ],
                    instance_types: vec!["Standard_DC1s_v3".into(), "Standard_DC2s_v3".into()],
                },
                PendingPods {
                    pods: vec!["default/\u{1b}[2Je".into()],
                    never: true,
                    reason: Some("its requests for CPU add up to more than any node can have".into()),
                    hurdles: Vec::new(),
                    instance_types: Vec::new(),
                },
            ],
            resources: vec![PlannedResource {
                resource: "EPC".into(),
                unit: "bytes",
                capacity: 3 << 26,
                used: 1 << 25,
                largest_free: 1 << 26,
                written: ["192Mi".into(), "32Mi".into(), "64Mi".into()],
            }],
            notes: vec!["pods.yaml:9:3: spec.affinity: preferences are ignored".into()],
            errors: vec!["pods.yaml:3:1: no such kind".into()],
        }
    }

    #[test]
    fn a_plan_as_people_read_it() {
        insta::assert_snapshot!(plan_table(&report(), Style::plain()));
    }

    #[test]
    fn in_a_narrow_window_no_line_is_wider() {
        let style = Style { width: Some(60), colour: false };
        let table = plan_table(&report(), style);
        assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
    }

    #[test]
    fn the_document_is_what_programs_rely_on() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&report()).expect("JSON"));
    }
}
