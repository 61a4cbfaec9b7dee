//! Which CPUs are on: Power State Coordination Interface (Arm DEN0022).

use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use casemate_machine::sys::cpu;
use casemate_metal_abi::{map, psci};

use crate::gic::WAKE_SGI;

/// CPUs there may be.
pub(crate) const CPUS: usize = 8;

const OFF: u8 = 0;
const PENDING: u8 = 1;
const ON: u8 = 2;

/// A CPU's state, and where the REE begins on it.
struct Power {
    state: AtomicU8,
    entry: AtomicU64,
    argument: AtomicU64,
}

static POWER: [Power; CPUS] =
    [const { Power { state: AtomicU8::new(OFF), entry: AtomicU64::new(0), argument: AtomicU64::new(0) } };
        CPUS];

/// How many CPUs the design has: the others are not there.
static COUNT: AtomicU64 = AtomicU64::new(1);

/// The first CPU is on, and there are so many.
pub(crate) fn begin(cpus: u64) {
    COUNT.store(cpus.min(CPUS as u64), Ordering::Relaxed);
    POWER[0].state.store(ON, Ordering::Release);
}

/// A CPU by its MPIDR.
fn of(mpidr: u64) -> Option<(usize, &'static Power)> {
    let number = usize::try_from(mpidr & 0xff).ok()?;
    let known = mpidr & 0xff_00ff_ff00 == 0 && (number as u64) < COUNT.load(Ordering::Relaxed);
    if known { POWER.get(number).map(|it| (number, it)) } else { None }
}

/// CPU_ON.
pub(crate) fn switch_on(mpidr: u64, entry: u64, argument: u64) -> i64 {
    let Some((number, power)) = of(mpidr) else { return psci::INVALID_PARAMETERS };
    if entry < map::DRAM || !entry.is_multiple_of(4) {
        return psci::INVALID_ADDRESS;
    }
    match power.state.compare_exchange(OFF, PENDING, Ordering::AcqRel, Ordering::Acquire) {
        Err(ON) => psci::ALREADY_ON,
        Err(_) => psci::ON_PENDING,
        Ok(_) => {
            // Whoever comes up looks at these when he sees where he begins.
            power.argument.store(argument, Ordering::Relaxed);
            power.entry.store(entry, Ordering::Release);
            cpu::send_sgi(number, WAKE_SGI);
            psci::SUCCESS
        }
    }
}

/// AFFINITY_INFO.
pub(crate) fn affinity(mpidr: u64, level: u64) -> i64 {
    match of(mpidr) {
        Some((_, power)) if level == 0 => match power.state.load(Ordering::Acquire) {
            ON => 0,
            OFF => 1,
            _ => 2,
        },
        _ => psci::INVALID_PARAMETERS,
    }
}

/// Waits until a CPU is switched on: where the REE begins on it, and with what.
pub(crate) fn wait(number: usize) -> (u64, u64) {
    let power = &POWER[number];
    loop {
        let entry = power.entry.swap(0, Ordering::Acquire);
        if entry != 0 {
            power.state.store(ON, Ordering::Release);
            return (entry, power.argument.load(Ordering::Relaxed));
        }
        cpu::wfi();
        // What woke it is acknowledged, so that it can sleep again.
        let id = cpu::acknowledge();
        if id < 1020 {
            cpu::end_of_interrupt(id);
        }
    }
}

/// A CPU is off from now.
pub(crate) fn is_off(number: usize) {
    POWER[number].state.store(OFF, Ordering::Release);
}
