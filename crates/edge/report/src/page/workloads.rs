//! The table of workloads, as the terminal prints it, and why each is where it is.

use super::html::{Html, put};
use super::scale::{count, span};
use super::{Page, ROWS_MAX, beyond, header, scrolled};
use crate::recording::{TEXT_BYTES_MAX, clip};
use crate::{State, WorkloadReport};

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    html.markup("<section aria-labelledby=\"workloads\">\n<h2 id=\"workloads\">Workloads</h2>\n");
    let workloads = &page.report.workloads;
    if workloads.is_empty() {
        html.markup("<p class=\"note\">There were none.</p>\n</section>\n");
        return;
    }
    scrolled(html, workloads.len(), "workloads");
    html.markup("<thead><tr><th scope=\"col\">Workload</th><th scope=\"col\">TEE</th>");
    html.markup("<th scope=\"col\">Verdict</th><th scope=\"col\">State</th>");
    for title in ["Exit", "Time", "CPU", "Page-ins", "Page-outs", "AEX", "EEXIT"] {
        put!(html, "<th scope=\"col\" class=\"number\">", title, "</th>");
    }
    html.markup("</tr></thead>\n<tbody>\n");
    for workload in workloads.iter().take(ROWS_MAX) {
        row(html, workload);
    }
    html.markup("</tbody></table></div>\n");
    beyond(html, workloads.len().saturating_sub(ROWS_MAX), "workloads");
    html.markup("</section>\n");
}

fn row(html: &mut Html, workload: &WorkloadReport) {
    put!(html, "<tr><th scope=\"row\"><span class=\"ns\">", workload.namespace, "/</span>", workload.name);
    put!(html, "<span class=\"ns\">/", workload.container, "</span>");
    if workload.init {
        html.markup(" <small>init</small>");
    }
    if workload.restarts > 0 {
        put!(html, " <small>restarted ", count(workload.restarts.into()), " times</small>");
    }
    html.markup("</th><td>");
    optional(html, workload.tee);
    html.markup("</td><td>");
    header::verdict(html, workload.verdict);
    html.markup("</td><td>");
    state(html, workload.state);
    html.markup("</td>");
    number(html, workload.exit_code);
    number(html, workload.seconds.map(span));
    number(html, workload.cpu_seconds.map(span));
    number(html, workload.page_ins.map(count));
    number(html, workload.page_outs.map(count));
    number(html, workload.aex.map(count));
    number(html, workload.eexit.map(count));
    html.markup("</tr>\n");
    if !workload.reasons.is_empty() {
        html.markup("<tr class=\"why\"><td colspan=\"11\">");
        reasons(html, &workload.reasons);
        html.markup("</td></tr>\n");
    }
}

/// A state as a coloured word.
pub(super) fn state(html: &mut Html, state: State) {
    html.markup(match state {
        State::Succeeded => "<span class=\"word good\">",
        State::Pending | State::Running => "<span class=\"word waits\">",
        State::Failed | State::Refused | State::Trapped | State::Killed | State::Suspended => {
            "<span class=\"word bad\">"
        }
    });
    put!(html, state, "</span>");
}

/// Reasons, most important first: at most [`ROWS_MAX`] of them, and of each its beginning.
pub(super) fn reasons(html: &mut Html, reasons: &[String]) {
    match reasons {
        [only] => {
            put!(html, clip(only, TEXT_BYTES_MAX));
        }
        many => {
            html.markup("<ul>");
            for reason in many.iter().take(ROWS_MAX) {
                put!(html, "<li>", clip(reason, TEXT_BYTES_MAX), "</li>");
            }
            html.markup("</ul>");
            beyond(html, many.len().saturating_sub(ROWS_MAX), "reasons");
        }
    }
}

fn number<T: std::fmt::Display>(html: &mut Html, value: Option<T>) {
    html.markup("<td class=\"number\">");
    optional(html, value);
    html.markup("</td>");
}

fn optional<T: std::fmt::Display>(html: &mut Html, value: Option<T>) {
    match value {
        Some(value) => html.text(value),
        None => html.markup("<span class=\"faint\">–</span>"),
    }
}
