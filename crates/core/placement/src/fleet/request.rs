//! What somebody asks of a node.

use thiserror::Error;

use super::stock::Kind;

/// What is asked for of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// So much of a single unit: CPU, key slots, a share of a GPU, encrypted memory of one NUMA node.
    Share(u64),
    /// So many units, none of which anybody else has a part of.
    Whole(u32),
    /// So much in all, from as few units as it takes: encrypted memory that may lie on several NUMA nodes.
    Spread(u64),
}

/// What is asked for, kind by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request(Vec<(Kind, Want)>);

/// What cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// Two wants of one kind, which could mean the same unit or two.
    #[error("kind {} is asked for twice", .0.0)]
    Twice(Kind),
}

impl Want {
    const fn is_nothing(self) -> bool {
        matches!(self, Self::Share(0) | Self::Whole(0) | Self::Spread(0))
    }
}

impl Request {
    /// What is asked for of nothing is not asked for.
    ///
    /// # Errors
    ///
    /// A kind that is named twice.
    pub fn new(wants: impl IntoIterator<Item = (Kind, Want)>) -> Result<Self, RequestError> {
        let mut wants: Vec<_> = wants.into_iter().filter(|(_, want)| !want.is_nothing()).collect();
        wants.sort_unstable();
        match wants.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(RequestError::Twice(pair[0].0)),
            None => Ok(Self(wants)),
        }
    }

    /// Each kind that is asked for, in order.
    pub fn wants(&self) -> impl Iterator<Item = (Kind, Want)> {
        self.0.iter().copied()
    }
}
