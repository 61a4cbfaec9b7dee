//! The report of a run as people read it: what it ran on, one row a container,
//! and below the table every reason on a line of its own.
//!
//! A run has one node, named in the first line; where the table would be wider
//! than the terminal, the columns that repeat it (node, TEE) go first, and only
//! then are cells wrapped.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use casemate_model::Tee;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};

use crate::style::Tone;
use crate::text;
use crate::{NodeReport, RunReport, State, Style, Verdict, WorkloadReport};

/// Renders the report. Ends with a line end.
#[must_use]
pub fn table(report: &RunReport, style: Style) -> String {
    let mut out = String::new();
    preamble(&mut out, report, style);
    if !report.workloads.is_empty() {
        gap(&mut out);
        rows(&mut out, &report.workloads, style);
    }
    reasons(&mut out, report, style);
    epilogue(&mut out, report, style);
    out
}

fn preamble(out: &mut String, report: &RunReport, style: Style) {
    if let Some(node) = &report.node {
        push(out, style, Tone::Plain, &node_line(node));
    }
    if let Some(epc) = &report.epc {
        let paging =
            report.node.as_ref().map_or_else(String::new, |node| format!("; paging: {}", node.paging));
        let resident =
            epc.resident_pages_max.map_or_else(String::new, |max| format!(", at most {} in use", max.0));
        let size = epc.capacity_pages.to_bytes();
        push(
            out,
            style,
            Tone::Plain,
            &format!(
                "pool {size} of encrypted memory: {}, and {} to work with{resident}{paging}",
                epc.capacity_pages, epc.working_pages.0
            ),
        );
    }
    if let Some(policy) = &report.policy {
        let roots: Vec<String> = policy
            .software_root
            .iter()
            .map(|root| written(&root.written, &root.fingerprint.to_string()))
            .collect();
        let roots = if roots.is_empty() { "none".to_owned() } else { roots.join(", ") };
        push(
            out,
            style,
            Tone::Plain,
            &format!("policy {} ({}): software root {roots}", policy.name, policy.source),
        );
    }
    if report.node.as_ref().is_some_and(|node| node.tee == Tee::Software) {
        push(
            out,
            style,
            Tone::Waiting,
            "software enclaves protect nothing from the owner of this machine: they are for development",
        );
    }
}

fn node_line(node: &NodeReport) -> String {
    let verdict = node.verdict.map_or_else(|| "not appraised".to_owned(), |verdict| verdict.to_string());
    let cpus = if node.cpus == 1 { "1 CPU".to_owned() } else { format!("{} CPUs", node.cpus) };
    format!("node {}: {} TEE, {verdict}, {cpus}", node.name, node.tee)
}

/// `this-machine` says where a root comes from, not which it is; a fingerprint says both.
fn written(written: &str, fingerprint: &str) -> String {
    if written.ends_with(fingerprint) {
        written.to_owned()
    } else {
        format!("{written} = sha256:{fingerprint}")
    }
}

fn rows(out: &mut String, workloads: &[WorkloadReport], style: Style) {
    let full = build(workloads, style, true);
    let chosen = match style.width {
        Some(width) if widest(&full) > usize::from(width) => {
            let mut narrow = build(workloads, style, false);
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

fn build(workloads: &[WorkloadReport], style: Style, with_place: bool) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
    if style.colour {
        table.enforce_styling();
    }
    let place: &[&str] = if with_place { &["TEE", "NODE"] } else { &[] };
    // Most runs start nothing again.
    let with_restarts = workloads.iter().any(|workload| workload.restarts > 0);
    let restarts: &[&str] = if with_restarts { &["RESTARTS"] } else { &[] };
    let header = ["WORKLOAD"]
        .iter()
        .chain(place)
        .chain(&["VERDICT", "STATE", "EXIT"])
        .chain(restarts)
        .chain(&["TIME", "CPU", "PAGE-INS", "PAGE-OUTS", "AEX"]);
    table.set_header(header.copied());
    for workload in workloads {
        table.add_row(row(workload, with_place, with_restarts));
    }
    let first_number = place.len() + 3;
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index >= first_number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(workload: &WorkloadReport, with_place: bool, with_restarts: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::new(text::clean(&workload.title()))];
    if with_place {
        cells.push(optional(workload.tee));
        cells.push(optional(workload.node.as_ref().map(|node| text::clean(&node.0))));
    }
    cells.push(match workload.verdict {
        Some(Verdict::Affirming) => optional(workload.verdict).fg(Color::Green),
        Some(Verdict::Contraindicated) => optional(workload.verdict).fg(Color::Red),
        None => optional::<Verdict>(None),
    });
    cells.push(Cell::new(workload.state).fg(match workload.state {
        State::Succeeded => Color::Green,
        State::Pending | State::Running => Color::Yellow,
        State::Failed | State::Refused | State::Trapped | State::Killed | State::Suspended => Color::Red,
    }));
    cells.push(optional(workload.exit_code));
    if with_restarts {
        cells.push(Cell::new(workload.restarts));
    }
    cells.push(optional(workload.seconds.map(text::span)));
    cells.push(optional(workload.cpu_seconds.map(text::span)));
    cells.push(optional(workload.page_ins));
    cells.push(optional(workload.page_outs));
    cells.push(optional(workload.aex));
    cells
}

fn optional<T: ToString>(value: Option<T>) -> Cell {
    value.map_or_else(|| Cell::new("-"), Cell::new)
}

fn reasons(out: &mut String, report: &RunReport, style: Style) {
    let node = report
        .node
        .iter()
        .flat_map(|node| node.reasons.iter().map(|why| (format!("node {}", node.name), why)));
    let workloads = report.workloads.iter().flat_map(|w| w.reasons.iter().map(|why| (w.title(), why)));
    let mut lines = node.chain(workloads).peekable();
    if lines.peek().is_some() || !report.problems.is_empty() {
        gap(out);
    }
    for (title, why) in lines {
        push(out, style, Tone::Plain, &format!("{title}: {why}"));
    }
    for problem in &report.problems {
        push(out, style, Tone::Bad, problem);
    }
}

fn epilogue(out: &mut String, report: &RunReport, style: Style) {
    let Some(checker) = &report.checker else { return };
    gap(out);
    if checker.violations.is_empty() {
        let said = format!("checker: {} decisions re-checked, none broke a rule", checker.observations);
        push(out, style, Tone::Plain, &said);
    } else {
        let said = format!(
            "checker: {} of {} decisions broke a rule. This is a bug in Casemate; please report it with the event log",
            checker.violations.len(),
            checker.observations,
        );
        push(out, style, Tone::Bad, &said);
        for violation in &checker.violations {
            push(out, style, Tone::Bad, &format!("checker: {violation}"));
        }
    }
    let logs = report.workloads.iter().filter_map(|workload| workload.log.as_deref());
    let directories: BTreeSet<&Path> = logs.filter_map(|log| Path::new(log).parent()).collect();
    for directory in directories {
        push(out, style, Tone::Faint, &format!("logs: {}", directory.display()));
    }
    if let Some(events) = &report.events {
        push(out, style, Tone::Faint, &format!("events: {events}"));
    }
}

/// An empty line between two parts.
fn gap(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

fn push(out: &mut String, style: Style, tone: Tone, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", style.paint(tone, &text::clean(line)));
}
