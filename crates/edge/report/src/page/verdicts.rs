//! What the appraisals said, with every claim they were made on.

use casemate_model::Timestamp;

use super::html::{Html, put};
use super::scale::span;
use super::workloads::reasons;
use super::{Page, folded, header};
use crate::{Claims, Event, Verdict, What, text};

/// Verdicts that are unfolded from the start.
const OPEN_MAX: usize = 2;

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    html.markup("<section aria-labelledby=\"verdicts\">\n<h2 id=\"verdicts\">Verdicts</h2>\n");
    let told: Vec<&Event> = page.recording.events().filter(|event| claims(&event.what).is_some()).collect();
    if told.is_empty() {
        html.markup("<p class=\"note\">Nothing was appraised.</p>\n</section>\n");
        return;
    }
    let (start, _) = page.recording.bounds().unwrap_or((Timestamp(0), Timestamp(0)));
    let mut left_open = OPEN_MAX;
    folded(html, &told, told.len(), "verdicts", |html, event| {
        let open = left_open > 0;
        left_open = left_open.saturating_sub(1);
        html.markup(if open { "<details class=\"verdict\" open>" } else { "<details class=\"verdict\">" });
        html.markup("<summary><span class=\"subject\">");
        put!(html, event.subject, "</span> ");
        one(html, event, start);
        html.markup("</details>\n");
    });
    html.markup("</section>\n");
}

fn claims(what: &What) -> Option<&Claims> {
    match what {
        What::NodeAttested { claims, .. }
        | What::NodeRefused { claims, .. }
        | What::WorkloadAttested { claims, .. }
        | What::WorkloadRefused { claims, .. } => Some(claims),
        _ => None,
    }
}

fn one(html: &mut Html, event: &Event, start: Timestamp) {
    let verdict = match &event.what {
        What::NodeAttested { .. } | What::WorkloadAttested { .. } => Verdict::Affirming,
        _ => Verdict::Contraindicated,
    };
    header::verdict(html, Some(verdict));
    put!(html, "<span class=\"faint\"> at ", span(event.time.since(start)));
    if let What::NodeAttested { not_after, .. } | What::WorkloadAttested { not_after, .. } = &event.what {
        put!(html, ", until ", text::rfc3339_seconds(*not_after));
    }
    html.markup("</span></summary>\n");
    if let What::NodeRefused { reasons: why, .. } | What::WorkloadRefused { reasons: why, .. } = &event.what {
        html.markup("<div class=\"because\">");
        reasons(html, why);
        html.markup("</div>");
    }
    html.markup("<div class=\"scroll\"><table class=\"claims\">");
    html.markup("<thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">Value</th></tr></thead><tbody>\n");
    let Claims(claims) = claims(&event.what).cloned().unwrap_or_default();
    if let What::NodeAttested { root, .. } = &event.what
        && claims.iter().all(|(name, _)| name != "root")
    {
        put!(html, "<tr><th scope=\"row\">root</th><td>", root, "</td></tr>\n");
    }
    for (name, value) in &claims {
        put!(html, "<tr><th scope=\"row\">", name, "</th><td>", value, "</td></tr>\n");
    }
    if claims.is_empty() {
        html.markup("<tr><td colspan=\"2\" class=\"faint\">none were told</td></tr>\n");
    }
    html.markup("</tbody></table></div>\n");
}
