//! The pieces that pictures over time share: frames, axes, areas, lines, marks.
//!
//! A picture is an `svg` as wide as the page lets it be. What depends on time lies in
//! a second one inside it, 1000 units wide and stretched; strokes and dots in it keep
//! their size (`vector-effect`). Text lies outside it, placed in percent, unstretched.

use std::fmt::Write as _;

use casemate_model::Timestamp;

use super::html::{Html, put};
use super::scale::{Coordinate, Tick, TimeScale, WIDTH};

/// What a reader who does not see the picture is told, and what is shown on hovering.
#[derive(Debug)]
pub struct Caption {
    /// In a few words.
    pub title: String,
    /// In sentences.
    pub description: String,
}

/// Begins a picture this many pixels high; ends with [`close`].
pub fn open(html: &mut Html, ids: &mut Ids, height: u32, caption: &Caption) {
    let id = ids.next();
    put!(html, "<svg class=\"plot\" width=\"100%\" height=\"", height, "\" role=\"img\" aria-labelledby=\"t");
    put!(html, id, " d", id, "\"><title id=\"t", id, "\">", caption.title, "</title><desc id=\"d", id, "\">");
    put!(html, caption.description, "</desc><svg class=\"time\" x=\"0\" y=\"0\" width=\"100%\" height=\"");
    put!(html, height, "\" viewBox=\"0 0 1000 ", height, "\" preserveAspectRatio=\"none\">");
}

/// Ends the stretched part; text may follow, then [`close`].
pub fn end_time(html: &mut Html) {
    html.markup("</svg>");
}

/// Ends a picture.
pub fn close(html: &mut Html) {
    html.markup("</svg>\n");
}

/// Numbers for ids, so that each is there once.
#[derive(Debug, Default)]
pub struct Ids(u32);

impl Ids {
    fn next(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

/// Vertical lines where the time axis has its ticks.
pub fn grid(html: &mut Html, scale: &TimeScale, height: u32) {
    let mut path = String::new();
    for tick in scale.ticks().iter().skip(1) {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} 0V{height}", Coordinate(tick.at * WIDTH));
    }
    put!(html, "<path class=\"grid\" d=\"", path, "\"/>");
}

/// The time axis: a row of labels.
pub fn axis(html: &mut Html, scale: &TimeScale) {
    html.markup("<svg class=\"axis\" width=\"100%\" height=\"20\" aria-hidden=\"true\">");
    for tick in scale.ticks() {
        label(html, &tick);
    }
    html.markup("</svg>\n");
}

fn label(html: &mut Html, tick: &Tick) {
    let percent = Coordinate(tick.at * 100.0);
    put!(html, "<text x=\"", percent, "%\" y=\"14\" text-anchor=\"");
    match tick.at {
        at if at < 0.02 => html.markup("start"),
        at if at > 0.96 => html.markup("end"),
        _ => html.markup("middle"),
    }
    put!(html, "\">", tick.label, "</text>");
}

/// The outline of columns of these heights, standing on `base`, growing upwards.
/// Columns of no height are left out; equal neighbours are one.
#[must_use]
pub fn columns(heights: &[f64], base: f64) -> String {
    let mut path = String::new();
    let width = WIDTH / heights.len().max(1) as f64;
    let mut before = 0.0;
    for (number, height) in heights.iter().chain(&[0.0]).enumerate() {
        let height = (height * 100.0).round() / 100.0;
        if height == before {
            continue;
        }
        let x = Coordinate(number as f64 * width);
        let _ = match (before > 0.0, height > 0.0) {
            (false, _) => write!(path, "M{x} {}V{}", Coordinate(base), Coordinate(base - height)),
            (true, true) => write!(path, "H{x}V{}", Coordinate(base - height)),
            (true, false) => write!(path, "H{x}V{}Z", Coordinate(base)),
        };
        before = height;
    }
    path
}

/// A bar from one instant to another, at least a hair wide.
#[must_use]
pub fn bar(scale: &TimeScale, (from, until): (Timestamp, Timestamp), top: f64, bottom: f64) -> String {
    let left = scale.x(from);
    let right = scale.x(until).max(left + 0.6).min(WIDTH.max(left + 0.6));
    let (left, right) = (Coordinate(left), Coordinate(right));
    format!("M{left} {}H{right}V{}H{left}Z", Coordinate(top), Coordinate(bottom))
}
