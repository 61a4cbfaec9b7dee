//! A node at work: places pods, has their enclaves built, attests them, keeps
//! their evidence fresh and clears up after them.
//!
//! One thread does all of it and owns all of the state; workers and loaders tell
//! it what happened by [`Notice`]s. What it does it reports as events, and the
//! independent checker is shown every step.

mod building;
mod ending;
mod evidence;
mod lives;
mod observing;
mod placing;
mod storage;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use casemate_model::{Container, EnclaveId, Fingerprint, Nanos, Node as NodeModel, PodKey, Timestamp};
use casemate_placement::{Ledger, OnEvidence, Plan, Queue};
use casemate_pod::{PodLife, Restarts};
use casemate_report::{Event, Observer, Subject, Verdict, What};

use crate::attestation::Attestation;
use crate::clock::Clock;
use crate::config::Renewal;
use crate::loader::Loader;
use crate::node::HostView;
use crate::notice::Notice;
use crate::pager::Pool;
use crate::roster::Entry;
use crate::schedule::Schedule;
use crate::stays::Stays;
use crate::volumes::{View, Volumes};
use crate::watch::Watch;
use crate::workload::Workload;

/// What the supervisor works with.
pub(crate) struct Means<'a> {
    pub(crate) node: NodeModel,
    pub(crate) renewal: Renewal,
    pub(crate) restarts: Restarts,
    pub(crate) logs: PathBuf,
    pub(crate) volumes: PathBuf,
    pub(crate) host_path_roots: Vec<PathBuf>,
    pub(crate) attestation: Attestation,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) loader: Loader,
    pub(crate) notices: Receiver<Notice>,
    pub(crate) watch: Watch,
    pub(crate) clock: Clock,
    pub(crate) host_view: HostView,
    pub(crate) pool: Arc<Pool>,
    pub(crate) sampling: Option<Nanos>,
    pub(crate) stays: Option<Arc<Stays>>,
    pub(crate) observer: &'a mut dyn Observer,
}

/// A run: its means and its state.
pub(crate) struct Supervisor<'a> {
    means: Means<'a>,
    ledger: Ledger<OnEvidence>,
    queue: Queue,
    pods: Vec<PodEntry>,
    /// The pod of each name: the first one, where several have it.
    by_name: BTreeMap<PodKey, usize>,
    entries: Vec<Entry>,
    /// Which container an enclave belongs to, for as long as it exists.
    by_enclave: BTreeMap<EnclaveId, usize>,
    platform: PlatformStanding,
    interrupted: bool,
    /// Nothing is started any more.
    is_finishing: bool,
    /// When stays were last taken and when a sample was, on the monotonic clock.
    visited: Nanos,
    sampled: Nanos,
    /// When volumes are to be measured, on the same clock.
    measure_at: Nanos,
}

/// A pod of the run.
struct PodEntry {
    workload: Workload,
    /// Its containers in the roster, init containers first.
    containers: Range<usize>,
    life: PodLife,
    /// What each container sees of its volumes.
    views: Vec<Vec<View>>,
    /// Its volumes, while it runs and has any.
    volumes: Option<Volumes>,
    /// Why it was evicted, if it was.
    eviction: Option<String>,
    /// Its place, while it has one.
    plan: Option<Plan<OnEvidence>>,
    /// Why it waits, as last reported.
    waits: Vec<String>,
}

/// What is known of this node's own evidence.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlatformStanding {
    pub(crate) verdict: Option<Verdict>,
    pub(crate) reasons: Vec<String>,
    /// The root its evidence chains to.
    pub(crate) root: Option<Fingerprint>,
    /// When what was last affirmed lapses.
    not_after: Timestamp,
    renew_at: Option<Timestamp>,
}

/// What a finished run leaves to report.
pub(crate) struct Outcome {
    pub(crate) entries: Vec<Entry>,
    pub(crate) platform: PlatformStanding,
    pub(crate) interrupted: bool,
}

impl<'a> Supervisor<'a> {
    pub(crate) fn new(means: Means<'a>) -> Self {
        Self {
            means,
            ledger: Ledger::<OnEvidence>::new(),
            queue: Queue::new(PATIENCE),
            pods: Vec::new(),
            by_name: BTreeMap::new(),
            entries: Vec::new(),
            by_enclave: BTreeMap::new(),
            platform: PlatformStanding::default(),
            interrupted: false,
            is_finishing: false,
            visited: Nanos::ZERO,
            sampled: Nanos::ZERO,
            measure_at: Nanos::ZERO,
        }
    }

    /// Runs these pods until each is over or can get no further.
    pub(crate) fn run(&mut self, workloads: Vec<Workload>) {
        self.sample();
        self.attest_platform();
        self.enlist(workloads);
        self.place();
        while !self.interrupted && self.something_can_happen() {
            match self.means.notices.recv_timeout(self.patience()) {
                Ok(notice) => self.take(notice),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if !self.interrupted {
                self.renew_what_is_due();
                self.follow_what_is_due();
                self.evict_what_is_overfull();
                self.release_what_is_over();
            }
            self.observe();
        }
    }

    /// Whether a pod has a place, or one that waits may still get one.
    fn something_can_happen(&self) -> bool {
        self.pods.iter().any(|pod| pod.plan.is_some())
            || (!self.queue.is_empty() && self.platform.renew_at.is_some())
    }

    /// How long there is nothing to do unless somebody tells.
    fn patience(&self) -> Duration {
        let visit = self.next_visit().map(|due| due.saturating_sub(self.means.clock.monotonic()));
        let wait = visit.map_or(LONGEST_WAIT, |visit| visit.min(LONGEST_WAIT));
        let others = [self.until_next_renewal(), self.until_next_due(), self.until_next_measure()];
        Duration::from_nanos(others.into_iter().fold(wait, Nanos::min).0)
    }

    fn take(&mut self, notice: Notice) {
        match notice {
            Notice::Loaded(id, Ok(loaded)) => self.loaded(id, loaded),
            Notice::Loaded(id, Err(why)) => self.could_not_load(id, why),
            Notice::Started(id) => self.started(id),
            Notice::Ended(id, ending) => self.ended(id, ending),
            Notice::Lapsed(id) => self.lapsed(id),
            Notice::Interrupted => self.interrupted = true,
        }
    }

    fn container(&self, at: usize) -> &Container {
        let entry = &self.entries[at];
        self.pods[entry.pod].workload.container(entry.container)
    }

    fn now(&self) -> Timestamp {
        self.means.clock.now()
    }

    fn tell(&mut self, subject: Subject, what: What) {
        let time = self.now();
        self.means.observer.event(Event { time, subject, what });
    }

    /// An event about one container.
    fn tell_of(&mut self, at: usize, what: What) {
        let subject = Subject::Container(self.entries[at].key.clone());
        self.tell(subject, what);
    }
}

/// The longest the supervisor sleeps without looking at the clock.
const LONGEST_WAIT: Nanos = Nanos::from_secs(1);

/// How often a waiting pod is passed over by smaller ones before room is held for it.
const PATIENCE: u32 = 8;
