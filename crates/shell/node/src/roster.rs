//! Every container of a run: where it stands and what will be reported of it.

use std::sync::Arc;

use casemate_checker::HowEnded;
use casemate_enclave::{Created, Enclave, Tally};
use casemate_model::{Bytes, ContainerKey, Nanos, Timestamp};
use casemate_report::{State, WorkloadReport};

use crate::attestation::Candidate;
use crate::guest::Ending;
use crate::image::Image;
use crate::output::{LOG_BYTES_MAX, LogSummary, OutputLog};
use crate::pager::MemoryStats;
use crate::task::Task;

/// One container of a run.
pub(crate) struct Entry {
    pub(crate) key: ContainerKey,
    /// Which of the run's pods it belongs to.
    pub(crate) pod: usize,
    /// Its place among all of the pod's containers.
    pub(crate) container: usize,
    /// Whether an instance of it has run to an end.
    pub(crate) has_run: bool,
    /// Why its instance is not to be entered once it is built.
    pub(crate) condemned: Option<String>,
    pub(crate) image: Result<Arc<Image>, String>,
    pub(crate) stage: Stage,
    pub(crate) report: WorkloadReport,
    /// When it was first entered.
    pub(crate) started: Option<Timestamp>,
    /// When its evidence is to be renewed.
    pub(crate) renew_at: Option<Timestamp>,
    pub(crate) log: Option<OutputLog>,
}

/// How far a container has come.
pub(crate) enum Stage {
    /// Its pod has no place yet, or its turn has yet to come.
    Waiting,
    /// Its enclave exists and is being filled.
    Loading(Enclave<Created>),
    /// Attested: it runs, waits or is suspended.
    Live {
        /// What the workers schedule.
        task: Arc<Task>,
        /// What each renewal attests again.
        candidate: Candidate,
    },
    /// It has no enclave any more, or never had one.
    Over,
}

impl Entry {
    pub(crate) fn waiting(
        key: ContainerKey,
        pod: usize,
        container: usize,
        image: Result<Arc<Image>, String>,
        report: WorkloadReport,
    ) -> Self {
        let stage = Stage::Waiting;
        Self {
            key,
            pod,
            container,
            has_run: false,
            condemned: None,
            image,
            stage,
            report,
            started: None,
            renew_at: None,
            log: None,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// It ends without having run, for these reasons.
    pub(crate) fn end_unstarted(&mut self, state: State, reasons: Vec<String>) {
        self.report.state = state;
        self.report.reasons = reasons;
        self.stage = Stage::Over;
    }

    /// It ends after having been ready to run.
    pub(crate) fn end(&mut self, end: &End) {
        let report = &mut self.report;
        (report.state, report.exit_code) = match &end.ending {
            Ending::Exited(0) => (State::Succeeded, Some(0)),
            Ending::Exited(code) => (State::Failed, Some(*code)),
            Ending::Trapped(_) => (State::Trapped, None),
            Ending::Tampered(_) => (State::Killed, None),
            Ending::Stopped => (end.stopped_as, None),
        };
        report.seconds = self.started.map(|started| end.at.since(started));
        // Over all its instances: what was spent on those before is not undone.
        let sum = |so_far: &mut Option<u64>, more: u64| {
            *so_far = Some(so_far.unwrap_or_default().saturating_add(more));
        };
        report.cpu_seconds = Some(report.cpu_seconds.unwrap_or_default().saturating_add(end.cpu));
        sum(&mut report.page_ins, end.memory.page_ins);
        sum(&mut report.page_outs, end.memory.page_outs);
        sum(&mut report.aex, end.tally.aex);
        sum(&mut report.eexit, end.tally.eexit);
        report.reasons = end.reasons();
        if let Some(LogSummary { path, sha256, bytes }) = self.log.as_ref().map(OutputLog::summary) {
            report.log = Some(path.display().to_string());
            report.log_sha256 = Some(sha256);
            if bytes > LOG_BYTES_MAX {
                let kept = Bytes(LOG_BYTES_MAX);
                report.reasons.push(format!("the log holds the first {kept} of {bytes} bytes of output"));
            }
        }
        self.stage = Stage::Over;
        self.has_run = true;
        self.renew_at = None;
    }
}

/// How a container that was ready to run ended.
pub(crate) struct End {
    pub(crate) ending: Ending,
    /// What being stopped means, where it was.
    pub(crate) stopped_as: State,
    /// Why it was stopped, where it was.
    pub(crate) stopped_why: String,
    pub(crate) at: Timestamp,
    pub(crate) cpu: Nanos,
    pub(crate) memory: MemoryStats,
    pub(crate) tally: Tally,
    pub(crate) limit: Bytes,
    pub(crate) refused_growth: u64,
}

impl End {
    /// What it means for the container's life.
    pub(crate) fn in_life(&self) -> casemate_pod::End {
        use casemate_pod::End as Life;
        match (&self.ending, self.stopped_as) {
            (Ending::Exited(0), _) => Life::Succeeded,
            (Ending::Exited(_) | Ending::Trapped(_), _) => Life::Failed,
            (Ending::Tampered(_), _) | (Ending::Stopped, State::Suspended) => Life::Distrusted,
            (Ending::Stopped, _) => Life::Stopped,
        }
    }

    /// The same, as the checker is told.
    pub(crate) fn as_observed(&self) -> HowEnded {
        match &self.ending {
            Ending::Exited(code) => HowEnded::Exited(*code),
            Ending::Trapped(_) => HowEnded::Trapped,
            Ending::Tampered(_) => HowEnded::Distrusted,
            Ending::Stopped if self.stopped_as == State::Suspended => HowEnded::Distrusted,
            Ending::Stopped => HowEnded::Stopped,
        }
    }

    fn reasons(&self) -> Vec<String> {
        let mut reasons = match &self.ending {
            Ending::Exited(0) => return Vec::new(),
            Ending::Exited(code) => vec![format!("the program ended with exit code {code}")],
            Ending::Trapped(trap) => vec![format!("the program trapped: {trap}")],
            Ending::Tampered(poison) => vec![poison.to_string()],
            Ending::Stopped => vec![self.stopped_why.clone()],
        };
        if self.refused_growth > 0 {
            reasons.push(format!(
                "memory.grow was refused {} times at the enclave's limit of {}; raise the limit of its \
                 encrypted memory if it needs more",
                self.refused_growth, self.limit
            ));
        }
        reasons
    }
}
