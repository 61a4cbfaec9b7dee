//! What somebody asks of a node.

use thiserror::Error;

use super::layout::{Layout, is_whole};
use super::stock::{Kind, Stock};

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

    /// What is asked for of one kind, if anything.
    #[must_use]
    pub fn want(&self, kind: Kind) -> Option<Want> {
        self.0.iter().find(|(of, _)| *of == kind).map(|(_, want)| *want)
    }

    /// Whether it fits, if so much is free of each unit of a node with this stock.
    #[must_use]
    pub fn fits(&self, stock: &Stock, free: &[u64]) -> bool {
        Layout::of(self, stock).is_some_and(|it| it.fits(free, stock.units()))
    }

    /// How often it fits there, if nothing else comes. Exact: whoever comes alone takes its units of each kind
    /// without regard to the other kinds. 0 of a request for nothing: it takes no room, and none is kept for it.
    #[must_use]
    pub fn room(&self, stock: &Stock, free: &[u64]) -> u64 {
        let room = |(kind, want)| {
            let range = stock.range(kind);
            let (units, capacity) = (free.get(range).unwrap_or_default(), stock.units_of(kind));
            match want {
                Want::Share(amount) => units.iter().map(|free| free / amount).fold(0, u64::saturating_add),
                Want::Whole(count) => {
                    let whole = units.iter().zip(capacity).filter(is_whole).count();
                    u64::try_from(whole).unwrap_or(u64::MAX) / u64::from(count)
                }
                Want::Spread(amount) => units.iter().copied().fold(0, u64::saturating_add) / amount,
            }
        };
        self.wants().map(room).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: [u64; 5] = [100, 10, 7, 10, 4];

    fn room(wants: &[(u16, Want)]) -> u64 {
        let stock = Stock::new([(Kind(0), vec![100]), (Kind(1), vec![10, 10, 10, 4])]);
        let request = Request::new(wants.iter().map(|(kind, want)| (Kind(*kind), *want))).unwrap();
        let room = request.room(&stock, &FREE);
        assert_eq!(room > 0 || wants.is_empty(), request.fits(&stock, &FREE));
        room
    }

    #[test]
    fn a_share_lies_on_one_unit_and_a_spread_on_any() {
        assert_eq!(room(&[(1, Want::Share(6))]), 3);
        assert_eq!(room(&[(1, Want::Spread(6))]), 5);
    }

    #[test]
    fn whole_units_are_counted_whatever_their_size() {
        assert_eq!(room(&[(1, Want::Whole(1))]), 3);
        assert_eq!(room(&[(1, Want::Whole(2))]), 1);
        assert_eq!(room(&[(1, Want::Whole(4))]), 0);
    }

    #[test]
    fn the_scarcest_kind_decides_and_of_a_kind_that_is_not_there_nothing_is_free() {
        assert_eq!(room(&[(0, Want::Share(50)), (1, Want::Share(5))]), 2);
        assert_eq!(room(&[(0, Want::Share(50)), (9, Want::Share(1))]), 0);
    }

    #[test]
    fn a_request_for_nothing_fits_and_takes_no_room() {
        assert_eq!(room(&[]), 0);
    }
}
