//! What can be seen of a run while it goes on, beside its events: how memory and
//! CPU are shared out, sampled, and every stay of an enclave on a CPU.
//!
//! Events are what happened and are always told. Samples and stays are for
//! pictures; a run tells them only where someone looks.

use casemate_model::{ContainerKey, EnclaveId, Nanos, Pages, Timestamp, WorkerId};

use crate::{Event, Verdict};

/// Whoever watches a run.
pub trait Observer {
    /// A state changed.
    fn event(&mut self, event: Event);

    /// How things stand, at the interval asked for.
    fn sample(&mut self, _sample: Sample) {}

    /// Stays that have ended since the last call, in the order they ended on each CPU.
    fn stays(&mut self, _stays: Vec<Stay>) {}

    /// Stays that were not kept because nobody took them in time.
    fn stays_lost(&mut self, _count: u64) {}
}

/// Whoever wants events only.
impl<F: FnMut(Event)> Observer for F {
    fn event(&mut self, event: Event) {
        self(event);
    }
}

/// How memory and CPU are shared out at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub time: Timestamp,
    /// Frames of the pool, in all.
    pub frames: Pages,
    /// Frames nobody has.
    pub free: Pages,
    /// Every enclave that exists, by id: a container that is started again keeps its place.
    pub enclaves: Vec<EnclaveSample>,
}

/// One enclave at one moment. Counts are since its creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnclaveSample {
    /// Which instance.
    pub enclave: EnclaveId,
    /// Whose it is.
    pub container: ContainerKey,
    /// Where it stands.
    pub state: EnclaveState,
    /// What the appraisal of its evidence said, once there is one.
    pub verdict: Option<Verdict>,
    /// The CPU it is inside on.
    pub worker: Option<WorkerId>,
    /// Pages in the pool.
    pub resident: Pages,
    /// Pages it has touched: resident or sealed.
    pub total: Pages,
    /// Pages that stay resident once touched.
    pub guaranteed: Pages,
    /// Faults that brought pages in.
    pub faults: u64,
    /// Pages unsealed and brought back in.
    pub page_ins: u64,
    /// Pages sealed and put out.
    pub page_outs: u64,
    /// Asynchronous exits.
    pub aex: u64,
    /// Synchronous exits.
    pub eexit: u64,
    /// CPU time inside.
    pub cpu: Nanos,
    /// CPU time its weight entitled it to while it was ready to run.
    pub fair: Nanos,
}

/// Where an enclave stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnclaveState {
    /// Being filled, measured or attested.
    Building,
    /// Ready for a CPU.
    Ready,
    /// Inside, on a CPU.
    Inside,
    /// Waits for the host.
    Blocked,
    /// May not be entered until it is attested again.
    Suspended,
}

/// One stay of an enclave on a CPU, from entry to exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Where.
    pub worker: WorkerId,
    /// Whose.
    pub enclave: EnclaveId,
    /// EENTER or ERESUME.
    pub from: Timestamp,
    /// The exit.
    pub until: Timestamp,
    /// How it ended.
    pub end: StayEnd,
    /// Faults that brought pages in meanwhile.
    pub faults: u64,
}

/// How a stay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StayEnd {
    /// An asynchronous exit: its slice was over.
    Aex,
    /// It waits for the host.
    Eexit,
    /// The program ended.
    Over,
}

/// The claims of evidence as its appraisal saw them: name and value, in the order of the evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims(pub Vec<(String, String)>);

impl serde::Serialize for Claims {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
