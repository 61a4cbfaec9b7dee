//! A plan as people read it.

use std::fmt::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};

use crate::inspection::wrapped;
use crate::plan::VariantResource;
use crate::style::Tone;
use crate::{PlanReport, Style, text};

/// Renders a plan. Ends with a line end.
#[must_use]
pub fn plan_table(report: &PlanReport, style: Style) -> String {
    let width = style.width.map_or(usize::MAX, usize::from);
    let mut out = String::new();
    for supposed in &report.what_if {
        wrapped(&mut out, style, Tone::Waiting, "", &format!("supposing: {supposed}"), 4, width);
    }
    if !report.comparison.is_empty() {
        part(&mut out, &comparison(report, style));
    }
    if !report.placements.is_empty() {
        let rows = report.placements.iter().map(|it| {
            [(it.pod.as_str(), Tone::Plain), (it.node.as_str(), Tone::Good), (it.why.as_str(), Tone::Faint)]
        });
        part(&mut out, &grid(["POD", "NODE", "WHY"], rows, &[], style));
    }
    let mut lost = String::new();
    for victim in &report.preempted {
        let line = format!("{} loses its place on {} to {}", victim.pod, victim.node, victim.by);
        wrapped(&mut lost, style, Tone::Waiting, "", &line, 4, width);
    }
    for stranded in &report.stranded {
        let line = format!(
            "{} must leave {} and cannot: {}",
            stranded.pod,
            stranded.node,
            stranded.reasons.join("; ")
        );
        wrapped(&mut lost, style, Tone::Bad, "", &line, 4, width);
    }
    if !lost.is_empty() {
        part(&mut out, &lost);
    }
    if !report.moves.is_empty() {
        part(&mut out, &moves(report, style));
    }
    for pending in &report.pending {
        let mut said = String::new();
        let verdict = match (pending.never, pending.pods.len()) {
            _ if pending.condition == "Unsupported" => "asks for what is not implemented (Unsupported)",
            _ if pending.condition == "SchedulingGated" => "is held back by its gates (SchedulingGated)",
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
        part(&mut out, &resources(report, style));
    }
    let mut last = String::new();
    for note in &report.notes {
        wrapped(&mut last, style, Tone::Faint, "", &format!("note: {note}"), 4, width);
    }
    for broken in &report.checker.broken {
        let line = format!("the plan breaks a rule, which is a bug in Casemate; please report it: {broken}");
        wrapped(&mut last, style, Tone::Bad, "", &line, 4, width);
    }
    for error in &report.errors {
        wrapped(&mut last, style, Tone::Bad, "", error, 4, width);
    }
    let summary = summary(report);
    wrapped(&mut last, style, Tone::Plain, "", &summary, 4, width);
    part(&mut out, &last);
    out
}

fn resources(report: &PlanReport, style: Style) -> String {
    let bound = |name: &str| {
        let bound = report.bounds.iter().find(|it| it.resource == name);
        bound.map_or_else(String::new, |it| format!("{:.1}", it.percent))
    };
    let told: Vec<[String; 7]> = report
        .resources
        .iter()
        .map(|it| {
            let [capacity, used, free, unusable] = it.written.clone();
            let full = percent(it.used, it.capacity);
            [it.resource.clone(), used, capacity, full, free, unusable, bound(&it.resource)]
        })
        .collect();
    let rows = told.iter().map(|row| row.each_ref().map(|cell| (cell.as_str(), Tone::Plain)));
    let titles = ["RESOURCE", "USED", "OF", "%", "FREE ON ONE NODE", "FREE, FITS NONE", "% OF BOUND"];
    grid(titles, rows, &[1, 2, 3, 4, 5, 6], style)
}

fn moves(report: &PlanReport, style: Style) -> String {
    let waves: Vec<String> = report.moves.iter().map(|it| it.wave.to_string()).collect();
    let rows = report.moves.iter().zip(&waves).map(|(it, wave)| {
        let plain = [wave, &it.pod, &it.from].map(|cell| (cell.as_str(), Tone::Plain));
        let [wave, pod, from] = plain;
        [wave, pod, from, (&it.to, Tone::Good), (&it.how, Tone::Plain), (&it.why, Tone::Faint)]
    });
    grid(["WAVE", "POD", "FROM", "TO", "HOW", "WHY"], rows, &[0], style)
}

/// A row for each variant; a column for each resource's share that is used, and of the bound that is reached.
fn comparison(report: &PlanReport, style: Style) -> String {
    let told: Vec<[String; 8]> = report
        .comparison
        .iter()
        .map(|it| {
            let each = |of: fn(&VariantResource) -> f64| {
                let each = it.resources.iter().map(|one| format!("{} {:.1}", one.resource, of(one)));
                each.collect::<Vec<_>>().join(", ")
            };
            let slowdown = it.slowdown.map_or_else(String::new, |it| format!("{it:.2}"));
            let counts = [it.placed, it.pending, it.preempted, it.nodes_used].map(|it| it.to_string());
            let [placed, pending, preempted, nodes] = counts;
            let (of_bound, unusable) = (each(|it| it.bound_percent), each(|it| it.unusable_percent));
            [it.name.clone(), placed, pending, preempted, nodes, of_bound, unusable, slowdown]
        })
        .collect();
    let rows = told.iter().map(|row| row.each_ref().map(|cell| (cell.as_str(), Tone::Plain)));
    let titles =
        ["POLICY", "PLACED", "PENDING", "PRE-EMPTED", "NODES", "% OF BOUND", "% FREE, FITS NONE", "SLOWER"];
    grid(titles, rows, &[1, 2, 3, 4, 7], style)
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
    if !report.moves.is_empty() {
        let _ = write!(said, "; {}", of(report.moves.len(), "move"));
    }
    if !report.freed.is_empty() {
        let _ = write!(said, ", which free {}", of(report.freed.len(), "node"));
    }
    if report.checker.checked > 0 && report.checker.broken.is_empty() {
        said.push_str("; checked, no rule broken");
    }
    if !report.errors.is_empty() {
        let _ = write!(said, "; {}", of(report.errors.len(), "error"));
    }
    said
}
