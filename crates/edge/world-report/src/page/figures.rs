//! All figures as a table, and how a figure is called and written.

use casemate_report::page::html::{Html, put};
use casemate_world_sim::{Comparison, METRICS, Metric, Row, figure};

/// Writes the table: a row for each figure, a column for each design.
pub(super) fn write(html: &mut Html, at: usize, of: &Comparison, designs: &[Row]) {
    put!(html, "<h3 id=\"f", at, "\">All figures</h3>\n");
    super::scrolled(html, format_args!("f{at}"));
    html.markup("<thead><tr><th scope=\"col\">Figure</th>");
    for (at, row) in designs.iter().enumerate() {
        html.markup("<th scope=\"col\" class=\"number\">");
        super::keyed(html, at, &row.name);
        html.markup("</th>");
    }
    html.markup("<th scope=\"col\">What</th></tr></thead>\n<tbody>\n");
    for metric in METRICS {
        let is_finding = metric.name == of.metric;
        html.markup(if is_finding { "<tr class=\"marked\">" } else { "<tr>" });
        put!(html, "<th scope=\"row\">", heading(metric), "</th>");
        for row in designs {
            let value = (metric.of)(&row.measured);
            put!(html, "<td class=\"number\">", amount(metric, value), "</td>");
        }
        put!(html, "<td class=\"what\">", metric.what, "</td></tr>\n");
    }
    html.markup("</tbody></table></div>\n");
}

/// What a figure is called, with its unit.
pub(super) fn heading(metric: &Metric) -> String {
    let name =
        ["_us", "_per_s"].iter().fold(metric.name, |name, unit| name.strip_suffix(unit).unwrap_or(name));
    let words: Vec<_> = name
        .split('_')
        .map(|it| if matches!(it, "ree" | "tee") { it.to_uppercase() } else { it.to_owned() })
        .collect();
    let name = words.join(" ");
    match metric.unit {
        "" => name,
        "us" => format!("{name} (µs)"),
        unit => format!("{name} ({unit})"),
    }
}

/// How a figure is written. Times of thousands of microseconds are rounded to one.
pub(super) fn amount(metric: &Metric, value: f64) -> String {
    let whole = metric.unit == "us" && value >= 1_000.0;
    figure(if whole { value.round() } else { value })
}
