//! Instructions.

use core::arch::asm;

use crate::{read, write};

/// What was written to system registers holds for what follows.
#[inline(always)]
pub fn isb() {
    // SAFETY: a barrier.
    unsafe { asm!("isb", options(nostack, preserves_flags)) }
}

/// What was written to memory is there for everybody.
#[inline(always)]
pub fn dsb() {
    // SAFETY: a barrier.
    unsafe { asm!("dsb sy", options(nostack, preserves_flags)) }
}

/// Sleeps until an interrupt is pending, masked or not.
#[inline(always)]
pub fn wfi() {
    // SAFETY: a hint.
    unsafe { asm!("dsb sy", "wfi", options(nostack, preserves_flags)) }
}

/// Lets another CPU go on.
#[inline(always)]
pub fn pause() {
    // SAFETY: a hint.
    unsafe { asm!("yield", options(nostack, preserves_flags)) }
}

/// The time: ticks of the counter.
#[inline(always)]
#[must_use]
pub fn now() -> u64 {
    isb();
    read!("cntpct_el0")
}

/// The number of this CPU.
#[inline(always)]
#[must_use]
pub fn number() -> usize {
    (read!("mpidr_el1") & 0xff) as usize
}

/// ICC_IAR1_EL1: acknowledges an interrupt of this world; 1020 and above: there is none.
#[inline(always)]
#[must_use]
pub fn acknowledge() -> u32 {
    (read!("S3_0_C12_C12_0") & 0xff_ffff) as u32
}

/// ICC_EOIR1_EL1: it is over.
#[inline(always)]
pub fn end_of_interrupt(id: u32) {
    write!("S3_0_C12_C12_1", u64::from(id));
}

/// ICC_SGI1R_EL1: an interrupt of this world to another CPU.
#[inline(always)]
pub fn send_sgi(cpu: usize, id: u32) {
    write!("S3_0_C12_C11_5", u64::from(id) << 24 | 1 << cpu);
    isb();
}

/// ICC_ASGI1R_EL1: an interrupt of the other world to another CPU.
#[inline(always)]
pub fn send_sgi_to_other_world(cpu: usize, id: u32) {
    write!("S3_0_C12_C11_6", u64::from(id) << 24 | 1 << cpu);
    isb();
}

/// Switches on the translation of addresses at this exception level, with caches, and executes nothing that may be
/// written.
#[inline(always)]
pub fn begin_translation_el1(root: u64, control: u64, attributes: u64) {
    write!("mair_el1", attributes);
    write!("tcr_el1", control);
    write!("ttbr0_el1", root);
    dsb();
    // SAFETY: what was known of translations is forgotten.
    unsafe { asm!("isb", "tlbi vmalle1", "dsb sy", "isb", options(nostack, preserves_flags)) }
    // M, C, SA, SA0, I, WXN; and what is 1 always.
    write!("sctlr_el1", SCTLR_EL1);
    isb();
}

/// SCTLR_EL1 of our kernel.
pub const SCTLR_EL1: u64 = 0x30d0_0800 | 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 12 | 1 << 19;

/// The same for EL3.
#[inline(always)]
pub fn begin_translation_el3(root: u64, control: u64, attributes: u64) {
    write!("mair_el3", attributes);
    write!("tcr_el3", control);
    write!("ttbr0_el3", root);
    dsb();
    // SAFETY: what was known of translations is forgotten.
    unsafe { asm!("isb", "tlbi alle3", "dsb sy", "isb", options(nostack, preserves_flags)) }
    // M, C, SA, I, WXN; and what is 1 always.
    write!("sctlr_el3", 0x30c5_0830 | 1 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19);
    isb();
}
