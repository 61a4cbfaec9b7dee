//! A boot on metal as one HTML page that needs nothing but itself, without scripts.
//!
//! What was booted and whether it held; how long requests took; which world had each CPU, in all the time and where the
//! worlds changed most; what became of each CPU's time; checks, counts, the design, and what the REE said.
//!
//! The log and what the REE says are somebody else's: text stays text, and whatever they hold the page is bounded and
//! says what it leaves out. The same boot gives the same bytes: how long it took on the host is not on the page.

mod accounts;
mod cpus;
mod header;
mod requests;
mod tables;

use std::io::{self, Write};

use casemate_report::page::html::Html;
use casemate_report::page::plot::Ids;
use casemate_world_metal::{Log, Summary};

const COMMAND: &str = "casemate world boot";

/// What is known of a boot.
#[derive(Clone, Debug, Default)]
pub struct Booted<'a> {
    /// Whether nothing is wrong.
    pub holds: bool,
    /// The log, and its figures, where it can be read.
    pub log: Option<(&'a Log, &'a Summary)>,
    /// What the REE looked at.
    pub checks: Vec<Checked<'a>>,
    /// What else it said, line by line.
    pub said: &'a [String],
    /// QEMU's version; `None`: nothing was booted.
    pub qemu: Option<&'a str>,
    /// The release of Linux, where there was Linux.
    pub linux: Option<&'a str>,
    /// Why nothing was booted, or what went wrong besides.
    pub problems: &'a [String],
}

/// Something that the REE looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked<'a> {
    /// Its name.
    pub name: &'a str,
    /// Why it failed; `None`: it did not.
    pub failed: Option<&'a str>,
}

/// Writes the page: UTF-8, self-contained.
///
/// # Errors
///
/// Where the writer fails.
pub fn write_boot_html(booted: &Booted<'_>, mut to: impl Write) -> io::Result<()> {
    let mut html = Html::default();
    page(&mut html, booted);
    to.write_all(html.as_str().as_bytes())?;
    to.flush()
}

fn page(html: &mut Html, booted: &Booted<'_>) {
    super::begin(html, COMMAND, header::title(booted));
    header::write(html, booted);
    html.markup("<main>\n");
    if let Some((log, summary)) = booted.log {
        let ids = &mut Ids::default();
        requests::write(html, ids, log);
        cpus::write(html, ids, log, summary);
        accounts::write(html, ids, summary);
    }
    tables::checks(html, &booted.checks);
    if let Some((_, summary)) = booted.log {
        tables::counts(html, summary);
        tables::design(html, summary);
    }
    tables::said(html, booted.said);
    html.markup("</main>\n");
    if booted.log.is_some() {
        html.markup(
            "<footer><p>Time is counted in instructions: the same sources and the same design give the same ",
        );
        html.markup(
            "log. Every step in it is decided again by the scheduler that is checked and simulated, and ",
        );
        html.markup("compared.</p></footer>\n");
    }
    html.markup("</body>\n</html>\n");
}
