//! What a CPU did, piece by piece.

use std::borrow::Cow;

use crate::{Scenario, Variant};

/// A piece of a CPU's time. Pieces of a CPU come in order, and what lies between two of them it slept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// On which CPU.
    pub cpu: u8,
    /// From when, in nanoseconds.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// Which world had the CPU.
    pub side: Side,
    /// What it did.
    pub who: Who,
}

/// Which world had a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The REE.
    Ree,
    /// The TEE, while the REE has something to do, for all the TEE was told.
    Tee,
    /// The TEE, while the REE sleeps and has said so.
    TeeDuringIdle,
}

impl Side {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Ree, Self::Tee, Self::TeeDuringIdle];
}

/// What a CPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// It comes from the other world.
    Switch,
    /// It handles an interrupt of the REE.
    Interrupt,
    /// It runs a task of the REE, by its number in the order of the scenario, those of a kind one after another,
    /// then those that were recorded.
    Task(u8),
    /// It runs an agent: by the number of its CPU, or the only one there is, 0.
    Agent(u8),
    /// It runs a request that tasks of this kind make.
    Request(u8),
    /// It runs a service, by its number.
    Service(u8),
    /// It runs a periodic task of the TEE, by its number.
    Periodic(u8),
}

impl Who {
    /// What it is called in a scenario, under a design: `client 2`, `request of client`, `agent of CPU 1`.
    #[must_use]
    pub fn name<'a>(self, scenario: &'a Scenario, variant: &Variant) -> Cow<'a, str> {
        let nobody = Cow::Borrowed("?");
        match self {
            Self::Switch => "world switch".into(),
            Self::Interrupt => "interrupt".into(),
            Self::Task(number) => match task(scenario, number) {
                Ok((kind, _)) if kind.count == 1 => kind.name.as_str().into(),
                Ok((kind, at)) => format!("{} {}", kind.name, at + 1).into(),
                Err(at) => {
                    let recorded = scenario.replay().and_then(|it| it.tasks().get(usize::from(at)));
                    recorded.map_or(nobody, |it| format!("{} ({})", it.comm, it.pid).into())
                }
            },
            Self::Agent(cpu) => match scenario.config(variant).map(|it| it.agent) {
                Ok(casemate_world::Agent::EachCpu) => format!("agent of CPU {cpu}").into(),
                _ => "agent".into(),
            },
            Self::Request(kind) => {
                let kind = scenario.tasks.get(usize::from(kind));
                kind.map_or(nobody, |it| format!("request of {}", it.name).into())
            }
            Self::Service(at) => {
                scenario.services.get(usize::from(at)).map_or(nobody, |it| it.name.as_str().into())
            }
            Self::Periodic(at) => {
                scenario.periodic.get(usize::from(at)).map_or(nobody, |it| it.name.as_str().into())
            }
        }
    }
}

/// The kind of a task, and its number among those of its kind; or its number among those that were recorded.
fn task(scenario: &Scenario, number: u8) -> Result<(&crate::Task, u8), u8> {
    let mut at = number;
    for kind in &scenario.tasks {
        match at.checked_sub(kind.count) {
            Some(left) => at = left,
            None => return Ok((kind, at)),
        }
    }
    Err(at)
}
