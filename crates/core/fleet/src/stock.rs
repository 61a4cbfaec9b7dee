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
    /// From each place to each, row after row; empty: not known.
    distances: Vec<u8>,
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

    /// The same, where the first, second... unit of a kind is in the first, second... of several places (NUMA nodes, say) that
    /// are so far from each other: row after row, as ACPI's SLIT has it. What is no square says nothing.
    #[must_use]
    pub fn apart(mut self, distances: Vec<u8>) -> Self {
        let places = distances.len().isqrt();
        self.distances = if places * places == distances.len() { distances } else { Vec::new() };
        self
    }

    /// From each place to each; empty: not known.
    pub(super) fn distances(&self) -> &[u8] {
        &self.distances
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
