//! Calls of either world.

use casemate_machine::read;
use casemate_machine::sys::semihosting;
use casemate_metal_abi::{ffa, monitor, psci, smc};

use crate::sys::context::{Cpu, Next};
use crate::{code, die, power};

/// Calls whose owner is the trusted OS, and those for whoever is a trusted OS (DEN0028, 6.1).
const TRUSTED_OS: core::ops::RangeInclusive<u32> = 0x32..=0x3f;
/// CPU_SUSPEND: the CPU loses its state.
const POWERED_DOWN: u64 = 1 << 16;

/// The REE has called.
pub(crate) fn from_ree(cpu: &mut Cpu) -> Next {
    let [function, a1, a2, a3] = [0, 1, 2, 3].map(|it| cpu.ree[it]);
    // Functions are named by 32 bits.
    let function = function as u32;
    let wide = function & 1 << 30 != 0;
    let narrow = |it: u64| if wide { it } else { it & u64::from(u32::MAX) };
    if TRUSTED_OS.contains(&(function >> 24 & 0x3f)) || ffa::FUNCTIONS.contains(&(function & !ffa::WIDE)) {
        return cpu.enter_tee(monitor::CALLED);
    }
    let answer = match function {
        psci::VERSION => psci::IMPLEMENTED,
        f if psci::CPU_SUSPEND.contains(&f) => {
            if narrow(a1) & POWERED_DOWN == 0 {
                return cpu.enter_tee(monitor::SUSPENDED);
            }
            psci::INVALID_PARAMETERS
        }
        psci::CPU_OFF => return cpu.enter_tee(monitor::SWITCHED_OFF),
        f if psci::CPU_ON.contains(&f) => power::switch_on(narrow(a1), narrow(a2), narrow(a3)),
        f if psci::AFFINITY_INFO.contains(&f) => power::affinity(narrow(a1), narrow(a2)),
        psci::MIGRATE_INFO_TYPE => psci::NOT_PRESENT_OR_NOT_REQUIRED,
        psci::SYSTEM_OFF => return cpu.enter_tee(monitor::SYSTEM_SWITCHED_OFF),
        psci::SYSTEM_RESET => {
            cpu.ree[1] = 0;
            return cpu.enter_tee(monitor::SYSTEM_SWITCHED_OFF);
        }
        psci::FEATURES => features(a1 as u32),
        smc::SMCCC_VERSION => smc::SMCCC_IMPLEMENTED,
        _ => psci::NOT_SUPPORTED,
    };
    cpu.ree[0] = answer as u64;
    Next::Ree
}

/// PSCI_FEATURES.
fn features(function: u32) -> i64 {
    let known =
        matches!(
            function,
            psci::VERSION
                | psci::CPU_OFF
                | psci::MIGRATE_INFO_TYPE
                | psci::SYSTEM_OFF
                | psci::SYSTEM_RESET
                | psci::FEATURES
                | smc::SMCCC_VERSION
        ) || [psci::CPU_SUSPEND, psci::CPU_ON, psci::AFFINITY_INFO].iter().any(|it| it.contains(&function));
    if known { psci::SUCCESS } else { psci::NOT_SUPPORTED }
}

/// The kernel has called.
pub(crate) fn from_tee(cpu: &mut Cpu) -> Next {
    let [function, a1, a2, a3, a4, a5, a6, a7, a8] = cpu.asked;
    match function as u32 {
        monitor::ANSWER => {
            cpu.ree[..4].copy_from_slice(&[a1, a2, a3, a4]);
            cpu.enter_ree()
        }
        monitor::ANSWER_WIDE => {
            cpu.ree[..8].copy_from_slice(&[a1, a2, a3, a4, a5, a6, a7, a8]);
            cpu.enter_ree()
        }
        monitor::RESUME => cpu.enter_ree(),
        monitor::READY => {
            cpu.kernel_is_ready(a1);
            if cpu.number == 0 {
                power::begin(a7);
                cpu.begin_ree(a6, [a2, a3, a4, a5]);
                cpu.enter_ree()
            } else {
                cpu.enter_tee_again(monitor::SWITCHED_ON)
            }
        }
        monitor::OFF => {
            power::is_off(cpu.number);
            come_up(cpu)
        }
        monitor::SYSTEM_OFF => semihosting::exit(a1),
        other => die(code::KERNEL, format_args!("the kernel asks for {other:#x} at {:#x}", read!("elr_el3"))),
    }
}

/// Waits until the CPU is switched on, and enters the kernel, which lets the REE begin.
fn come_up(cpu: &mut Cpu) -> Next {
    wait_to_begin(cpu);
    cpu.enter_tee_again(monitor::SWITCHED_ON)
}

/// Waits until the CPU is switched on.
pub(crate) fn wait_to_begin(cpu: &mut Cpu) {
    let (entry, argument) = power::wait(cpu.number);
    cpu.begin_ree(entry, [argument, 0, 0, 0]);
}
