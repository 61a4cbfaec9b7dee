//! Why what is free in all is not free as it is asked for.

use std::fmt;

use crate::Resource;

/// How an amount does not fit the units that are free, though together they have enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// It has to come from one unit, and none has so much left.
    Scattered {
        /// The most that is free of one unit.
        free: u64,
        /// What the largest unit has in all.
        unit: u64,
    },
    /// It has to be whole units, and others have parts of too many.
    Shared {
        /// How many are asked for.
        wanted: u64,
        /// How many nobody has a part of.
        free: u64,
        /// How many there are.
        all: u64,
    },
}

impl Misfit {
    /// Whether it would be so on an empty node.
    pub(crate) const fn is_permanent(self, asked: u64) -> bool {
        match self {
            Self::Scattered { unit, .. } => asked > unit,
            Self::Shared { wanted, all, .. } => wanted > all,
        }
    }

    /// How much is missing where it is missing, and of how much.
    pub(crate) const fn missing(self, asked: u64) -> (u64, u64) {
        match self {
            Self::Scattered { free, unit } => (asked.saturating_sub(free), unit),
            Self::Shared { wanted, free, all } => (wanted.saturating_sub(free), all),
        }
    }

    /// In words.
    pub(crate) fn tell(self, resource: &Resource, asked: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit_name = resource.unit_name();
        let asked_for = resource.amount(asked);
        match self {
            Self::Scattered { unit, .. } if self.is_permanent(asked) => {
                let unit = resource.amount(unit);
                write!(f, "asks for {asked_for} {resource} of one {unit_name}, the largest has {unit} in all")
            }
            Self::Shared { wanted, free, all } => {
                write!(f, "asks for {asked_for} {resource}, which is {wanted} whole {unit_name}s, ")?;
                write!(f, "{free} of {all} are whole")
            }
            Self::Scattered { free, unit } => {
                let [free, unit] = [free, unit].map(|it| resource.amount(it));
                write!(f, "asks for {asked_for} {resource} of one {unit_name}, ")?;
                write!(f, "the largest free {unit_name} has {free} of {unit}")
            }
        }
    }
}
