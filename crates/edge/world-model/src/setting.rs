//! What there is beside the design: how many requests, what disturbs, who is hostile.

use casemate_world::{CPUS, Config, CpuSet, Kind, Request, Senseless, State};

use crate::Scene;

/// What there is beside the CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setting {
    /// The design.
    pub config: Config,
    /// How many requests are made in all.
    pub requests: u8,
    /// Services that threads may call.
    pub services: u8,
    /// Whether non-secure interrupts come at any time, not only to tell of answers.
    pub noise: bool,
    /// Whether threads wait for devices.
    pub devices: bool,
    /// Whether CPUs are switched off and on.
    pub hotplug: bool,
    /// Whether, where there are agents, requests also come for which nobody waits.
    pub asynchronous: bool,
    /// Whether some requests are more important than others.
    pub urgent: bool,
    /// Whether the REE does with its tick as it likes: withholds it, or floods the TEE with it. Of the TEE's own it
    /// has none to do with.
    pub hostile: bool,
}

impl Setting {
    /// A design, so many requests, and all that disturbs and that every machine has: interrupts at any time, and
    /// devices.
    #[must_use]
    pub const fn new(config: Config, requests: u8) -> Self {
        Self {
            config,
            requests,
            services: 0,
            noise: true,
            devices: true,
            hotplug: false,
            asynchronous: false,
            urgent: false,
            hostile: false,
        }
    }

    /// Before anything happens.
    ///
    /// # Errors
    ///
    /// The design makes no sense.
    pub fn begin(&self) -> Result<Scene, Senseless> {
        let mut state = State::new(&self.config)?;
        for _ in 0..self.services {
            state.spawn(Kind::Service, &Request::PLAIN, &self.config);
        }
        Ok(Scene {
            state,
            sgis: CpuSet::EMPTY,
            bells: CpuSet::EMPTY,
            quanta: CpuSet::EMPTY,
            young: CpuSet::EMPTY,
            inside: CpuSet::EMPTY,
            awake: CpuSet::EMPTY,
            asked: [None; CPUS],
            left: self.requests,
            pending: 0,
            devices: 0,
            waited: [0; CPUS],
            held: [0; CPUS],
            share: [0; CPUS],
            fault: None,
        })
    }
}
