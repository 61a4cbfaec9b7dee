//! How the kernel is entered: at first, by the monitor, and by what threads do and what interrupts them.
//!
//! Threads run on SP_EL0 and the kernel on SP_EL1, which begins at the top of the CPU's stack each time: the kernel
//! is never interrupted, and keeps nothing on its stack when it leaves.

use core::arch::global_asm;

use crate::here;
use crate::sys::cell::Own;
use crate::sys::context::{CPU_STACKS, STACK_LEN};
use crate::{entered, start, trap};

global_asm!(r#"
    .section .text.start, "ax"
    .globl _start
_start:
    mrs     x19, mpidr_el1
    and     x19, x19, #0xff
    cbnz    x19, 2f
    ldr     x1, =__bss_start
    ldr     x2, =__bss_end
1:  stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    1b
2:  msr     spsel, #1
    ldr     x1, ={stacks}
    add     x2, x19, #1
    mov     x3, #{stack}
    madd    x1, x2, x3, x1
    mov     sp, x1
    ldr     x1, =kernel_vectors
    msr     vbar_el1, x1
    isb
    mov     x0, x19
    bl      {start}

    .section .text, "ax"
    // By the monitor: x0 to x7 as the REE has them, x8 why.
    .globl kernel_entry
kernel_entry:
    mrs     x9, tpidr_el1
    ldr     x9, [x9, #{top}]
    mov     sp, x9
    stp     x6, x7, [sp, #-16]!
    stp     x4, x5, [sp, #-16]!
    stp     x2, x3, [sp, #-16]!
    stp     x0, x1, [sp, #-16]!
    mov     x0, sp
    mov     x1, x8
    bl      {entered}

.macro FROM_THREAD why
    .balign 0x80
    stp     x0, x1, [sp, #-16]!
    mov     x1, #\why
    b       kernel_from_thread
.endm
.macro FROM_KERNEL
    .balign 0x80
    b       kernel_fault
.endm
    .balign 0x800
kernel_vectors:
    // From a thread: what it asks for or does wrong, the TEE's interrupts, the REE's, SError.
    FROM_THREAD 0
    FROM_THREAD 1
    FROM_THREAD 2
    FROM_THREAD 3
    // From the kernel itself: nothing is expected; there is nothing below.
.rept 12
    FROM_KERNEL
.endr
kernel_from_thread:
    mrs     x0, tpidr_el1
    ldr     x0, [x0, #{current}]
    stp     x2, x3, [x0, #16]
    ldp     x2, x3, [sp], #16
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
    mrs     x2, sp_el0
    stp     x30, x2, [x0, #240]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [x0, #256]
    mov     x0, x1
    bl      {trapped}
kernel_fault:
    ldr     x0, ={spare}
    add     sp, x0, #2048
    bl      {fault}

    .globl kernel_to_thread
kernel_to_thread:
    ldp     x2, x3, [x0, #256]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x30, x2, [x0, #240]
    msr     sp_el0, x2
    mrs     x3, tpidr_el1
    str     x0, [x3, #{current}]
    ldr     x3, [x3, #{top}]
    mov     sp, x3
    ldp     x28, x29, [x0, #224]
    ldp     x26, x27, [x0, #208]
    ldp     x24, x25, [x0, #192]
    ldp     x22, x23, [x0, #176]
    ldp     x20, x21, [x0, #160]
    ldp     x18, x19, [x0, #144]
    ldp     x16, x17, [x0, #128]
    ldp     x14, x15, [x0, #112]
    ldp     x12, x13, [x0, #96]
    ldp     x10, x11, [x0, #80]
    ldp     x8, x9, [x0, #64]
    ldp     x6, x7, [x0, #48]
    ldp     x4, x5, [x0, #32]
    ldp     x2, x3, [x0, #16]
    ldp     x0, x1, [x0]
    eret
"#,
    spare = sym SPARE,
    stacks = sym CPU_STACKS,
    stack = const STACK_LEN,
    start = sym start::start,
    entered = sym entered::entered,
    trapped = sym trap::trapped,
    fault = sym trap::kernel_fault,
    top = const here::TOP,
    current = const here::CURRENT,
);

/// A stack for the end after a fault.
static SPARE: Own<[u8; 2048]> = Own::new([0; 2048]);

unsafe extern "C" {
    fn kernel_entry();
}

/// Where the monitor enters.
pub(crate) fn address() -> u64 {
    kernel_entry as *const () as u64
}
