//! Samples, thinned out by doubling the stride between those that are kept.

use casemate_model::{Nanos, Pages, Timestamp};

use crate::{EnclaveSample, EnclaveState};

/// How things stood at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) time: Timestamp,
    /// Frames of the pool, in all.
    pub(crate) frames: Pages,
    /// Frames nobody has.
    pub(crate) free: Pages,
    /// Enclaves that existed, as numbered by the recording.
    pub(crate) readings: Vec<Reading>,
}

/// One enclave at one moment. Counts are since its creation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Its number in the recording.
    pub(crate) enclave: u32,
    pub(crate) state: EnclaveState,
    pub(crate) resident: Pages,
    pub(crate) total: Pages,
    pub(crate) guaranteed: Pages,
    pub(crate) faults: u64,
    pub(crate) page_ins: u64,
    pub(crate) page_outs: u64,
    pub(crate) aex: u64,
    pub(crate) eexit: u64,
    pub(crate) cpu: Nanos,
    pub(crate) fair: Nanos,
}

impl Reading {
    pub(super) fn new(enclave: u32, seen: &EnclaveSample) -> Self {
        Self {
            enclave,
            state: seen.state,
            resident: seen.resident,
            total: seen.total,
            guaranteed: seen.guaranteed,
            faults: seen.faults,
            page_ins: seen.page_ins,
            page_outs: seen.page_outs,
            aex: seen.aex,
            eexit: seen.eexit,
            cpu: seen.cpu,
            fair: seen.fair,
        }
    }
}

/// Samples in the order told.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    room: usize,
    stride: u64,
    told: u64,
    /// With the number each had when it was told.
    kept: Vec<(u64, Moment)>,
    weight: usize,
    latest: Option<Moment>,
}

impl Samples {
    /// Room for this many readings.
    pub(super) fn new(room: usize) -> Self {
        Self { room, stride: 1, told: 0, kept: Vec::new(), weight: 0, latest: None }
    }

    pub(super) fn push(&mut self, moment: Moment) {
        let number = self.told;
        self.told += 1;
        if !number.is_multiple_of(self.stride) {
            self.latest = Some(moment);
            return;
        }
        self.latest = None;
        self.weight += weight(&moment);
        self.kept.push((number, moment));
        // The two ends of a run are kept whatever they weigh.
        while self.weight > self.room && self.kept.len() > 2 {
            self.thin();
        }
    }

    fn thin(&mut self) {
        let Some(stride) = self.stride.checked_mul(2) else { return };
        self.stride = stride;
        if let Some((_, last)) = self.kept.last().filter(|(number, _)| !number.is_multiple_of(stride)) {
            self.latest = Some(last.clone());
        }
        self.kept.retain(|(number, _)| number.is_multiple_of(stride));
        self.weight = self.kept.iter().map(|(_, moment)| weight(moment)).sum();
    }

    /// One sample in this many is kept.
    pub(super) fn stride(&self) -> u64 {
        self.stride
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Moment> + Clone {
        self.kept.iter().map(|(_, moment)| moment).chain(&self.latest)
    }

    pub(super) fn bounds(&self) -> Option<(Timestamp, Timestamp)> {
        let times = self.iter().map(|moment| moment.time);
        times.clone().min().zip(times.max())
    }
}

/// A sample of no enclave takes room too.
fn weight(moment: &Moment) -> usize {
    moment.readings.len() + 1
}
