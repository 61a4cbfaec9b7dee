//! What was decided about each pod and why: placed, waiting, never.

use casemate_model::Timestamp;

use super::html::{Html, put};
use super::scale::span;
use super::workloads::reasons;
use super::{Page, scrolled};
use crate::{Event, State, Subject, What};

/// Decisions that are listed.
const SHOWN_MAX: usize = 500;

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    html.markup("<section aria-labelledby=\"decisions\">\n<h2 id=\"decisions\">Decisions</h2>\n");
    let told: Vec<&Event> = page.recording.events().filter(|event| is_decision(&event.what)).collect();
    let untold: Vec<_> = page
        .report
        .workloads
        .iter()
        .filter(|workload| matches!(workload.state, State::Refused | State::Pending))
        .filter(|workload| !told.iter().any(|event| is_about(event, &workload.namespace, &workload.name)))
        .collect();
    if told.is_empty() && untold.is_empty() {
        html.markup("<p class=\"note\">There were none.</p>\n</section>\n");
        return;
    }
    scrolled(html, told.len() + untold.len(), "decisions");
    html.markup("<thead><tr><th scope=\"col\" class=\"number\">At</th><th scope=\"col\">Pod</th>");
    html.markup(
        "<th scope=\"col\">Decision</th><th scope=\"col\" class=\"wide\">Why</th></tr></thead>\n<tbody>\n",
    );
    let (start, _) = page.recording.bounds().unwrap_or((Timestamp(0), Timestamp(0)));
    for workload in untold.iter().take(SHOWN_MAX) {
        html.markup("<tr><td class=\"number faint\">–</td><th scope=\"row\"><span class=\"ns\">");
        put!(html, workload.namespace, "/</span>", workload.name, "</th><td>");
        match workload.state {
            State::Refused => html.markup("<span class=\"word bad\">refused</span>"),
            _ => html.markup("<span class=\"word waits\">not placed</span>"),
        }
        html.markup("</td><td class=\"wide\">");
        reasons(html, &workload.reasons);
        html.markup("</td></tr>\n");
    }
    for event in told.iter().take(SHOWN_MAX) {
        put!(html, "<tr><td class=\"number\">", span(event.time.since(start)), "</td><th scope=\"row\">");
        match &event.subject {
            Subject::Pod(pod) => {
                put!(html, "<span class=\"ns\">", pod.namespace, "/</span>", pod.name);
            }
            other => html.text(other),
        }
        html.markup("</th><td>");
        decision(html, &event.what);
        html.markup("</td></tr>\n");
    }
    html.markup("</tbody></table></div>\n");
    let more = told.len().saturating_sub(SHOWN_MAX) + untold.len().saturating_sub(SHOWN_MAX);
    super::beyond(html, more, "decisions");
    html.markup("</section>\n");
}

fn is_decision(what: &What) -> bool {
    matches!(what, What::PodPlaced { .. } | What::PodQueued { .. } | What::PodNeverFits { .. })
}

fn is_about(event: &Event, namespace: &str, name: &str) -> bool {
    matches!(&event.subject, Subject::Pod(pod) if pod.namespace == namespace && pod.name == name)
}

fn decision(html: &mut Html, what: &What) {
    match what {
        What::PodPlaced { node, why } => {
            put!(html, "<span class=\"word good\">placed</span> on ", node, "</td><td class=\"wide\">", why);
        }
        What::PodQueued { reasons: why } => {
            html.markup("<span class=\"word waits\">waits</span></td><td class=\"wide\">");
            reasons(html, why);
        }
        What::PodNeverFits { reasons: why } => {
            html.markup("<span class=\"word bad\">can never fit</span></td><td class=\"wide\">");
            reasons(html, why);
        }
        _ => html.markup("</td><td>"),
    }
}
