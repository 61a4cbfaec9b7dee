//! What one rule accepts: anything, one of a list, or certain bits.

use std::collections::BTreeSet;

use casemate_attest::claims::SnpKey;
use casemate_attest::inspect::hex;
use casemate_attest::{Product, claims::Kind, claims::VtpmProvider};
use casemate_model::{Digest, Fingerprint, Measurement, ReportData};

/// Which values of a claim are good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Accept<T> {
    /// Every value: the claim is not looked at.
    #[default]
    Any,
    /// One of these. An empty list is refused when the policy is checked, never "all".
    OneOf(BTreeSet<T>),
}

impl<T: Ord> Accept<T> {
    /// One of these.
    pub fn one_of(values: impl IntoIterator<Item = T>) -> Self {
        Self::OneOf(values.into_iter().collect())
    }

    /// Whether this value is good.
    #[must_use]
    pub fn accepts(&self, value: &T) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(values) => values.contains(value),
        }
    }

    /// Whether the claim is looked at.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }

    /// Whether nothing could ever be good.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::OneOf(values) if values.is_empty())
    }
}

/// Bits that have to have certain values; the others are not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// Which bits are looked at.
    pub mask: u64,
    /// What they have to be.
    pub value: u64,
}

impl Bits {
    /// Whether these bits are good.
    #[must_use]
    pub const fn accept(self, bits: u64) -> bool {
        bits & self.mask == self.value
    }

    /// Whether no bits whatever could be good: one outside the mask has to be set.
    pub(crate) const fn is_impossible(self) -> bool {
        self.value & !self.mask != 0
    }

    pub(crate) fn shown(self) -> String {
        format!("{:#x} under the mask {:#x}", self.value, self.mask)
    }
}

/// A value as a reason shows it.
pub(crate) trait Shown {
    fn shown(&self) -> String;
}

/// Values of a rule, as a reason lists them.
pub(crate) fn listed<'a, T: Shown + 'a>(values: impl IntoIterator<Item = &'a T>) -> String {
    let shown: Vec<String> = values.into_iter().map(Shown::shown).collect();
    if shown.is_empty() { "(none)".to_owned() } else { shown.join(", ") }
}

macro_rules! shown_as_displayed {
    ($($name:ty),*) => {
        $(impl Shown for $name {
            fn shown(&self) -> String {
                self.to_string()
            }
        })*
    };
}

shown_as_displayed!(Digest, Measurement, ReportData, Fingerprint, Product, Kind, String, bool, u8, u16, u32);

impl Shown for Vec<u8> {
    fn shown(&self) -> String {
        hex(self)
    }
}

impl<const N: usize> Shown for [u8; N] {
    fn shown(&self) -> String {
        hex(self)
    }
}

impl Shown for SnpKey {
    fn shown(&self) -> String {
        match self {
            Self::Vcek => "VCEK".to_owned(),
            Self::Vlek => "VLEK".to_owned(),
        }
    }
}

impl Shown for VtpmProvider {
    fn shown(&self) -> String {
        match self {
            Self::Azure => "azure".to_owned(),
            Self::Gce => "gce".to_owned(),
        }
    }
}

impl<T: Shown> Shown for Accept<T> {
    fn shown(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::OneOf(values) => listed(values),
        }
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "(none)".to_owned(), Shown::shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_accepts_nothing() {
        assert!(!Accept::<u32>::one_of([]).accepts(&0));
        assert!(Accept::<u32>::Any.accepts(&0));
    }

    #[test]
    fn bits_outside_the_mask_are_not_looked_at() {
        let bits = Bits { mask: 0b110, value: 0b010 };
        assert!(bits.accept(0b010) && bits.accept(0b1011));
        assert!(!bits.accept(0b110) && !bits.accept(0));
        assert!(Bits { mask: 0b1, value: 0b10 }.is_impossible() && !bits.is_impossible());
    }
}
