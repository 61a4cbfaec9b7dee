//! Where on a picture an instant or an amount lies, and which ones are worth a tick.
//!
//! Pictures are 1000 units wide whatever the page makes of them; the browser stretches
//! them to the width there is, and text is placed in percent beside them.

use std::fmt;

use casemate_model::{Bytes, Nanos, Timestamp};

/// Units across a picture.
pub const WIDTH: f64 = 1000.0;

/// Time, from the left edge to the right.
#[derive(Clone, Copy, Debug)]
pub struct TimeScale {
    /// At the left edge.
    pub start: Timestamp,
    /// From edge to edge; never zero.
    pub length: Nanos,
}

/// A number as attributes want it: at most two decimals, no trailing zeros.
#[derive(Clone, Copy, Debug)]
pub struct Coordinate(pub f64);

/// A place on an axis and what is written there.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// From 0 at the start of the axis to 1 at its end.
    pub at: f64,
    /// What is written there.
    pub label: String,
}

impl TimeScale {
    /// From one instant to another.
    #[must_use]
    pub fn new((start, end): (Timestamp, Timestamp)) -> Self {
        Self { start, length: Nanos(end.since(start).0.max(1)) }
    }

    /// From 0 at the start to [`WIDTH`] at the end; what lies outside is put at the edge.
    #[must_use]
    pub fn x(&self, at: Timestamp) -> f64 {
        (at.since(self.start).0 as f64 / self.length.0 as f64).min(1.0) * WIDTH
    }

    /// Round instants, at most seven.
    #[must_use]
    pub fn ticks(&self) -> Vec<Tick> {
        const STEPS_NS: [u64; 8] = [
            60_000_000_000,
            120_000_000_000,
            300_000_000_000,
            600_000_000_000,
            1_800_000_000_000,
            3_600_000_000_000,
            7_200_000_000_000,
            21_600_000_000_000,
        ];
        let decimal = (0..11).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
        let steps = decimal.filter(|step| *step <= 20_000_000_000).chain([30_000_000_000]).chain(STEPS_NS);
        let fits = |step: &u64| self.length.0 / step <= 6;
        let step = steps.into_iter().find(fits).unwrap_or(self.length.0.div_ceil(6));
        let unit = Unit::of(step);
        (0..=self.length.0 / step)
            .map(|number| number * step)
            .map(|nanos| Tick { at: nanos as f64 / self.length.0 as f64, label: unit.write(nanos, step) })
            .collect()
    }
}

/// The unit of a time axis.
#[derive(Clone, Copy)]
enum Unit {
    Micros,
    Millis,
    Seconds,
    Minutes,
}

impl Unit {
    fn of(step_ns: u64) -> Self {
        match step_ns {
            0..500_000 => Self::Micros,
            500_000..100_000_000 => Self::Millis,
            100_000_000..30_000_000_000 => Self::Seconds,
            _ => Self::Minutes,
        }
    }

    fn write(self, nanos: u64, step_ns: u64) -> String {
        let decimal = |unit_ns: u64, name: &str| {
            if step_ns.is_multiple_of(unit_ns) {
                format!("{} {name}", nanos / unit_ns)
            } else {
                format!("{:.1} {name}", nanos as f64 / unit_ns as f64)
            }
        };
        match self {
            _ if nanos == 0 => "0".to_owned(),
            Self::Micros => decimal(1_000, "µs"),
            Self::Millis => decimal(1_000_000, "ms"),
            Self::Seconds => decimal(1_000_000_000, "s"),
            Self::Minutes => {
                let seconds = nanos / 1_000_000_000;
                format!("{}:{:02} min", seconds / 60, seconds % 60)
            }
        }
    }
}

/// Round amounts of memory from nothing to `full`, at most five.
#[must_use]
pub fn memory_ticks(full: Bytes) -> Vec<Tick> {
    let full_bytes = full.0.max(1);
    let step = (12..63).map(|power| 1_u64 << power).find(|step| full_bytes / step <= 4);
    let step = step.unwrap_or(full_bytes);
    (0..=full_bytes / step)
        .map(|number| number * step)
        .map(|bytes| Tick { at: bytes as f64 / full_bytes as f64, label: memory(Bytes(bytes)) })
        .collect()
}

