//! The TEE's interrupts: each that is pending becomes an event.

use casemate_machine::sys::{cpu, mmio};
use casemate_metal_abi::{map, own};
use casemate_world::{Cause, CpuId, Event, Phase, ThreadId};

use crate::here::Here;
use crate::kernel::Kernel;

/// Of the distributor's registers: interrupts that are made pending, and to which CPU each is sent.
const ISPENDR: u64 = 0x200;
const IROUTER: u64 = 0x6000;
/// ISR_EL1: an interrupt of the TEE's is pending (IRQ), masked or not.
pub(crate) const SECURE_PENDING: u64 = 1 << 7;
/// One of the REE's (FIQ).
pub(crate) const NON_SECURE_PENDING: u64 = 1 << 6;
/// Above these there is none.
const SPECIAL: u32 = 1020;

/// Takes all that are pending here.
#[inline(always)]
pub(crate) fn take(kernel: &mut Kernel, here: &mut Here) {
    loop {
        let id = cpu::acknowledge();
        if id >= SPECIAL {
            return;
        }
        match id {
            map::SECURE_TIMER => due(kernel, here),
            map::LOOK_AGAIN_SGI => {
                kernel.happens(here, Event::Sgi);
                here.deadlines.release = kernel.next_release(here.cpu);
                kernel.fetch_for_others(here);
            }
            own::DEVICE_SPI => {
                let waits = |it: &ThreadId| kernel.state.thread(*it).phase() == Phase::Blocked(Cause::Device);
                match ThreadId::all().find(waits) {
                    Some(thread) => {
                        kernel.happens(here, Event::Device(thread));
                    }
                    None => kernel.device_came = true,
                }
            }
            // What wakes a CPU that is switched on has done so.
            _ => {}
        }
        cpu::end_of_interrupt(id);
    }
}

/// The test device raises its interrupt.
pub(crate) fn raise_device() {
    let spi = own::DEVICE_SPI;
    mmio::write32(map::GICD + ISPENDR + u64::from(spi / 32) * 4, 1 << (spi % 32));
}

/// From now on the test device's interrupt comes to this CPU.
pub(crate) fn send_device_to(cpu: CpuId) {
    // Its number is its affinity's lowest level, as in `send_sgi`.
    mmio::write64(map::GICD + IROUTER + u64::from(own::DEVICE_SPI) * 8, cpu.index() as u64);
}

/// Something is due.
#[inline(always)]
fn due(kernel: &mut Kernel, here: &mut Here) {
    let now = cpu::now();
    if here.deadlines.quantum_is_over(now) {
        kernel.happens(here, Event::Quantum);
    }
    if here.deadlines.tick_is_due(now, kernel.tick) {
        kernel.happens(here, Event::Tick);
    }
    if here.deadlines.release <= now {
        releases(kernel, here, now);
    }
    if here.deadlines.device_is_due(now) {
        raise_device();
    }
    // The timer's interrupt is a level: it goes when the timer is set anew.
    here.deadlines.arm();
}

/// Periodic tasks whose time has come.
#[inline(never)]
fn releases(kernel: &mut Kernel, here: &mut Here, now: u64) {
    for thread in ThreadId::all() {
        let Some(mut release) = kernel.releases[thread.index()].filter(|it| it.at <= now) else { continue };
        let deadline = release.at + release.deadline;
        if kernel.state.thread(thread).phase() != Phase::Blocked(Cause::Period) {
            crate::apps::periodic::was_late();
        }
        let next = release.at + release.period;
        release.at = if next > now { next } else { now + release.period };
        kernel.releases[thread.index()] = Some(release);
        kernel.happens(here, Event::Release(thread, deadline));
    }
    here.deadlines.release = kernel.next_release(here.cpu);
}
