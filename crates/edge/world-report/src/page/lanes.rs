//! What every CPU did under each design: in all the time, as shares, and in the beginning, piece by piece.

use std::fmt::Write as _;

use casemate_model::Timestamp;
use casemate_report::page::html::{Html, put};
use casemate_report::page::plot::{self, Caption};
use casemate_report::page::scale::{Coordinate, TimeScale, percent, span};
use casemate_world_sim::{Load, Piece, Row, Side, Spent};

use super::Drawing;

/// Pixels of a CPU.
const HEIGHT: u32 = 28;

/// Writes a block of CPUs for each design.
pub(super) fn write(html: &mut Html, drawing: &mut Drawing, designs: &[Row]) {
    html.markup("<h3>What the CPUs did</h3>\n<ul class=\"legend\" aria-label=\"Legend\">");
    html.markup(
        "<li><i class=\"key ree\"></i>REE</li><li><i class=\"key irq\"></i>interrupt of the REE</li>",
    );
    html.markup("<li><i class=\"key tee\"></i>TEE</li>");
    html.markup("<li><i class=\"key lent\"></i>TEE while the REE sleeps</li>");
    html.markup("<li><i class=\"key sleep\"></i>asleep</li></ul>\n");
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
    super::design(html, at, row);
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
    for (cpu, load) in activity.load.iter().enumerate() {
        put!(html, "<div class=\"cpu\">CPU ", cpu, "</div><div>");
        loads(html, drawing, &all, cpu, row, load);
        html.markup("</div><div>");
        match activity.pieces.get(cpu) {
            Some(pieces) if is_drawn => timeline(html, drawing, &beginning, cpu, row, pieces),
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

/// Shares of each step of time, stacked: what is below is drawn over what is above it.
fn loads(html: &mut Html, drawing: &mut Drawing, scale: &TimeScale, cpu: usize, row: &Row, load: &[Load]) {
    let caption = Caption {
        title: format!("CPU {cpu} under {}", crate::text::name(&row.name)),
        description: format!(
            "which share of each {} each world had it",
            span(casemate_model::Nanos(row.activity.step()))
        ),
    };
    plot::open(html, &mut drawing.ids, HEIGHT, &caption);
    html.markup("<rect class=\"sleep\" width=\"1000\" height=\"28\"/>");
    let step = row.activity.step().max(1) as f64;
    for (class, parts) in [("lent", 3), ("tee", 2), ("ree", 1)] {
        let sum = |it: &Load| [it.ree, it.tee, it.tee_during_idle].iter().take(parts).sum::<u64>();
        let heights: Vec<f64> = load.iter().map(|it| sum(it) as f64 / step * f64::from(HEIGHT)).collect();
        html.markup("<path class=\"");
        html.markup(class);
        put!(html, "\" d=\"", plot::columns(&heights, f64::from(HEIGHT)), "\"/>");
    }
    plot::grid(html, scale, HEIGHT);
    plot::end_time(html);
    plot::close(html);
}

fn timeline(
    html: &mut Html,
    drawing: &mut Drawing,
    scale: &TimeScale,
    cpu: usize,
    row: &Row,
    pieces: &[Piece],
) {
    let caption = Caption {
        title: format!("CPU {cpu} under {}", crate::text::name(&row.name)),
        description: format!("which world had it when, in the first {}", span(scale.length)),
    };
    plot::open(html, &mut drawing.ids, HEIGHT, &caption);
    html.markup("<rect class=\"sleep\" width=\"1000\" height=\"28\"/>");
    let kinds: [(&'static str, Side, bool, f64, f64); 4] = [
        ("ree", Side::Ree, false, 15.0, 28.0),
        ("irq", Side::Ree, true, 15.0, 28.0),
        ("tee", Side::Tee, false, 0.0, 13.0),
        ("lent", Side::TeeDuringIdle, false, 0.0, 13.0),
    ];
    for (class, side, interrupt, top, bottom) in kinds {
        let mut path = String::new();
        for it in pieces.iter().filter(|it| it.side == side && it.interrupt == interrupt) {
            bar(&mut path, scale, it, top, bottom);
        }
        html.markup("<path class=\"");
        html.markup(class);
        put!(html, "\" d=\"", path, "\"/>");
    }
    plot::grid(html, scale, HEIGHT);
    plot::end_time(html);
    plot::close(html);
}

/// A bar as short as paths can say it, at least a hair wide.
fn bar(path: &mut String, scale: &TimeScale, of: &Piece, top: f64, bottom: f64) {
    let left = scale.x(Timestamp(of.from));
    let width = (scale.x(Timestamp(of.until)) - left).max(0.5);
    let (left, width, height) = (Coordinate(left), Coordinate(width), Coordinate(bottom - top));
    // Writing to a String cannot fail.
    let _ = write!(path, "M{left} {}h{width}v{height}h-{width}Z", Coordinate(top));
}
