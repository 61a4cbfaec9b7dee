//! On what CPUs spent their time.

use casemate_world::{CPUS, Class};
use casemate_world_log::What;
use serde::Serialize;

use crate::Log;

/// On what a CPU spent its time, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its number.
    pub cpu: usize,
    /// Switched off.
    pub off_ns: u64,
    /// The REE's own.
    pub ree_ns: u64,
    /// The TEE did what the REE on this CPU had asked for.
    pub requested_ns: u64,
    /// The TEE did something else while the REE had something to do.
    pub self_scheduled_ns: u64,
    /// The TEE worked while the REE slept.
    pub during_idle_ns: u64,
    /// Both slept.
    pub idle_ns: u64,
    /// How long the REE takes the CPU for busy, as it measures by itself.
    pub busy_as_ree_sees_it_ns: u64,
    /// How long it was.
    pub busy_ns: u64,
}

impl Account {
    /// Of each CPU, what was spent between two times of the log's; what lies across one of them is divided.
    #[must_use]
    pub fn between(log: &Log, from: u64, until: u64) -> Vec<Self> {
        let mut spent = [[0_u64; Class::ALL.len()]; CPUS];
        let mut since = [log.records.first().map_or(0, |it| it.time); CPUS];
        for record in &log.records {
            let What::Step(_, decided) = record.what else { continue };
            let cpu = record.cpu.index();
            let began = std::mem::replace(&mut since[cpu], record.time).max(from);
            let spent = &mut spent[cpu][decided.class as usize];
            *spent = spent.saturating_add(record.time.min(until).saturating_sub(began));
        }
        let spent = spent.iter().enumerate().take(log.setup.config.cpus.into());
        spent.map(|(cpu, spent)| Self::of(log, cpu, spent)).collect()
    }

    fn of(log: &Log, cpu: usize, spent: &[u64; Class::ALL.len()]) -> Self {
        let of = |class: Class| log.in_nanos(spent[class as usize]);
        let (off_ns, idle_ns, during_idle_ns) = (of(Class::Off), of(Class::Idle), of(Class::DuringIdle));
        let [ree_ns, requested_ns, self_scheduled_ns] =
            [Class::Ree, Class::Requested, Class::SelfScheduled].map(of);
        // The REE takes the CPU for idle while it sleeps itself, whatever the TEE does (RT 2.2.2).
        let busy_as_ree_sees_it_ns = ree_ns.saturating_add(requested_ns).saturating_add(self_scheduled_ns);
        let busy_ns = busy_as_ree_sees_it_ns.saturating_add(during_idle_ns);
        Self {
            cpu,
            off_ns,
            ree_ns,
            requested_ns,
            self_scheduled_ns,
            during_idle_ns,
            idle_ns,
            busy_as_ree_sees_it_ns,
            busy_ns,
        }
    }
}
