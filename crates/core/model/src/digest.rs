//! Fixed-width secrets' shadows: measurements, nonces, fingerprints.

use core::fmt;
use core::str::FromStr;

/// Text that is not exactly the expected number of lower- or upper-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseHexError {
    /// Hex digits expected.
    pub expected_digits: usize,
    /// Characters found.
    pub found_chars: usize,
}

impl fmt::Display for ParseHexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} hex digits, found {} characters", self.expected_digits, self.found_chars)
    }
}

impl core::error::Error for ParseHexError {}

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseHexError;

            fn from_str(text: &str) -> Result<Self, ParseHexError> {
                let wrong = ParseHexError { expected_digits: $len * 2, found_chars: text.chars().count() };
                let digits = text.as_bytes();
                if digits.len() != $len * 2 {
                    return Err(wrong);
                }
                let mut bytes = [0; $len];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    let high = char::from(pair[0]).to_digit(16).ok_or(wrong)?;
                    let low = char::from(pair[1]).to_digit(16).ok_or(wrong)?;
                    *byte = (high * 16 + low) as u8;
                }
                Ok(Self(bytes))
            }
        }
    };
}

digest! {
    /// What an enclave is: the hash of its code, initial memory and attributes (MRENCLAVE; SDM vol. 3D, 38.4.1.1).
    Measurement, 32
}
digest! {
    /// A value drawn for one appraisal, so that evidence cannot be replayed (RFC 9334, 10.2).
    Nonce, 32
}
digest! {
    /// SHA-256 over a root certificate's DER: how a policy names a root.
    Fingerprint, 32
}
digest! {
    /// SHA-256 over what a container is told at start: its arguments, environment and mounts.
    ConfigDigest, 32
}
digest! {
    /// What an enclave asks the quoting enclave to sign beside its measurement (SGX REPORTDATA).
    ReportData, 64
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[test]
    fn hex_round_trips_and_wrong_lengths_say_what_was_expected() {
        let nonce = Nonce([0xa5; 32]);
        assert_eq!(nonce.to_string().parse(), Ok(nonce));
        assert_eq!("abc".parse::<Nonce>(), Err(ParseHexError { expected_digits: 64, found_chars: 3 }));
        assert!(format!("{}g", &nonce.to_string()[1..]).parse::<Nonce>().is_err());
    }
}
