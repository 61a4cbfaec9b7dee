//! The top of the page: what was booted, whether it held, and what is wrong.

use casemate_model::Nanos;
use casemate_report::page::html::{Html, put};
use casemate_report::page::scale::{count, span};
use casemate_world_metal::{Summary, chosen};

use super::Booted;
use super::requests::time;
use crate::text;

/// Choices of a design that are named beside it; the table has all.
const CHOICES_NAMED: usize = 6;

/// What came of it, in a few words.
pub(super) fn title(booted: &Booted<'_>) -> &'static str {
    match booted {
        Booted { holds: true, .. } => "Everything held",
        Booted { qemu: None, .. } => "Nothing was booted",
        _ => "Not everything held",
    }
}

pub(super) fn write(html: &mut Html, booted: &Booted<'_>) {
    super::super::headline(html, super::COMMAND, title(booted), booted.holds);
    if let Some((_, summary)) = booted.log {
        put!(html, "<p class=\"lead\">", ree(booted, summary), " on ", cpus(summary));
        put!(html, ", ", span(Nanos(summary.nanos)), " of virtual time</p>\n");
    }
    facts(html, booted);
    let failed = booted.checks.iter().filter_map(|it| Some((it.name, it.failed?)));
    let failed = failed.map(|(name, why)| format!("The check `{}` failed: {why}", text::name(name)));
    let violations = booted.log.iter().flat_map(|(_, it)| &it.violations);
    let all = booted.problems.iter().chain(violations).cloned().chain(failed);
    super::super::problems(html, &all.collect::<Vec<_>>());
    if booted.log.is_some() {
        html.markup("<nav><a href=\"#requests\">Requests</a> <a href=\"#cpus\">CPUs</a> ");
        html.markup("<a href=\"#accounts\">Accounts</a> <a href=\"#counts\">Counts</a> ");
        html.markup("<a href=\"#design\">Design</a></nav>\n");
    }
    html.markup("</header>\n");
}

fn ree(booted: &Booted<'_>, summary: &Summary) -> String {
    match (summary.ree, booted.linux) {
        ("linux", Some(release)) => format!("Linux {}", text::name(release)),
        ("linux", None) => "Linux".to_owned(),
        _ => "The bare REE".to_owned(),
    }
}

fn cpus(summary: &Summary) -> String {
    format!("{} {}", summary.cpus, if summary.cpus == 1 { "CPU" } else { "CPUs" })
}

fn facts(html: &mut Html, booted: &Booted<'_>) {
    if booted.log.is_none() && booted.checks.is_empty() {
        return;
    }
    html.markup("<dl class=\"facts\">\n");
    if let Some((_, summary)) = booted.log {
        put!(html, "<div><dt>Normal world</dt><dd>", ree(booted, summary), "<small>", cpus(summary));
        if let Some(version) = booted.qemu {
            put!(html, " under QEMU ", text::name(version));
        }
        html.markup("</small></dd></div>\n");
        design(html, summary);
        laws(html, summary);
    }
    checks(html, booted);
    if let Some((_, summary)) = booted.log {
        requests(html, summary);
    }
    html.markup("</dl>\n");
}

fn design(html: &mut Html, summary: &Summary) {
    let all = chosen(&summary.design, summary.cpus);
    let others: Vec<_> = all.iter().filter(|it| !it.is_default).collect();
    put!(html, "<div><dt>Design</dt><dd>");
    if others.is_empty() {
        html.markup("the default");
    } else {
        put!(html, others.len(), " of ", all.len(), " chosen otherwise<small>");
        for (at, it) in others.iter().take(CHOICES_NAMED).enumerate() {
            put!(html, if at > 0 { ", " } else { "" }, it.field, ": ", it.value);
        }
        put!(html, if others.len() > CHOICES_NAMED { ", …" } else { "" }, "</small>");
    }
    html.markup("</dd></div>\n");
}

fn laws(html: &mut Html, summary: &Summary) {
    html.markup("<div><dt>Laws</dt><dd>");
    match summary.violations.len() {
        0 => html.markup("<span class=\"word good\">none broken</span>"),
        some => {
            put!(
                html,
                "<span class=\"word bad\">",
                some,
                if some == 1 { " violation" } else { " violations" }
            );
            html.markup("</span>");
        }
    }
    put!(html, "<small>", count(summary.steps as u64), " steps decided again, ");
    match summary.steps_that_differ {
        0 => html.markup("none otherwise"),
        some => {
            put!(html, "<span class=\"word bad\">", count(some as u64), " otherwise</span>");
        }
    }
    html.markup("</small></dd></div>\n");
}

fn checks(html: &mut Html, booted: &Booted<'_>) {
    let held = booted.checks.iter().filter(|it| it.failed.is_none()).count();
    html.markup("<div><dt>Checks</dt><dd><span class=\"word ");
    html.markup(if held == booted.checks.len() { "good" } else { "bad" });
    put!(
        html,
        "\">",
        held,
        " of ",
        booted.checks.len(),
        " held</span><small>by what runs in the normal world"
    );
    html.markup("</small></dd></div>\n");
}

fn requests(html: &mut Html, summary: &Summary) {
    put!(html, "<div><dt>Requests</dt><dd>", count(summary.ssrs_completed), " of ", count(summary.ssrs_made));
    put!(
        html,
        " answered<small>median ",
        time(summary.ssr_p50_ns),
        ", 99 of 100 within ",
        time(summary.ssr_p99_ns)
    );
    put!(html, ", longest ", time(summary.ssr_max_ns), "</small></dd></div>\n");
}
