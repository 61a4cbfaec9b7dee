//! The trusted applications for tests.

mod aes;
pub(crate) mod chain;
mod device;
mod echo;
mod long;
pub(crate) mod periodic;

use casemate_metal_abi::apps::{self, Uuid};
use casemate_metal_abi::message::SUCCESS;

use crate::job::Job;
use crate::message;

/// An application, or a thread that is there from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum App {
    Echo,
    Aes,
    Long,
    Periodic,
    Chain,
    Device,
    /// The periodic task itself.
    PeriodicTask,
    /// The service that is called first.
    First,
    /// The one that the first one calls.
    Second,
}

/// What may be opened, by UUID; their numbers in the log are their places here.
const OPENED: [(Uuid, App); 6] = [
    (apps::ECHO, App::Echo),
    (apps::AES, App::Aes),
    (apps::LONG, App::Long),
    (apps::PERIODIC, App::Periodic),
    (apps::CHAIN, App::Chain),
    (apps::DEVICE, App::Device),
];

impl App {
    /// The application of a UUID.
    pub(crate) fn of(uuid: &Uuid) -> Option<Self> {
        OPENED.iter().find(|it| it.0 == *uuid).map(|it| it.1)
    }

    /// The application of this place, and its UUID.
    pub(crate) fn at(place: usize) -> Option<(&'static Uuid, Self)> {
        OPENED.get(place).map(|(uuid, app)| (uuid, *app))
    }

    /// What is there from the beginning, by its number in the set-up.
    pub(crate) const fn of_spawned(number: u8) -> Option<Self> {
        match number {
            apps::SPAWN_PERIODIC => Some(Self::PeriodicTask),
            apps::SPAWN_FIRST => Some(Self::First),
            apps::SPAWN_SECOND => Some(Self::Second),
            _ => None,
        }
    }

    /// Its number in the log.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }
}

/// A thread does what it has to do. Applications are not inlined: each would pay for what the others need.
pub(crate) fn run(job: &mut Job) {
    let done = match job.app {
        App::PeriodicTask => return periodic::task(),
        App::First => return chain::first(job),
        App::Second => return chain::second(job),
        App::Echo => echo::invoke(job),
        App::Aes => aes::invoke(job),
        App::Long => long::invoke(job),
        App::Periodic => periodic::invoke(job),
        App::Chain => chain::invoke(job),
        App::Device => device::invoke(job),
    };
    job.result = done.err().unwrap_or(SUCCESS);
    message::leave(job);
}
