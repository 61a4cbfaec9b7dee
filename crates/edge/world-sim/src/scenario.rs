//! A load and the designs that are compared under it, as a document has them.
//!
//! Times carry their unit in the key. What is left out has the value given beside it; unknown keys are refused.
//! `docs/world-scenarios.md` has the schema. Work is in microseconds of a big core at full speed.

use std::collections::BTreeMap;

use casemate_world::{CPUS, Config, Senseless, THREADS};
use casemate_world_config::Design;
use serde::Deserialize;
use thiserror::Error;

use crate::{METRICS, Recorded};

/// The most REE tasks, agents among them.
pub const TASKS_MOST: usize = 64;
/// The most sources of REE interrupts.
pub const INTERRUPTS_MOST: usize = 16;
/// The most designs that are compared at once.
pub const DESIGNS_MOST: usize = 32;
/// The longest that is simulated.
pub const MILLIS_MOST: u64 = 600_000;
/// The longest of any time.
const MICROS_MOST: u64 = 60_000_000;

/// A load, and designs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is about, in a few words.
    pub name: String,
    /// What of RT it shows, and how.
    pub about: String,
    /// What came of it.
    pub finding: Finding,
    /// How long is simulated.
    pub millis: u64,
    /// The seed of everything random.
    #[serde(default)]
    pub seed: u64,
    /// The CPUs.
    #[serde(default)]
    pub machine: Machine,
    /// Tasks of the REE.
    #[serde(default)]
    pub tasks: Vec<Task>,
    /// Tasks and interrupts of the REE that were recorded.
    pub recorded: Option<Recorded>,
    /// Interrupts of the REE.
    #[serde(default)]
    pub interrupts: Vec<Interrupt>,
    /// Services in the TEE that requests call.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Periodic tasks in the TEE.
    #[serde(default)]
    pub periodic: Vec<Periodic>,
    /// What a REE does that means ill.
    #[serde(default)]
    pub hostile: Hostile,
    /// What is compared.
    pub designs: Vec<Variant>,
}

/// What came of a scenario, as it was written down; a test computes it again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// In words.
    pub says: String,
    /// The measure that shows it, one of [`METRICS`].
    pub metric: String,
    /// Its value under each design.
    pub figures: BTreeMap<String, f64>,
}

/// The CPUs and how long things take on them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Machine {
    /// How many CPUs: 2.
    pub cpus: u8,
    /// How fast a LITTLE core is, in percent of a big one: 50. Counts where a design has big ones.
    pub little_percent: u8,
    /// From tick to tick: 4000.
    pub tick_micros: u64,
    /// How much later than the REE's the TEE's own tick comes, where it has one, in percent of a tick: 40. Timers of one
    /// clock keep their distance.
    pub own_tick_late_percent: u8,
    /// From world to world, each way: 1000.
    pub switch_nanos: u64,
    /// Until another CPU has an interrupt: 1000.
    pub sgi_nanos: u64,
    /// The least quantum of a thread that was entered: 500.
    pub quantum_micros: u64,
    /// From one look of the governor to the next: 4000.
    pub governor_micros: u64,
    /// The least frequency, in percent: 25. 100: the frequency never changes.
    pub slowest_percent: u8,
    /// To wake up from the deep idle state, chosen where the CPU is busy for less than a fifth: 200.
    pub deep_micros: u64,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            cpus: 2,
            little_percent: 50,
            tick_micros: 4_000,
            own_tick_late_percent: 40,
            switch_nanos: 1_000,
            sgi_nanos: 1_000,
            quantum_micros: 500,
            governor_micros: 4_000,
            slowest_percent: 25,
            deep_micros: 200,
        }
    }
}

/// A task of the REE: it runs, asks the TEE for something if it does, and sleeps.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// How many of its kind there are.
    #[serde(default = "one")]
    pub count: u8,
    /// Its weight; 1024 is that of an ordinary task.
    #[serde(default = "ordinary")]
    pub weight: u32,
    /// What it runs for each time.
    pub run_micros: u64,
    /// For how long it sleeps after that; 0: not at all.
    #[serde(default)]
    pub sleep_micros: u64,
    /// By how many percent both vary around their means.
    #[serde(default = "half")]
    pub vary_percent: u8,
    /// What it then asks of the TEE.
    pub request: Option<Ask>,
}

/// What a task asks of the TEE.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// What the TEE has to do, without the services it calls.
    pub work_micros: u64,
    /// By how many percent that varies.
    #[serde(default = "half")]
    pub vary_percent: u8,
    /// The larger, the more important.
    #[serde(default)]
    pub priority: u8,
    /// When it has to be done.
    pub deadline_micros: Option<u64>,
    /// The task goes on without waiting for the answer, unless the caller itself enters the TEE.
    #[serde(default)]
    pub asynchronous: bool,
    /// Whether a big core suits it.
    #[serde(default)]
    pub suits_big: bool,
    /// Services it calls, one after another.
    #[serde(default)]
    pub calls: Vec<String>,
    /// A device that it waits for after half of its work.
    pub device: Option<Device>,
}

