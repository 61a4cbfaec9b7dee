//! All SIMD registers at once, for the application that watches them.

use core::arch::global_asm;

global_asm!(
    r#"
    .arch_extension fp
    .arch_extension simd
    .section .text, "ax"
    // Vn = x0 + n in both halves.
kernel_simd_fill:
    .irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    add     x1, x0, #\n
    dup     v\n\().2d, x1
    .endr
    ret
    // x0: 1 where any is not.
kernel_simd_changed:
    mov     x3, #0
    .irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    add     x1, x0, #\n
    mov     x2, v\n\().d[0]
    eor     x2, x2, x1
    orr     x3, x3, x2
    mov     x2, v\n\().d[1]
    eor     x2, x2, x1
    orr     x3, x3, x2
    .endr
    cmp     x3, #0
    cset    x0, ne
    ret
"#
);

unsafe extern "C" {
    fn kernel_simd_fill(with: u64);
    fn kernel_simd_changed(from: u64) -> u64;
}

/// Fills them.
pub(crate) fn fill(with: u64) {
    // SAFETY: only registers change that no code of the kernel's is built with.
    unsafe { kernel_simd_fill(with) }
}

/// Whether they are not as they were [filled](fill).
pub(crate) fn changed(from: u64) -> bool {
    // SAFETY: registers are read.
    unsafe { kernel_simd_changed(from) != 0 }
}
