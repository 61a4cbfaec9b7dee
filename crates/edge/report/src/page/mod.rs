//! A finished run as one HTML page that needs nothing but itself.

use std::io::{self, Write};

use crate::{Recording, RunReport};

/// Writes the page.
///
/// # Errors
///
/// Where the writer fails.
pub fn write_html(report: &RunReport, recording: &Recording, mut to: impl Write) -> io::Result<()> {
    let title = if report.succeeded { "everything succeeded" } else { "not everything succeeded" };
    let events = recording.events().count();
    writeln!(to, "<!doctype html>\n<title>casemate run: {title}</title>\n<p>{events} events</p>")
}
