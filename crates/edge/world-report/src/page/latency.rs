//! How long requests and interrupts took under each design.

use casemate_report::page::html::{Html, put};
use casemate_world_sim::{Distribution, Measured, Row};

use super::curves::{self, Curve};
use super::simulation::Drawing;

/// One kind of latency.
struct Latency {
    heading: &'static str,
    what: &'static str,
    curve: fn(&Row) -> &Distribution,
    quantiles: fn(&Measured) -> [f64; 3],
}

const KINDS: [Latency; 2] = [
    Latency {
        heading: "Requests, from asking to the answer",
        what: "Requests",
        curve: |row| &row.request_latency,
        quantiles: |of| [of.request_p50_us, of.request_p99_us, of.request_max_us],
    },
    Latency {
        heading: "Interrupts of the REE, until they are handled",
        what: "Interrupts of the REE",
        curve: |row| &row.interrupt_latency,
        quantiles: |of| [of.interrupt_p50_us, of.interrupt_p99_us, of.interrupt_max_us],
    },
];

/// Writes the pictures, those for which there is something to draw.
pub(super) fn write(html: &mut Html, drawing: &mut Drawing, designs: &[Row]) {
    let kinds = || KINDS.iter().map(|kind| (kind, curves_of(kind, designs))).filter(|it| curves::any(&it.1));
    if kinds().next().is_none() {
        return;
    }
    html.markup("<h3>Latency</h3>\n<div class=\"latencies\">\n");
    for (kind, of) in kinds() {
        put!(html, "<div class=\"latency\"><h4>", kind.heading, "</h4>\n");
        let title = format!("{}: how long they took under each design", kind.what);
        curves::write(html, &mut drawing.ids, title, &of);
        html.markup("</div>\n");
    }
    html.markup("</div>\n");
}

fn curves_of<'a>(kind: &Latency, designs: &'a [Row]) -> Vec<Curve<'a>> {
    let curve = |row: &'a Row| Curve {
        name: &row.name,
        of: (kind.curve)(row),
        quantiles: (kind.quantiles)(&row.measured),
    };
    designs.iter().map(curve).collect()
}
