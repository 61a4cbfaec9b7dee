//! How far something has come that takes its time before there is anything to see.

use super::line::Line;
use super::window::Window;
use crate::style::Tone;

/// One line: `reading manifests ▒▒▒▒░░░░ 12/30 examples/web.yaml`.
#[must_use]
pub fn progress(what: &str, done: usize, of: usize, now: &str, window: Window) -> String {
    let glyphs = window.glyphs;
    let mut line = Line::default();
    line.push(Tone::Plain, what);
    line.push(Tone::Plain, " ");
    let columns = usize::from(window.columns / 4).min(20);
    let filled = (done.min(of) * columns).checked_div(of).unwrap_or(0);
    line.push(Tone::Good, &glyphs.movable().to_string().repeat(filled));
    line.push(Tone::Faint, &glyphs.empty().to_string().repeat(columns - filled));
    line.push(Tone::Plain, &format!(" {done}/{of} "));
    line.push(Tone::Faint, now);
    line.render(window)
}

/// One line of text, where there is no end to tell the way to.
#[must_use]
pub fn told(text: &str, window: Window) -> String {
    let mut line = Line::default();
    line.push(Tone::Plain, text);
    line.render(window)
}
