//! What every CPU did under each design: in all the time, as shares, and in the beginning, piece by piece.

use casemate_model::{Nanos, Timestamp};
use casemate_report::page::html::{Html, put};
use casemate_report::page::plot;
use casemate_report::page::scale::{TimeScale, percent, span};
use casemate_world_sim::{Row, Spent};

use super::cpu;
use super::simulation::Drawing;

/// Writes a block of CPUs for each design.
pub(super) fn write(html: &mut Html, drawing: &mut Drawing, designs: &[Row]) {
    html.markup("<h3>What the CPUs did</h3>\n");
    cpu::legend(
        html,
        &[
            ("ree", "REE"),
            ("irq", "interrupt of the REE"),
            ("tee", "TEE"),
            ("lent", "TEE while the REE sleeps"),
            ("sleep", "asleep"),
        ],
    );
    for (at, row) in designs.iter().enumerate() {
        lanes(html, drawing, at, row);
    }
}

fn lanes(html: &mut Html, drawing: &mut Drawing, at: usize, row: &Row) {
    let activity = &row.activity;
    let pieces: usize = activity.pieces.iter().map(Vec::len).sum();
    let is_drawn = pieces <= drawing.pieces;
    drawing.pieces -= if is_drawn { pieces } else { 0 };
    let scale = |nanos| TimeScale::new((Timestamp(0), Timestamp(nanos)));
    let (all, beginning) = (scale(activity.nanos), scale(activity.beginning));
    html.markup("<div class=\"lanes\"><h4>");
    super::keyed(html, at, &row.name);
    if !row.corrected {
        html.markup(" <span class=\"word faint\">time not given back</span>");
    }
    html.markup("</h4>\n<div class=\"cpus\">\n<div></div><div class=\"over\">all the time, in shares</div>");
    put!(
        html,
        "<div class=\"over\">the first ",
        span(beginning.length),
        ": TEE above, REE below</div><div></div>\n"
    );
    let title = |cpu: usize| format!("CPU {cpu} under {}", crate::text::name(&row.name));
    for (cpu, load) in activity.load.iter().enumerate() {
        put!(html, "<div class=\"cpu\">CPU ", cpu, "</div><div>");
        cpu::loads(html, &mut drawing.ids, &all, title(cpu), Nanos(activity.step()), load);
        html.markup("</div><div>");
        match activity.pieces.get(cpu) {
            Some(pieces) if is_drawn => {
                let when = format!("in the first {}", span(beginning.length));
                cpu::timeline(html, &mut drawing.ids, &beginning, title(cpu), &when, pieces);
            }
            _ => html.markup("<p class=\"note\">More pieces than this page draws.</p>"),
        }
        html.markup("</div>");
        spent(html, row.spent.get(cpu));
    }
    html.markup("<div></div><div>");
    plot::axis(html, &all);
    html.markup("</div><div>");
    plot::axis(html, &beginning);
    html.markup("</div><div></div></div></div>\n");
}

fn spent(html: &mut Html, of: Option<&Spent>) {
    html.markup("<div class=\"value\">");
    if let Some(of) = of {
        let share = |part: u64| percent(part as f64 / of.all() as f64);
        put!(
            html,
            "REE <b>",
            share(of.ree_ns),
            "</b>, TEE <b>",
            share(of.tee_ns + of.tee_during_idle_ns),
            "</b>"
        );
        if of.tee_during_idle_ns > 0 {
            put!(html, "<br>", share(of.tee_during_idle_ns), " while the REE sleeps");
        }
    }
    html.markup("</div>\n");
}
