//! What is known of a run, and its lines.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{ContainerKey, EnclaveId, PodKey, Timestamp};

use super::amount::elapsed;
use super::enclave::Enclave;
use super::line::Line;
use super::pool::PoolShares;
use super::rows;
use super::window::Window;
use crate::style::Tone;
use crate::{EnclaveState, Event, Sample, Subject, Verdict, What};

/// Rows that are worth more to events than an empty line is to the view.
const ROWS_FOR_EVENTS: usize = 8;

/// A run as it stands. What it holds grows with the pods of the run, not with time.
#[derive(Clone, Debug)]
pub struct View {
    started: Timestamp,
    now: Timestamp,
    pool: Option<PoolShares>,
    enclaves: BTreeMap<EnclaveId, Enclave>,
    waiting: BTreeSet<PodKey>,
    /// Containers that wait to be started again.
    again: BTreeSet<ContainerKey>,
    /// Containers that are over, and whether they succeeded.
    over: BTreeMap<ContainerKey, bool>,
    /// Pods that fit nowhere.
    never_fit: u64,
}

impl View {
    /// A run that starts now.
    #[must_use]
    pub fn new(started: Timestamp) -> Self {
        Self {
            started,
            now: started,
            pool: None,
            enclaves: BTreeMap::new(),
            waiting: BTreeSet::new(),
            again: BTreeSet::new(),
            over: BTreeMap::new(),
            never_fit: 0,
        }
    }

    /// Takes in a state change.
    pub fn event(&mut self, event: &Event) {
        self.now = self.now.max(event.time);
        match &event.subject {
            Subject::Node(_) => {}
            Subject::Pod(pod) => self.of_pod(pod, &event.what),
            Subject::Container(container) => self.of_container(container, event.time, &event.what),
        }
    }

    /// Takes in how memory and CPU are shared out.
    pub fn sample(&mut self, sample: &Sample) {
        self.now = self.now.max(sample.time);
        self.pool = Some(PoolShares::of(sample));
        for told in &sample.enclaves {
            let new = || Enclave::new(told.enclave, told.container.clone(), sample.time);
            self.enclaves.entry(told.enclave).or_insert_with(new).sample(sample.time, told);
        }
        // Whatever is not in a sample was gone by then, or came after it was taken.
        let in_sample: BTreeSet<EnclaveId> = sample.enclaves.iter().map(|told| told.enclave).collect();
        self.enclaves.retain(|id, enclave| in_sample.contains(id) || enclave.since >= sample.time);
    }

    /// The run in lines that fit: enclaves, the pool, and how far the run has come.
    #[must_use]
    pub fn lines(&self, window: Window) -> Vec<String> {
        // A quarter of the window is left to what scrolls by, and a row at the least.
        let rows = usize::from(window.rows - (window.rows / 4).max(1).min(window.rows)).max(1);
        let mut foot: Vec<Line> = Vec::new();
        if let Some(pool) = &self.pool {
            foot.push(pool.line(window));
        }
        if rows >= 4 || foot.is_empty() {
            foot.push(self.summary(window));
        }
        let enclaves: Vec<&Enclave> = self.enclaves.values().collect();
        let mut lines = rows::lines(&enclaves, self.now, rows.saturating_sub(foot.len()), window);
        lines.append(&mut foot);
        // In a tall window an empty line sets the view apart from what scrolls by.
        if rows >= lines.len() + ROWS_FOR_EVENTS {
            lines.insert(0, Line::default());
        }
        lines.iter().map(|line| line.render(window)).collect()
    }

    fn of_pod(&mut self, pod: &PodKey, what: &What) {
        match what {
            What::PodQueued { .. } => {
                self.waiting.insert(pod.clone());
            }
            What::PodPlaced { .. } => {
                self.waiting.remove(pod);
            }
            What::PodNeverFits { .. } => {
                self.waiting.remove(pod);
                self.never_fit += 1;
            }
            _ => {}
        }
    }

    fn of_container(&mut self, container: &ContainerKey, time: Timestamp, what: &What) {
        match what {
            What::EnclaveCreated { enclave, .. } => {
                // Another instance: what became of the one before counts no longer.
                self.again.remove(container);
                self.over.remove(container);
                self.enclaves.insert(*enclave, Enclave::new(*enclave, container.clone(), time));
            }
            What::Destroyed { .. } => self.destroyed(container),
            What::Restarting { .. } => {
                self.over.remove(container);
                self.again.insert(container.clone());
            }
            What::Exited { code } => {
                self.over.insert(container.clone(), *code == 0);
            }
            What::Trapped { .. } | What::Killed { .. } | What::Failed { .. } => {
                self.again.remove(container);
                self.over.insert(container.clone(), false);
            }
            What::WorkloadRefused { .. } => {
                self.over.insert(container.clone(), false);
                self.update(container, |enclave| {
                    enclave.verdict = Some(Verdict::Contraindicated);
                    enclave.not_after = None;
                });
            }
            What::WorkloadAttested { not_after, .. } | What::Renewed { not_after } => {
                self.attested(container, *not_after);
            }
            What::Resumed { not_after } => {
                self.attested(container, *not_after);
                self.update(container, |enclave| enclave.state = EnclaveState::Ready);
            }
            What::Entered => self.update(container, |enclave| enclave.state = EnclaveState::Inside),
            What::Suspended { .. } => self.update(container, |enclave| {
                enclave.state = EnclaveState::Suspended;
                enclave.worker = None;
            }),
            _ => {}
        }
    }

    /// The oldest: a container that was started again may have its next one already.
    fn destroyed(&mut self, container: &ContainerKey) {
        let of_container = self.enclaves.values().filter(|enclave| enclave.container == *container);
        let oldest = of_container.map(|enclave| enclave.id).min();
        if let Some(oldest) = oldest {
            self.enclaves.remove(&oldest);
        }
    }

    fn attested(&mut self, container: &ContainerKey, not_after: Timestamp) {
        self.update(container, |enclave| {
            enclave.verdict = Some(Verdict::Affirming);
            enclave.not_after = Some(not_after);
        });
    }

    fn update(&mut self, container: &ContainerKey, change: impl FnOnce(&mut Enclave)) {
        // The newest, where one that ended is still being destroyed.
        let of_container = self.enclaves.values_mut().filter(|enclave| enclave.container == *container);
        if let Some(enclave) = of_container.max_by_key(|enclave| enclave.id) {
            change(enclave);
        }
    }

    fn summary(&self, window: Window) -> Line {
        let mut line = Line::default();
        line.push(Tone::Faint, &elapsed(self.now.since(self.started)));
        let enclaves = self.enclaves.len() as u64;
        let waiting = self.waiting.len() as u64;
        let again = self.again.len() as u64;
        let succeeded = self.over.values().filter(|succeeded| **succeeded).count() as u64;
        let failed = self.over.len() as u64 - succeeded + self.never_fit;
        for (tone, count, one, many) in [
            (Tone::Plain, enclaves, "enclave", "enclaves"),
            (Tone::Waiting, waiting, "pod waits", "pods wait"),
            (Tone::Waiting, again, "starts again", "start again"),
            (Tone::Good, succeeded, "succeeded", "succeeded"),
            (Tone::Bad, failed, "failed", "failed"),
        ] {
            if count > 0 {
                line.push(Tone::Faint, window.glyphs.dot());
                line.push(tone, &format!("{count} {}", if count == 1 { one } else { many }));
            }
        }
        line.push(Tone::Faint, window.glyphs.dot());
        line.push(Tone::Faint, "Ctrl-C stops");
        line
    }
}
