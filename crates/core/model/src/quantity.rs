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

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC to the second, rounded down: `2025-06-25T00:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.as_unix_secs();
        let (days, second) = (secs / 86_400, secs % 86_400);
        let (year, month, day) = civil_date(days);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
    }
}

/// Year, month and day of the given number of days after 1970-01-01 in the Gregorian calendar.
///
/// Counts years from 1 March, so that the leap day ends a year, in cycles of 400 years.
fn civil_date(days: u64) -> (u64, u64, u64) {
    const DAYS_FROM_MARCH_OF_YEAR_0: u64 = 719_468;
    const DAYS_IN_400_YEARS: u64 = 146_097;
    let days = days + DAYS_FROM_MARCH_OF_YEAR_0;
    let day_of_cycle = days % DAYS_IN_400_YEARS;
    let leap_days = day_of_cycle / 1460 + day_of_cycle / 146_096;
    let year_of_cycle = (day_of_cycle + day_of_cycle / 36_524 - leap_days) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = days / DAYS_IN_400_YEARS * 400 + year_of_cycle + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn timestamps_read_as_rfc_3339() {
        let known = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_750_809_600, "2025-06-25T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (secs, text) in known {
            assert_eq!(Timestamp::from_unix_secs(secs).to_string(), text);
        }
        assert_eq!(Timestamp(u64::MAX).to_string(), "2554-07-21T23:34:33Z");
    }

    #[test]
    fn every_day_to_the_year_2554_follows_the_one_before() {
        let mut yesterday = civil_date(0);
        for days in 1..=u64::MAX / 86_400_000_000_000 {
            let (year, month, day) = civil_date(days);
            let follows = match (year - yesterday.0, month, day) {
                (1, 1, 1) => yesterday.1 == 12 && yesterday.2 == 31,
                (0, _, 1) => month == yesterday.1 + 1 && (28..=31).contains(&yesterday.2),
                (0, _, _) => month == yesterday.1 && day == yesterday.2 + 1,
                _ => false,
            };
            assert!(follows, "{year}-{month}-{day} after {yesterday:?}");
            yesterday = (year, month, day);
        }
    }

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
