//! A line of a trace: which CPU, when, which event, and what it says.
//!
//! ```text
//! ftrace, trace-cmd   comm-pid     (tgid) [cpu] flags seconds.fraction: event: fields
//! perf script         comm  pid/tid       [cpu]       seconds.fraction: period system:event: fields
//! ```
//!
//! `(tgid)`, `flags`, `pid/` and `period` may be absent. A name is at most fifteen characters of any kind, so
//! everything from the CPU to the event, which takes more, cannot be part of one: the first place where all of it
//! stands is where it is.

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) cpu: u64,
    /// Nanoseconds.
    pub(crate) time: u64,
    /// Its name without its system's; empty where there is none.
    pub(crate) event: &'a str,
    pub(crate) fields: &'a str,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    Event(Line<'a>),
    /// Events of a CPU were lost; how many, if that is known.
    Lost {
        cpu: u64,
        events: Option<u64>,
    },
    /// A comment, a heading, a stack, or nothing.
    Other,
}

/// What a line is.
pub(crate) fn read(line: &str) -> Kind<'_> {
    if line.starts_with('#') {
        return Kind::Other;
    }
    if let Some((cpu, events)) = lost(line) {
        return Kind::Lost { cpu, events };
    }
    let places = line.match_indices(" [").map(|(at, _)| at + 1);
    let found = places.filter(|at| ends_in_pid(&line[..*at])).find_map(|at| from_cpu(&line[at..]));
    found.map_or(Kind::Other, Kind::Event)
}

/// `CPU:1 [LOST 12 EVENTS]` in the kernel's own words, `CPU:1 [12 EVENTS DROPPED]` in those of trace-cmd, either
/// without a number.
fn lost(line: &str) -> Option<(u64, Option<u64>)> {
    let (cpu, said) = line.trim().strip_prefix("CPU:")?.split_once(' ')?;
    let said = said.trim_start().strip_prefix('[')?.strip_suffix(']')?;
    let is_loss = said.contains("EVENTS") && (said.contains("LOST") || said.contains("DROPPED"));
    let number = said.split(' ').find_map(number);
    if is_loss { Some((self::number(cpu)?, number)) } else { None }
}

/// Whether it ends as what stands before a CPU: the number of a task, and the one of its group in brackets.
fn ends_in_pid(before: &str) -> bool {
    let before = before.trim_end();
    let without_group = before.strip_suffix(')').and_then(|it| it.rsplit_once('(')).map(|it| it.0.trim_end());
    without_group.unwrap_or(before).ends_with(|it: char| it.is_ascii_digit())
}

fn from_cpu(text: &str) -> Option<Line<'_>> {
    let (cpu, rest) = text.strip_prefix('[')?.split_once(']')?;
    if cpu.len() < 3 {
        return None;
    }
    let cpu = number(cpu)?;
    let (first, rest) = word(rest.strip_prefix(' ')?)?;
    let (time, rest) = match nanos(first) {
        Some(time) => (time, rest),
        None if is_flags(first) => {
            let (second, rest) = word(rest)?;
            (nanos(second)?, rest)
        }
        None => return None,
    };
    let Some((mut event, mut fields)) = word(rest) else {
        return Some(Line { cpu, time, event: "", fields: "" });
    };
    if number(event).is_some()
        && let Some(after) = word(fields)
    {
        (event, fields) = after;
    }
    // perf says so instead of an event.
    let event = if event == "PERF_RECORD_LOST" { event } else { event.strip_suffix(':').unwrap_or("") };
    let event = event.rsplit_once(':').map_or(event, |it| it.1);
    Some(Line { cpu, time, event, fields: fields.trim() })
}

/// The first word, and what comes after it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    if text.is_empty() { None } else { Some(text.split_once([' ', '\t']).unwrap_or((text, ""))) }
}

/// Interrupts off, need to reschedule, within an interrupt, depth: letters, digits and dots.
fn is_flags(word: &str) -> bool {
    (2..=10).contains(&word.len()) && word.chars().all(|it| it.is_ascii_alphanumeric() || "._-#".contains(it))
}

/// `seconds.fraction:` as nanoseconds; a fraction has six to nine digits.
fn nanos(word: &str) -> Option<u64> {
    let (seconds, fraction) = word.strip_suffix(':')?.split_once('.')?;
    let scale = 10_u64.pow(9_u32.checked_sub(u32::try_from(fraction.len()).ok()?)?);
    if fraction.len() < 6 {
        return None;
    }
    number(seconds)?.checked_mul(1_000_000_000)?.checked_add(number(fraction)? * scale)
}

/// Digits and nothing else.
pub(crate) fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|it| it.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(line: &str) -> (u64, u64, &str, &str) {
        match read(line) {
            Kind::Event(it) => (it.cpu, it.time, it.event, it.fields),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_way_to_begin_a_line_is_understood() {
        let is = (1, 1_500_000_000, "it", "a=b");
        for line in [
            "            bash-1977    [001] d..2.     1.500000: it: a=b",
            "            bash-1977    [001]     1.500000: it: a=b",
            "          <idle>-0       (-------) [001] d..2. 1.500000: it: a=b",
            "            bash-1977    (   1900) [001] dNh3. 1.500000: it:   a=b",
            "            bash  1977 [001]     1.500000:       sys:it: a=b",
            "            bash  1900/1977  [001]     1.500000000:          1 sys:it: a=b",
            "            :256   256 [001]     1.500000: it: a=b",
            "     a [3] b-12-34       [001] ..... 1.500000: it: a=b",
            "  x-1 [0] 1.0: a-34      [001] ..... 1.500000: it: a=b",
        ] {
            assert_eq!(event(line), is, "{line}");
        }
    }

    #[test]
    fn what_somebody_writes_into_the_trace_is_no_event_of_its_own() {
        let line =
            "  bash-12 [000] ..... 1.000000: tracing_mark_write: x-1 [001] ..... 2.000000: sched_switch: x";
        assert_eq!(event(line).2, "tracing_mark_write");
    }

    #[test]
    fn events_that_were_lost_are_told() {
        assert_eq!(read("CPU:3 [LOST 12 EVENTS]"), Kind::Lost { cpu: 3, events: Some(12) });
        assert_eq!(read("CPU:11 [7 EVENTS DROPPED]"), Kind::Lost { cpu: 11, events: Some(7) });
        assert_eq!(read("CPU:0 [EVENTS DROPPED]"), Kind::Lost { cpu: 0, events: None });
    }

    #[test]
    fn what_is_no_event_is_passed_over() {
        for line in [
            "",
            "# tracer: nop",
            "##### CPU 1 buffer started ####",
            "cpus=8",
            "version = 7",
            "CPU 2 is empty",
            "        ffffffff81234567 schedule+0x40 ([kernel.kallsyms])",
            "  bash-12 [0] 1.000000: it: a=b",
            "  bash-12 [000] 1.5: it: a=b",
            "  bash-12 [000] 99999999999999.000000: it: a=b",
            "  bash [000] 1.000000: it: a=b",
        ] {
            assert_eq!(read(line), Kind::Other, "{line}");
        }
    }
}
