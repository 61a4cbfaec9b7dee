//! CPU time against fair share, each container over time and in total.

use std::fmt::Write as _;

use casemate_model::{Nanos, Timestamp};

use super::html::{Html, put};
use super::plot::{self, Caption, Ids};
use super::rows::Row;
use super::scale::{Coordinate, percent, span};
use super::{Page, folded};
use crate::recording::Reading;

const HEIGHT: u32 = 34;
/// Steps of time over which shares are averaged.
const BINS: usize = 120;

/// The shares of one container: of one CPU, at each step.
struct Shares<'a> {
    row: &'a Row<'a>,
    got: Vec<f64>,
    fair: Vec<f64>,
    got_in_all: Nanos,
    /// Not known where no sample was taken.
    fair_in_all: Option<Nanos>,
}

pub(super) fn write(html: &mut Html, page: &Page<'_>, ids: &mut Ids) {
    html.markup("<section aria-labelledby=\"cpu\">\n<h2 id=\"cpu\">CPU</h2>\n");
    let shares = shares(page);
    if shares.is_empty() {
        html.markup("<p class=\"note\">No enclave was seen on a CPU.</p>\n</section>\n");
        return;
    }
    let full = full_height(&shares);
    let longest = shares.iter().flat_map(|it| [Some(it.got_in_all), it.fair_in_all]).flatten().max();
    let longest = longest.unwrap_or(Nanos(1)).0.max(1) as f64;
    html.markup(
        "<p class=\"legend\" aria-label=\"Legend\"><span><i class=\"key inside\"></i>CPU time inside</span> ",
    );
    html.markup("<span><i class=\"line fair\"></i>fair share</span> <span class=\"faint\">full height: ");
    put!(html, percent(full), " of a CPU, more is cut off</span></p>\n<div class=\"chart cpu\">\n");
    html.markup("<div class=\"row top\"><div></div>");
    plot::axis(html, &page.scale);
    html.markup("<div class=\"faint small\">in all: inside, fair</div></div>\n");
    let scale = page.scale;
    folded(html, &shares, shares.len(), "containers", |html, shares| {
        html.markup("<div class=\"row\"><div class=\"who\">");
        super::name(html, &shares.row.container);
        html.markup("</div>");
        let fair = shares.fair_in_all.map_or_else(|| "not known".to_owned(), span);
        let caption = Caption {
            title: format!("CPU share of {}", shares.row.container),
            description: format!("{} inside in all; fair share {fair}", span(shares.got_in_all)),
        };
        plot::open(html, ids, HEIGHT, &caption);
        plot::grid(html, &scale, HEIGHT);
        let height = f64::from(HEIGHT) - 2.0;
        let heights =
            |of: &[f64]| of.iter().map(|share| (share / full).min(1.0) * height).collect::<Vec<f64>>();
        put!(
            html,
            "<path class=\"inside\" d=\"",
            plot::columns(&heights(&shares.got), HEIGHT.into()),
            "\"/>"
        );
        put!(html, "<path class=\"fair\" d=\"", steps(&heights(&shares.fair)), "\"/>");
        plot::end_time(html);
        plot::close(html);
        totals(html, shares, longest);
        html.markup("</div>\n");
    });
    html.markup("</div>\n</section>\n");
}

/// The two totals in words, and as a bar with a line across.
fn totals(html: &mut Html, shares: &Shares<'_>, longest: f64) {
    html.markup("<div class=\"value total\"><span class=\"number\">");
    put!(html, span(shares.got_in_all), "</span><span class=\"number faint\">");
    match shares.fair_in_all {
        Some(fair) => html.text(span(fair)),
        None => html.markup("–"),
    }
    let percent = |of: Nanos| Coordinate(of.0 as f64 / longest * 100.0);
    html.markup("</span><svg class=\"bullet\" width=\"100%\" height=\"8\" aria-hidden=\"true\">");
    put!(html, "<rect class=\"inside\" y=\"1\" height=\"6\" width=\"", percent(shares.got_in_all), "%\"/>");
    if let Some(fair) = shares.fair_in_all {
        let at = percent(fair);
        put!(html, "<line class=\"fair\" x1=\"", at, "%\" x2=\"", at, "%\" y1=\"0\" y2=\"8\"/>");
    }
    html.markup("</svg></div>");
}

