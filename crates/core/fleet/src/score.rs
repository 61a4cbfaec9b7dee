//! How good a node is for a request.

use super::choice::Choice;
use super::group::{GroupId, GroupStamp};
use super::layout::Layout;
use super::shape::ShapeId;
use super::stock::Stock;
use super::view::View;

/// A node as it is, or as it would be.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// What each unit has.
    pub stock: &'a Stock,
    /// What is free of each unit.
    pub free: &'a [u64],
    pub(super) group: GroupStamp,
}

impl State<'_> {
    /// The group the node is in.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.group.id
    }
}

/// A node that a request fits, and the request.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// What each unit has.
    pub stock: &'a Stock,
    /// What is free of each unit.
    pub free: &'a [u64],
    /// What [`Score::worth`] says of the node as it is.
    pub worth: f64,
    pub(super) group: GroupStamp,
    pub(super) layout: &'a Layout,
}

/// Ranks nodes.
///
/// Between two changes of [`Score::epoch`] every answer depends only on what it is given, so that a fleet may
/// keep it.
pub trait Score {
    /// A request was asked for, and placed if it had a place. The fleet is as it is after that.
    fn learn(&mut self, _shape: ShapeId, _view: &View<'_>) {}

    /// Another number whenever what was learned has changed what would be answered.
    fn epoch(&self) -> u32 {
        0
    }

    /// Makes room for what is learned, so that learning allocates nothing as long as no group is added.
    fn reserve(&mut self, _view: &View<'_>) {}

    /// What a node is worth as it is: asked once for each state of a node, and handed on in [`Site::worth`].
    fn worth(&self, _state: &State<'_>) -> f64 {
        0.0
    }

    /// The less the better. Beyond [`WORST`] nothing is told apart.
    fn rank(&self, site: &Site<'_>) -> u64;

    /// From which units shares are taken, if the node is taken.
    fn choose(&self, _site: &Site<'_>) -> Choice {
        Choice::TIGHTEST
    }
}

/// The largest rank there is.
pub const WORST: u64 = (1 << 48) - 1;

/// Units of a node that are tried out without allocating.
const TRIED: usize = 64;

impl<'a> Site<'a> {
    /// The node as it is.
    #[must_use]
    pub const fn state(&self) -> State<'a> {
        State { stock: self.stock, free: self.free, group: self.group }
    }

    /// The choice of units after which `cost` of the node is least, and that cost.
    ///
    /// Kinds are decided one after another, the later ones as tight as possible meanwhile: exact where a share
    /// of one of several units is a question for one kind only. Units in equal state are one question.
    pub fn cheapest(&self, mut cost: impl FnMut(&State<'_>) -> f64) -> (f64, Choice) {
        let mut small = [0; TRIED];
        let mut large = Vec::new();
        let after = match small.get_mut(..self.free.len()) {
            Some(small) => small,
            None => {
                large.resize(self.free.len(), 0);
                &mut large[..]
            }
        };
        let capacity = self.stock.units();
        let mut cost_of = |choice: &Choice| {
            after.copy_from_slice(self.free);
            self.layout.take(after, capacity, choice, |_, _| {});
            cost(&State { stock: self.stock, free: after, group: self.group })
        };
        let mut best = (cost_of(&Choice::TIGHTEST), Choice::TIGHTEST);
        for part in self.layout.parts() {
            let (Some(nth), super::request::Want::Share(amount)) = (part.choice, part.want) else { continue };
            let state = |unit: usize| (self.free[unit], capacity[unit]);
            let tightest = part.tightest(amount, self.free).map(state);
            for unit in part.begin..part.end {
                let asked = (part.begin..unit).any(|earlier| state(earlier) == state(unit));
                if asked || self.free[unit] < amount || tightest == Some(state(unit)) {
                    continue;
                }
                let choice = best.1.with(nth, unit);
                let cost = cost_of(&choice);
                if cost < best.0 {
                    best = (cost, choice);
                }
            }
        }
        best
    }
}

/// A rank for what is lost: the more is lost, the larger. Differences of less than one part in 10^10 are none.
#[must_use]
pub fn rank_of_loss(loss: f64) -> u64 {
    // The bits of numbers from 0 on are in the numbers' order; the sign's is 0, and the last 15 are noise.
    // `max` also answers 0 to what is no number.
    (loss.max(0.0).to_bits() >> 15).min(WORST)
}
