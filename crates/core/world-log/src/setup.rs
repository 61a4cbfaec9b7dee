//! The set-up that a machine begins with.

use casemate_world::{Config, CpuSet, Entry, Kind, Request};

use crate::bytes::{Malformed, Reader, Writer, flag};
use crate::codes::Code as _;

const MAGIC: [u8; 8] = *b"CASEMATE";
const VERSION: u32 = 1;

/// Threads that may be there from the beginning.
pub const SPAWNS: usize = 8;

/// Which REE the machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ree {
    /// One that knows of requests and agents.
    Bare,
    /// Linux with its driver for OP-TEE.
    Linux,
}

/// A service or a periodic task that is there from the beginning, in the order in which they are spawned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// What it is: not a request.
    pub kind: Kind,
    /// What it says of itself.
    pub request: Request,
    /// What it does, by number.
    pub app: u8,
    /// Nanoseconds between two releases; 0: none.
    pub period_nanos: u64,
    /// Nanoseconds from its release to its deadline.
    pub deadline_nanos: u64,
}

/// What a machine begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The design.
    pub config: Config,
    /// Which REE there is.
    pub ree: Ree,
    /// Bytes of memory that both worlds have.
    pub memory: u64,
    /// Ticks of the counter in a second.
    pub frequency: u64,
    /// Nanoseconds between two ticks of the TEE.
    pub tick_nanos: u64,
    /// Nanoseconds of a least quantum.
    pub quantum_nanos: u64,
    /// What the REE begins with in its first four registers.
    pub ree_arguments: [u64; 4],
    /// Whether steps are logged.
    pub logs: bool,
    /// Threads that are there from the beginning.
    pub spawned: [Option<Spawn>; SPAWNS],
}

impl Setup {
    /// Bytes of a set-up.
    pub const BYTES: usize = 4096;

    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let mut to = Writer::new(&mut bytes);
        to.put(&MAGIC);
        to.put(&VERSION.to_le_bytes());
        put_config(&mut to, &self.config);
        to.u8(match self.ree {
            Ree::Bare => 0,
            Ree::Linux => 1,
        });
        to.u8(self.logs.into());
        for word in [self.memory, self.frequency, self.tick_nanos, self.quantum_nanos] {
            to.u64(word);
        }
        self.ree_arguments.iter().for_each(|it| to.u64(*it));
        for spawn in &self.spawned {
            to.u8(spawn.is_some().into());
            if let Some(it) = spawn {
                to.put(&[it.kind.code(), it.app, it.request.priority]);
                to.put(&[it.request.sync.into(), it.request.suits_big.into()]);
                [it.request.deadline, it.period_nanos, it.deadline_nanos].iter().for_each(|it| to.u64(*it));
            }
        }
        bytes
    }

    /// Of bytes. Whether the design makes sense is not looked at.
    ///
    /// # Errors
    ///
    /// Where they are no set-up, and why.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Reader::new(bytes.get(..Self::BYTES).ok_or(Malformed::TooShort)?);
        if from.take()? != MAGIC {
            return Err(Malformed::Magic);
        }
        let version = from.u32()?;
        if version != VERSION {
            return Err(Malformed::Version(version));
        }
        let config = config(&mut from)?;
        let ree = match from.u8()? {
            0 => Ree::Bare,
            1 => Ree::Linux,
            _ => return Err(Malformed::Field("ree")),
        };
        let logs = from.flag("logs")?;
        let [memory, frequency, tick_nanos, quantum_nanos] =
            [from.u64()?, from.u64()?, from.u64()?, from.u64()?];
        let ree_arguments = [from.u64()?, from.u64()?, from.u64()?, from.u64()?];
        let mut spawned = [None; SPAWNS];
        for spawn in &mut spawned {
            if from.flag("spawned")? {
                *spawn = Some(read_spawn(&mut from)?);
            }
        }
        Ok(Self { config, ree, memory, frequency, tick_nanos, quantum_nanos, ree_arguments, logs, spawned })
    }
}

fn read_spawn(from: &mut Reader<'_>) -> Result<Spawn, Malformed> {
    let [kind, app, priority, sync, suits_big] = from.take()?;
    let (sync, suits_big) = (flag(sync, "sync")?, flag(suits_big, "suits_big")?);
    let request = Request { priority, deadline: from.u64()?, sync, suits_big };
    Ok(Spawn { kind: Kind::of(kind)?, request, app, period_nanos: from.u64()?, deadline_nanos: from.u64()? })
}

fn put_config(to: &mut Writer<'_>, it: &Config) {
    let (entry, slice) = match it.entry {
        Entry::Call => (0, 0),
        Entry::Event => (1, 0),
        Entry::TimeSlice(slice) => (2, slice),
    };
    to.put(&[it.cpus, it.big.bits(), entry, slice]);
    to.put(&[it.priority.code(), it.agent.code(), it.order.code(), it.goal.code(), it.device.code()]);
    to.put(&[it.proper_cpu.code(), it.balance.code(), it.tick.code(), it.resume.code()]);
    to.put(&[it.switch_back.code(), it.ree_share]);
    for waits in [it.tee_waits, it.ree_waits] {
        to.put(&[waits.is_some().into(), waits.unwrap_or(0)]);
    }
    for flag in [it.scheduling_call, it.nohz, it.idle_hand_over, it.least_progress] {
        to.u8(flag.into());
    }
}

fn config(from: &mut Reader<'_>) -> Result<Config, Malformed> {
    use casemate_world::{
        Agent, Balance, DeviceInterrupt, Goal, Order, Priority, ProperCpu, Resume, SwitchBack, Tick,
    };
    let [cpus, big, entry, slice] = from.take()?;
    let entry = match entry {
        0 => Entry::Call,
        1 => Entry::Event,
        2 => Entry::TimeSlice(slice),
        _ => return Err(Malformed::Field("entry")),
    };
    let [priority, agent, order, goal, device] = from.take()?;
    let [proper_cpu, balance, tick, resume] = from.take()?;
    let [switch_back, ree_share] = from.take()?;
    let mut waits = |field| -> Result<_, Malformed> {
        let (is_bounded, ticks) = (from.flag(field)?, from.u8()?);
        Ok(if is_bounded { Some(ticks) } else { None })
    };
    let (tee_waits, ree_waits) = (waits("tee_waits")?, waits("ree_waits")?);
    Ok(Config {
        cpus,
        big: CpuSet::from_bits(big),
        entry,
        scheduling_call: from.flag("scheduling_call")?,
        priority: Priority::of(priority)?,
        agent: Agent::of(agent)?,
        order: Order::of(order)?,
        goal: Goal::of(goal)?,
        device: DeviceInterrupt::of(device)?,
        proper_cpu: ProperCpu::of(proper_cpu)?,
        balance: Balance::of(balance)?,
        tick: Tick::of(tick)?,
        resume: Resume::of(resume)?,
        switch_back: SwitchBack::of(switch_back)?,
        nohz: from.flag("nohz")?,
        idle_hand_over: from.flag("idle_hand_over")?,
        tee_waits,
        ree_waits,
        ree_share,
        least_progress: from.flag("least_progress")?,
    })
}
