//! From which units shares are taken.

/// Of how many kinds a unit can be chosen; of those beyond, the fullest that will do is taken.
pub(super) const CHOSEN_MOST: usize = 8;

/// The unit each share is taken from, where its kind has several. Where none is chosen, the one that is left
/// with least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice([Option<u32>; CHOSEN_MOST]);

impl Choice {
    /// Every share from the unit that is left with least.
    pub const TIGHTEST: Self = Self([None; CHOSEN_MOST]);

    /// The unit chosen by the `nth` share that has a choice.
    pub(super) fn unit(&self, nth: Option<usize>) -> Option<usize> {
        self.0.get(nth?).copied().flatten().map(|unit| unit as usize)
    }

    /// The same with this unit there.
    pub(super) fn with(mut self, nth: usize, unit: usize) -> Self {
        if let (Some(place), Ok(unit)) = (self.0.get_mut(nth), u32::try_from(unit)) {
            *place = Some(unit);
        }
        self
    }
}
