//! Kubernetes quantities, exactly: `64Mi`, `1.5Gi`, `250m`, `1e3`, `100k`.
//!
//! Grammar (k8s.io/apimachinery `resource.Quantity`): a decimal number, then a
//! binary suffix `Ki Mi Gi Ti Pi Ei`, a decimal suffix `n u m k M G T P E`, an
//! exponent `e3` or `E3`, or nothing. All arithmetic is on integers; what does
//! not come out whole in the unit asked for is rounded up where it is asked for, as
//! Kubernetes does, and down where it is offered: nobody is promised what is not there.
//!
//! Refused: negative amounts, other suffixes, more than 38 significant digits,
//! and what does not fit in 64 bits.

use std::fmt;

/// A quantity of at least zero: `mantissa * 2^binary * 10^decimal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quantity {
    mantissa: u128,
    binary: u32,
    decimal: i64,
}

/// Why a text is no quantity we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuantityError {
    /// Neither number nor suffix can be made out.
    NotANumber,
    /// The number is followed by something that is no suffix.
    UnknownSuffix,
    /// Below zero.
    Negative,
    /// More digits than are kept, or too large for the unit.
    TooLarge,
}

impl Quantity {
    pub(crate) fn parse(text: &str) -> Result<Self, QuantityError> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(QuantityError::NotANumber);
        }
        let (binary, exponent) = self::suffix(suffix)?;
        let fraction = fraction.trim_end_matches('0');
        let mut mantissa = 0_u128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(u128::from(digit - b'0')))
                .ok_or(QuantityError::TooLarge)?;
        }
        if negative && mantissa != 0 {
            return Err(QuantityError::Negative);
        }
        // A source is at most a few megabytes, so the number of digits fits.
        let scale = i64::try_from(fraction.len()).map_err(|_| QuantityError::TooLarge)?;
        let decimal = exponent.checked_sub(scale).ok_or(QuantityError::TooLarge)?;
        Ok(Self { mantissa, binary, decimal })
    }

    /// In units, rounded up: bytes of memory, things.
    pub(crate) fn whole(self) -> Result<u64, QuantityError> {
        self.scaled(0)
    }

    /// In thousandths, rounded up: CPU.
    pub(crate) fn thousandths(self) -> Result<u64, QuantityError> {
        self.scaled(3)
    }

    /// In units, or in thousandths of one, rounded down: what a node has.
    pub(crate) fn at_most(self, in_thousandths: bool) -> Result<u64, QuantityError> {
        let digits = if in_thousandths { 3 } else { 0 };
        let up = self.scaled(digits)?;
        let is_whole = Self { decimal: self.decimal.saturating_add(digits), ..self }.is_whole();
        Ok(if is_whole { up } else { up.saturating_sub(1) })
    }

    /// Whether it comes out whole without rounding.
    pub(crate) fn is_whole(self) -> bool {
        let value = self.mantissa.checked_mul(1 << self.binary.min(64));
        match (value, u32::try_from(self.decimal.unsigned_abs())) {
            _ if self.mantissa == 0 || self.decimal >= 0 => true,
            (Some(value), Ok(power)) => {
                10_u128.checked_pow(power).is_some_and(|unit| value.is_multiple_of(unit))
            }
            _ => false,
        }
    }

    fn scaled(self, thousandth_digits: i64) -> Result<u64, QuantityError> {
        if self.mantissa == 0 {
            return Ok(0);
        }
        let exponent = self.decimal.saturating_add(thousandth_digits);
        let power = u32::try_from(exponent.unsigned_abs()).ok().and_then(|power| 10_u128.checked_pow(power));
        let value = self.mantissa.checked_mul(1 << self.binary).ok_or(QuantityError::TooLarge)?;
        let value = match power {
            Some(power) if exponent >= 0 => value.checked_mul(power).ok_or(QuantityError::TooLarge)?,
            Some(power) => value.div_ceil(power),
            None if exponent >= 0 => return Err(QuantityError::TooLarge),
            // Divided by more than any 128-bit number, rounded up.
            None => 1,
        };
        u64::try_from(value).map_err(|_| QuantityError::TooLarge)
    }
}

