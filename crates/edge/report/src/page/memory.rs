//! Who has how much of the pool, over time: enclaves stacked, the pool's size and what
//! is guaranteed as lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use casemate_model::{ContainerKey, Pages};

use super::Page;
use super::html::{Html, put};
use super::plot::{self, Caption, Ids};
use super::scale::{Coordinate, memory, memory_ticks, percent};
use crate::recording::{Moment, Reading};

const HEIGHT: u32 = 260;
/// Containers that have a colour of their own: those that at some time had most.
const SERIES_MAX: usize = 7;
/// Moments drawn; more would not be told apart.
const MOMENTS_MAX: usize = 1200;

/// One layer of the picture.
struct Series {
    name: Option<ContainerKey>,
    /// How many containers it stands for.
    containers: usize,
    /// Resident pages at each moment.
    resident: Vec<u64>,
}

impl Series {
    fn most(&self) -> u64 {
        self.resident.iter().copied().max().unwrap_or(0)
    }
}

pub(super) fn write(html: &mut Html, page: &Page<'_>, ids: &mut Ids) {
    html.markup("<section aria-labelledby=\"memory\">\n<h2 id=\"memory\">Encrypted memory</h2>\n");
    let all: Vec<&Moment> = page.recording.moments().collect();
    if all.len() < 2 {
        html.markup(
            "<p class=\"note\">The run was over before its memory was sampled twice.</p>\n</section>\n",
        );
        return;
    }
    let step = all.len().div_ceil(MOMENTS_MAX).max(1);
    let mut moments: Vec<&Moment> = all.iter().copied().step_by(step).collect();
    if let Some(last) = all.last().filter(|_| !(all.len() - 1).is_multiple_of(step)) {
        moments.push(last);
    }
    let series = series(page, &moments);
    let pool = moments.iter().map(|moment| moment.frames.0).max().unwrap_or(0);
    let capacity = page.report.epc.map_or(pool, |epc| epc.capacity_pages.0);
    let full = pool.max(capacity).max(1);
    let most = moments.iter().map(|moment| moment.frames.0.saturating_sub(moment.free.0)).max().unwrap_or(0);
    let caption = Caption {
        title: "Encrypted memory in use, by container".to_owned(),
        description: format!(
            "Of {}, at most {} were in use at once, {}.",
            memory(Pages(full).to_bytes()),
            memory(Pages(most).to_bytes()),
            percent(most as f64 / full as f64)
        ),
    };
    html.markup("<div class=\"chart\">\n<div class=\"row tall\"><div class=\"who\">");
    legend(html, &series, capacity);
    html.markup("</div><div>");
    let ticks = memory_ticks(Pages(full).to_bytes());
    plot::open(html, ids, HEIGHT, &caption);
    plot::grid(html, &page.scale, HEIGHT);
    let y = |pages: u64| f64::from(HEIGHT) * (1.0 - pages as f64 / full as f64);
    for tick in &ticks {
        let at = Coordinate(f64::from(HEIGHT) * (1.0 - tick.at));
        put!(html, "<path class=\"grid\" d=\"M0 ", at, "H1000\"/>");
    }
    let x: Vec<f64> = moments.iter().map(|moment| page.scale.x(moment.time)).collect();
    // The script shows in the legend what there was at the time under the pointer.
    put!(html, "<g data-x=\"", list(x.iter().map(|x| Coordinate(*x))), "\">");
    let mut floor = vec![0_u64; moments.len()];
    for (number, layer) in series.iter().enumerate() {
        let roof: Vec<u64> =
            floor.iter().zip(&layer.resident).map(|(floor, own)| floor.saturating_add(*own)).collect();
        let area = area(&x, &floor, &roof, y);
        put!(html, "<path class=\"layer ", colour(number, layer), "\" data-pages=\"");
        put!(html, list(&layer.resident), "\" d=\"", area, "\"/>");
        floor = roof;
    }
    html.markup("</g>");
    let guaranteed: Vec<u64> = moments.iter().map(|moment| guaranteed(moment)).collect();
    put!(html, "<path class=\"guaranteed\" d=\"", line(&x, &guaranteed, y), "\"/>");
    put!(html, "<path class=\"capacity\" d=\"M0 ", Coordinate(y(capacity)), "H1000\"/>");
    plot::end_time(html);
    for tick in ticks.iter().skip(1) {
        let at = Coordinate((1.0 - tick.at) * 100.0);
        put!(html, "<text class=\"level\" x=\"4\" y=\"", at, "%\" dy=\"12\">", tick.label, "</text>");
    }
    plot::close(html);
    plot::axis(html, &page.scale);
    html.markup("</div><div class=\"value\">");
    put!(
        html,
        "at most<br><b>",
        memory(Pages(most).to_bytes()),
        "</b><br>",
        percent(most as f64 / full as f64)
    );
    html.markup("</div></div>\n</div>\n</section>\n");
}

fn guaranteed(moment: &Moment) -> u64 {
    moment.readings.iter().fold(0, |sum, reading| sum.saturating_add(reading.guaranteed.0))
}