/// A secure interrupt.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// How long after the thread began to wait.
    pub after_micros: u64,
    /// To which CPU it is sent.
    #[serde(default)]
    pub cpu: u8,
}

/// Interrupts of the REE on one CPU.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interrupt {
    /// To which CPU they are sent.
    #[serde(default)]
    pub cpu: u8,
    /// From one to the next.
    pub every_micros: u64,
    /// By how many percent that varies.
    #[serde(default = "half")]
    pub vary_percent: u8,
    /// How long each is handled.
    pub handler_micros: u64,
}

/// A service in the TEE.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What it does for each call.
    pub work_micros: u64,
    /// Services that it calls in turn.
    #[serde(default)]
    pub calls: Vec<String>,
}

/// A task of the TEE that is released again and again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// Its name.
    pub name: String,
    /// From release to release.
    pub every_micros: u64,
    /// By how many percent that varies; 0 unless said. Interrupts that come as they like vary.
    #[serde(default)]
    pub vary_percent: u8,
    /// What it does for each.
    pub work_micros: u64,
    /// When it has to be done; at the next release unless said.
    pub deadline_micros: Option<u64>,
    /// The larger, the more important.
    #[serde(default)]
    pub priority: u8,
    /// Which CPU its timer interrupts.
    #[serde(default)]
    pub cpu: u8,
    /// Whether a big core suits it.
    #[serde(default)]
    pub suits_big: bool,
}

/// What a REE does that means ill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hostile {
    /// Nothing.
    #[default]
    No,
    /// It gives the TEE no tick, where the tick is the REE's.
    WithholdsTick,
    /// It gives the TEE a hundred ticks for one, where the tick is the REE's.
    FloodsTick,
    /// It has an interrupt as soon as the TEE runs.
    FloodsInterrupts,
}

/// A design that is compared.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// The design. What it leaves out is as in the default; its number of CPUs is the machine's.
    #[serde(default)]
    pub design: Design,
    /// Whether the governor is given back what the TEE did while the REE slept: yes.
    #[serde(default = "yes")]
    pub corrected: bool,
}

const fn one() -> u8 {
    1
}

const fn ordinary() -> u32 {
    1024
}

const fn half() -> u8 {
    50
}

const fn yes() -> bool {
    true
}

/// Why a scenario cannot be simulated. Whoever wrote it erred.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each says all in its message")]
pub enum Mistake {
    #[error("`{at}`: {is} is not in {least}..={most}: choose a value in it")]
    OutOfRange { at: String, is: u64, least: u64, most: u64 },
    #[error("`designs`: the design `{0}` makes no sense: {1}")]
    Senseless(String, Senseless),
    #[error("`{at}` has two by the name `{name}`: rename one")]
    Twice { at: &'static str, name: String },
    #[error(
        "`recorded: trace`: `{0}` has not been read: it has to lie where the scenario says, seen from its file"
    )]
    NotRead(String),
    #[error("`{at}` names `{name}`, which is none of: {known}")]
    Unknown { at: String, name: String, known: String },
}

impl Scenario {
    /// Whether all of it makes sense.
    ///
    /// # Errors
    ///
    /// The first reason why it does not.
    pub fn validate(&self) -> Result<(), Mistake> {
        within("millis", self.millis, 1, MILLIS_MOST)?;
        self.machine.validate()?;
        let tasks: u64 = self.tasks.iter().map(|it| u64::from(it.count)).sum();
        within("tasks", tasks, 0, (TASKS_MOST - CPUS) as u64)?;
        if let Some(recorded) = &self.recorded
            && self.replay().is_none()
        {
            return Err(Mistake::NotRead(recorded.trace.clone()));
        }
        within("interrupts", self.interrupts.len() as u64, 0, INTERRUPTS_MOST as u64)?;
        let threads = self.services.len() + self.periodic.len();
        within("services and periodic", threads as u64, 0, (THREADS / 2) as u64)?;
        within("designs", self.designs.len() as u64, 1, DESIGNS_MOST as u64)?;
        distinct("tasks", self.tasks.iter().map(|it| &it.name))?;
        distinct("services", self.services.iter().map(|it| &it.name))?;
        distinct("designs", self.designs.iter().map(|it| &it.name))?;
        self.tasks.iter().try_for_each(|it| self.task(it))?;
        for it in &self.interrupts {
            self.cpu("interrupts: cpu", it.cpu)?;
            micros("interrupts: every_micros", it.every_micros, 10)?;
            micros("interrupts: handler_micros", it.handler_micros, 0)?;
            within("interrupts: vary_percent", it.vary_percent.into(), 0, 100)?;
        }
        for it in &self.services {
            micros(&format!("service {}: work_micros", it.name), it.work_micros, 1)?;
            self.calls(&format!("service {}: calls", it.name), &it.calls)?;
        }
        for it in &self.periodic {
            let at = |field| format!("periodic {}: {field}", it.name);
            self.cpu(&at("cpu"), it.cpu)?;
            micros(&at("every_micros"), it.every_micros, 10)?;
            micros(&at("work_micros"), it.work_micros, 1)?;
            within(&at("vary_percent"), it.vary_percent.into(), 0, 100)?;
            if let Some(deadline) = it.deadline_micros {
                within(&at("deadline_micros"), deadline, 1, it.every_micros)?;
            }
        }
        for it in &self.designs {
            self.config(it).map_err(|reason| Mistake::Senseless(it.name.clone(), reason))?;
        }
        known("finding: metric", &self.finding.metric, METRICS.iter().map(|it| it.name))?;
        let designs = || self.designs.iter().map(|it| it.name.as_str());
        self.finding.figures.keys().try_for_each(|it| known("finding: figures", it, designs()))
    }

