//! A simulation as one HTML page that needs nothing but itself, without scripts.
//!
//! Each scenario has what it is about and what was found, the figure of the finding as bars, the figures in which the
//! designs differ most, latencies as curves, what every CPU did under each design, and all figures as a table. The
//! page's own content security policy lets in its two styles by their hashes and nothing else.
//!
//! The same comparisons give the same bytes. Whatever they hold the page is bounded: so many scenarios, designs and
//! pieces of time are drawn, and what is left out is said.

mod bars;
mod figures;
mod lanes;
mod latency;

use std::io::{self, Write};

use casemate_report::page::html::{Html, put};
use casemate_report::page::plot::Ids;
use casemate_report::page::{ROWS_MAX, STYLE, STYLE_HASH, beyond};
use casemate_world_sim::{Comparison, Comparisons, Row};

use crate::text;

/// What the style of every page lacks, and the hash under which the page's policy knows it.
const OWN_STYLE: &str = include_str!("style.css");
const OWN_STYLE_HASH: &str = "sha256-2/K3awFVmHHtIUWyTlIjO62DTt4hRPSt9SUMwHfWYtI=";

/// Scenarios that are drawn.
const SCENARIOS_MOST: usize = 50;
/// Designs of a scenario that are drawn; a scenario that can be read has no more.
const DESIGNS_MOST: usize = casemate_world_sim::DESIGNS_MOST;
/// Pieces of time that are drawn on all of the page.
const PIECES_MOST: usize = 200_000;

/// Writes the page: UTF-8, self-contained.
///
/// # Errors
///
/// Where the writer fails.
pub fn write_simulation_html(comparisons: &Comparisons, mut to: impl Write) -> io::Result<()> {
    let mut html = Html::default();
    page(&mut html, comparisons);
    to.write_all(html.as_str().as_bytes())?;
    to.flush()
}

fn page(html: &mut Html, comparisons: &Comparisons) {
    html.markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    html.markup(STYLE_HASH);
    html.markup("' '");
    html.markup(OWN_STYLE_HASH);
    html.markup("'; base-uri 'none'; form-action 'none'\">\n");
    html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.markup("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    put!(html, title(comparisons), " – casemate world simulate</title>\n<style>");
    html.markup(STYLE);
    html.markup("</style>\n<style>");
    html.markup(OWN_STYLE);
    html.markup("</style>\n</head>\n<body>\n");
    header(html, comparisons);
    html.markup("<main>\n");
    let mut drawing = Drawing { ids: Ids::default(), pieces: PIECES_MOST };
    for (at, it) in comparisons.scenarios.iter().take(SCENARIOS_MOST).enumerate() {
        scenario(html, &mut drawing, at, it);
    }
    beyond(html, comparisons.scenarios.len().saturating_sub(SCENARIOS_MOST), "scenarios");
    html.markup("</main>\n<footer><p>Simulated in virtual time: the same scenario gives the same figures ");
    html.markup("everywhere. The TEE side is the scheduler itself, the REE a model of one.</p></footer>\n");
    html.markup("</body>\n</html>\n");
}

/// What is left to be drawn.
struct Drawing {
    ids: Ids,
    /// Pieces of time.
    pieces: usize,
}

fn title(comparisons: &Comparisons) -> String {
    match comparisons.scenarios.as_slice() {
        [] => "Nothing was simulated".to_owned(),
        [one] => format!("Two worlds: {} designs under one load", one.designs.len()),
        many => format!("{} scenarios of two worlds", many.len()),
    }
}

fn header(html: &mut Html, comparisons: &Comparisons) {
    html.markup("<header>\n<p class=\"over\">casemate world simulate</p>\n<h1 class=\"");
    html.markup(if comparisons.errors.is_empty() { "good" } else { "bad" });
    put!(html, "\">", title(comparisons), "</h1>\n");
    let designs: usize = comparisons.scenarios.iter().map(|it| it.designs.len()).sum();
    let scenarios = comparisons.scenarios.len();
    put!(html, "<p class=\"lead\">Designs simulated: ", designs, "</p>\n");
    if !comparisons.errors.is_empty() {
        html.markup("<section class=\"problems\" aria-labelledby=\"problems\">");
        html.markup("<h2 id=\"problems\">Problems</h2>\n<ul>\n");
        for problem in comparisons.errors.iter().take(ROWS_MAX) {
            put!(html, "<li>", text::sentences(problem), "</li>\n");
        }
        html.markup("</ul>");
        beyond(html, comparisons.errors.len().saturating_sub(ROWS_MAX), "problems");
        html.markup("</section>\n");
    }
    if scenarios > 1 {
        html.markup("<nav aria-label=\"Scenarios\">");
        for (at, it) in comparisons.scenarios.iter().take(SCENARIOS_MOST).enumerate() {
            put!(html, "<a href=\"#s", at, "\">", text::name(&it.name), "</a> ");
        }
        html.markup("</nav>\n");
    }
    html.markup("</header>\n");
}

fn scenario(html: &mut Html, drawing: &mut Drawing, at: usize, it: &Comparison) {
    let designs = it.designs.get(..it.designs.len().min(DESIGNS_MOST)).unwrap_or_default();
    put!(html, "<section class=\"scenario\" aria-labelledby=\"s", at, "\">\n<h2 id=\"s", at, "\">");
    put!(html, text::name(&it.name), "</h2>\n<p class=\"about\">", text::sentences(&it.about), "</p>\n");
    if !it.finding.is_empty() {
        put!(html, "<p class=\"finding\"><b>Finding.</b> ", text::sentences(&it.finding), "</p>\n");
    }
    put!(html, "<p class=\"source\"><code>", text::name(&it.file), "</code>, ", it.millis, " ms simulated");
    put!(html, ", seed ", it.seed, "</p>\n");
    if designs.is_empty() {
        html.markup("<p class=\"note\">No design was simulated.</p>\n</section>\n");
        return;
    }
    bars::finding(html, it, designs);
    latency::write(html, drawing, designs);
    bars::others(html, it, designs);
    lanes::write(html, drawing, designs);
    figures::write(html, at, it, designs);
    beyond(html, it.designs.len().saturating_sub(DESIGNS_MOST), "designs");
    html.markup("</section>\n");
}

/// A design's name, with the colour that it has in all pictures.
fn design(html: &mut Html, at: usize, row: &Row) {
    html.markup("<i class=\"key ");
    html.markup(colour(at));
    put!(html, "\"></i>", text::name(&row.name));
}

/// The colour of the design at this place; those beyond the seventh share one.
fn colour(at: usize) -> &'static str {
    ["c0", "c1", "c2", "c3", "c4", "c5", "c6"].get(at).copied().unwrap_or("others")
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
    fn the_policy_of_the_page_lets_in_its_own_style() {
        assert_eq!(OWN_STYLE_HASH, hash(OWN_STYLE));
    }
}