/// Powers of two and of ten that a suffix stands for.
fn suffix(text: &str) -> Result<(u32, i64), QuantityError> {
    Ok(match text {
        "" => (0, 0),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        _ => {
            let digits = text.strip_prefix(['e', 'E']).ok_or(QuantityError::UnknownSuffix)?;
            let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
            if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
                return Err(QuantityError::UnknownSuffix);
            }
            (0, digits.parse().map_err(|_| QuantityError::TooLarge)?)
        }
    })
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "is not a quantity",
            Self::UnknownSuffix => "has an unknown suffix",
            Self::Negative => "is negative",
            Self::TooLarge => "is too large",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(text: &str) -> Result<u64, QuantityError> {
        Quantity::parse(text)?.whole()
    }

    #[test]
    fn quantities_are_exact() {
        for (text, expected) in [
            ("0", 0),
            ("64Mi", 64 << 20),
            ("1.5Gi", 3 << 29),
            ("0.1Ki", 103),
            ("100k", 100_000),
            ("1e3", 1_000),
            ("1E3", 1_000),
            ("1E", 1_000_000_000_000_000_000),
            ("12e-1", 2),
            (".5Ki", 512),
            ("5.", 5),
            ("+7", 7),
            ("-0", 0),
            ("1500m", 2),
            ("1n", 1),
            ("1e-400", 1),
            ("0e999", 0),
            ("18446744073709551615", u64::MAX),
            ("1.50000000000000000000000000000000000000000000000000Ki", 1_536),
        ] {
            assert_eq!(whole(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn cpu_is_in_thousandths() {
        for (text, expected) in [("250m", 250), ("2", 2_000), ("0.1", 100), ("1.0005", 1_001), ("100u", 1)] {
            assert_eq!(Quantity::parse(text).unwrap().thousandths(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_by_its_kind() {
        use QuantityError::{Negative, NotANumber, TooLarge, UnknownSuffix};
        for (text, expected) in [
            ("", NotANumber),
            ("Mi", NotANumber),
            (".", NotANumber),
            ("1.2.3", NotANumber),
            ("-1", Negative),
            ("-64Mi", Negative),
            ("64mi", UnknownSuffix),
            ("64 Mi", UnknownSuffix),
            ("64MB", UnknownSuffix),
            ("0x10", UnknownSuffix),
            ("1_000", UnknownSuffix),
            ("1e", UnknownSuffix),
            ("1e+", UnknownSuffix),
            ("1é", UnknownSuffix),
            ("--1", NotANumber),
            ("18446744073709551616", TooLarge),
            ("16Ei", TooLarge),
            ("15.99999999999999999999999999999999Ei", TooLarge),
            ("1e20", TooLarge),
            ("1e99999999999999999999", TooLarge),
            ("1e9223372036854775807", TooLarge),
        ] {
            assert_eq!(whole(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn halves_are_noticed() {
        for (text, expected) in
            [("1", true), ("0.5", false), ("0.5Ki", true), ("1500m", false), ("2000m", true)]
        {
            assert_eq!(Quantity::parse(text).unwrap().is_whole(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_offered_is_rounded_down() {
        for (text, things, thousandths) in [
            ("1", 1, 1_000),
            ("0.5", 0, 500),
            ("1500m", 1, 1_500),
            ("1.0005", 1, 1_000),
            ("128974848m", 128_974, 128_974_848),
            ("1e-400", 0, 0),
            ("0", 0, 0),
        ] {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!(quantity.at_most(false), Ok(things), "{text}");
            assert_eq!(quantity.at_most(true), Ok(thousandths), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,64}") {
            let _ = whole(&text);
            let _ = Quantity::parse(&text).map(|q| (q.thousandths(), q.is_whole()));
        }

        #[test]
        fn whole_numbers_and_suffixes_multiply(n in 0_u64..1 << 20) {
            prop_assert_eq!(whole(&n.to_string()), Ok(n));
            prop_assert_eq!(whole(&format!("{n}Mi")), Ok(n << 20));
            prop_assert_eq!(whole(&format!("{n}k")), Ok(n * 1_000));
            prop_assert_eq!(whole(&format!("{n}e6")), Ok(n * 1_000_000));
            prop_assert_eq!(whole(&format!("{n}m")), Ok(n.div_ceil(1_000)));
        }
    }
}
