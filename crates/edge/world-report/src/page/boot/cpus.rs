//! Which world had each CPU: in all the time, as shares, and piece by piece where the worlds changed most.

use casemate_model::{Nanos, Timestamp};
use casemate_report::page::html::{Html, put};
use casemate_report::page::plot::{self, Ids};
use casemate_report::page::scale::{TimeScale, percent, span};
use casemate_world_metal::{Account, Log, Summary, spans};
use casemate_world_sim::{Activity, Side, Span};

use crate::page::cpu;

/// Steps into which all the time is divided.
const STEPS: usize = 300;
/// Ticks of the TEE in the stretch that is drawn piece by piece.
const TICKS: u64 = 10;

/// A part of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    from: u64,
    length: u64,
}

impl Stretch {
    /// The one of this length in which CPUs went into the TEE most often, the first of several.
    fn busiest(entries: &[Entry], nanos: u64, length: u64) -> Self {
        let mut times: Vec<_> = entries.iter().map(|it| it.at).collect();
        times.sort_unstable();
        let (mut first, mut best) = (0, (0, 0));
        for (last, at) in times.iter().enumerate() {
            while at - times[first] >= length.max(1) {
                first += 1;
            }
            if last + 1 - first > best.0 {
                best = (last + 1 - first, times[first]);
            }
        }
        Self { from: best.1.min(nanos.saturating_sub(length)), length }
    }

    fn until(self) -> u64 {
        self.from.saturating_add(self.length)
    }

    fn has(self, entry: &Entry) -> bool {
        (self.from..self.until()).contains(&entry.at)
    }

    /// What of a piece lies in it, told from its beginning.
    fn part(self, of: Span) -> Option<Span> {
        let from = of.from.max(self.from) - self.from;
        let until = of.until.min(self.until()).checked_sub(self.from)?;
        (from < until).then_some(Span { from, until, ..of })
    }
}

/// A CPU went into the TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    cpu: u8,
    at: u64,
}

pub(super) fn write(html: &mut Html, ids: &mut Ids, log: &Log, summary: &Summary) {
    html.markup("<section aria-labelledby=\"cpus\">\n<h2 id=\"cpus\">Which world had each CPU</h2>\n");
    cpu::legend(
        html,
        &[
            ("ree", "REE"),
            ("tee", "TEE"),
            ("lent", "TEE while the REE sleeps"),
            ("sleep", "asleep or switched off"),
        ],
    );
    // There are no more accounts than there can be CPUs.
    let cpus = u8::try_from(summary.accounts.len()).unwrap_or(u8::MAX);
    let mut all = Activity::new(cpus, summary.nanos, 0, STEPS);
    spans(log).for_each(|it| all.add(&it));
    whole(html, ids, &all, &summary.accounts);

    let entries = entries(log);
    if !entries.is_empty() {
        let stretch = Stretch::busiest(&entries, summary.nanos, length(log, summary.nanos));
        let mut part = Activity::new(cpus, stretch.length, stretch.length, 0);
        spans(log).filter_map(|it| stretch.part(it)).for_each(|it| part.add(&it));
        zoomed(html, ids, &part, stretch, &entries);
    }
    html.markup("</section>\n");
}

/// Ten ticks, or where there is none, a hundredth of all; not more than there is.
fn length(log: &Log, nanos: u64) -> u64 {
    let ticks = log.setup.tick_nanos.saturating_mul(TICKS);
    (if ticks == 0 { nanos / 100 } else { ticks }).min(nanos).max(1)
}

/// When each CPU went into the TEE, or began anew there after it slept.
fn entries(log: &Log) -> Vec<Entry> {
    let mut last: [Option<Span>; casemate_world::CPUS] = Default::default();
    let mut entries = Vec::new();
    for span in spans(log) {
        let Some(last) = last.get_mut(usize::from(span.cpu)) else { continue };
        let goes_on = last.is_some_and(|it| it.side != Side::Ree && it.until == span.from);
        if span.side != Side::Ree && !goes_on {
            entries.push(Entry { cpu: span.cpu, at: span.from });
        }
        *last = Some(span);
    }
    entries
}

