//! Whoever follows a run: its event log, its screen, and what its pictures are made of.

use std::fs::File;
use std::io;

use casemate_report::{Event, EventLog, Observer, Recording, Sample, Stay};

use super::screen::Screen;

/// Passes on what a run tells.
pub(crate) struct Follower<'a> {
    screen: &'a Screen,
    log: EventLog<File>,
    log_failure: Option<io::Error>,
    recording: Option<Recording>,
}

impl<'a> Follower<'a> {
    pub(crate) fn new(screen: &'a Screen, log: File, recording: Option<Recording>) -> Self {
        Self { screen, log: EventLog::new(log), log_failure: None, recording }
    }

    /// Why the event log is incomplete, if it is, and the recording.
    pub(crate) fn finish(self) -> (Option<io::Error>, Option<Recording>) {
        (self.log_failure, self.recording)
    }
}

impl Observer for Follower<'_> {
    fn event(&mut self, event: Event) {
        if let Err(error) = self.log.append(&event) {
            self.log_failure.get_or_insert(error);
        }
        self.screen.event(&event);
        if let Some(recording) = &mut self.recording {
            recording.event(event);
        }
    }

    fn sample(&mut self, sample: Sample) {
        self.screen.sample(&sample);
        if let Some(recording) = &mut self.recording {
            recording.sample(sample);
        }
    }

    fn stays(&mut self, stays: Vec<Stay>) {
        if let Some(recording) = &mut self.recording {
            recording.stays(stays);
        }
    }

    fn stays_lost(&mut self, count: u64) {
        if let Some(recording) = &mut self.recording {
            recording.stays_lost(count);
        }
    }
}
