//! Values in Intel's JSON documents: bytes in hex of a fixed length, instants in UTC, statuses.
//!
//! Each refuses every other spelling.

use std::fmt;

use casemate_model::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::TcbStatus;

/// The longest document looked at. Intel's are under 32 KiB.
pub(super) const MAX_LEN: usize = 1024 * 1024;

/// Bytes in hex of either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hex<const LEN: usize>(pub(super) [u8; LEN]);

/// An instant in UTC to the second, as RFC 3339 writes it with `Z`: `2025-06-25T00:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instant(pub(super) Timestamp);

impl<'de, const LEN: usize> Deserialize<'de> for Hex<LEN> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("bytes in hex", &|text| bytes(text).map(Self)))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("an instant such as 2025-06-25T00:00:00Z", &|text| {
            instant(text.as_bytes()).map(Self)
        }))
    }
}

impl<'de> Deserialize<'de> for TcbStatus {
    /// As Intel spells it; [`TcbStatus::NoMatchingLevel`] is none of Intel's.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let known = |text: &str| Self::ALL.into_iter().find(|it| it.as_str() == text);
        deserializer.deserialize_str(Text("a TCB status", &|text| {
            known(text).filter(|it| *it != Self::NoMatchingLevel)
        }))
    }
}

/// Reads a text by a function.
struct Text<'a, T>(&'static str, &'a dyn Fn(&str) -> Option<T>);

impl<T> Visitor<'_> for Text<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).ok_or_else(|| E::custom(format_args!("expected {}", self.0)))
    }
}

fn bytes<const LEN: usize>(text: &str) -> Option<[u8; LEN]> {
    let digits = text.as_bytes();
    if digits.len() != LEN.checked_mul(2)? {
        return None;
    }
    let mut bytes = [0; LEN];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

fn instant(text: &[u8]) -> Option<Timestamp> {
    let text: &[u8; 20] = text.try_into().ok()?;
    for (at, separator) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')] {
        if text.get(at) != Some(&separator) {
            return None;
        }
    }
    let number = |from: usize, to: usize| {
        text.get(from..to)?
            .iter()
            .try_fold(0_u64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = if is_leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days_in_month = *months.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    if year < 1970 || day == 0 || day > days_in_month || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let before: u64 = (1970..year).map(|it| if is_leap(it) { 366 } else { 365 }).sum();
    let in_year: u64 = months.iter().take(usize::try_from(month).ok()?.checked_sub(1)?).sum();
    let days = before + in_year + day - 1;
    Some(Timestamp::from_unix_secs(((days * 24 + hour) * 60 + minute) * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_as_it_is_written() {
        for secs in [0, 951_782_399, 951_782_400, 1_750_809_600, 4_102_444_800, 13_000_000_000] {
            let at = Timestamp::from_unix_secs(secs);
            assert_eq!(instant(at.to_string().as_bytes()), Some(at), "{at}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2025-06-25",
            "2025-06-25T00:00:00",
            "2025-06-25T00:00:00+00:00",
            "2025-06-25t00:00:00Z",
            "2025-06-25T00:00:00.0Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2025-06-00T00:00:00Z",
            "2025-06-25T24:00:00Z",
            "2025-06-25T00:60:00Z",
            "2025-06-25T00:00:60Z",
            "1969-12-31T23:59:59Z",
            "2025-06-2 T00:00:00Z",
            "+025-06-25T00:00:00Z",
        ] {
            assert_eq!(instant(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn hex_has_its_length_and_nothing_but_digits() {
        assert_eq!(bytes("00fF"), Some([0, 255]));
        for text in ["", "00f", "00ff0", "00fg", "+0ff", "0xff"] {
            assert_eq!(bytes::<2>(text), None, "{text}");
        }
    }
}
