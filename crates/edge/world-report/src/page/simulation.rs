//! A simulation as one HTML page that needs nothing but itself, without scripts.
//!
//! Each scenario has what it is about and what was found, the figure of the finding as bars, the figures in which the
//! designs differ most, latencies as curves, what every CPU did under each design, and all figures as a table.
//!
//! The same comparisons give the same bytes. Whatever they hold the page is bounded: so many scenarios, designs and
//! pieces of time are drawn, and what is left out is said.

use std::io::{self, Write};

use casemate_report::page::beyond;
use casemate_report::page::html::{Html, put};
use casemate_report::page::plot::Ids;
use casemate_world_sim::{Comparison, Comparisons};

use super::{bars, figures, lanes, latency};
use crate::text;

const COMMAND: &str = "casemate world simulate";
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
    super::begin(html, COMMAND, &title(comparisons));
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
pub(super) struct Drawing {
    pub(super) ids: Ids,
    /// Pieces of time.
    pub(super) pieces: usize,
}

fn title(comparisons: &Comparisons) -> String {
    match comparisons.scenarios.as_slice() {
        [] => "Nothing was simulated".to_owned(),
        [one] => format!("Two worlds: {} designs under one load", one.designs.len()),
        many => format!("{} scenarios of two worlds", many.len()),
    }
}

fn header(html: &mut Html, comparisons: &Comparisons) {
    super::headline(html, COMMAND, &title(comparisons), comparisons.errors.is_empty());
    let designs: usize = comparisons.scenarios.iter().map(|it| it.designs.len()).sum();
    let scenarios = comparisons.scenarios.len();
    put!(html, "<p class=\"lead\">Designs simulated: ", designs, "</p>\n");
    super::problems(html, &comparisons.errors);
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
