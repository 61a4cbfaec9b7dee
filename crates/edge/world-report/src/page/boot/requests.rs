//! How long requests took: all of them, and those for each application.

use std::collections::BTreeMap;

use casemate_model::Nanos;
use casemate_report::page::html::{Html, put};
use casemate_report::page::plot::Ids;
use casemate_report::page::scale::{count, span};
use casemate_world_metal::{APPS, Log, answered, percentile};
use casemate_world_sim::Distribution;

use crate::page::curves::{self, Curve};

/// Requests that are told together.
struct Group {
    name: &'static str,
    /// From the shortest to the longest.
    nanos: Vec<u64>,
    distribution: Distribution,
}

impl Group {
    fn of(name: &'static str, mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        let distribution = Distribution::of(nanos.iter().copied());
        Self { name, nanos, distribution }
    }

    /// The median, 99 of 100, and the longest.
    fn quantiles(&self) -> [u64; 3] {
        [50, 99, 100].map(|percent| percentile(&self.nanos, percent))
    }

    fn curve(&self) -> Curve<'_> {
        let quantiles = self.quantiles().map(|it| it as f64 / 1e3);
        Curve { name: self.name, of: &self.distribution, quantiles }
    }
}

pub(super) fn write(html: &mut Html, ids: &mut Ids, log: &Log) {
    html.markup("<section aria-labelledby=\"requests\">\n<h2 id=\"requests\">How long requests took</h2>\n");
    let groups = groups(log);
    let curves: Vec<_> = groups.iter().map(Group::curve).collect();
    if curves::any(&curves) {
        curves::write(html, ids, "Requests: how long they took, by application".to_owned(), &curves);
        html.markup("</div>\n");
        table(html, &groups);
    } else {
        html.markup("<p class=\"note\">No request was made and answered.</p>\n");
    }
    html.markup("</section>\n");
}

/// All, and those for each application in the order of their numbers.
fn groups(log: &Log) -> Vec<Group> {
    let mut by_app: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    let mut all = Vec::new();
    for it in answered(log) {
        all.push(it.nanos);
        // What is no application of the firmware's is told together.
        let app = it.app.map_or(APPS.len(), usize::from).min(APPS.len());
        by_app.entry(app).or_default().push(it.nanos);
    }
    let name = |app: usize| APPS.get(app).copied().unwrap_or("another application");
    // One alone would be all of them once more.
    let apart = by_app.len() > 1;
    let apps = by_app.into_iter().filter(|_| apart).map(|(app, nanos)| Group::of(name(app), nanos));
    std::iter::once(Group::of("all requests", all)).chain(apps).collect()
}

fn table(html: &mut Html, groups: &[Group]) {
    crate::page::scrolled(html, "requests");
    html.markup("<thead><tr><th scope=\"col\">For</th><th scope=\"col\" class=\"number\">Answered</th>");
    html.markup(
        "<th scope=\"col\" class=\"number\">Median</th><th scope=\"col\" class=\"number\">99 of 100</th>",
    );
    html.markup("<th scope=\"col\" class=\"number\">Longest</th></tr></thead>\n<tbody>\n");
    for (at, group) in groups.iter().enumerate() {
        html.markup("<tr><th scope=\"row\">");
        crate::page::keyed(html, at, group.name);
        put!(html, "</th><td class=\"number\">", count(group.nanos.len() as u64), "</td>");
        for it in group.quantiles() {
            put!(html, "<td class=\"number\">", time(it), "</td>");
        }
        html.markup("</tr>\n");
    }
    html.markup("</tbody></table></div>\n");
}

/// In three digits or so, short ones as well.
pub(super) fn time(nanos: u64) -> String {
    match nanos {
        1..99_950 => format!("{:.1} µs", nanos as f64 / 1e3),
        _ => span(Nanos(nanos)),
    }
}
