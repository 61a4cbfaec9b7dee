//! Calls, and what they leave in registers.

use core::arch::{asm, global_asm};

/// A call with x0 to x7; x0 to x7 afterwards.
pub(crate) fn smc(arguments: [u64; 8]) -> [u64; 8] {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = arguments;
    // SAFETY: the other world keeps every other register, which the plan `isolation` looks at; what it changes of memory
    // is in pages that are reached by volatile reads only.
    unsafe {
        asm!("smc #0", inout("x0") a, inout("x1") b, inout("x2") c, inout("x3") d, inout("x4") e, inout("x5") f,
            inout("x6") g, inout("x7") h, options(nostack));
    }
    [a, b, c, d, e, f, g, h]
}

/// Every register that a program has.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub(crate) struct Everything {
    pub(crate) x: [u64; 31],
    pub(crate) flags: u64,
    pub(crate) v: [[u64; 2]; 32],
    pub(crate) fpcr: u64,
    pub(crate) fpsr: u64,
}

impl Everything {
    pub(crate) const ZERO: Self = Self { x: [0; 31], flags: 0, v: [[0; 2]; 32], fpcr: 0, fpsr: 0 };
}

global_asm!(
    r#"
    .arch_extension fp
    .arch_extension simd
.macro SAVE_OWN
    sub     sp, sp, #192
    stp     x19, x20, [sp]
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    stp     x0, x1, [sp, #96]
.endm
    // v and x as x0 says.
.macro LOAD_ALL
    add     x1, x0, #256
    ldp     q0, q1, [x1]
    ldp     q2, q3, [x1, #32]
    ldp     q4, q5, [x1, #64]
    ldp     q6, q7, [x1, #96]
    ldp     q8, q9, [x1, #128]
    ldp     q10, q11, [x1, #160]
    ldp     q12, q13, [x1, #192]
    ldp     q14, q15, [x1, #224]
    ldp     q16, q17, [x1, #256]
    ldp     q18, q19, [x1, #288]
    ldp     q20, q21, [x1, #320]
    ldp     q22, q23, [x1, #352]
    ldp     q24, q25, [x1, #384]
    ldp     q26, q27, [x1, #416]
    ldp     q28, q29, [x1, #448]
    ldp     q30, q31, [x1, #480]
    ldr     x2, [x0, #768]
    msr     fpcr, x2
    ldr     x2, [x0, #776]
    msr     fpsr, x2
    ldr     x2, [x0, #248]
    msr     nzcv, x2
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x18, x19, [x0, #144]
    ldp     x20, x21, [x0, #160]
    ldp     x22, x23, [x0, #176]
    ldp     x24, x25, [x0, #192]
    ldp     x26, x27, [x0, #208]
    ldp     x28, x29, [x0, #224]
    ldr     x30, [x0, #240]
    ldp     x0, x1, [x0]
.endm
    // To where x1 of SAVE_OWN said.
.macro STORE_ALL
    str     x0, [sp, #128]
    str     x1, [sp, #136]
    ldr     x0, [sp, #104]
    stp     x2, x3, [x0, #16]
    mrs     x2, nzcv
    str     x2, [x0, #248]
    ldp     x2, x3, [sp, #128]
    stp     x2, x3, [x0]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    stp     x20, x21, [x0, #160]
    stp     x22, x23, [x0, #176]
    stp     x24, x25, [x0, #192]
    stp     x26, x27, [x0, #208]
    stp     x28, x29, [x0, #224]
    str     x30, [x0, #240]
    add     x1, x0, #256
    stp     q0, q1, [x1]
    stp     q2, q3, [x1, #32]
    stp     q4, q5, [x1, #64]
    stp     q6, q7, [x1, #96]
    stp     q8, q9, [x1, #128]
    stp     q10, q11, [x1, #160]
    stp     q12, q13, [x1, #192]
    stp     q14, q15, [x1, #224]
    stp     q16, q17, [x1, #256]
    stp     q18, q19, [x1, #288]
    stp     q20, q21, [x1, #320]
    stp     q22, q23, [x1, #352]
    stp     q24, q25, [x1, #384]
    stp     q26, q27, [x1, #416]
    stp     q28, q29, [x1, #448]
    stp     q30, q31, [x1, #480]
    mrs     x2, fpcr
    str     x2, [x0, #768]
    mrs     x2, fpsr
    str     x2, [x0, #776]
    ldp     x19, x20, [sp]
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldp     x29, x30, [sp, #80]
    add     sp, sp, #192
.endm
    .section .text, "ax"
ree_call_with_all:
    SAVE_OWN
    LOAD_ALL
    smc     #0
    STORE_ALL
    ret
    // x0 is counted down to 0, and nothing else happens here.
ree_wait_with_all:
    SAVE_OWN
    LOAD_ALL
1:  sub     x0, x0, #1
    cbnz    x0, 1b
    STORE_ALL
    ret
"#
);

unsafe extern "C" {
    fn ree_call_with_all(before: *const Everything, after: *mut Everything);
    fn ree_wait_with_all(before: *const Everything, after: *mut Everything);
}

/// Calls with all registers as they are said to be; how they are afterwards.
pub(crate) fn call_with_all(before: &Everything) -> Everything {
    let mut after = Everything::ZERO;
    // SAFETY: what Rust has in registers is kept on the stack meanwhile.
    unsafe { ree_call_with_all(before, &mut after) };
    after
}

/// Counts x0 down with all other registers as they are said to be; how they are afterwards.
pub(crate) fn wait_with_all(before: &Everything) -> Everything {
    let mut after = Everything::ZERO;
    // SAFETY: as above.
    unsafe { ree_wait_with_all(before, &mut after) };
    after
}

/// Lets interrupts come.
pub(crate) fn unmask() {
    // SAFETY: a flag of this CPU's.
    unsafe { asm!("msr daifclr, #2", options(nostack)) }
}

/// Interrupts wait.
pub(crate) fn mask() {
    // SAFETY: a flag of this CPU's.
    unsafe { asm!("msr daifset, #2", options(nostack)) }
}
