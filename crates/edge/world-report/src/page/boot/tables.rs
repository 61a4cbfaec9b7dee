//! Checks, counts, the design, and what the REE said.

use casemate_report::page::html::{Html, put};
use casemate_report::page::scale::count;
use casemate_report::page::{ROWS_MAX, beyond};
use casemate_world_metal::{Summary, chosen};

use super::Checked;
use crate::text;

/// A figure of the summary: what it is called, what it means, and its value.
type Count = (&'static str, &'static str, fn(&Summary) -> u64);

const COUNTS: [Count; 16] = [
    ("requests made", "by clients in the normal world", |it| it.ssrs_made),
    ("requests completed", "those that have their answer", |it| it.ssrs_completed),
    ("requests refused", "times that every thread was taken", |it| it.ssrs_refused),
    ("pre-emptions", "times that a thread had to stop because of a tick or an interrupt", |it| {
        it.preemptions
    }),
    ("migrations", "times that a thread went on on another CPU than before", |it| it.migrations),
    ("world switches", "changes of a CPU from one world to the other", |it| it.switches),
    ("SGIs", "interrupts between CPUs of the TEE", |it| it.sgis),
    ("doorbells", "CPUs whose REE was told of an answer", |it| it.doorbells),
    ("ticks", "of the TEE", |it| it.ticks),
    ("releases", "of periodic tasks", |it| it.releases),
    ("device interrupts", "of the device that a thread may wait for", |it| it.device_interrupts),
    ("device interrupts where it ran", "those that came to the CPU on which the thread had run last", |it| {
        it.device_interrupts_where_it_ran
    }),
    ("idle hand-overs", "times that the REE handed over an idle CPU", |it| it.idle_hand_overs),
    ("sleeps", "times that a CPU slept", |it| it.sleeps),
    ("steps", "decided on metal, and again on the host", |it| it.steps as u64),
    ("steps that differ", "those that are decided otherwise on the host", |it| it.steps_that_differ as u64),
];

/// What the REE looked at; what failed comes first.
pub(super) fn checks(html: &mut Html, checks: &[Checked<'_>]) {
    if checks.is_empty() {
        return;
    }
    html.markup("<section aria-labelledby=\"checks\">\n<h2 id=\"checks\">What the REE looked at</h2>\n");
    html.markup("<ul class=\"checks\">\n");
    let failed_first = [true, false]
        .into_iter()
        .flat_map(|failed| checks.iter().filter(move |it| it.failed.is_some() == failed));
    for check in failed_first.take(ROWS_MAX) {
        html.markup(match check.failed {
            None => "<li><span class=\"word good\">held</span> ",
            Some(_) => "<li class=\"failed\"><span class=\"word bad\">failed</span> ",
        });
        put!(html, text::name(check.name));
        if let Some(why) = check.failed {
            put!(html, ": ", text::sentences(why));
        }
        html.markup("</li>\n");
    }
    html.markup("</ul>\n");
    beyond(html, checks.len().saturating_sub(ROWS_MAX), "checks");
    html.markup("</section>\n");
}

pub(super) fn counts(html: &mut Html, summary: &Summary) {
    html.markup("<section aria-labelledby=\"counts\">\n<h2 id=\"counts\">Counts</h2>\n");
    crate::page::scrolled(html, "counts");
    html.markup("<thead><tr><th scope=\"col\">Count</th><th scope=\"col\" class=\"number\">Value</th>");
    html.markup("<th scope=\"col\">What</th></tr></thead>\n<tbody>\n");
    for (name, what, of) in COUNTS {
        put!(html, "<tr><th scope=\"row\">", name, "</th><td class=\"number\">", count(of(summary)));
        put!(html, "</td><td class=\"what\">", what, "</td></tr>\n");
    }
    html.markup("</tbody></table></div>\n</section>\n");
}

/// Every field of the design; what is not as in the default is marked.
pub(super) fn design(html: &mut Html, summary: &Summary) {
    html.markup("<section aria-labelledby=\"design\">\n<h2 id=\"design\">The design</h2>\n");
    html.markup("<p class=\"what\">What is not as in the default design is marked.</p>\n");
    crate::page::scrolled(html, "design");
    html.markup(
        "<thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Choice</th></tr></thead>\n<tbody>\n",
    );
    for it in chosen(&summary.design, summary.cpus) {
        html.markup(if it.is_default { "<tr>" } else { "<tr class=\"marked\">" });
        put!(html, "<th scope=\"row\">", it.field, "</th><td><code>", it.value, "</code></td></tr>\n");
    }
    html.markup("</tbody></table></div>\n</section>\n");
}

/// What the REE said, line by line.
pub(super) fn said(html: &mut Html, said: &[String]) {
    if said.is_empty() {
        return;
    }
    html.markup("<section aria-labelledby=\"said\">\n<h2 id=\"said\">What else the REE said</h2>\n<ul class=\"said\">\n");
    for line in said.iter().take(ROWS_MAX) {
        put!(html, "<li><code>", text::sentences(line), "</code></li>\n");
    }
    html.markup("</ul>\n");
    beyond(html, said.len().saturating_sub(ROWS_MAX), "lines");
    html.markup("</section>\n");
}
