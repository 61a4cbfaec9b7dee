//! A design, as C writes it: every choice a number with a name.

use casemate_world as world;
use casemate_world::CpuSet;

use crate::choice::{
    Agent, Balance, Device, Entry, Goal, Order, Priority, ProperCpu, Resume, SwitchBack, Tick, yes,
};
use crate::{CASEMATE_WORLD_FOR_EVER, Reason};

/// A design. What each choice means and who does it that way is in docs/world-c.md; start from
/// `casemate_world_config_default` and change what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Config {
    /// The CPUs that are big, a bit each; the others are LITTLE. Where all are alike, 0.
    pub big: u32,
    /// For how many ticks ready work may wait while the REE runs, at most 255; or `FOR_EVER`.
    pub tee_waits: u16,
    /// For how many ticks a non-secure interrupt may wait, at most 255; or `FOR_EVER`.
    pub ree_waits: u16,
    /// How many CPUs there are, 1 to `CPUS`.
    pub cpus: u8,
    /// An `entry`: how the TEE is entered and left.
    pub entry: u8,
    /// The ticks of a time slice under `ENTRY_TIME_SLICE`; else 0.
    pub slice: u8,
    /// A `priority`: who may pre-empt whom.
    pub priority: u8,
    /// An `agent`: who issues requests.
    pub agent: u8,
    /// An `order`: in which order requests and threads are taken.
    pub order: u8,
    /// A `goal`: on how many CPUs the TEE may be at once.
    pub goal: u8,
    /// A `device`: where a secure interrupt for a thread is handled.
    pub device: u8,
    /// A `proper_cpu`: on which CPU a thread that becomes ready is put.
    pub proper_cpu: u8,
    /// A `balance`: how work moves between CPUs.
    pub balance: u8,
    /// A `tick`: whose timer drives the TEE.
    pub tick: u8,
    /// A `resume`: when a thread goes on that the REE pre-empted.
    pub resume: u8,
    /// A `switch_back`: where the TEE gives the CPU back of its own accord.
    pub switch_back: u8,
    /// 0 or 1: whether the REE may call the TEE just to let it schedule.
    pub scheduling_call: u8,
    /// 0 or 1: whether the tick stops while both worlds are idle.
    pub nohz: u8,
    /// 0 or 1: whether the REE hands the CPU to the TEE before it sleeps.
    pub idle_hand_over: u8,
    /// How many ticks the REE has for itself after it had to wait; at least 1.
    pub ree_share: u8,
    /// 0 or 1: whether a thread that was entered runs for a least quantum before it may be pre-empted.
    pub least_progress: u8,
    /// 0.
    pub reserved: [u8; 6],
}

impl Config {
    /// The design that is meant, if every number means something. Whether it makes sense is another question.
    pub(crate) fn design(&self) -> Result<world::Config, Reason> {
        if self.reserved != [0; 6] {
            return Err(Reason::Reserved);
        }
        let big = u8::try_from(self.big).map_err(|_| Reason::BigCpu)?;
        let entry = match Entry::read(self.entry)? {
            Entry::Call if self.slice == 0 => world::Entry::Call,
            Entry::Event if self.slice == 0 => world::Entry::Event,
            Entry::TimeSlice => world::Entry::TimeSlice(self.slice),
            Entry::Call | Entry::Event => return Err(Reason::Slice),
        };
        Ok(world::Config {
            cpus: self.cpus,
            big: CpuSet::from_bits(big),
            entry,
            scheduling_call: yes(self.scheduling_call, Reason::SchedulingCall)?,
            priority: Priority::meant_by(self.priority)?,
            agent: Agent::meant_by(self.agent)?,
            order: Order::meant_by(self.order)?,
            goal: Goal::meant_by(self.goal)?,
            device: Device::meant_by(self.device)?,
            proper_cpu: ProperCpu::meant_by(self.proper_cpu)?,
            balance: Balance::meant_by(self.balance)?,
            tick: Tick::meant_by(self.tick)?,
            resume: Resume::meant_by(self.resume)?,
            switch_back: SwitchBack::meant_by(self.switch_back)?,
            nohz: yes(self.nohz, Reason::Nohz)?,
            idle_hand_over: yes(self.idle_hand_over, Reason::IdleHandOver)?,
            tee_waits: ticks(self.tee_waits, Reason::TeeWaits)?,
            ree_waits: ticks(self.ree_waits, Reason::ReeWaits)?,
            ree_share: self.ree_share,
            least_progress: yes(self.least_progress, Reason::LeastProgress)?,
        })
    }

    /// The design that is meant, if it makes sense.
    pub(crate) fn sensible(&self) -> Result<world::Config, Reason> {
        let design = self.design()?;
        design.validate()?;
        Ok(design)
    }
}

impl From<&world::Config> for Config {
    fn from(design: &world::Config) -> Self {
        let (entry, slice) = match design.entry {
            world::Entry::Call => (Entry::Call, 0),
            world::Entry::Event => (Entry::Event, 0),
            world::Entry::TimeSlice(slice) => (Entry::TimeSlice, slice),
        };
        let ticks = |bound: Option<u8>| bound.map_or(CASEMATE_WORLD_FOR_EVER, u16::from);
        Self {
            big: u32::from(design.big.bits()),
            tee_waits: ticks(design.tee_waits),
            ree_waits: ticks(design.ree_waits),
            cpus: design.cpus,
            entry: entry as u8,
            slice,
            priority: Priority::of(design.priority) as u8,
            agent: Agent::of(design.agent) as u8,
            order: Order::of(design.order) as u8,
            goal: Goal::of(design.goal) as u8,
            device: Device::of(design.device) as u8,
            proper_cpu: ProperCpu::of(design.proper_cpu) as u8,
            balance: Balance::of(design.balance) as u8,
            tick: Tick::of(design.tick) as u8,
            resume: Resume::of(design.resume) as u8,
            switch_back: SwitchBack::of(design.switch_back) as u8,
            scheduling_call: u8::from(design.scheduling_call),
            nohz: u8::from(design.nohz),
            idle_hand_over: u8::from(design.idle_hand_over),
            ree_share: design.ree_share,
            least_progress: u8::from(design.least_progress),
            reserved: [0; 6],
        }
    }
}

/// A bound in ticks.
fn ticks(bound: u16, otherwise: Reason) -> Result<Option<u8>, Reason> {
    if bound == CASEMATE_WORLD_FOR_EVER {
        return Ok(None);
    }
    u8::try_from(bound).map(Some).map_err(|_| otherwise)
}
