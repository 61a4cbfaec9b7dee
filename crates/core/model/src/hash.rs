//! A hash of a width known only at run time.

use core::fmt;
use core::str::FromStr;

use crate::ParseHexError;

/// A hash value of 20 to 64 bytes: what TEEs other than SGX measure with is wider than a
/// [`Measurement`](crate::Measurement), and some say at run time which algorithm they use.
///
/// Two of different width are different, and never equal up to padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    len: u8,
    /// Zero from `len` on.
    bytes: [u8; 64],
}

impl Digest {
    /// The widths of SHA-1, SHA-256, SHA-384 and SHA-512 in bytes.
    pub const WIDTHS: [usize; 4] = [20, 32, 48, 64];

    /// `None` where the width is that of no known algorithm.
    #[must_use]
    pub fn new(value: &[u8]) -> Option<Self> {
        if !Self::WIDTHS.contains(&value.len()) {
            return None;
        }
        let mut bytes = [0; 64];
        bytes[..value.len()].copy_from_slice(value);
        Some(Self { len: value.len() as u8, bytes })
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether every bit is clear, as of a register nothing was measured into.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.bytes == [0; 64]
    }
}

macro_rules! from_array {
    ($($len:literal),*) => {
        $(impl From<[u8; $len]> for Digest {
            fn from(value: [u8; $len]) -> Self {
                let mut bytes = [0; 64];
                bytes[..$len].copy_from_slice(&value);
                Self { len: $len, bytes }
            }
        })*
    };
}

from_array!(20, 32, 48, 64);

impl From<crate::Measurement> for Digest {
    fn from(measurement: crate::Measurement) -> Self {
        measurement.0.into()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = ParseHexError;

    fn from_str(text: &str) -> Result<Self, ParseHexError> {
        let wrong = ParseHexError { expected_digits: 96, found_chars: text.chars().count() };
        let digits = text.as_bytes();
        if !Self::WIDTHS.iter().any(|width| width * 2 == digits.len()) {
            return Err(wrong);
        }
        let mut bytes = [0; 64];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16).ok_or(wrong)?;
            let low = char::from(pair[1]).to_digit(16).ok_or(wrong)?;
            *byte = (high * 16 + low) as u8;
        }
        Ok(Self { len: (digits.len() / 2) as u8, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn digests_of_different_width_are_different_even_where_the_rest_is_zero() {
        let short = Digest::from([0; 32]);
        assert_ne!(short, Digest::from([0; 48]));
        assert_eq!(short.to_string().parse(), Ok(short));
        assert!(Digest::new(&[0; 33]).is_none());
    }
}