fn whole(html: &mut Html, ids: &mut Ids, all: &Activity, accounts: &[Account]) {
    let scale = scale(all.nanos);
    put!(
        html,
        "<h3>All the time, in shares of each ",
        span(Nanos(all.step())),
        "</h3>\n<div class=\"machine\">\n"
    );
    for ((cpu, load), account) in all.load.iter().enumerate().zip(accounts) {
        put!(html, "<div class=\"cpu\">CPU ", cpu, "</div><div>");
        cpu::loads(html, ids, &scale, format!("CPU {cpu} in all the time"), Nanos(all.step()), load);
        let share = |part: u64| percent(part as f64 / all.nanos as f64);
        let tee = account.busy_ns.saturating_sub(account.ree_ns);
        put!(html, "</div><div class=\"value\">REE <b>", share(account.ree_ns), "</b>, TEE <b>", share(tee));
        html.markup("</b></div>\n");
    }
    end(html, &scale);
}

fn zoomed(html: &mut Html, ids: &mut Ids, part: &Activity, stretch: Stretch, entries: &[Entry]) {
    let scale = scale(stretch.length);
    let words = format!("{} from {} on", span(Nanos(stretch.length)), span(Nanos(stretch.from)));
    put!(html, "<h3>Where the worlds changed most: ", words, "</h3>\n");
    html.markup("<p class=\"what\">The TEE above, the REE below.</p>\n<div class=\"machine\">\n");
    for (cpu, pieces) in part.pieces.iter().enumerate() {
        put!(html, "<div class=\"cpu\">CPU ", cpu, "</div><div>");
        let title = format!("CPU {cpu} where the worlds changed most");
        cpu::timeline(html, ids, &scale, title, &format!("in {words}"), pieces);
        let times = entries.iter().filter(|it| usize::from(it.cpu) == cpu && stretch.has(it)).count();
        put!(html, "</div><div class=\"value\">into the TEE <b>", times, "</b> ");
        html.markup(if times == 1 { "time</div>\n" } else { "times</div>\n" });
    }
    end(html, &scale);
}

fn scale(nanos: u64) -> TimeScale {
    TimeScale::new((Timestamp(0), Timestamp(nanos)))
}

fn end(html: &mut Html, scale: &TimeScale) {
    html.markup("<div></div><div>");
    plot::axis(html, scale);
    html.markup("</div><div></div></div>\n");
}

#[cfg(test)]
mod tests {
    use casemate_world_sim::Who;

    use super::*;

    #[test]
    fn the_busiest_stretch_is_the_first_with_the_most_entries() {
        let entries = [1, 50, 100, 104, 109, 111, 300, 301, 305, 309].map(|at| Entry { cpu: 0, at });
        assert_eq!(Stretch::busiest(&entries, 1_000, 10), Stretch { from: 300, length: 10 });
        assert_eq!(Stretch::busiest(&entries[..6], 1_000, 10), Stretch { from: 100, length: 10 });
        // It ends with the time there is.
        assert_eq!(Stretch::busiest(&entries[..1], 5, 5), Stretch { from: 0, length: 5 });
        let late = [Entry { cpu: 0, at: u64::MAX }];
        assert_eq!(Stretch::busiest(&late, 20, 10), Stretch { from: 10, length: 10 });
    }

    #[test]
    fn a_stretch_has_of_a_piece_what_lies_in_it() {
        let stretch = Stretch { from: 100, length: 10 };
        let part = |from, until| {
            let piece = Span { cpu: 0, from, until, side: Side::Tee, who: Who::Switch };
            stretch.part(piece).map(|it| (it.from, it.until))
        };
        assert_eq!(part(90, 105), Some((0, 5)));
        assert_eq!(part(105, 200), Some((5, 10)));
        assert_eq!([part(0, 100), part(110, 120), part(0, 5)], [None; 3]);
    }
}
