//! Words and numbers for people: spans, instants, and names that guests chose.

use std::borrow::Cow;

use casemate_model::{Nanos, Timestamp};

/// A span in three or four significant digits: `850us`, `12.3ms`, `1.234s`, `123.4s`.
#[must_use]
pub fn span(of: Nanos) -> String {
    let seconds = of.as_secs_f64();
    match of.0 {
        0..1_000_000 => format!("{}us", of.0 / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1}ms", seconds * 1e3),
        1_000_000_000..100_000_000_000 => format!("{seconds:.3}s"),
        _ => format!("{seconds:.1}s"),
    }
}

/// RFC 3339 in UTC with nine decimals: `2026-01-31T12:00:00.000000001Z`.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    format!("{:.9}", instant(at))
}

/// RFC 3339 in UTC, rounded down to a second: `2026-01-31T12:00:00Z`.
#[must_use]
pub fn rfc3339_seconds(at: Timestamp) -> String {
    format!("{:.0}", instant(at))
}

/// A `Timestamp` ends in 2554, far inside what jiff can hold.
fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or(jiff::Timestamp::MAX)
}

/// `text` with control characters and bidirectional overrides replaced, so that
/// a guest's message can neither move the cursor nor reorder what is around it.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        Cow::Owned(text.chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_keep_their_significant_digits() {
        for (nanos, expected) in [
            (0, "0us"),
            (850_900, "850us"),
            (12_345_678, "12.3ms"),
            (1_234_000_000, "1.234s"),
            (123_456_000_000, "123.5s"),
        ] {
            assert_eq!(span(Nanos(nanos)), expected);
        }
    }

    #[test]
    fn instants_have_nine_decimals_from_the_first_to_the_last() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339_seconds(Timestamp(1_999_999_999)), "1970-01-01T00:00:01Z");
        assert_eq!(rfc3339(Timestamp(u64::MAX)), "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(clean("plain, ünï"), "plain, ünï");
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
    }
}
