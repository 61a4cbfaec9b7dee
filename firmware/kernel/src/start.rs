//! How the kernel of a CPU begins.

use casemate_machine::sys::cpu;
use casemate_machine::write;
use casemate_metal_abi::map;
use casemate_world::CpuId;
use casemate_world_log::Setup;

use crate::kernel::{self, Kernel};
use crate::sys::shared::Dram;
use crate::sys::{context, entry, leave, memory};
use crate::{code, die, say};

/// A CPU is here for the first time.
pub(crate) extern "C" fn start(number: usize) -> ! {
    let Some(cpu) = CpuId::new(number) else { die(code::SET_UP, format_args!("there is no CPU {number}")) };
    let set_up = match Setup::decode(memory::set_up()) {
        Ok(set_up) => set_up,
        Err(why) => die(code::SET_UP, format_args!("the set-up cannot be read: {why}")),
    };
    let first = number == 0;
    if first {
        Dram::begin(set_up.memory);
        if memory::map_all(set_up.memory).is_err() {
            die(code::SET_UP, format_args!("too few translation tables for {} bytes", set_up.memory));
        }
    }
    memory::begin();
    // FP and SIMD come to the kernel; so do interrupts of both worlds, at any priority.
    write!("cpacr_el1", 0);
    write!("S3_0_C12_C12_7", 1);
    write!("S3_0_C4_C6_0", 0xff);
    cpu::isb();
    context::come_up(cpu);
    if first {
        say(format_args!("{} CPUs, the tick every {} ns", set_up.config.cpus, set_up.tick_nanos));
        Kernel::begin(&set_up, cpu::now());
        let mut held = kernel::lock();
        let kernel = kernel::of(&mut held);
        let here = context::here();
        here.deadlines.keep_tick(
            kernel.config.tick.is_tees_own() && kernel.state.cpu(cpu).ticks(),
            cpu::now(),
            kernel.tick,
        );
        here.deadlines.release = kernel.next_release(cpu);
        here.deadlines.arm();
    }
    leave::ready(entry::address(), set_up.ree_arguments, map::REE, set_up.config.cpus.into())
}
