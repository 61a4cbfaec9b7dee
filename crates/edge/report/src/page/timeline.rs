//! One row a container: its phases, how it spent its time, its exits and faults, and
//! what marks its way.

use std::fmt::Write as _;

use super::html::{Html, put};
use super::plot::{self, Caption, Ids};
use super::rows::{Activity, Row};
use super::scale::{Coordinate, count, span};
use super::{Page, ROWS_OPEN, folded, workloads};
use crate::history::{MarkKind, PhaseKind};

/// Pixels from the top: the band of states, the exits under it, the faults under those.
const HEIGHT: u32 = 44;
const BAND: (f64, f64) = (9.0, 27.0);
const AEX: (f64, f64) = (29.0, 35.0);
const FAULTS: (f64, f64) = (37.0, 44.0);
const MARK: f64 = 4.5;

pub(super) fn write(html: &mut Html, page: &Page<'_>, ids: &mut Ids) {
    html.markup("<section aria-labelledby=\"timeline\">\n<h2 id=\"timeline\">Timeline</h2>\n");
    let seen: Vec<&Row<'_>> =
        page.rows.iter().filter(|row| row.history.is_some() || !row.enclaves.is_empty()).collect();
    if seen.is_empty() {
        html.markup("<p class=\"note\">No enclave was created.</p>\n</section>\n");
        return;
    }
    let bins = if seen.len() > ROWS_OPEN { 200 } else { 500 };
    legend(html);
    let drawn: Vec<(&Row<'_>, Activity)> = seen
        .iter()
        .take(super::ROWS_MAX)
        .map(|row| (*row, page.activities.activity(&row.enclaves, bins)))
        .collect();
    let most = |of: fn(&Activity) -> &[f64]| {
        drawn.iter().flat_map(|(_, activity)| of(activity)).fold(0.0_f64, |most, it| most.max(*it))
    };
    let full = Full {
        bin: page.activities.bin(bins).0 as f64,
        aex: most(|activity| &activity.aex),
        faults: most(|activity| &activity.faults),
    };
    let scale = page.scale;
    html.markup("<div class=\"chart\">\n<div class=\"row top\"><div></div>");
    plot::axis(html, &scale);
    html.markup("<div></div></div>\n");
    folded(html, &drawn, seen.len(), "containers", |html, (row, activity)| {
        html.markup("<div class=\"row\"><div class=\"who\">");
        super::name(html, &row.container);
        html.markup("</div>");
        let caption = caption(row, activity);
        plot::open(html, ids, HEIGHT, &caption);
        plot::grid(html, &scale, HEIGHT);
        phases(html, row, &scale);
        states(html, activity, &full);
        suspended(html, row, &scale);
        marks(html, row, &scale);
        plot::end_time(html);
        plot::close(html);
        html.markup("<div class=\"value\">");
        match row.report {
            Some(report) => workloads::state(html, report.state),
            None => html.markup("<span class=\"word faint\">not reported</span>"),
        }
        html.markup("</div></div>\n");
    });
    html.markup("</div>\n</section>\n");
}

/// What a column of full height stands for.
struct Full {
    bin: f64,
    aex: f64,
    faults: f64,
}

fn legend(html: &mut Html) {
    html.markup("<p class=\"legend\" aria-label=\"Legend\">");
    for (class, words) in [
        ("building", "building, ending"),
        ("inside", "inside, on a CPU"),
        ("ready", "ready for a CPU"),
        ("blocked", "waits for the host"),
        ("suspended", "suspended"),
        ("aex", "asynchronous exits"),
        ("faults", "faults"),
    ] {
        put!(html, "<span><i class=\"key ", class, "\"></i>", words, "</span> ");
    }
    for (class, words) in [
        ("attested", "attested, renewed"),
        ("lapsed", "suspended, started again"),
        ("ended", "ended"),
        ("failed", "failed, refused"),
    ] {
        put!(html, "<span><i class=\"dot ", class, "\"></i>", words, "</span> ");
    }
    html.markup("</p>\n");
}

fn caption(row: &Row<'_>, activity: &Activity) -> Caption {
    let nanos = |bins: &[f64]| span(casemate_model::Nanos(bins.iter().sum::<f64>() as u64));
    let number = |bins: &[f64]| count(bins.iter().sum::<f64>().round() as u64);
    let mut description = format!(
        "{} inside, {} ready for a CPU, {} waiting for the host; {} asynchronous exits, {} faults",
        nanos(&activity.inside),
        nanos(&activity.ready),
        nanos(&activity.blocked),
        number(&activity.aex),
        number(&activity.faults),
    );
    for mark in row.history.iter().flat_map(|history| &history.marks).take(16) {
        let _ = write!(description, "; {}", mark.words);
    }
    Caption { title: row.container.to_string(), description }
}

/// Where the enclave exists: building and ending in one tint, the rest in another.
fn phases(html: &mut Html, row: &Row<'_>, scale: &super::TimeScale) {
    for phase in row.history.iter().flat_map(|history| &history.phases).take(PIECES_MAX) {
        let class = match phase.kind {
            PhaseKind::Building | PhaseKind::Ending => "building",
            PhaseKind::Running | PhaseKind::Suspended => "lives",
        };
        let bar = plot::bar(scale, (phase.from, phase.until), BAND.0, BAND.1);
        put!(html, "<path class=\"", class, "\" d=\"", bar, "\"><title>", phase.kind.as_str(), ", ");
        put!(html, span(phase.until.since(phase.from)), "</title></path>");
    }
}

/// Phases and marks drawn in one row; a container that is started again and again has more.
const PIECES_MAX: usize = 400;

/// Columns of what the time was spent on, from the bottom: inside, ready, blocked.
fn states(html: &mut Html, activity: &Activity, full: &Full) {
    let height = BAND.1 - BAND.0;
    let share = |nanos: f64| (nanos / full.bin.max(1.0) * height).min(height);
    let stacked = |layers: &[&[f64]]| {
        let bins = activity.inside.len();
        let sum = |bin: usize| layers.iter().filter_map(|layer| layer.get(bin)).sum::<f64>();
        let heights: Vec<f64> = (0..bins).map(|bin| share(sum(bin))).collect();
        plot::columns(&heights, BAND.1)
    };
    let (inside, ready, blocked) = (&activity.inside[..], &activity.ready[..], &activity.blocked[..]);
    put!(html, "<path class=\"blocked\" d=\"", stacked(&[inside, ready, blocked]), "\"/>");
    put!(html, "<path class=\"ready\" d=\"", stacked(&[inside, ready]), "\"/>");
    put!(html, "<path class=\"inside\" d=\"", stacked(&[inside]), "\"/>");
    let under = |counts: &[f64], most: f64, (top, bottom): (f64, f64)| {
        // The square root keeps few visible beside many.
        let column = |count: &f64| if *count > 0.0 { (count / most).sqrt() * (bottom - top) } else { 0.0 };
        let heights: Vec<f64> = counts.iter().map(column).collect();
        plot::columns(&heights, bottom)
    };
    put!(html, "<path class=\"aex\" d=\"", under(&activity.aex, full.aex, AEX), "\"/>");
    put!(html, "<path class=\"faults\" d=\"", under(&activity.faults, full.faults, FAULTS), "\"/>");
}

fn suspended(html: &mut Html, row: &Row<'_>, scale: &super::TimeScale) {
    let phases = row.history.iter().flat_map(|history| &history.phases).take(PIECES_MAX);
    for phase in phases.filter(|phase| phase.kind == PhaseKind::Suspended) {
        let bar = plot::bar(scale, (phase.from, phase.until), BAND.0, BAND.1);
        put!(html, "<path class=\"suspended\" d=\"", bar, "\"><title>suspended, ");
        put!(html, span(phase.until.since(phase.from)), "</title></path>");
    }
}

/// Dots above the band; a line of no length with a round end, so that stretching leaves it round.
fn marks(html: &mut Html, row: &Row<'_>, scale: &super::TimeScale) {
    for mark in row.history.iter().flat_map(|history| &history.marks).take(PIECES_MAX) {
        let class = match mark.kind {
            MarkKind::Attested => "attested",
            MarkKind::Suspended | MarkKind::Restarting => "lapsed",
            MarkKind::Ended => "ended",
            MarkKind::Failed => "failed",
        };
        let x = Coordinate(scale.x(mark.time));
        put!(html, "<path class=\"mark ", class, "\" d=\"M", x, " ", MARK, "h0\"><title>");
        put!(html, span(mark.time.since(scale.start)), ": ", mark.words, "</title></path>");
    }
}
