//! Which score a fleet places by, where that is told at run time.

use std::fmt;

use super::best_fit::BestFit;
use super::choice::Choice;
use super::first_fit::FirstFit;
use super::room::Room;
use super::score::{Score, Site, State};
use super::shape::ShapeId;
use super::view::View;

/// How nodes are filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Packing {
    /// The node where the least room is lost for what may come: [`Room`].
    #[default]
    Room,
    /// The fullest node that will do: [`BestFit`].
    BestFit,
    /// The first node that will do: [`FirstFit`].
    FirstFit,
}

impl Packing {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Room, Self::BestFit, Self::FirstFit];

    /// Its name: `room`, `best-fit`, `first-fit`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::BestFit => "best-fit",
            Self::FirstFit => "first-fit",
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The score of a [`Packing`], which has learned nothing yet.
#[derive(Clone, Debug)]
pub enum Packer {
    /// Keeps room.
    Room(Box<Room>),
    /// Fills one node before the next.
    BestFit(BestFit),
    /// Takes the first.
    FirstFit(FirstFit),
}

impl From<Packing> for Packer {
    fn from(packing: Packing) -> Self {
        match packing {
            Packing::Room => Self::Room(Box::default()),
            Packing::BestFit => Self::BestFit(BestFit),
            Packing::FirstFit => Self::FirstFit(FirstFit),
        }
    }
}

impl Score for Packer {
    fn learn(&mut self, shape: ShapeId, view: &View<'_>) {
        if let Self::Room(room) = self {
            room.learn(shape, view);
        }
    }

    fn epoch(&self) -> u32 {
        match self {
            Self::Room(room) => room.epoch(),
            Self::BestFit(_) | Self::FirstFit(_) => 0,
        }
    }

    fn reserve(&mut self, view: &View<'_>) {
        if let Self::Room(room) = self {
            room.reserve(view);
        }
    }

    fn worth(&self, state: &State<'_>) -> f64 {
        match self {
            Self::Room(room) => room.worth(state),
            Self::BestFit(_) | Self::FirstFit(_) => 0.0,
        }
    }

    fn rank(&self, site: &Site<'_>) -> u64 {
        match self {
            Self::Room(room) => room.rank(site),
            Self::BestFit(score) => score.rank(site),
            Self::FirstFit(score) => score.rank(site),
        }
    }

    fn choose(&self, site: &Site<'_>) -> Choice {
        match self {
            Self::Room(room) => room.choose(site),
            Self::BestFit(_) | Self::FirstFit(_) => Choice::TIGHTEST,
        }
    }
}
