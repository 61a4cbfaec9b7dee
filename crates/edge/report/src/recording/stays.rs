//! Stays on CPUs. Over the limit, those of one enclave on one CPU within a span
//! become one; the span doubles until they fit.
//!
//! Merged stays of several enclaves in one span would lie over one another, so they
//! are laid end to end in the order each began. Their lengths are the times taken,
//! which fit in the span because a CPU runs one enclave at a time.

use std::collections::BTreeMap;

use casemate_model::{Nanos, Timestamp, WorkerId};

use crate::{Stay, StayEnd};

/// One stay, or several that became one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) worker: WorkerId,
    /// The enclave's number in the recording.
    pub(crate) enclave: u32,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// How many stays this is.
    pub(crate) stays: u32,
    /// How many of them a slice's end ended.
    pub(crate) aex: u32,
    /// How many of them waited for the host.
    pub(crate) eexit: u32,
    /// Faults in all of them.
    pub(crate) faults: u64,
}

impl Slice {
    pub(super) fn new(enclave: u32, stay: &Stay) -> Self {
        Self {
            worker: stay.worker,
            enclave,
            from: stay.from,
            until: stay.until.max(stay.from),
            stays: 1,
            aex: u32::from(stay.end == StayEnd::Aex),
            eexit: u32::from(stay.end == StayEnd::Eexit),
            faults: stay.faults,
        }
    }

    pub(crate) fn length(&self) -> Nanos {
        self.until.since(self.from)
    }

    /// How it ended, where it is one stay or all ended alike.
    pub(crate) fn end(&self) -> Option<StayEnd> {
        match (self.aex, self.eexit) {
            (aex, 0) if aex == self.stays => Some(StayEnd::Aex),
            (0, eexit) if eexit == self.stays => Some(StayEnd::Eexit),
            (0, 0) => Some(StayEnd::Over),
            _ => None,
        }
    }

    fn take(&mut self, other: &Self) {
        self.until = self.until.after(other.length());
        self.stays = self.stays.saturating_add(other.stays);
        self.aex = self.aex.saturating_add(other.aex);
        self.eexit = self.eexit.saturating_add(other.eexit);
        self.faults = self.faults.saturating_add(other.faults);
    }
}

/// Stays in the order told.
#[derive(Clone, Debug)]
pub(crate) struct Stays {
    room: usize,
    kept: Vec<Slice>,
    merged_within: Option<Nanos>,
    dropped: u64,
    /// Stays told since they were last merged.
    since_thinned: usize,
}

/// The shortest span within which stays are merged: far below what a picture can show.
const SPAN_MIN: Nanos = Nanos(1 << 16);

impl Stays {
    /// Room for this many.
    pub(super) fn new(room: usize) -> Self {
        Self { room, kept: Vec::new(), merged_within: None, dropped: 0, since_thinned: 0 }
    }

    pub(super) fn push(&mut self, slice: Slice) {
        // Where merging frees little, it is not tried again for each stay.
        if self.kept.len() >= self.room && self.since_thinned >= self.room / 4 {
            self.thin();
            self.since_thinned = 0;
        }
        self.since_thinned = self.since_thinned.saturating_add(1);
        if self.kept.len() < self.room {
            self.kept.push(slice);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Merges until at least half of the room is free, or until everything of one
    /// enclave on one CPU is one.
    fn thin(&mut self) {
        let Some((start, end)) = self.bounds() else { return };
        let mut span = self.merged_within.unwrap_or(SPAN_MIN);
        loop {
            self.kept = merged(&self.kept, start, span);
            self.merged_within = Some(span);
            if self.kept.len() <= self.room / 2 || span >= end.since(start) {
                return;
            }
            span = Nanos(span.0.saturating_mul(2));
        }
    }

    /// The span within which stays were merged; `None` where each is itself.
    pub(super) fn merged_within(&self) -> Option<Nanos> {
        self.merged_within
    }

    /// Stays for which there was no room even so.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn bounds(&self) -> Option<(Timestamp, Timestamp)> {
        let from = self.kept.iter().map(|slice| slice.from).min();
        from.zip(self.kept.iter().map(|slice| slice.until).max())
    }

    /// CPU by CPU, in the order they began.
    pub(super) fn sorted(&self) -> Vec<Slice> {
        let mut slices = self.kept.clone();
        slices.sort_by_key(|slice| (slice.worker, slice.from, slice.until));
        slices
    }
}

/// One slice for all of an enclave on a CPU in each span of the run.
fn merged(slices: &[Slice], start: Timestamp, span: Nanos) -> Vec<Slice> {
    type Group = BTreeMap<u32, Slice>;
    let mut groups: BTreeMap<(WorkerId, u64), Group> = BTreeMap::new();
    for slice in slices {
        let group = groups.entry((slice.worker, slice.from.since(start).0 / span.0.max(1))).or_default();
        match group.get_mut(&slice.enclave) {
            Some(one) => one.take(slice),
            None => {
                group.insert(slice.enclave, *slice);
            }
        }
    }
    let laid = groups.into_values().flat_map(|group| {
        let mut group: Vec<Slice> = group.into_values().collect();
        group.sort_by_key(|slice| (slice.from, slice.enclave));
        let mut free = Timestamp(0);
        for slice in &mut group {
            let length = slice.length();
            slice.from = slice.from.max(free);
            slice.until = slice.from.after(length);
            free = slice.until;
        }
        group
    });
    laid.collect()
}
