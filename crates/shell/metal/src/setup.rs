//! What a machine begins with, for a design.

use casemate_metal_abi::apps;
use casemate_world::{Config, Entry, Kind, Request, Tick};
use casemate_world_log::{Ree, SPAWNS, Setup, Spawn};

use crate::boot::Machine;
use crate::plan::{Plan, STALL};
use crate::refusal::Refusal;

/// Ticks of QEMU's counter in a second, for Armv8.0 CPUs.
const FREQUENCY: u64 = 62_500_000;
/// As Debian's Linux has it (`CONFIG_HZ=250`).
const TICK_NANOS: u64 = 4_000_000;
const QUANTUM_NANOS: u64 = 500_000;
/// The periodic task: often enough that a boot of seconds has many, and seldom enough to be small.
const PERIOD_NANOS: u64 = 20_000_000;

const BARE_MEMORY: u64 = 128 << 20;
const LINUX_MEMORY: u64 = 512 << 20;

/// An instruction a nanosecond: what the notes on instruction counts are in.
const BARE_SHIFT: u8 = 0;
/// Two nanoseconds: Linux boots in fewer instructions, and its timeouts are not met.
const LINUX_SHIFT: u8 = 1;

/// So slow a CPU that what takes half a minute is soon over here.
const STALL_SHIFT: u8 = 7;

/// The machine for what a REE is to do.
#[must_use]
pub fn machine(plan: Plan, cpus: u8) -> Machine {
    let (memory, shift) = match plan {
        Plan::Bare(..) => (BARE_MEMORY, BARE_SHIFT),
        Plan::Linux(STALL) => (LINUX_MEMORY, STALL_SHIFT),
        Plan::Linux(_) => (LINUX_MEMORY, LINUX_SHIFT),
    };
    Machine { cpus, memory, shift: Some(shift) }
}

/// The set-up for a design and what the REE is to do, with the threads that the test applications need.
///
/// # Errors
/// Where the design makes no sense, or this REE cannot be under it.
pub fn setup(config: Config, plan: Plan) -> Result<Setup, Refusal> {
    let ree = plan.ree();
    config.validate().map_err(|why| {
        Refusal::new(format!("the design makes no sense: {why}"), "see docs/world.md for what goes together")
    })?;
    possible(&config, ree)?;
    Ok(Setup {
        config,
        ree,
        memory: machine(plan, config.cpus).memory,
        frequency: FREQUENCY,
        tick_nanos: TICK_NANOS,
        quantum_nanos: QUANTUM_NANOS,
        ree_arguments: plan.arguments(&config),
        logs: true,
        spawned: spawned(&config),
    })
}

/// Refuses what an unmodified Linux cannot do.
fn possible(config: &Config, ree: Ree) -> Result<(), Refusal> {
    if ree == Ree::Linux && config.tick == Tick::UnifiedRee {
        let cause =
            "`tick: unified-ree` is not possible under an unmodified Linux, which tells the TEE of no tick";
        return Err(Refusal::new(cause, "take `tick: own`, `unified-tee` or `none`, or --ree bare"));
    }
    Ok(())
}

/// Both services and the periodic task. Where a call is a function there are no threads but the callers'.
fn spawned(config: &Config) -> [Option<Spawn>; SPAWNS] {
    let mut spawned = [None; SPAWNS];
    if config.entry == Entry::Call {
        return spawned;
    }
    let service =
        |app| Spawn { kind: Kind::Service, request: Request::PLAIN, app, period_nanos: 0, deadline_nanos: 0 };
    let periodic = Spawn {
        kind: Kind::Periodic,
        request: Request { priority: 1, ..Request::PLAIN },
        app: apps::SPAWN_PERIODIC,
        period_nanos: PERIOD_NANOS,
        deadline_nanos: PERIOD_NANOS,
    };
    let threads = [periodic, service(apps::SPAWN_FIRST), service(apps::SPAWN_SECOND)];
    for (place, thread) in spawned.iter_mut().zip(threads) {
        *place = Some(thread);
    }
    spawned
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Plan = Plan::Bare(1, 1);
    const LINUX: Plan = Plan::Linux("all");

    #[test]
    fn linux_begins_with_its_device_tree_and_the_bare_ree_with_its_plan() {
        let linux = setup(Config::new(4), LINUX).unwrap();
        assert_eq!((linux.ree_arguments[0], linux.memory), (0x4f00_0000, 512 << 20));
        assert_eq!(setup(Config::new(4), BARE).unwrap().ree_arguments[0], 1);
        assert_eq!(Setup::decode(&linux.encode()), Ok(linux));
    }

    #[test]
    fn a_tick_that_linux_would_have_to_send_is_refused_by_name() {
        let config = Config { tick: Tick::UnifiedRee, ..Config::new(2) };
        let refusal = setup(config, LINUX).unwrap_err();
        assert!(refusal.cause.contains("tick: unified-ree"), "{refusal}");
        assert!(setup(config, BARE).is_ok());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        let refusal = setup(Config { tick: Tick::None, ..Config::new(2) }, BARE).unwrap_err();
        assert!(refusal.cause.starts_with("the design makes no sense: "), "{refusal}");
    }
}
