//! What came of a design under a load, in figures, each with a name, a unit and what it means.

use serde::Serialize;

/// A figure.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name in documents.
    pub name: &'static str,
    /// Its unit; empty: a share of 1, or a number.
    pub unit: &'static str,
    /// What it means.
    pub what: &'static str,
    /// Its value.
    pub of: fn(&Measured) -> f64,
}

/// What came of a design. Field by field as in [`METRICS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "METRICS says what each means")]
pub struct Measured {
    pub requests: u64,
    pub requests_per_s: f64,
    pub request_p50_us: f64,
    pub request_p99_us: f64,
    pub request_max_us: f64,
    pub unanswered: u64,
    pub refused: u64,
    pub interrupt_p50_us: f64,
    pub interrupt_p99_us: f64,
    pub interrupt_max_us: f64,
    pub deadline_misses: u64,
    pub deadlines: u64,
    pub world_switches_per_s: f64,
    pub stays: u64,
    pub thrash: f64,
    pub ree_work_per_s: f64,
    pub tee_work_per_s: f64,
    pub ree_loss: f64,
    pub tee_during_idle: f64,
    pub misbilled: f64,
    pub load_jumps_per_s: f64,
    pub imbalance: f64,
    pub error_uncorrected: f64,
    pub error_corrected: f64,
    pub energy: f64,
    pub migrations_per_s: f64,
    pub events: u64,
}

macro_rules! metrics {
    ($($name:ident $unit:literal $what:literal),+ $(,)?) => {
        /// Every figure, in the order of the table.
        pub const METRICS: &[Metric] = &[$(
            Metric { name: stringify!($name), unit: $unit, what: $what, of: |it| it.$name as f64 }
        ),+];
    };
}

metrics! {
    requests "" "requests that were answered",
    requests_per_s "1/s" "requests that were answered, per second",
    request_p50_us "us" "from asking to the answer, the median",
    request_p99_us "us" "from asking to the answer, 99 of 100",
    request_max_us "us" "from asking to the answer, the longest",
    unanswered "" "requests without an answer at the end",
    refused "" "times that a request was told to come again later, or a call of a service would have waited for itself",
    interrupt_p50_us "us" "from an interrupt of the REE to its handler, the median",
    interrupt_p99_us "us" "from an interrupt of the REE to its handler, 99 of 100",
    interrupt_max_us "us" "from an interrupt of the REE to its handler, the longest",
    deadline_misses "" "deadlines that were missed",
    deadlines "" "deadlines that there were",
    world_switches_per_s "1/s" "changes of a CPU from one world to the other",
    stays "" "times that the TEE had a CPU for its work",
    thrash "" "share of these that were pre-empted within a tenth of a tick",
    ree_work_per_s "s/s" "what tasks of the REE got done: seconds of a big core at full speed",
    tee_work_per_s "s/s" "what threads of the TEE got done: seconds of a big core at full speed",
    ree_loss "" "share of CPU time that the TEE had, unasked or with an interrupt waiting, while the REE had something to do",
    tee_during_idle "" "share of CPU time that the TEE worked while the REE slept",
    misbilled "" "share of CPU time that the REE bills to a task which did not ask for it",
    load_jumps_per_s "1/s" "times that a CPU's load, as the REE sees it, changed by over a quarter from one look of the governor to the next",
    imbalance "" "busiest CPU less idlest, as shares of a governor's window, on average",
    error_uncorrected "" "how much a CPU is busier than the REE takes it for, on average",
    error_corrected "" "the same, with what the TEE tells given back",
    energy "s" "energy: speed cubed times time, 1 is a big core at full speed for a second; asleep 0.02, deeply 0",
    migrations_per_s "1/s" "tasks of the REE that went to another CPU",
    events "" "events that were simulated",
}

impl Metric {
    /// The figure of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        METRICS.iter().find(|it| it.name == name)
    }
}
