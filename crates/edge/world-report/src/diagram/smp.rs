//! The SMP block diagram: two CPUs, each with what the REE and the TEE have there, and who sends what to whom.
//!
//! Where a part stands and how an arrow runs is given here; which arrows there are, and what they are called, is not.

use super::flows::{Flows, Part, Place};
use super::svg::{Anchor, Kind, Svg, through};

const WIDTH: i32 = 1560;
const HEIGHT: i32 = 680;
/// Where the parts of the REE and of the TEE begin and end, and what interrupts them.
const REE: (i32, i32) = (90, 150);
const TEE: (i32, i32) = (350, 410);
const SOURCES: (i32, i32) = (570, 610);

/// Every part: from where to where it stands on the left CPU, and its names.
const PARTS: [(Part, (i32, i32), &str, &str); 10] = [
    (Part::Tasks, (40, 130), "tasks", ""),
    (Part::Queue, (210, 300), "queue", "SSRQ"),
    (Part::Agent, (380, 480), "agent", "SSA"),
    (Part::Kernel, (560, 670), "kernel", "driver, idle loop"),
    (Part::Thread, (40, 130), "thread", "that runs"),
    (Part::Ready, (210, 300), "run queue", ""),
    (Part::Dispatcher, (360, 670), "dispatcher", "step"),
    (Part::Timer, (345, 435), "timer", ""),
    (Part::Device, (447, 557), "secure device", ""),
    (Part::Interrupt, (569, 675), "REE's device", ""),
];

/// How an arrow runs on the left CPU, or from it, and where its words stand.
struct Route {
    kind: Kind,
    points: Vec<(i32, i32)>,
    label: (i32, i32),
    anchor: Anchor,
}

