//! Numbers in few characters.

use casemate_model::{Nanos, PAGE_SIZE, Pages};

/// A count in at most five characters: `99999`, `1234k`, `56.7M`.
pub(super) fn count(of: u64) -> String {
    const UNITS: [(u64, char); 5] = [
        (1_000, 'k'),
        (1_000_000, 'M'),
        (1_000_000_000, 'G'),
        (1_000_000_000_000, 'T'),
        (1_000_000_000_000_000, 'P'),
    ];
    if of < 100_000 {
        return of.to_string();
    }
    // The first unit that leaves at most four digits; 2^64 is 18446P.
    let (size, unit) = UNITS.into_iter().find(|(size, _)| of / size < 10_000).unwrap_or(UNITS[4]);
    format!("{}{unit}", of / size)
}

/// Pages as binary bytes, in three digits or so: `512Ki`, `1.5Mi`, `64Mi`.
pub(super) fn size(of: Pages) -> String {
    const UNITS: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if of.0 == 0 {
        return "0".to_owned();
    }
    let mut amount = of.0 as f64 * (PAGE_SIZE as f64 / 1024.0);
    let mut units = UNITS.into_iter().peekable();
    while amount >= 1024.0 && units.len() > 1 {
        amount /= 1024.0;
        units.next();
    }
    let unit = units.next().unwrap_or_default();
    let tenths = (amount * 10.0).round() / 10.0;
    if tenths < 10.0 && tenths.fract() != 0.0 {
        format!("{tenths:.1}{unit}")
    } else {
        format!("{amount:.0}{unit}")
    }
}

/// A span to come, in at most five characters or so: `4m59s`, `2h05m`, `850ms`.
pub(super) fn countdown(of: Nanos) -> String {
    let seconds = of.0 / 1_000_000_000;
    match seconds {
        0 => format!("{}ms", of.0 / 1_000_000 / 100 * 100),
        1..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// A span gone by, to a tenth of a second.
pub(super) fn elapsed(of: Nanos) -> String {
    let tenths = of.0 / 100_000_000;
    match tenths {
        0..600 => format!("{}.{}s", tenths / 10, tenths % 10),
        _ => countdown(of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_take_few_characters() {
        for (of, said) in [
            (0, "0"),
            (99_999, "99999"),
            (100_000, "100k"),
            (9_999_999, "9999k"),
            (12_345_678, "12M"),
            (u64::MAX, "18446P"),
        ] {
            assert_eq!(count(of), said);
        }
    }

    #[test]
    fn sizes_are_binary() {
        for (pages, said) in [
            (0, "0"),
            (1, "4Ki"),
            (256, "1Mi"),
            (384, "1.5Mi"),
            (16_384, "64Mi"),
            (16_448, "64Mi"),
            (u64::MAX, "65536Ei"),
        ] {
            assert_eq!(size(Pages(pages)), said);
        }
    }

    #[test]
    fn spans_are_read_at_a_glance() {
        for (nanos, said) in [
            (0, "0ms"),
            (850_000_000, "800ms"),
            (59_000_000_000, "59s"),
            (299_900_000_000, "4m59s"),
            (7_500_000_000_000, "2h05m"),
            (200_000_000_000_000, "2d07h"),
        ] {
            assert_eq!(countdown(Nanos(nanos)), said);
        }
        assert_eq!(elapsed(Nanos(12_340_000_000)), "12.3s");
        assert_eq!(elapsed(Nanos(75_000_000_000)), "1m15s");
    }
}
