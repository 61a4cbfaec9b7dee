//! The idle flow: in which states a CPU is, and by what it goes from one to another.
//!
//! Where a state stands and how an arrow runs is given here; which arrows there are, and what they are called, is not.

use casemate_world::{Class, SeenAs};

use super::svg::{Anchor, Kind, Svg, through};
use super::turns::{At, Cause, Stay, Turns};

const WIDTH: i32 = 1300;
const HEIGHT: i32 = 690;
const SIZE: (i32, i32) = (230, 84);

/// How an arrow runs, and where its words stand.
struct Route {
    points: &'static [(i32, i32)],
    label: (i32, i32),
    anchor: Anchor,
    /// Whether the words stand above their place, as many lines as there are.
    above: bool,
}

/// Draws what was seen. An arrow for which there is no place is told below.
pub(super) fn draw(turns: &Turns) -> String {
    let mut svg = Svg::new(
        (WIDTH, HEIGHT),
        "How a CPU goes to sleep and comes back, with the REE and the TEE agreeing on it",
        "Made of what the state machine does; the same as a list stands in world-diagrams.md.",
    );
    for (at, stay) in &turns.stays {
        state(&mut svg, *at, stay);
    }
    let mut without = Vec::new();
    let mut labels = Vec::new();
    for ((from, to), causes) in turns.ways() {
        let Some(route) = route(from, to) else {
            without.push(format!("{} to {}", from.name(), to.name()));
            continue;
        };
        let kind = kind(&causes);
        svg.arrow(kind, &through(route.points));
        let lines: Vec<String> = causes.iter().map(Cause::words).collect();
        let up = if route.above { 15 * (lines.len() as i32 - 1) } else { 0 };
        labels.push((kind, (route.label.0, route.label.1 - up), route.anchor, lines));
    }
    for (kind, at, anchor, lines) in labels {
        svg.label(kind, at, anchor, &lines);
    }
    if !without.is_empty() {
        let text = format!("{} {}", super::WITHOUT_PLACE, without.join(", "));
        svg.text("soft", (20, HEIGHT - 8), Anchor::Start, &text);
    }
    svg.finish()
}

impl Cause {
    /// In words: `SGI [work is ready]`.
    pub(super) fn words(&self) -> String {
        match self.conditions.as_slice() {
            [] => self.event.to_owned(),
            all => format!("{} [{}]", self.event, all.join(", ")),
        }
    }
}

/// A way that is taken by calls alone is a call; what an interrupt may cause is an interrupt's.
fn kind(causes: &[Cause]) -> Kind {
    let called = |it: &Cause| {
        matches!(
            it.event,
            "issue" | "schedule" | "REE is idle" | "CPU on" | "CPU off" | "thread ends" | "thread waits"
        )
    };
    if causes.iter().all(called) { Kind::Call } else { Kind::Signal }
}

const fn corner(of: At) -> (i32, i32) {
    match of {
        At::Off => (20, 150),
        At::Ree => (350, 150),
        At::Tee => (1000, 150),
        At::Asleep => (350, 500),
        At::TeeDuringIdle => (1000, 500),
    }
}

fn state(svg: &mut Svg, at: At, stay: &Stay) {
    let (x, y) = corner(at);
    let (width, height) = SIZE;
    svg.rect("box", (x, y), (width, height));
    let class = match at {
        At::Ree => "ree",
        At::Tee | At::TeeDuringIdle => "tee",
        At::Off | At::Asleep => "ground",
    };
    svg.rect(class, (x + 1, y + 1), (width - 2, height - 2));
    let middle = x + width / 2;
    svg.text("title", (middle, y + 26), Anchor::Middle, at.name());
    for (row, line) in (0..).zip(facts(stay)) {
        svg.text("soft", (middle, y + 46 + 16 * row), Anchor::Middle, &line);
    }
}

/// What was seen of a CPU while it was so.
pub(super) fn facts(stay: &Stay) -> [String; 2] {
    let ticks = match (stay.ticks.contains(&true), stay.ticks.contains(&false)) {
        (true, true) => "tick on or off",
        (true, false) => "tick on",
        _ => "no tick",
    };
    let mut classes: Vec<_> = stay.billed.iter().map(|it| class(it.0)).collect();
    classes.dedup();
    let mut seen: Vec<_> = stay.billed.iter().map(|it| seen_as(it.1)).collect();
    seen.dedup();
    [format!("{ticks}; the REE sees {}", seen.join(" or ")), format!("billed: {}", classes.join(", "))]
}

const fn class(of: Class) -> &'static str {
    match of {
        Class::Off => "off",
        Class::Ree => "REE",
        Class::Requested => "requested",
        Class::SelfScheduled => "self-scheduled",
        Class::DuringIdle => "TEE during idle",
        Class::Idle => "idle",
    }
}

const fn seen_as(of: SeenAs) -> &'static str {
    match of {
        SeenAs::Task => "a task",
        SeenAs::Idle => "idle",
        SeenAs::Off => "nothing",
    }
}

fn route(from: At, to: At) -> Option<Route> {
    use Anchor::{End, Middle, Start};
    let (points, label, anchor, above): (&'static [(i32, i32)], _, _, _) = match (from, to) {
        (At::Ree, At::Off) => (&[(350, 175), (250, 175)], (300, 167), Middle, true),
        (At::Off, At::Ree) => (&[(250, 205), (350, 205)], (300, 221), Middle, false),
        (At::Ree, At::Tee) => (&[(580, 175), (1000, 175)], (790, 167), Middle, true),
        (At::Tee, At::Ree) => (&[(1000, 205), (580, 205)], (790, 221), Middle, false),
        (At::Tee, At::Tee) => {
            (&[(1070, 150), (1070, 105), (1160, 105), (1160, 150)], (1115, 97), Middle, true)
        }
        (At::Ree, At::Asleep) => (&[(390, 234), (390, 500)], (382, 370), End, false),
        (At::Asleep, At::Ree) => (&[(440, 500), (440, 234)], (448, 310), Start, false),
        (At::Asleep, At::Asleep) => {
            (&[(420, 584), (420, 625), (510, 625), (510, 584)], (465, 643), Middle, false)
        }
        (At::Asleep, At::TeeDuringIdle) => (&[(580, 528), (1000, 528)], (790, 520), Middle, true),
        (At::TeeDuringIdle, At::Asleep) => (&[(1000, 556), (580, 556)], (790, 572), Middle, false),
        (At::TeeDuringIdle, At::TeeDuringIdle) => {
            (&[(1070, 584), (1070, 625), (1160, 625), (1160, 584)], (1115, 643), Middle, false)
        }
        (At::Ree, At::TeeDuringIdle) => (&[(580, 226), (1040, 500)], (840, 360), Start, true),
        (At::TeeDuringIdle, At::Ree) => (&[(1010, 500), (550, 234)], (745, 400), End, false),
        _ => return None,
    };
    Some(Route { points, label, anchor, above })
}
