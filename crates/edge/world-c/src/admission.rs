//! Admission of periodic tasks, as C asks for it.

use casemate_world as world;
use casemate_world::{Overload, THREADS};

use crate::choice::Order;
use crate::{Config, Status};

/// A task that is released again and again. All times in one unit, whichever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Task {
    /// The least time between two releases.
    pub period: u64,
    /// The most that it runs for each.
    pub work: u64,
    /// How long after its release it has to be done; at most its period.
    pub deadline: u64,
    /// The larger, the more important. Counts under `ORDER_PRIORITY`.
    pub priority: u8,
    /// 0.
    pub reserved: [u8; 7],
}

/// What the TEE is sure to get of a CPU: at least `budget` in each `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Supply {
    /// The period.
    pub period: u64,
    /// What there is in each, at least.
    pub budget: u64,
}

/// How long the parts of a design last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Durations {
    /// From tick to tick.
    pub tick: u64,
    /// The least quantum of a thread that was entered. 0: none is kept.
    pub quantum: u64,
}

/// What a design is sure to give a CPU's TEE work.
pub(crate) fn supply(config: &Config, lasts: &Durations) -> Result<Supply, Status> {
    let design = config.sensible().map_err(|_| Status::Senseless)?;
    let Durations { tick, quantum } = *lasts;
    let supply = world::Supply::of(&design, &world::Durations { tick, quantum }).ok_or(Status::NoSupply)?;
    Ok(Supply { period: supply.period, budget: supply.budget })
}

/// The longest response time of each of `count` tasks; or why not, and the number of the task it is about.
pub(crate) fn admit(
    order: u8,
    tasks: &[Task; THREADS],
    count: usize,
    supply: &Supply,
    blocking: u64,
) -> Result<[u64; THREADS], (Status, usize)> {
    let order = Order::meant_by(order).map_err(|_| (Status::NoSuchValue, 0))?;
    let tasks = tasks.get(..count).ok_or((Status::TooMany, count))?;
    let mut meant = [world::Task { period: 0, work: 0, deadline: 0, priority: 0 }; THREADS];
    for (at, (into, task)) in (0..count).zip(meant.iter_mut().zip(tasks)) {
        let Task { period, work, deadline, priority, reserved } = *task;
        if reserved != [0; 7] {
            return Err((Status::NoSuchValue, at));
        }
        *into = world::Task { period, work, deadline, priority };
    }
    let supply = world::Supply { period: supply.period, budget: supply.budget };
    let mut responses = [0; THREADS];
    let meant = meant.get(..count).ok_or((Status::TooMany, count))?;
    match world::admit(meant, order, &supply, blocking, &mut responses) {
        Ok(_) => Ok(responses),
        Err(Overload::Senseless(at)) => Err((Status::SenselessTask, at)),
        Err(Overload::NoSupply) => Err((Status::NoSupply, 0)),
        Err(Overload::Late(at)) => Err((Status::Late, at)),
        Err(Overload::TooMany(count)) => Err((Status::TooMany, count)),
    }
}
