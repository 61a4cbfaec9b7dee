//! The top of the page: what came of the run, what it ran on, and what is wrong.

use casemate_model::Tee;

use super::Page;
use super::html::{Html, put};
use super::scale::{count, memory, span};
use crate::recording::{TEXT_BYTES_MAX, clip};
use crate::text;
use crate::{CheckerReport, RunReport, State, Verdict};

/// The run's outcome in two or three words.
pub(super) fn outcome(report: &RunReport) -> &'static str {
    match report {
        RunReport { succeeded: true, .. } => "Everything succeeded",
        RunReport { node: None, .. } => "Nothing was run",
        _ => "Not everything succeeded",
    }
}

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    let report = page.report;
    html.markup("<header>\n<p class=\"over\">casemate run</p>\n<h1 class=\"");
    html.markup(if report.succeeded { "good" } else { "bad" });
    put!(html, "\">", outcome(report), "</h1>\n<p class=\"lead\">", states(report));
    if let Some((start, end)) = page.recording.bounds() {
        put!(html, ", in ", span(end.since(start)), ", from ", text::rfc3339_seconds(start));
    }
    html.markup("</p>\n");
    facts(html, report);
    if report.node.as_ref().is_some_and(|node| node.tee == Tee::Software) {
        html.markup("<p class=\"note\">Software enclaves protect nothing from the owner of this machine: ");
        html.markup("they are for development.</p>\n");
    }
    problems(html, page);
    html.markup("<nav><a href=\"#workloads\">Workloads</a> <a href=\"#timeline\">Timeline</a> ");
    html.markup("<a href=\"#memory\">Encrypted memory</a> <a href=\"#cpu\">CPU</a> ");
    html.markup("<a href=\"#decisions\">Decisions</a> <a href=\"#verdicts\">Verdicts</a></nav>\n</header>\n");
}

/// How many containers ended in each state: `3 succeeded, 1 trapped`.
fn states(report: &RunReport) -> String {
    const STATES: [State; 8] = [
        State::Succeeded,
        State::Running,
        State::Suspended,
        State::Failed,
        State::Trapped,
        State::Killed,
        State::Refused,
        State::Pending,
    ];
    let count = |state| report.workloads.iter().filter(|workload| workload.state == state).count();
    let parts: Vec<String> = STATES
        .into_iter()
        .map(|state| (state, count(state)))
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {}", state.as_str().to_lowercase()))
        .collect();
    match report.workloads.len() {
        0 => "No workloads".to_owned(),
        1 => format!("One container: {}", parts.join(", ")),
        all => format!("{all} containers: {}", parts.join(", ")),
    }
}

fn facts(html: &mut Html, report: &RunReport) {
    html.markup("<dl class=\"facts\">\n");
    if let Some(node) = &report.node {
        let cpus = if node.cpus == 1 { "CPU" } else { "CPUs" };
        put!(html, "<div><dt>Node</dt><dd>", node.name, "<small>", node.tee, " TEE, ", node.cpus, " ", cpus);
        html.markup("</small></dd></div>\n<div><dt>Platform evidence</dt><dd>");
        verdict(html, node.verdict);
        if let Some(root) = &node.root {
            // Enough to compare by eye; the whole of it is among the verdicts.
            let short: String = root.to_string().chars().take(16).collect();
            put!(html, "<small>root <span class=\"hash\">", short, "…</span></small>");
        }
        html.markup("</dd></div>\n");
    }
    if let Some(epc) = &report.epc {
        put!(html, "<div><dt>Encrypted memory</dt><dd>", memory(epc.capacity_pages.to_bytes()), "<small>");
        put!(html, count(epc.capacity_pages.0), " pages and ", count(epc.working_pages.0), " to work with");
        if let Some(most) = epc.resident_pages_max {
            put!(html, ", at most ", count(most.0), " in use");
        }
        put!(html, "</small></dd></div>\n<div><dt>Paging</dt><dd>", count(epc.page_ins), " in, ");
        put!(html, count(epc.page_outs), " out<small>");
        put!(html, report.node.as_ref().map_or("", |node| &node.paging), "</small></dd></div>\n");
    }
    if let Some(policy) = &report.policy {
        put!(html, "<div><dt>Policy</dt><dd>", policy.name, "<small>", policy.source);
        for root in &policy.software_root {
            put!(html, "<br>software root ", root.written);
        }
        html.markup("</small></dd></div>\n");
    }
    if let Some(checker) = &report.checker {
        checked(html, checker);
    }
    html.markup("</dl>\n");
}

fn checked(html: &mut Html, checker: &CheckerReport) {
    put!(html, "<div><dt>Checker</dt><dd>");
    if checker.violations.is_empty() {
        html.markup("<span class=\"word good\">no rule broken</span>");
    } else {
        put!(html, "<span class=\"word bad\">", checker.violations.len(), " broken rules</span>");
    }
    put!(html, "<small>", count(checker.observations), " decisions re-checked</small></dd></div>\n");
}

/// A verdict as a coloured word.
pub(super) fn verdict(html: &mut Html, verdict: Option<Verdict>) {
    match verdict {
        Some(Verdict::Affirming) => html.markup("<span class=\"word good\">affirming</span>"),
        Some(Verdict::Contraindicated) => html.markup("<span class=\"word bad\">contraindicated</span>"),
        None => html.markup("<span class=\"word faint\">not appraised</span>"),
    }
}

/// What was wrong with the input, what broke a rule, and what this page does not show.
fn problems(html: &mut Html, page: &Page<'_>) {
    let violations = page.report.checker.iter().flat_map(|checker| &checker.violations);
    let violations = violations.map(|violation| {
        format!("A decision broke a rule, which is a bug in Casemate. Please report it: {violation}")
    });
    let node = page.report.node.iter().flat_map(|node| &node.reasons);
    let node = node.map(|reason| format!("The node was refused: {reason}"));
    let all: Vec<String> = violations.chain(node).chain(page.report.problems.iter().cloned()).collect();
    if !all.is_empty() {
        html.markup("<section class=\"problems\" aria-labelledby=\"problems\">");
        html.markup("<h2 id=\"problems\">Problems</h2>\n<ul>\n");
        for problem in all.iter().take(super::ROWS_MAX) {
            put!(html, "<li>", clip(problem, TEXT_BYTES_MAX), "</li>\n");
        }
        html.markup("</ul>");
        super::beyond(html, all.len().saturating_sub(super::ROWS_MAX), "problems");
        html.markup("</section>\n");
    }
    let left_out = page.recording.left_out();
    if !left_out.is_empty() {
        html.markup("<p class=\"note\">More was seen than is kept for this page: ");
        put!(html, left_out.join("; "), ".</p>\n");
    }
}
