//! What a run's pictures are made of, kept in bounded memory: events, samples and stays.
//!
//! A run may be long and its guests noisy, so each of the three has a limit. What is
//! over it is thinned out by fixed rules, never at random, and never silently:
//! [`Recording::left_out`] says in words what is missing, and the page and the trace
//! show it.
//!
//! - **Events**: the first half of the room is kept, and the latest half; those
//!   between are counted.
//! - **Samples**: every second one, then every fourth, and so on, and always the
//!   latest. Counts run since an enclave's creation, so no count is lost.
//! - **Stays**: those of one enclave on one CPU within a short span become one, whose
//!   length is the time they took together. CPU time, faults and exits are kept; the
//!   order within the span is not.
//!
//! Within [`Limits::default`] a recording takes at most about 96 MiB.

mod enclaves;
mod events;
mod samples;
mod stays;
#[cfg(test)]
mod tests;

use casemate_model::Timestamp;

pub(crate) use enclaves::Enclaves;
pub(crate) use events::{Events, TEXT_BYTES_MAX, clip};
pub(crate) use samples::{Moment, Reading, Samples};
pub(crate) use stays::{Slice, Stays};

use crate::{Event, Observer, Sample, Stay, What};

/// How much a [`Recording`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of events, text included.
    pub event_bytes: usize,
    /// Readings: enclaves of a sample, summed over all samples. One takes about 100 bytes.
    pub readings: usize,
    /// Stays. One takes about 64 bytes.
    pub stays: usize,
    /// Enclaves that are told apart, over the whole run.
    pub enclaves: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { event_bytes: 16 << 20, readings: 200_000, stays: 250_000, enclaves: 16_384 }
    }
}

/// Everything seen of a run, within [`Limits`].
#[derive(Clone, Debug)]
pub struct Recording {
    events: Events,
    enclaves: Enclaves,
    samples: Samples,
    stays: Stays,
    stays_lost: u64,
}

impl Recording {
    /// An empty recording that keeps at most this much.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            events: Events::new(limits.event_bytes),
            enclaves: Enclaves::new(limits.enclaves),
            samples: Samples::new(limits.readings),
            stays: Stays::new(limits.stays),
            stays_lost: 0,
        }
    }

    /// What is missing from this recording and why, a sentence each. Empty where it is whole.
    #[must_use]
    pub fn left_out(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if let Some((count, from, until)) = self.events.left_out() {
            let start = self.bounds().map_or(from, |(start, _)| start);
            let at = |time: Timestamp| crate::text::span(time.since(start));
            sentences.push(format!("{count} events between {} and {} were not kept", at(from), at(until)));
        }
        if self.samples.stride() > 1 {
            sentences.push(format!("one sample in {} was kept", self.samples.stride()));
        }
        if let Some(span) = self.stays.merged_within() {
            let span = crate::text::span(span);
            sentences.push(format!("stays of one enclave on one CPU within {span} are shown as one"));
        }
        let lost = self.stays_lost.saturating_add(self.stays.dropped());
        if lost > 0 {
            sentences.push(format!("{lost} stays on a CPU were not recorded"));
        }
        if self.enclaves.left_out() > 0 {
            let (kept, out) = (self.enclaves.len(), self.enclaves.left_out());
            sentences
                .push(format!("the first {kept} enclaves are told apart, {out} sightings of others are not"));
        }
        sentences
    }

    /// The first and the last instant anything was seen at; `None` where nothing was.
    #[must_use]
    pub fn bounds(&self) -> Option<(Timestamp, Timestamp)> {
        let bounds = [self.events.bounds(), self.samples.bounds(), self.stays.bounds()];
        bounds.into_iter().flatten().reduce(|(from, until), (start, end)| (from.min(start), until.max(end)))
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    pub(crate) fn enclaves(&self) -> &Enclaves {
        &self.enclaves
    }

    pub(crate) fn moments(&self) -> impl Iterator<Item = &Moment> {
        self.samples.iter()
    }

    /// Stays in the order they began, CPU by CPU.
    pub(crate) fn slices(&self) -> Vec<Slice> {
        self.stays.sorted()
    }
}

impl Default for Recording {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Observer for Recording {
    fn event(&mut self, event: Event) {
        if let (crate::Subject::Container(key), What::EnclaveCreated { enclave, .. }) =
            (&event.subject, &event.what)
        {
            self.enclaves.name(*enclave, key);
        }
        self.events.push(event);
    }

    fn sample(&mut self, sample: Sample) {
        let mut readings = Vec::with_capacity(sample.enclaves.len());
        for seen in &sample.enclaves {
            if let Some(enclave) = self.enclaves.name(seen.enclave, &seen.container) {
                let reading = Reading::new(enclave, seen);
                self.enclaves.read(reading);
                readings.push(reading);
            }
        }
        self.samples.push(Moment { time: sample.time, frames: sample.frames, free: sample.free, readings });
    }

    fn stays(&mut self, stays: Vec<Stay>) {
        for stay in stays {
            if let Some(enclave) = self.enclaves.index(stay.enclave) {
                self.stays.push(Slice::new(enclave, &stay));
            }
        }
    }

    fn stays_lost(&mut self, count: u64) {
        self.stays_lost = self.stays_lost.saturating_add(count);
    }
}
