//! Counts while the simulation runs.

use casemate_world::{CPUS, Class};

use crate::Measured;
use crate::histogram::Histogram;

/// What is counted.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    pub(crate) requests: Histogram,
    pub(crate) interrupts: Histogram,
    pub(crate) answered: u64,
    pub(crate) asked: u64,
    pub(crate) refused: u64,
    pub(crate) misses: u64,
    pub(crate) deadlines: u64,
    pub(crate) switches: u64,
    pub(crate) stays: u64,
    pub(crate) slivers: u64,
    pub(crate) ree_work: u64,
    pub(crate) tee_work: u64,
    pub(crate) loss: u64,
    pub(crate) spent: [[u64; Class::ALL.len()]; CPUS],
    pub(crate) jumps: u64,
    pub(crate) windows: u64,
    /// Sums over windows, of 1024.
    pub(crate) imbalance: u64,
    pub(crate) error_uncorrected: u64,
    pub(crate) error_corrected: u64,
    /// Nanoseconds times speed cubed, of 1024.
    pub(crate) energy: u64,
    pub(crate) migrations: u64,
    pub(crate) events: u64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            requests: Histogram::new(),
            interrupts: Histogram::new(),
            answered: 0,
            asked: 0,
            refused: 0,
            misses: 0,
            deadlines: 0,
            switches: 0,
            stays: 0,
            slivers: 0,
            ree_work: 0,
            tee_work: 0,
            loss: 0,
            spent: [[0; Class::ALL.len()]; CPUS],
            jumps: 0,
            windows: 0,
            imbalance: 0,
            error_uncorrected: 0,
            error_corrected: 0,
            energy: 0,
            migrations: 0,
            events: 0,
        }
    }

    /// All time that CPUs spent on a class.
    fn of(&self, class: Class) -> u64 {
        self.spent.iter().map(|it| it[class as usize]).sum()
    }

    /// The figures after so long on so many CPUs.
    pub(crate) fn measured(&self, nanos: u64, cpus: usize) -> Measured {
        let seconds = nanos as f64 / 1e9;
        let per_s = |count: u64| rounded(count as f64 / seconds);
        let micros = |nanos: u64| nanos as f64 / 1e3;
        let of_time = |part: u64| share(part, nanos.saturating_mul(cpus as u64));
        let per_window = |sum: u64, each: u64| share(sum, self.windows.saturating_mul(each * 1024));
        Measured {
            requests: self.answered,
            requests_per_s: per_s(self.answered),
            request_p50_us: micros(self.requests.quantile(500)),
            request_p99_us: micros(self.requests.quantile(990)),
            request_max_us: micros(self.requests.most()),
            unanswered: self.asked.saturating_sub(self.answered),
            refused: self.refused,
            interrupt_p50_us: micros(self.interrupts.quantile(500)),
            interrupt_p99_us: micros(self.interrupts.quantile(990)),
            interrupt_max_us: micros(self.interrupts.most()),
            deadline_misses: self.misses,
            deadlines: self.deadlines,
            world_switches_per_s: per_s(self.switches),
            stays: self.stays,
            thrash: share(self.slivers, self.stays),
            ree_work_per_s: rounded(self.ree_work as f64 / 1e9 / seconds),
            tee_work_per_s: rounded(self.tee_work as f64 / 1e9 / seconds),
            ree_loss: of_time(self.loss),
            tee_during_idle: of_time(self.of(Class::DuringIdle)),
            misbilled: of_time(self.of(Class::SelfScheduled)),
            load_jumps_per_s: per_s(self.jumps),
            imbalance: per_window(self.imbalance, 1),
            error_uncorrected: per_window(self.error_uncorrected, cpus as u64),
            error_corrected: per_window(self.error_corrected, cpus as u64),
            energy: rounded(self.energy as f64 / 1024.0 / 1e9),
            migrations_per_s: per_s(self.migrations),
            events: self.events,
        }
    }
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { rounded(part as f64 / of as f64) }
}

/// To a millionth, so that a document does not tell of what no figure here can mean.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