/// An amount of memory in three digits or so: `64 MiB`, `1.5 MiB`, `512 KiB`.
#[must_use]
pub fn memory(of: Bytes) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((size, unit)) = UNITS.iter().find(|(size, _)| of.0 >= *size) else {
        return if of.0 == 0 { "0".to_owned() } else { format!("{} B", of.0) };
    };
    let amount = of.0 as f64 / *size as f64;
    if of.0.is_multiple_of(*size) || amount >= 99.95 {
        format!("{amount:.0} {unit}")
    } else {
        format!("{amount:.1} {unit}")
    }
}

/// A span in three digits or so: `850 µs`, `12.3 ms`, `1.31 s`, `12 min 5 s`.
#[must_use]
pub fn span(of: Nanos) -> String {
    let seconds = of.as_secs_f64();
    match of.0 {
        0 => "0".to_owned(),
        1..999_500 => format!("{:.0} µs", seconds * 1e6),
        999_500..999_950_000 => format!("{:.1} ms", seconds * 1e3),
        999_950_000..99_995_000_000 => format!("{seconds:.2} s"),
        99_995_000_000..600_000_000_000 => format!("{seconds:.1} s"),
        _ => format!("{} min {} s", of.0 / 60_000_000_000, of.0 / 1_000_000_000 % 60),
    }
}

/// A share in percent: `0.4 %`, `12 %`. What is not a number, nothing of nothing, is a dash.
#[must_use]
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        it if !it.is_finite() => "–".to_owned(),
        it if it >= 9.95 || it == 0.0 => format!("{it:.0} %"),
        it => format!("{it:.1} %"),
    }
}

/// A count with thin spaces between groups of three digits: `147 456`.
#[must_use]
pub fn count(of: u64) -> String {
    let digits = of.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0 * 100.0).round() as i64;
        let (whole, rest) = (hundredths / 100, (hundredths % 100).unsigned_abs());
        if hundredths < 0 && whole == 0 {
            f.write_str("-")?;
        }
        match rest {
            0 => write!(f, "{whole}"),
            rest if rest % 10 == 0 => write!(f, "{whole}.{}", rest / 10),
            rest => write!(f, "{whole}.{rest:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_from_fifty_milliseconds_to_ten_minutes() {
        let ticks =
            |length: u64| labels(&TimeScale::new((Timestamp(7), Timestamp(7 + length))).ticks()).join(" ");
        assert_eq!(ticks(0), "0 0.0 µs");
        assert_eq!(ticks(50_000_000), "0 10 ms 20 ms 30 ms 40 ms 50 ms");
        assert_eq!(ticks(1_306_000_000), "0 0.2 s 0.4 s 0.6 s 0.8 s 1.0 s 1.2 s");
        assert_eq!(ticks(3_000_000_000), "0 0.5 s 1.0 s 1.5 s 2.0 s 2.5 s 3.0 s");
        assert_eq!(ticks(600_000_000_000), "0 2:00 min 4:00 min 6:00 min 8:00 min 10:00 min");
    }

    #[test]
    fn no_axis_has_more_than_seven_ticks() {
        let mut length = 1;
        while length < u64::MAX / 3 {
            let ticks = TimeScale::new((Timestamp(0), Timestamp(length))).ticks();
            assert!((1..=7).contains(&ticks.len()), "{length}: {ticks:?}");
            assert!(ticks.iter().all(|tick| (0.0..=1.0).contains(&tick.at)), "{length}");
            length = length * 3 / 2 + 1;
        }
    }

    #[test]
    fn memory_is_ticked_in_powers_of_two() {
        assert_eq!(labels(&memory_ticks(Bytes::mib(64))), ["0", "16 MiB", "32 MiB", "48 MiB", "64 MiB"]);
        assert_eq!(labels(&memory_ticks(Bytes(0))), ["0"]);
        assert_eq!(memory(Bytes(1_572_864)), "1.5 MiB");
        assert_eq!(memory(Bytes(u64::MAX)), "16777216 TiB");
    }

    #[test]
    fn numbers_are_short() {
        for (number, expected) in [(0.0, "0"), (12.0, "12"), (0.5, "0.5"), (1.006, "1.01"), (-0.25, "-0.25")]
        {
            assert_eq!(Coordinate(number).to_string(), expected);
        }
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }
}