/// Draws what was seen. An arrow for which there is no place is told below.
pub(super) fn draw(flows: &Flows) -> String {
    let mut svg = Svg::new(
        (WIDTH, HEIGHT),
        "Two CPUs, each shared by a REE and a TEE, and who sends what to whom",
        "Made of what the state machine does; the same as a list stands in world-diagrams.md.",
    );
    for cpu in 0..2 {
        frame(&mut svg, cpu);
    }
    let mut without = Vec::new();
    let mut labels = Vec::new();
    for ((from, to), words) in &flows.0 {
        let Some(route) = route(*from, *to) else {
            without.push(format!("{} to {}", name(*from), name(*to)));
            continue;
        };
        let mirror = from.1 == 1;
        let points: Vec<_> = route.points.iter().map(|it| mirrored(*it, mirror)).collect();
        svg.arrow(route.kind, &through(&points));
        let lines: Vec<_> = words.iter().map(|it| (*it).to_owned()).collect();
        // Along a lane words stand in a line, as there is none to spare above the next.
        let lines = if points.len() > 2 { vec![lines.join(", ")] } else { lines };
        labels.push((route.kind, mirrored(route.label, mirror), turned(route.anchor, mirror), lines));
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

fn frame(svg: &mut Svg, cpu: usize) {
    let mirror = cpu == 1;
    let left = if mirror { WIDTH - 690 } else { 20 };
    svg.text("title", mirrored((355, 30), mirror), Anchor::Middle, &format!("CPU {cpu}"));
    svg.rect("ree", (left, 50), (670, 125));
    svg.rect("tee", (left, 330), (670, 205));
    let corner = |y| mirrored((34, y), mirror);
    svg.text("name", corner(74), turned(Anchor::Start, mirror), "REE");
    svg.text("name", corner(522), turned(Anchor::Start, mirror), "TEE");
    for (part, (from, until), name, what) in PARTS {
        let (top, bottom) = rows(part);
        let (x, _) = mirrored((if mirror { until } else { from }, 0), mirror);
        svg.rect("box", (x, top), (until - from, bottom - top));
        let middle = x + (until - from) / 2;
        let name_y = (top + bottom) / 2 + if what.is_empty() { 4 } else { -3 };
        svg.text("name", (middle, name_y), Anchor::Middle, name);
        svg.text("soft", (middle, name_y + 16), Anchor::Middle, what);
    }
}

const fn rows(part: Part) -> (i32, i32) {
    match part {
        Part::Tasks | Part::Queue | Part::Agent | Part::Kernel => REE,
        Part::Thread | Part::Ready | Part::Dispatcher => TEE,
        Part::Timer | Part::Device | Part::Interrupt => SOURCES,
    }
}

/// The same on the other side.
const fn mirrored((x, y): (i32, i32), mirror: bool) -> (i32, i32) {
    (if mirror { WIDTH - x } else { x }, y)
}

const fn turned(anchor: Anchor, mirror: bool) -> Anchor {
    match (anchor, mirror) {
        (Anchor::Start, true) => Anchor::End,
        (Anchor::End, true) => Anchor::Start,
        _ => anchor,
    }
}

/// What a place is called in a list.
pub(super) fn name((part, cpu): Place) -> String {
    let part = PARTS.iter().find(|it| it.0 == part).map_or("", |it| it.2);
    format!("{part} of CPU {cpu}")
}

/// How an arrow runs, seen from the CPU that it leaves. From the right one lanes lie deeper, so that none are on top of
/// each other.
fn route(from: Place, to: Place) -> Option<Route> {
    use Anchor::{End, Middle, Start};
    use Kind::{Call, Move, Signal};
    let lower = if from.1 == 1 { 20 } else { 0 };
    let beyond = |x: i32| WIDTH - x;
    let (ree, tee) = (REE.1, TEE.0);
    let (kind, points, label, anchor) = if from.1 == to.1 {
        match (from.0, to.0) {
            (Part::Tasks, Part::Queue) => (Move, vec![(130, 120), (210, 120)], (170, 112), Middle),
            (Part::Queue, Part::Agent) => (Move, vec![(300, 120), (380, 120)], (340, 112 - 15), Middle),
            (Part::Agent, Part::Dispatcher) => (Call, vec![(405, ree), (405, tee)], (398, 230), End),
            (Part::Dispatcher, Part::Agent) => (Call, vec![(455, tee), (455, ree)], (463, 205), Start),
            (Part::Kernel, Part::Dispatcher) => (Call, vec![(585, ree), (585, tee)], (577, 280), End),
            (Part::Dispatcher, Part::Kernel) => (Call, vec![(645, tee), (645, ree)], (653, 205), Start),
            (Part::Dispatcher, Part::Ready) => (Move, vec![(360, 380), (300, 380)], (330, 357), Middle),
            (Part::Ready, Part::Thread) => (Move, vec![(210, 370), (130, 370)], (170, 363), Middle),
            (Part::Thread, Part::Ready) => (Move, vec![(130, 392), (210, 392)], (170, 407), Middle),
            (Part::Thread, Part::Dispatcher) => {
                (Call, vec![(85, 410), (85, 445), (372, 445), (372, 410)], (95, 440), Start)
            }
            (Part::Timer, Part::Dispatcher) => (Signal, vec![(400, 570), (400, 410)], (390, 628), Middle),
            (Part::Device, Part::Dispatcher) => (Signal, vec![(500, 570), (500, 410)], (502, 628), Middle),
            (Part::Interrupt, Part::Dispatcher) => (Signal, vec![(610, 570), (610, 410)], (622, 628), Middle),
            _ => return None,
        }
    } else {
        match (from.0, to.0) {
            (Part::Dispatcher, Part::Dispatcher) => {
                let y = 372 + lower;
                (Signal, vec![(670, y), (beyond(670), y)], (740, y - 5), Middle)
            }
            (Part::Dispatcher, Part::Kernel) => {
                (Signal, vec![(670, 358), (beyond(668), ree)], (702, 312), Middle)
            }
            (Part::Dispatcher, Part::Ready) => {
                let y = 465 + lower;
                (Move, vec![(650, 410), (650, y), (beyond(235), y), (beyond(235), 410)], (700, y - 4), Start)
            }
            (Part::Ready, Part::Thread) => {
                let y = 505 + lower;
                (Move, vec![(270, 410), (270, y), (beyond(65), y), (beyond(65), 410)], (700, y - 4), Start)
            }
            _ => return None,
        }
    };
    Some(Route { kind, points, label, anchor })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn an_arrow_that_has_no_place_is_told_and_one_that_has_is_drawn() {
        let flow = |from, to| ((from, to), BTreeSet::from(["something new"]));
        let known = flow((Part::Tasks, 1), (Part::Queue, 1));
        let unknown = flow((Part::Tasks, 1), (Part::Thread, 0));
        let drawn = draw(&Flows(BTreeMap::from([known.clone()])));
        assert!(drawn.contains(">something new</text>") && !drawn.contains("Not drawn"));
        let told = draw(&Flows(BTreeMap::from([known, unknown])));
        assert!(told.contains("Not drawn: tasks of CPU 1 to thread of CPU 0"));
    }
}
