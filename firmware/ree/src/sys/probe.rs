//! Reads and writes that may be refused by the machine.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, Ordering};

use casemate_machine::sys::cpu;

use crate::CPUS;

static PROBES: [AtomicBool; CPUS] = [const { AtomicBool::new(false) }; CPUS];
static FAILED: [AtomicBool; CPUS] = [const { AtomicBool::new(false) }; CPUS];

/// An exception came while this CPU probed: what it did is skipped.
pub(crate) fn failed() -> bool {
    let here = cpu::number() % CPUS;
    let probes = PROBES[here].load(Ordering::Relaxed);
    FAILED[here].store(probes, Ordering::Relaxed);
    probes
}

fn probing(what: impl FnOnce()) -> bool {
    let here = cpu::number() % CPUS;
    FAILED[here].store(false, Ordering::Relaxed);
    PROBES[here].store(true, Ordering::Relaxed);
    cpu::dsb();
    what();
    cpu::dsb();
    PROBES[here].store(false, Ordering::Relaxed);
    !FAILED[here].load(Ordering::Relaxed)
}

/// What can be read there. `None`: the machine refuses.
pub(crate) fn read(address: u64) -> Option<u32> {
    let mut value = 0_u32;
    // SAFETY: one load of no memory of Rust's, skipped where it is refused.
    let can = probing(|| unsafe {
        asm!("ldr {value:w}, [{address}]", "dsb sy", address = in(reg) address, value = inout(reg) value, options(nostack));
    });
    can.then_some(value)
}

/// Whether this can be written there.
pub(crate) fn write(address: u64, value: u32) -> bool {
    // SAFETY: one store to no memory of Rust's, skipped where it is refused.
    probing(|| unsafe {
        asm!("str {value:w}, [{address}]", "dsb sy", address = in(reg) address, value = in(reg) value, options(nostack));
    })
}

/// Where these words are in memory of ours that is mapped, aligned as words are.
pub(crate) fn find(words: [u32; 4], from: u64, until: u64) -> Option<u64> {
    let read = |at: u64| {
        // SAFETY: mapped, aligned, and nothing is assumed of what is there.
        unsafe { (at as *const u32).read_volatile() }
    };
    let last = until - 16;
    let mut at = from;
    while at <= last {
        if read(at) == words[0] && (1..4).all(|number| read(at + number as u64 * 4) == words[number]) {
            return Some(at);
        }
        at += 4;
    }
    None
}
