//! How long something took: a rising curve for each of several, and below them, on the same axis, the median, what 99 of
//! 100 did not exceed, and the longest.

use std::fmt::Write as _;

use casemate_report::page::html::{Html, put};
use casemate_report::page::plot::{self, Caption, Ids};
use casemate_report::page::scale::{Coordinate, WIDTH};
use casemate_world_sim::Distribution;

/// Pixels of the curves, and of a row below them.
const CURVES: u32 = 150;
const ROW: u32 = 18;

/// One of several that are drawn over each other.
pub(super) struct Curve<'a> {
    pub(super) name: &'a str,
    pub(super) of: &'a Distribution,
    /// The median, 99 of 100, and the longest, in microseconds.
    pub(super) quantiles: [f64; 3],
}

/// Microseconds on a logarithmic axis, from one power of ten to another.
struct Axis {
    from: i32,
    until: i32,
}

impl Axis {
    /// One on which all of these lie; nobody can tell less than a tenth of a microsecond apart.
    fn of(micros: impl Iterator<Item = f64>) -> Option<Self> {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for it in micros.filter(|it| it.is_finite() && *it > 0.0) {
            (least, most) = (least.min(it), most.max(it));
        }
        if most == 0.0 {
            return None;
        }
        let from = (least.max(0.1).log10().floor() as i32).min(8);
        let until = (most.log10().ceil() as i32).clamp(from + 1, from + 12);
        Some(Self { from, until })
    }

    /// From 0 to 1.
    fn at(&self, micros: f64) -> f64 {
        let log = micros.max(1e-3).log10();
        ((log - f64::from(self.from)) / f64::from(self.until - self.from)).clamp(0.0, 1.0)
    }

    fn x(&self, micros: f64) -> Coordinate {
        Coordinate(self.at(micros) * WIDTH)
    }

    fn powers(&self) -> impl Iterator<Item = (f64, String)> {
        (self.from..=self.until).map(|power| {
            let micros = 10_f64.powi(power);
            let label = match power {
                ..3 => format!("{micros} µs"),
                3..6 => format!("{} ms", micros / 1e3),
                _ => format!("{} s", micros / 1e6),
            };
            (self.at(micros), label)
        })
    }
}

/// Whether there is anything to draw.
pub(super) fn any(curves: &[Curve<'_>]) -> bool {
    axis(curves).is_some()
}

fn axis(curves: &[Curve<'_>]) -> Option<Axis> {
    Axis::of(curves.iter().flat_map(|it| it.of.at_most.iter().map(|it| it[0])))
}

/// Draws them, if there is anything to draw. `title` is for who does not see the picture.
pub(super) fn write(html: &mut Html, ids: &mut Ids, title: String, curves: &[Curve<'_>]) {
    let Some(axis) = axis(curves) else { return };
    html.markup(
        "<p class=\"what\">Above, which share took no longer. Below, the median, 99 of 100, and the ",
    );
    html.markup("longest (open).</p>\n<div class=\"against\"><div class=\"shares\" aria-hidden=\"true\">");
    html.markup("<span>100 %</span><span>50 %</span><span>0</span></div>\n<div>");
    let description = curves.iter().map(|it| {
        let [median, most, longest] = it.quantiles;
        let name = crate::text::name(it.name);
        format!("{name}: median {median} µs, 99 of 100 {most} µs, longest {longest} µs")
    });
    let caption = Caption { title, description: description.collect::<Vec<_>>().join("; ") };
    plot::open(html, ids, CURVES, &caption);
    grid(html, &axis, CURVES);
    html.markup("<path class=\"grid\" d=\"M0 75H1000\"/>");
    for (at, it) in curves.iter().enumerate().rev() {
        html.markup("<path class=\"curve ");
        html.markup(super::colour(at));
        put!(html, "\" d=\"", curve(&axis, it.of), "\"/>");
    }
    plot::end_time(html);
    plot::close(html);
    html.markup("</div>\n");
    for (at, it) in curves.iter().enumerate() {
        html.markup("<div class=\"who\">");
        super::keyed(html, at, it.name);
        html.markup("</div><svg class=\"plot\" width=\"100%\" height=\"18\" viewBox=\"0 0 1000 18\" ");
        html.markup("preserveAspectRatio=\"none\" aria-hidden=\"true\">");
        grid(html, &axis, ROW);
        if !it.of.at_most.is_empty() {
            quantiles(html, &axis, at, it.quantiles);
        }
        html.markup("</svg>\n");
    }
    html.markup("<div></div>");
    html.markup("<svg class=\"axis\" width=\"100%\" height=\"20\" aria-hidden=\"true\">");
    for (at, label) in axis.powers() {
        put!(html, "<text x=\"", Coordinate(at * 100.0), "%\" y=\"14\" text-anchor=\"");
        html.markup(match at {
            0.0..0.02 => "start",
            0.96.. => "end",
            _ => "middle",
        });
        put!(html, "\">", label, "</text>");
    }
    html.markup("</svg></div>");
}

fn quantiles(html: &mut Html, axis: &Axis, at: usize, [median, most, longest]: [f64; 3]) {
    let (median, most, longest) = (axis.x(median), axis.x(most), axis.x(longest));
    html.markup("<g class=\"");
    html.markup(super::colour(at));
    put!(
        html,
        "\"><path class=\"reach\" d=\"M",
        median,
        " 9H",
        longest,
        "\"/><path class=\"spread\" d=\"M",
        median
    );
    put!(
        html,
        " 9H",
        most,
        "\"/><path class=\"longest\" d=\"M",
        longest,
        " 9h0\"/><path class=\"longest hole\" "
    );
    put!(html, "d=\"M", longest, " 9h0\"/><path class=\"median\" d=\"M", median, " 9h0\"/></g>");
}

fn grid(html: &mut Html, axis: &Axis, height: u32) {
    let mut path = String::new();
    for (at, _) in axis.powers() {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} 0V{height}", Coordinate(at * WIDTH));
    }
    put!(html, "<path class=\"grid\" d=\"", path, "\"/>");
}

/// A staircase that reaches each share where it is reached.
fn curve(axis: &Axis, of: &Distribution) -> String {
    let mut path = String::new();
    for [micros, share] in &of.at_most {
        let (x, y) = (axis.x(*micros), Coordinate((1.0 - share) * f64::from(CURVES - 4) + 2.0));
        // Writing to a String cannot fail.
        let _ = match path.is_empty() {
            true => write!(path, "M{x} {}V{y}", Coordinate(f64::from(CURVES - 2))),
            false => write!(path, "H{x}V{y}"),
        };
    }
    if !path.is_empty() {
        path.push_str("H1000");
    }
    path
}