    /// What a design says on this machine.
    ///
    /// # Errors
    ///
    /// It makes no sense.
    pub fn config(&self, variant: &Variant) -> Result<Config, Senseless> {
        variant.design.on_cpus(self.machine.cpus).config()
    }

    fn task(&self, task: &Task) -> Result<(), Mistake> {
        let at = |field| format!("task {}: {field}", task.name);
        micros(&at("run_micros"), task.run_micros, 1)?;
        micros(&at("sleep_micros"), task.sleep_micros, 0)?;
        within(&at("weight"), task.weight.into(), 1, 1 << 20)?;
        within(&at("vary_percent"), task.vary_percent.into(), 0, 100)?;
        let Some(ask) = &task.request else { return Ok(()) };
        micros(&at("request: work_micros"), ask.work_micros, 1)?;
        within(&at("request: vary_percent"), ask.vary_percent.into(), 0, 100)?;
        self.calls(&at("request: calls"), &ask.calls)?;
        if let Some(deadline) = ask.deadline_micros {
            micros(&at("request: deadline_micros"), deadline, 1)?;
        }
        if let Some(device) = ask.device {
            micros(&at("request: device: after_micros"), device.after_micros, 1)?;
            self.cpu(&at("request: device: cpu"), device.cpu)?;
        }
        Ok(())
    }

    fn calls(&self, at: &str, calls: &[String]) -> Result<(), Mistake> {
        within(at, calls.len() as u64, 0, THREADS as u64)?;
        calls.iter().try_for_each(|it| known(at, it, self.services.iter().map(|it| it.name.as_str())))
    }

    fn cpu(&self, at: &str, cpu: u8) -> Result<(), Mistake> {
        within(at, cpu.into(), 0, u64::from(self.machine.cpus.saturating_sub(1)))
    }
}

impl Machine {
    fn validate(&self) -> Result<(), Mistake> {
        within("machine: cpus", self.cpus.into(), 1, CPUS as u64)?;
        within("machine: little_percent", self.little_percent.into(), 1, 100)?;
        within("machine: slowest_percent", self.slowest_percent.into(), 1, 100)?;
        within("machine: own_tick_late_percent", self.own_tick_late_percent.into(), 0, 99)?;
        within("machine: tick_micros", self.tick_micros, 100, 1_000_000)?;
        within("machine: governor_micros", self.governor_micros, 100, 1_000_000)?;
        within("machine: quantum_micros", self.quantum_micros, 1, 1_000_000)?;
        within("machine: deep_micros", self.deep_micros, 0, 100_000)?;
        within("machine: switch_nanos", self.switch_nanos, 1, 1_000_000)?;
        within("machine: sgi_nanos", self.sgi_nanos, 1, 1_000_000)
    }
}

fn micros(at: &str, is: u64, least: u64) -> Result<(), Mistake> {
    within(at, is, least, MICROS_MOST)
}

fn within(at: &str, is: u64, least: u64, most: u64) -> Result<(), Mistake> {
    let held = (least..=most).contains(&is);
    if held { Ok(()) } else { Err(Mistake::OutOfRange { at: at.to_owned(), is, least, most }) }
}

fn distinct<'a>(at: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), Mistake> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Mistake::Twice { at, name: name.clone() });
        }
    }
    Ok(())
}

fn known<'a>(at: &str, name: &str, all: impl Iterator<Item = &'a str>) -> Result<(), Mistake> {
    let all: Vec<_> = all.collect();
    if all.contains(&name) {
        return Ok(());
    }
    let known = if all.is_empty() { "nothing, as there is none".to_owned() } else { all.join(", ") };
    Err(Mistake::Unknown { at: at.to_owned(), name: name.to_owned(), known })
}