/// The outline of steps without the ground between them.
fn steps(heights: &[f64]) -> String {
    let mut path = String::new();
    let width = super::scale::WIDTH / heights.len().max(1) as f64;
    let mut before = 0.0;
    for (at, height) in heights.iter().enumerate() {
        let (left, right) = (Coordinate(at as f64 * width), Coordinate((at + 1) as f64 * width));
        let y = Coordinate(f64::from(HEIGHT) - height);
        if *height > 0.0 {
            let _ = match before > 0.0 {
                true => write!(path, "V{y}H{right}"),
                false => write!(path, "M{left} {y}H{right}"),
            };
        }
        before = *height;
    }
    path
}

/// What a full row stands for: a round share that all but the highest fiftieth of steps
/// stay below, at most one CPU, for an enclave has one thread. A burst of one enclave
/// would make all others flat, and a fair share can come in a leap when another enclave
/// ends that had been given too much; both are cut off at the top.
fn full_height(shares: &[Shares<'_>]) -> f64 {
    const ROUND: [f64; 9] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 0.75, 1.0];
    let steps = shares.iter().flat_map(|shares| shares.got.iter().chain(&shares.fair));
    let mut steps: Vec<f64> = steps.copied().filter(|share| *share > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    let high = steps.get(steps.len() * 49 / 50).copied().unwrap_or(0.0);
    ROUND.into_iter().find(|round| high <= *round).unwrap_or(1.0)
}

fn shares<'a>(page: &'a Page<'_>) -> Vec<Shares<'a>> {
    let readings = readings(page);
    let bin = page.activities.bin(BINS).0.max(1) as f64;
    let share = |nanos: Vec<f64>| nanos.iter().map(|nanos| nanos / bin).collect::<Vec<f64>>();
    let shares = page.rows.iter().filter(|row| !row.enclaves.is_empty()).map(|row| {
        let own = || row.enclaves.iter().filter_map(|enclave| readings.get(*enclave as usize)).flatten();
        let latest =
            row.enclaves.iter().filter_map(|enclave| page.recording.enclaves().get(*enclave)?.latest);
        let latest: Vec<Reading> = latest.collect();
        let sum = |of: fn(&Reading) -> Nanos| {
            Nanos(latest.iter().fold(0, |sum: u64, reading| sum.saturating_add(of(reading).0)))
        };
        let spread = |of: fn(&Reading) -> Nanos| {
            let mut bins = vec![0.0; BINS];
            for (during, earlier, later) in own() {
                let before = earlier.as_ref().map_or(Nanos(0), of);
                page.activities.spread(&mut bins, *during, of(later).0.saturating_sub(before.0) as f64);
            }
            bins
        };
        // A stay takes as long as the wall clock says, also where this machine's own
        // scheduler had something better to do; what samples tell is CPU time.
        let sampled = own().count() > 1;
        let got =
            if sampled { spread(|it| it.cpu) } else { page.activities.activity(&row.enclaves, BINS).inside };
        let told = row.report.and_then(|report| report.cpu_seconds);
        let seen = Nanos(got.iter().sum::<f64>() as u64);
        Shares {
            row,
            got_in_all: told.unwrap_or(if sampled { sum(|it| it.cpu) } else { seen }),
            fair_in_all: Some(sum(|it| it.fair)).filter(|_| !latest.is_empty()),
            got: share(got),
            fair: share(spread(|it| it.fair)),
        }
    });
    shares.filter(|shares| shares.got_in_all.0 > 0 || shares.fair_in_all.is_some_and(|it| it.0 > 0)).collect()
}

/// Two readings of an enclave, one after the other; before the first one there is none,
/// and its counts were zero.
type Step = ((Timestamp, Timestamp), Option<Reading>, Reading);

/// The steps of each enclave, by its number.
fn readings(page: &Page<'_>) -> Vec<Vec<Step>> {
    let mut all: Vec<Vec<Step>> = vec![Vec::new(); page.recording.enclaves().len()];
    let mut before = page.scale.start;
    for moment in page.recording.moments() {
        for reading in &moment.readings {
            if let Some(own) = all.get_mut(reading.enclave as usize) {
                let earlier = own.last().map(|((_, until), _, reading)| (*until, *reading));
                let from = earlier.map_or(before, |(until, _)| until);
                own.push(((from, moment.time), earlier.map(|(_, reading)| reading), *reading));
            }
        }
        before = moment.time;
    }
    all
}
