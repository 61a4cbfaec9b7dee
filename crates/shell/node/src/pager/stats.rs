//! Counters.

use std::ops::Add;

use casemate_epc::{Census, Tally};
use casemate_model::Pages;

use super::Mechanism;

/// What happened to one memory's pages since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Faults that brought pages in.
    pub faults: u64,
    /// Pages that came back from the sealed store.
    pub page_ins: u64,
    /// Pages sealed and dropped.
    pub page_outs: u64,
    /// Pages touched for the first time.
    pub zero_fills: u64,
    /// Pages resident now.
    pub resident_pages: u64,
}

impl From<Tally> for MemoryStats {
    fn from(tally: Tally) -> Self {
        let Tally { faults, page_ins, page_outs, zero_fills, resident } = tally;
        Self { faults, page_ins, page_outs, zero_fills, resident_pages: resident.0 }
    }
}

impl Add for MemoryStats {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            faults: self.faults + other.faults,
            page_ins: self.page_ins + other.page_ins,
            page_outs: self.page_outs + other.page_outs,
            zero_fills: self.zero_fills + other.zero_fills,
            resident_pages: self.resident_pages + other.resident_pages,
        }
    }
}

/// Where a pool's frames are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStats {
    /// How its pages move.
    pub mechanism: Mechanism,
    /// Frames in all: always the sum of the next three.
    pub frames: Pages,
    /// Free.
    pub free: Pages,
    /// Under resident pages.
    pub resident: Pages,
    /// On their way in or out; lost ones stay here.
    pub moving: Pages,
    /// Resident and on an active list.
    pub active: Pages,
}

impl PoolStats {
    pub(super) fn new(mechanism: Mechanism, census: Census) -> Self {
        let Census { capacity, free, resident, moving, active } = census;
        Self { mechanism, frames: capacity, free, resident, moving, active }
    }
}
