//! A figure under each design, as bars: that of the finding, and those in which the designs differ most.

use casemate_report::page::html::{Html, put};
use casemate_report::page::scale::Coordinate;
use casemate_world_sim::{Comparison, METRICS, Metric, Row};

use super::figures::{amount, heading};

/// Figures beside the finding's that are drawn.
const OTHERS_MOST: usize = 9;
/// Figures that say the same as another, or nothing about a design.
const ELSEWHERE: [&str; 3] = ["requests", "stays", "events"];
/// By what share of the greatest value a figure has to differ to be worth a picture.
const DIFFERENCE: f64 = 0.03;

/// The figure that shows the finding, if the scenario names one.
pub(super) fn finding(html: &mut Html, of: &Comparison, designs: &[Row]) {
    let Some(metric) = Metric::named(&of.metric) else { return };
    html.markup("<div class=\"measures first\">\n");
    measure(html, metric, designs, true);
    html.markup("</div>\n");
}

/// The others in which the designs differ, those first that differ most.
pub(super) fn others(html: &mut Html, of: &Comparison, designs: &[Row]) {
    let mut differing: Vec<(&Metric, f64)> = METRICS
        .iter()
        .filter(|it| it.name != of.metric && it.unit != "us" && !ELSEWHERE.contains(&it.name))
        .map(|it| (it, difference(it, designs)))
        .filter(|(_, difference)| *difference >= DIFFERENCE)
        .collect();
    differing.sort_by(|a, b| b.1.total_cmp(&a.1));
    differing.truncate(OTHERS_MOST);
    if differing.is_empty() {
        return;
    }
    html.markup("<h3>Where the designs differ</h3>\n<div class=\"measures\">\n");
    for (metric, _) in differing {
        measure(html, metric, designs, false);
    }
    html.markup("</div>\n");
}

/// How far the least value is from the greatest, as a share of it.
fn difference(metric: &Metric, designs: &[Row]) -> f64 {
    let values = || designs.iter().map(|it| (metric.of)(&it.measured));
    let most = values().fold(0.0, f64::max);
    let least = values().fold(f64::INFINITY, f64::min);
    // A thousandth of a CPU, say, is nothing, however many times another it is.
    if most < 1e-3 { 0.0 } else { (most - least) / most }
}

fn measure(html: &mut Html, metric: &Metric, designs: &[Row], is_finding: bool) {
    html.markup("<div class=\"measure\"><h4>");
    put!(html, heading(metric));
    if is_finding {
        html.markup(" <span class=\"word waits\">finding</span>");
    }
    put!(html, "</h4><p class=\"what\">", metric.what, "</p>\n<dl class=\"bars\">\n");
    let most = designs.iter().map(|it| (metric.of)(&it.measured)).fold(0.0, f64::max);
    for (at, row) in designs.iter().enumerate() {
        let value = (metric.of)(&row.measured);
        let width = if most > 0.0 && value.is_finite() { value / most * 1000.0 } else { 0.0 };
        html.markup("<dt>");
        super::keyed(html, at, &row.name);
        html.markup("</dt><dd><svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" ");
        html.markup("aria-hidden=\"true\"><rect class=\"layer ");
        html.markup(super::colour(at));
        put!(html, "\" width=\"", Coordinate(width), "\" height=\"10\"/></svg><b>");
        put!(html, amount(metric, value), "</b></dd>\n");
    }
    html.markup("</dl></div>\n");
}
