//! Quantities as newtypes, so that bytes are never added to pages.
//!
//! Every sum a manifest can influence is checked or saturating: overflow is
//! an answer (`None`), never a wrapped number.

use core::fmt;

/// Bytes in one page of encrypted memory (SDM vol. 3D, 36.5: EPC pages are 4 KiB).
pub const PAGE_SIZE: u64 = 4096;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);

            /// The sum, or `None` where it does not fit in 64 bits.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// The difference, or `None` where it would be negative.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(rest) => Some(Self(rest)),
                    None => None,
                }
            }

            /// The sum, clamped to the largest value.
            #[must_use]
            pub const fn saturating_add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// The difference, clamped to zero.
            #[must_use]
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
    };
}

quantity! {
    /// A number of bytes.
    Bytes
}
quantity! {
    /// A number of 4 KiB pages.
    Pages
}
quantity! {
    /// A span of time, or of CPU time, in nanoseconds.
    Nanos
}
quantity! {
    /// CPU in thousandths of a core, Kubernetes' `m`.
    MilliCpu
}

impl Bytes {
    /// `n` mebibytes. Saturates.
    #[must_use]
    pub const fn mib(n: u64) -> Self {
        Self(n.saturating_mul(1024 * 1024))
    }

    /// Pages needed to hold this many bytes: rounds up.
    #[must_use]
    pub const fn to_pages_ceil(self) -> Pages {
        Pages(self.0.div_ceil(PAGE_SIZE))
    }
}

impl Pages {
    /// The bytes these pages hold. Saturates.
    #[must_use]
    pub const fn to_bytes(self) -> Bytes {
        Bytes(self.0.saturating_mul(PAGE_SIZE))
    }
}

impl Nanos {
    /// `n` milliseconds. Saturates.
    #[must_use]
    pub const fn from_millis(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000))
    }

    /// `n` seconds. Saturates.
    #[must_use]
    pub const fn from_secs(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000_000))
    }

    /// As seconds, for people.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl fmt::Display for Bytes {
    /// In the largest binary unit that divides it, as Kubernetes writes quantities: `64Mi`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] = [(1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
        match UNITS.iter().find(|(size, _)| self.0 != 0 && self.0.is_multiple_of(*size)) {
            Some((size, unit)) => write!(f, "{}{unit}", self.0 / size),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pages", self.0)
    }
}

impl fmt::Display for MilliCpu {
    /// As Kubernetes writes it: `2` or `250m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(1000) { write!(f, "{}", self.0 / 1000) } else { write!(f, "{}m", self.0) }
    }
}

/// A point in time: nanoseconds since the Unix epoch, UTC. Reaches to the year 2554.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// `secs` seconds after the Unix epoch. Saturates.
    #[must_use]
    pub const fn from_unix_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_unix_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }

    /// This long afterwards. Saturates.
    #[must_use]
    pub const fn after(self, span: Nanos) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The span since `earlier`; zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn bytes_round_up_to_pages_and_never_overflow() {
        assert_eq!(Bytes(0).to_pages_ceil(), Pages(0));
        assert_eq!(Bytes(1).to_pages_ceil(), Pages(1));
        assert_eq!(Bytes(4096).to_pages_ceil(), Pages(1));
        assert_eq!(Bytes(4097).to_pages_ceil(), Pages(2));
        assert_eq!(Bytes(u64::MAX).to_pages_ceil(), Pages(1 << 52));
        assert_eq!(Pages(u64::MAX).to_bytes(), Bytes(u64::MAX));
        assert_eq!(Bytes(u64::MAX).checked_add(Bytes(1)), None);
    }

    #[test]
    fn quantities_read_as_kubernetes_writes_them() {
        assert_eq!(Bytes::mib(64).to_string(), "64Mi");
        assert_eq!(Bytes(1536).to_string(), "1536");
        assert_eq!(Bytes(0).to_string(), "0");
        assert_eq!(MilliCpu(2000).to_string(), "2");
        assert_eq!(MilliCpu(250).to_string(), "250m");
    }
}
