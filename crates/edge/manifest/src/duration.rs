//! Spans of time as Go and Kubernetes write them: `5m`, `1h30m`, `250ms`, `1.5s`.
//!
//! Exact: a fraction below one nanosecond is refused, not rounded.

use casemate_model::Nanos;
use thiserror::Error;

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Text that is no span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum DurationError {
    /// Not numbers with units.
    #[error("not a span of time")]
    Malformed,
    /// A number without a unit, or an unknown one.
    #[error("a number without a unit of time (h, m, s, ms, us, ns)")]
    NoUnit,
    /// Does not fit in 64 bits of nanoseconds, or is finer than one.
    #[error("longer than 584 years or finer than a nanosecond")]
    OutOfRange,
}

/// Reads a span.
pub(crate) fn parse(text: &str) -> Result<Nanos, DurationError> {
    let mut total = Nanos::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(DurationError::NoUnit)?;
        let (number, after) = rest.split_at(number_end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        if number.is_empty() {
            return Err(DurationError::Malformed);
        }
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(DurationError::NoUnit)?;
        let span = multiply(number, *nanos)?;
        total = total.checked_add(span).ok_or(DurationError::OutOfRange)?;
        rest = after;
    }
    if text.is_empty() { Err(DurationError::Malformed) } else { Ok(total) }
}

fn multiply(number: &str, unit_nanos: u64) -> Result<Nanos, DurationError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(DurationError::Malformed);
    }
    let integer = |digits: &str| match digits {
        "" => Ok(0),
        digits => digits.parse::<u64>().map_err(|_| DurationError::OutOfRange),
    };
    let fraction = fraction.trim_end_matches('0');
    let scale = u32::try_from(fraction.len()).ok().and_then(|digits| 10_u128.checked_pow(digits));
    let scale = scale.ok_or(DurationError::OutOfRange)?;
    let parts = u128::from(integer(fraction)?) * u128::from(unit_nanos);
    if !parts.is_multiple_of(scale) {
        return Err(DurationError::OutOfRange);
    }
    let parts = u64::try_from(parts / scale).map_err(|_| DurationError::OutOfRange)?;
    let whole = integer(whole)?.checked_mul(unit_nanos).ok_or(DurationError::OutOfRange)?;
    Nanos(whole).checked_add(Nanos(parts)).ok_or(DurationError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_exact_sums_of_their_parts() {
        for (text, nanos) in [
            ("5m", 300_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("250ms", 250_000_000),
            ("1.5s", 1_500_000_000),
            (".5us", 500),
            ("3µs1ns", 3_001),
            ("0s", 0),
            ("1.50000000000000000000s", 1_500_000_000),
        ] {
            assert_eq!(parse(text), Ok(Nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_by_its_kind() {
        use DurationError::{Malformed, NoUnit, OutOfRange};
        for (text, error) in [
            ("", Malformed),
            ("5", NoUnit),
            ("5d", NoUnit),
            ("-5m", Malformed),
            ("m", Malformed),
            ("1.2.3s", Malformed),
            ("5 m", NoUnit),
            ("0.1ns", OutOfRange),
            ("99999999999999999999h", OutOfRange),
            ("6000000h", OutOfRange),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,48}") {
            let _ = parse(&text);
        }
    }
}