/// The layers, lowest first: the containers that had most, the others as one, and what
/// no sampled enclave has.
fn series(page: &Page<'_>, moments: &[&Moment]) -> Vec<Series> {
    let mut row_of: BTreeMap<u32, usize> = BTreeMap::new();
    for (number, row) in page.rows.iter().enumerate() {
        row_of.extend(row.enclaves.iter().map(|enclave| (*enclave, number)));
    }
    let row = |reading: &Reading| row_of.get(&reading.enclave).copied();
    let mut most: BTreeMap<usize, u64> = BTreeMap::new();
    for reading in moments.iter().flat_map(|moment| &moment.readings) {
        if let Some(row) = row(reading).filter(|_| reading.resident.0 > 0) {
            let most = most.entry(row).or_default();
            *most = reading.resident.0.max(*most);
        }
    }
    let mut ranked: Vec<(usize, u64)> = most.into_iter().collect();
    ranked.sort_by_key(|(row, most)| (std::cmp::Reverse(*most), *row));
    let others = ranked.len().saturating_sub(SERIES_MAX);
    ranked.truncate(SERIES_MAX);
    let mut own: Vec<usize> = ranked.into_iter().map(|(row, _)| row).collect();
    own.sort_unstable();

    // One layer for each, then the others', then what is left over.
    let mut layers = vec![vec![0_u64; moments.len()]; own.len() + 2];
    for (at, moment) in moments.iter().enumerate() {
        let mut rest = moment.frames.0.saturating_sub(moment.free.0);
        for reading in &moment.readings {
            let number = row(reading).and_then(|row| own.binary_search(&row).ok()).unwrap_or(own.len());
            layers[number][at] = layers[number][at].saturating_add(reading.resident.0);
            rest = rest.saturating_sub(reading.resident.0);
        }
        layers[own.len() + 1][at] = rest;
    }
    let names = own.iter().map(|row| page.rows.get(*row).map(|row| row.container.clone()));
    let kinds = names.map(|name| (name, 1)).chain([(None, others), (None, 0)]);
    let series =
        kinds.zip(layers).map(|((name, containers), resident)| Series { name, containers, resident });
    series.filter(|series| series.most() > 0).collect()
}

fn colour(number: usize, series: &Series) -> &'static str {
    const COLOURS: [&str; SERIES_MAX] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];
    match series {
        Series { name: Some(_), .. } => COLOURS.get(number).copied().unwrap_or("others"),
        Series { containers: 0, .. } => "unaccounted",
        _ => "others",
    }
}

fn legend(html: &mut Html, series: &[Series], capacity: u64) {
    html.markup("<ul class=\"legend stacked\">");
    html.markup("<li><i class=\"line capacity\"></i><b>pool</b><em>");
    put!(html, memory(Pages(capacity).to_bytes()), "</em></li>");
    html.markup("<li><i class=\"line guaranteed\"></i><b>guaranteed, in all</b></li>");
    for (number, layer) in series.iter().enumerate().rev() {
        put!(html, "<li><i class=\"key ", colour(number, layer), "\"></i><b>");
        match (&layer.name, layer.containers) {
            (Some(container), _) => super::name(html, container),
            (None, 0) => html.markup("of no sampled enclave"),
            (None, others) => {
                put!(html, others, " others");
            }
        }
        put!(
            html,
            "</b><em data-layer=\"",
            number,
            "\">",
            memory(Pages(layer.most()).to_bytes()),
            "</em></li>"
        );
    }
    html.markup("</ul>");
}

/// Numbers with a space between two.
fn list<T: ToString>(numbers: impl IntoIterator<Item = T>) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
}

fn area(x: &[f64], floor: &[u64], roof: &[u64], y: impl Fn(u64) -> f64) -> String {
    // Where a layer is empty from end to end of a stretch, nothing is drawn.
    let mut path = String::new();
    let thick = |at: usize| roof[at] > floor[at];
    let mut at = 0;
    while at < x.len() {
        if !(thick(at) || at + 1 < x.len() && thick(at + 1)) {
            at += 1;
            continue;
        }
        let begin = at;
        at += 1;
        while at < x.len() && (thick(at) || thick(at - 1)) {
            at += 1;
        }
        let mut command = 'M';
        for point in (begin..at).chain((begin..at).rev().map(|point| point + x.len())) {
            let (point, height) = if point < x.len() {
                (point, roof[point])
            } else {
                (point - x.len(), floor[point - x.len()])
            };
            let _ = write!(path, "{command}{} {}", Coordinate(x[point]), Coordinate(y(height)));
            command = 'L';
        }
        path.push('Z');
    }
    path
}

fn line(x: &[f64], heights: &[u64], y: impl Fn(u64) -> f64) -> String {
    let mut path = String::new();
    for (at, (x, height)) in x.iter().zip(heights).enumerate() {
        let height = Coordinate(y(*height));
        let _ = match at {
            0 => write!(path, "M{} {height}", Coordinate(*x)),
            _ => write!(path, "H{}V{height}", Coordinate(*x)),
        };
    }
    path
}
