//! The events of a run: the first ones, and the latest.

use std::collections::VecDeque;

use casemate_model::{NodeName, Timestamp};

use super::enclaves::clipped;
use crate::{Claims, Event, Subject, What};

/// The longest text of an event that is kept, in bytes.
pub(crate) const TEXT_BYTES_MAX: usize = 4096;
/// Most reasons of one event that are kept.
const REASONS_MAX: usize = 64;
/// Most claims of one event that are kept.
const CLAIMS_MAX: usize = 256;

/// Events in the order told.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    half: usize,
    first: Vec<Event>,
    first_bytes: usize,
    latest: VecDeque<Event>,
    latest_bytes: usize,
    dropped: u64,
    dropped_bounds: Option<(Timestamp, Timestamp)>,
}

impl Events {
    /// Room for this many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            half: bytes / 2,
            first: Vec::new(),
            first_bytes: 0,
            latest: VecDeque::new(),
            latest_bytes: 0,
            dropped: 0,
            dropped_bounds: None,
        }
    }

    pub(super) fn push(&mut self, event: Event) {
        let event = shortened(event);
        let size = bytes(&event);
        if self.latest.is_empty() && self.dropped == 0 && self.first_bytes + size <= self.half {
            self.first_bytes += size;
            self.first.push(event);
            return;
        }
        self.latest_bytes += size;
        self.latest.push_back(event);
        while self.latest_bytes > self.half {
            let Some(oldest) = self.latest.pop_front() else { break };
            self.latest_bytes -= bytes(&oldest);
            self.dropped += 1;
            let (from, until) = self.dropped_bounds.unwrap_or((oldest.time, oldest.time));
            self.dropped_bounds = Some((from.min(oldest.time), until.max(oldest.time)));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Event> + Clone {
        self.first.iter().chain(&self.latest)
    }

    pub(super) fn bounds(&self) -> Option<(Timestamp, Timestamp)> {
        let times = self.iter().map(|event| event.time);
        times.clone().min().zip(times.max())
    }

    /// How many were dropped, and between when.
    pub(super) fn left_out(&self) -> Option<(u64, Timestamp, Timestamp)> {
        self.dropped_bounds.map(|(from, until)| (self.dropped, from, until))
    }
}

/// `text` of at most `bytes_max` bytes and a mark where something was cut off.
pub(crate) fn clip(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let kept: String =
        text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= bytes_max).map(|(_, c)| c).collect();
    kept + "…"
}

/// The event with no text, list or name longer than what is kept. An event that is not
/// shortened here still weighs what it takes.
fn shortened(mut event: Event) -> Event {
    let short = |text: &mut String| {
        if text.len() > TEXT_BYTES_MAX {
            *text = clip(text, TEXT_BYTES_MAX);
        }
    };
    let short_reasons = |reasons: &mut Vec<String>| {
        let more = reasons.len().saturating_sub(REASONS_MAX);
        reasons.truncate(REASONS_MAX);
        reasons.iter_mut().for_each(short);
        if more > 0 {
            reasons.push(format!("and {more} more"));
        }
    };
    let short_claims = |Claims(claims): &mut Claims| {
        let more = claims.len().saturating_sub(CLAIMS_MAX);
        claims.truncate(CLAIMS_MAX);
        for (name, value) in claims.iter_mut() {
            short(name);
            short(value);
        }
        if more > 0 {
            claims.push(("…".to_owned(), format!("and {more} more")));
        }
    };
    match &mut event.subject {
        Subject::Node(NodeName(name)) => short(name),
        Subject::Pod(pod) => {
            short(&mut pod.namespace);
            short(&mut pod.name);
        }
        Subject::Container(key) => *key = clipped(key),
    }
    match &mut event.what {
        What::NodeAttested { claims, .. } | What::WorkloadAttested { claims, .. } => short_claims(claims),
        What::NodeRefused { claims, reasons } | What::WorkloadRefused { claims, reasons } => {
            short_claims(claims);
            short_reasons(reasons);
        }
        What::PodQueued { reasons } | What::PodNeverFits { reasons } => short_reasons(reasons),
        What::PodPlaced { node: NodeName(text), why } => {
            short(text);
            short(why);
        }
        What::Failed { why: text }
        | What::Suspended { why: text }
        | What::Killed { why: text }
        | What::Trapped { message: text }
        | What::CheckerViolation { violation: text } => short(text),
        _ => {}
    }
    event
}

/// What an event takes, its texts included. Its JSON is at least as long as those.
fn bytes(event: &Event) -> usize {
    size_of::<Event>() + serde_json::to_vec(event).map_or(0, |json| json.len())
}
