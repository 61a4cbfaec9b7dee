//! Pages that need nothing but themselves, without scripts.
//!
//! A page's own content security policy lets in its two styles by their hashes and nothing else. Whatever a page is of,
//! it is bounded, the same for the same, and says what it leaves out.

mod bars;
mod boot;
mod cpu;
mod curves;
mod figures;
mod lanes;
mod latency;
mod simulation;

use std::fmt::Display;

use casemate_report::page::html::{Html, put};
use casemate_report::page::{ROWS_MAX, STYLE, STYLE_HASH, beyond};

use crate::text;

pub use boot::{Booted, Checked, write_boot_html};
pub use simulation::write_simulation_html;

/// What the style of every page lacks, and the hash under which the page's policy knows it.
const OWN_STYLE: &str = include_str!("style.css");
const OWN_STYLE_HASH: &str = "sha256-b1vPglGFKanHzucNycWRmbpofC/+t6x+R3pxCYeU8OI=";

/// Begins the page of what a command found.
fn begin(html: &mut Html, command: &'static str, title: &str) {
    html.markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    html.markup(STYLE_HASH);
    html.markup("' '");
    html.markup(OWN_STYLE_HASH);
    html.markup("'; base-uri 'none'; form-action 'none'\">\n");
    html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.markup("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    put!(html, title, " – ", command, "</title>\n<style>");
    html.markup(STYLE);
    html.markup("</style>\n<style>");
    html.markup(OWN_STYLE);
    html.markup("</style>\n</head>\n<body>\n");
}

/// Begins the top of the page: whose it is, and what came of it.
fn headline(html: &mut Html, command: &'static str, title: &str, good: bool) {
    put!(html, "<header>\n<p class=\"over\">", command, "</p>\n<h1 class=\"");
    html.markup(if good { "good" } else { "bad" });
    put!(html, "\">", title, "</h1>\n");
}

/// What went wrong, if anything did.
fn problems(html: &mut Html, all: &[impl AsRef<str>]) {
    if all.is_empty() {
        return;
    }
    html.markup("<section class=\"problems\" aria-labelledby=\"problems\">");
    html.markup("<h2 id=\"problems\">Problems</h2>\n<ul>\n");
    for problem in all.iter().take(ROWS_MAX) {
        put!(html, "<li>", text::sentences(problem.as_ref()), "</li>\n");
    }
    html.markup("</ul>");
    beyond(html, all.len().saturating_sub(ROWS_MAX), "problems");
    html.markup("</section>\n");
}

/// Begins a table that scrolls in itself where it is wide, under the heading that has this id.
fn scrolled(html: &mut Html, labelled_by: impl Display) {
    put!(html, "<div class=\"scroll\" role=\"region\" aria-labelledby=\"", labelled_by, "\" tabindex=\"0\">");
    html.markup("<table class=\"figures\">\n");
}

/// A name, with the colour that what is at this place has in all pictures.
fn keyed(html: &mut Html, at: usize, name: &str) {
    html.markup("<i class=\"key ");
    html.markup(colour(at));
    put!(html, "\"></i>", text::name(name));
}

/// The colour at this place; those beyond the seventh share one.
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
