//! Every step is decided again, and what was decided on metal is compared.

use casemate_world::{CpuId, Event, Senseless, State, step};
use casemate_world_log::{Decided, What};

use crate::Log;

/// More differences are counted and not kept.
pub const DIFFERENCES_MOST: usize = 16;

/// A step that was decided otherwise on metal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The record's number.
    pub record: usize,
    /// On which CPU.
    pub cpu: CpuId,
    /// What happened.
    pub event: Event,
    /// What is decided here.
    pub here: Decided,
    /// What was decided on metal.
    pub on_metal: Decided,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { record, cpu, event, here, on_metal } = self;
        write!(f, "record {record}: {cpu:?}, {event:?}: metal decided {on_metal:?}, the core {here:?}")
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Steps that were decided again.
    pub steps: usize,
    /// Of those, how many were decided otherwise.
    pub differ: usize,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// Decides again.
///
/// # Errors
///
/// Where the design makes no sense, so that there is nothing to begin with.
pub fn replay(log: &Log) -> Result<Replayed, Senseless> {
    let config = log.setup.config;
    let mut state = State::new(&config)?;
    for spawn in log.setup.spawned.iter().flatten() {
        // Without a place it is not there on metal either, which then says so in its first step.
        let _ = state.spawn(spawn.kind, &spawn.request, &config);
    }
    let mut replayed = Replayed::default();
    for (record, it) in log.records.iter().enumerate() {
        let What::Step(event, on_metal) = it.what else { continue };
        let here = Decided::from(&step(&mut state, &config, it.cpu, event));
        replayed.steps += 1;
        if here != on_metal {
            replayed.differ += 1;
            if replayed.differences.len() < DIFFERENCES_MOST {
                replayed.differences.push(Difference { record, cpu: it.cpu, event, here, on_metal });
            }
        }
    }
    Ok(replayed)
}
