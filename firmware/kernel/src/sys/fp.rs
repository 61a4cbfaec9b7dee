//! FP and SIMD registers (Arm ARM DDI 0487, B1.2.2). The kernel is built without them: who has them are threads and
//! the REE.

use core::arch::global_asm;

use casemate_machine::sys::cpu;
use casemate_machine::write;

/// V0 to V31, FPCR and FPSR.
#[derive(Clone)]
#[repr(C, align(16))]
pub(crate) struct Registers {
    v: [u128; 32],
    control: u64,
    status: u64,
}

impl Registers {
    pub(crate) const ZERO: Self = Self { v: [0; 32], control: 0, status: 0 };
}

global_asm!(
    r#"
    .arch_extension fp
    .arch_extension simd
    .section .text, "ax"
kernel_fp_save:
    stp     q0, q1, [x0]
    stp     q2, q3, [x0, #32]
    stp     q4, q5, [x0, #64]
    stp     q6, q7, [x0, #96]
    stp     q8, q9, [x0, #128]
    stp     q10, q11, [x0, #160]
    stp     q12, q13, [x0, #192]
    stp     q14, q15, [x0, #224]
    stp     q16, q17, [x0, #256]
    stp     q18, q19, [x0, #288]
    stp     q20, q21, [x0, #320]
    stp     q22, q23, [x0, #352]
    stp     q24, q25, [x0, #384]
    stp     q26, q27, [x0, #416]
    stp     q28, q29, [x0, #448]
    stp     q30, q31, [x0, #480]
    mrs     x1, fpcr
    mrs     x2, fpsr
    add     x0, x0, #512
    stp     x1, x2, [x0]
    ret
kernel_fp_load:
    ldp     q0, q1, [x0]
    ldp     q2, q3, [x0, #32]
    ldp     q4, q5, [x0, #64]
    ldp     q6, q7, [x0, #96]
    ldp     q8, q9, [x0, #128]
    ldp     q10, q11, [x0, #160]
    ldp     q12, q13, [x0, #192]
    ldp     q14, q15, [x0, #224]
    ldp     q16, q17, [x0, #256]
    ldp     q18, q19, [x0, #288]
    ldp     q20, q21, [x0, #320]
    ldp     q22, q23, [x0, #352]
    ldp     q24, q25, [x0, #384]
    ldp     q26, q27, [x0, #416]
    ldp     q28, q29, [x0, #448]
    ldp     q30, q31, [x0, #480]
    add     x0, x0, #512
    ldp     x1, x2, [x0]
    msr     fpcr, x1
    msr     fpsr, x2
    ret
"#
);

unsafe extern "C" {
    fn kernel_fp_save(to: *mut Registers);
    fn kernel_fp_load(from: *const Registers);
}

/// Keeps what is in them. They have to be [allowed](allow).
pub(crate) fn save(to: &mut Registers) {
    // SAFETY: it is as long as what is written.
    unsafe { kernel_fp_save(to) }
}

/// Puts this into them. They have to be [allowed](allow).
pub(crate) fn load(from: &Registers) {
    // SAFETY: only registers change that no code of the kernel's is built with.
    unsafe { kernel_fp_load(from) }
}

/// Lets the thread that runs use them.
pub(crate) fn allow() {
    write!("cpacr_el1", 3 << 20);
    cpu::isb();
}

/// Whoever uses them comes to the kernel.
#[inline(always)]
pub(crate) fn trap() {
    write!("cpacr_el1", 0);
}
