//! What a CPU did: in equal steps of time, as shares, and piece by piece.

use std::fmt::Write as _;

use casemate_model::{Nanos, Timestamp};
use casemate_report::page::html::{Html, put};
use casemate_report::page::plot::{self, Caption, Ids};
use casemate_report::page::scale::{Coordinate, TimeScale, span};
use casemate_world_sim::{Load, Piece, Side};

/// Pixels of a CPU.
const HEIGHT: u32 = 28;

/// What the colours mean.
pub(super) fn legend(html: &mut Html, keys: &[(&'static str, &'static str)]) {
    html.markup("<ul class=\"legend\" aria-label=\"Legend\">");
    for (class, words) in keys {
        html.markup("<li><i class=\"key ");
        html.markup(class);
        html.markup("\"></i>");
        html.markup(words);
        html.markup("</li>");
    }
    html.markup("</ul>\n");
}

/// Shares of each step of time, stacked: what is below is drawn over what is above it.
pub(super) fn loads(
    html: &mut Html,
    ids: &mut Ids,
    scale: &TimeScale,
    title: String,
    step: Nanos,
    load: &[Load],
) {
    let description = format!("which share of each {} each world had it", span(step));
    plot::open(html, ids, HEIGHT, &Caption { title, description });
    html.markup("<rect class=\"sleep\" width=\"1000\" height=\"28\"/>");
    for (class, parts) in [("lent", 3), ("tee", 2), ("ree", 1)] {
        let sum = |it: &Load| {
            [it.ree, it.tee, it.tee_during_idle].into_iter().take(parts).fold(0, u64::saturating_add)
        };
        let share = |it: &Load| (sum(it) as f64 / step.0.max(1) as f64).min(1.0);
        let heights: Vec<f64> = load.iter().map(|it| share(it) * f64::from(HEIGHT)).collect();
        html.markup("<path class=\"");
        html.markup(class);
        put!(html, "\" d=\"", plot::columns(&heights, f64::from(HEIGHT)), "\"/>");
    }
    plot::grid(html, scale, HEIGHT);
    plot::end_time(html);
    plot::close(html);
}

/// Pieces of time: the TEE's above, the REE's below.
pub(super) fn timeline(
    html: &mut Html,
    ids: &mut Ids,
    scale: &TimeScale,
    title: String,
    when: &str,
    pieces: &[Piece],
) {
    let description = format!("which world had it when, {when}");
    plot::open(html, ids, HEIGHT, &Caption { title, description });
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
