//! What a node has.

/// A kind of device: its meaning is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u16);

/// What a node has of each kind: units, each of some capacity.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stock {
    /// Kinds in order, and where each one's units begin.
    kinds: Vec<(Kind, usize)>,
    units: Vec<u64>,
}

impl Stock {
    /// Of each kind its units' capacities. Kinds given twice are put together.
    #[must_use]
    pub fn new<U: IntoIterator<Item = u64>>(kinds: impl IntoIterator<Item = (Kind, U)>) -> Self {
        let mut sorted: Vec<(Kind, Vec<u64>)> =
            kinds.into_iter().map(|(kind, units)| (kind, units.into_iter().collect())).collect();
        sorted.sort_by_key(|(kind, _)| *kind);
        let mut stock = Self::default();
        for (kind, units) in sorted {
            if stock.kinds.last().is_none_or(|(last, _)| *last != kind) {
                stock.kinds.push((kind, stock.units.len()));
            }
            stock.units.extend(units);
        }
        stock
    }

    /// Every unit's capacity, kind after kind.
    #[must_use]
    pub fn units(&self) -> &[u64] {
        &self.units
    }

    /// The capacities of the units of this kind.
    #[must_use]
    pub fn units_of(&self, kind: Kind) -> &[u64] {
        &self.units[self.range(kind)]
    }

    /// Which of the units are of this kind.
    #[must_use]
    pub fn range(&self, kind: Kind) -> std::ops::Range<usize> {
        // Few kinds: looking at each in turn is quicker than halving.
        let Some(at) = self.kinds.iter().position(|(other, _)| *other == kind) else { return 0..0 };
        let begin = self.kinds[at].1;
        let end = self.kinds.get(at + 1).map_or(self.units.len(), |(_, begin)| *begin);
        begin..end
    }

    /// The kinds there are, in order.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.kinds.iter().map(|(kind, _)| *kind)
    }
}
