//! A finished run as one HTML page that needs nothing but itself.
//!
//! Everything is in the page: styles, pictures (SVG, drawn here), and a script that only
//! adds a ruler and zooming. Without JavaScript nothing is missing. The page's own
//! content security policy lets in that style and that script by their hashes and
//! nothing else: even markup that slipped through could load and run nothing. Names and
//! messages come from guests; see [`html`] for how they are kept text.
//!
//! The same report and recording give the same bytes. Pictures have a bounded number of
//! points whatever the length of the run; long lists end with how many more there are.

mod cpu;
mod decisions;
mod header;
pub mod html;
mod memory;
mod plan;
pub mod plot;
mod rows;
pub mod scale;
mod timeline;
mod verdicts;
mod workloads;

use std::io::{self, Write};

use casemate_model::Timestamp;

pub use self::plan::write_plan_html;

use self::html::{Html, put};
use self::plot::Ids;
use self::rows::{Activities, Row};
use self::scale::TimeScale;
use crate::history::Histories;
use crate::{Recording, RunReport};

/// The style of every page.
pub const STYLE: &str = include_str!("style.css");
/// The hash under which a page's policy knows the style.
pub const STYLE_HASH: &str = "sha256-1ixBR8rchYFHpaKFj4Avp7FMSe113W/51iH9TiDZxHM=";
/// The script, likewise.
const SCRIPT: &str = include_str!("script.js");
const SCRIPT_HASH: &str = "sha256-6uWz5hgLeKz/OLT7ylGlFGQNBtlbu9YqHJeotvXROYI=";

/// Rows of a picture or a list that are shown at once; the rest can be unfolded.
const ROWS_OPEN: usize = 24;
/// Rows that are drawn at all.
pub const ROWS_MAX: usize = 200;

/// What the parts of the page are made from.
struct Page<'a> {
    report: &'a RunReport,
    recording: &'a Recording,
    scale: TimeScale,
    rows: Vec<Row<'a>>,
    activities: Activities,
}

/// Writes the page: UTF-8, self-contained.
///
/// # Errors
///
/// Where the writer fails.
pub fn write_html(report: &RunReport, recording: &Recording, mut to: impl Write) -> io::Result<()> {
    let histories = Histories::of(recording);
    let scale = TimeScale::new(recording.bounds().unwrap_or((Timestamp(0), Timestamp(0))));
    let page = Page {
        report,
        recording,
        scale,
        rows: rows::rows(report, recording, &histories),
        activities: Activities::of(recording, scale),
    };
    let mut html = Html::default();
    page.write(&mut html);
    to.write_all(html.as_str().as_bytes())?;
    to.flush()
}

impl Page<'_> {
    fn write(&self, html: &mut Html) {
        head(html, self);
        put!(html, "<body data-nanos=\"", self.scale.length.0, "\">\n");
        header::write(html, self);
        html.markup("<main>\n");
        workloads::write(html, self);
        let ids = &mut Ids::default();
        timeline::write(html, self, ids);
        memory::write(html, self, ids);
        cpu::write(html, self, ids);
        decisions::write(html, self);
        verdicts::write(html, self);
        html.markup("</main>\n<footer><p>Times count from the first event");
        if let Some((start, _)) = self.recording.bounds() {
            put!(html, ", ", crate::text::rfc3339(start));
        }
        html.markup(".</p>");
        if let Some(events) = &self.report.events {
            put!(html, "<p>Every event: <code>", events, "</code></p>");
        }
        html.markup("</footer>\n<script>");
        html.markup(SCRIPT);
        html.markup("</script>\n</body>\n</html>\n");
    }
}

fn head(html: &mut Html, page: &Page<'_>) {
    html.markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    html.markup(STYLE_HASH);
    html.markup("'; script-src '");
    html.markup(SCRIPT_HASH);
    html.markup("'; base-uri 'none'; form-action 'none'\">\n");
    html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.markup("<meta name=\"color-scheme\" content=\"light dark\">\n");
    put!(html, "<title>", header::outcome(page.report), " – casemate run</title>\n<style>");
    html.markup(STYLE);
    html.markup("</style>\n</head>\n");
}

/// Writes the first rows, and the others so that they can be unfolded. `all` is how many
/// there are, where `items` are only those that may be shown.
fn folded<T>(
    html: &mut Html,
    items: &[T],
    all: usize,
    noun: &'static str,
    mut write: impl FnMut(&mut Html, &T),
) {
    let shown = items.get(..ROWS_OPEN.min(items.len())).unwrap_or_default();
    let rest = items.get(shown.len()..ROWS_MAX.min(items.len())).unwrap_or_default();
    html.markup("<div class=\"rows\">\n");
    shown.iter().for_each(|item| write(html, item));
    html.markup("</div>\n");
    if !rest.is_empty() {
        put!(html, "<details class=\"more\"><summary>and ", rest.len(), " more ", noun, "</summary>");
        html.markup("<div class=\"rows\">\n");
        rest.iter().for_each(|item| write(html, item));
        html.markup("</div></details>\n");
    }
    beyond(html, all.saturating_sub(ROWS_MAX), noun);
}

/// Begins a table that scrolls in itself where it is wide, or long.
fn scrolled(html: &mut Html, rows: usize, labelled_by: &'static str) {
    html.markup("<div class=\"scroll");
    html.markup(if rows > ROWS_OPEN { " tall" } else { "" });
    html.markup("\" role=\"region\" aria-labelledby=\"");
    html.markup(labelled_by);
    html.markup("\" tabindex=\"0\"><table>\n");
}

/// Says how many there are that are not on the page.
pub fn beyond(html: &mut Html, count: usize, noun: &'static str) {
    if count > 0 {
        put!(html, "<p class=\"note\">And ", count, " more ", noun, ", not drawn here.</p>\n");
    }
}

/// A container's name, its namespace set back.
fn name(html: &mut Html, container: &casemate_model::ContainerKey) {
    put!(html, "<span class=\"ns\">", container.pod.namespace, "/</span>", container.pod.name);
    put!(html, "<span class=\"ns\">/", container.container, "</span>");
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// As `openssl dgst -sha256 -binary FILE | base64` prints it.
    fn hash(of: &str) -> String {
        format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(of)))
    }

    #[test]
    fn the_policy_of_the_page_lets_in_its_own_style_and_script() {
        assert_eq!(STYLE_HASH, hash(STYLE));
        assert_eq!(SCRIPT_HASH, hash(SCRIPT));
    }
}
