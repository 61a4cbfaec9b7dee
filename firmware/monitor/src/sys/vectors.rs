//! Exceptions that come to EL3.
//!
//! SP_EL3 points at the CPU's place while a lower level runs, so that the REE's registers go there at once; Rust
//! runs on SP_EL0, whose value of the REE is kept beside them.

use core::arch::global_asm;

use casemate_machine::read;
use casemate_metal_abi::monitor;

use crate::sys::context::{Cpu, Next, at};
use crate::{call, code, die};

global_asm!(r#"
.macro KEEP_REE
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x0, sp_el0
    stp     x30, x0, [sp, #240]
    mrs     x2, elr_el3
    mrs     x3, spsr_el3
    stp     x2, x3, [sp, #{elr}]
.endm
.macro TO_RUST
    mov     x0, sp
    ldr     x1, [sp, #{stack}]
    msr     spsel, #0
    mov     sp, x1
.endm

    .section .text, "ax"
    .balign 0x800
monitor_vectors:
    // From EL3 itself: nothing is expected.
.rept 8
    .balign 0x80
    b       monitor_fault
.endr
    // From a lower level: a call.
    .balign 0x80
    stp     x0, x1, [sp, #{asked}]
    b       monitor_called
    // IRQ: none comes to EL3.
    .balign 0x80
    b       monitor_unexpected
    // FIQ: a secure interrupt while the REE runs.
    .balign 0x80
    stp     x0, x1, [sp]
    b       monitor_interrupted
    // SError, and whatever is of 32 bits.
.rept 5
    .balign 0x80
    b       monitor_unexpected
.endr

monitor_called:
    mrs     x1, scr_el3
    tbz     x1, #0, monitor_from_kernel
    mrs     x1, esr_el3
    lsr     x1, x1, #26
    cmp     x1, #0x17
    b.ne    monitor_unexpected
    ldr     x1, [sp, #{asked} + 8]
    stp     x0, x1, [sp]
    KEEP_REE
    TO_RUST
    bl      {called}
    mov     x1, x0
    msr     spsel, #1
    b       monitor_go
monitor_interrupted:
    KEEP_REE
    TO_RUST
    bl      {interrupted}
    mov     x1, x0
    msr     spsel, #1
    b       monitor_go

    // Of the kernel's registers only what it asks for is kept.
monitor_from_kernel:
    mrs     x1, esr_el3
    lsr     x1, x1, #26
    cmp     x1, #0x17
    b.ne    monitor_unexpected
    stp     x2, x3, [sp, #{asked} + 16]
    stp     x4, x5, [sp, #{asked} + 32]
    stp     x6, x7, [sp, #{asked} + 48]
    str     x8, [sp, #{asked} + 64]
    TO_RUST
    bl      {called_by_kernel}
    mov     x1, x0
    msr     spsel, #1
    b       monitor_go
monitor_fault:
    msr     spsel, #1
    TO_RUST
    bl      {fault}
monitor_unexpected:
    TO_RUST
    bl      {unexpected}

    // x0: the CPU's place; x1: where it goes.
monitor_leave:
    msr     spsel, #1
    mov     sp, x0
monitor_go:
    cbnz    x1, 1f
    ldp     x2, x3, [sp, #{elr}]
    msr     elr_el3, x2
    msr     spsr_el3, x3
    ldp     x30, x0, [sp, #240]
    msr     sp_el0, x0
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldp     x0, x1, [sp]
    eret
1:  sub     x8, x1, #1
    ldr     x9, [sp, #{kernel}]
    msr     elr_el3, x9
    mov     x9, #0x3c5
    msr     spsr_el3, x9
    ldp     x0, x1, [sp]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    eret
"#,
    elr = const at::ELR,
    stack = const at::STACK,
    kernel = const at::KERNEL,
    asked = const at::ASKED,
    called = sym called,
    called_by_kernel = sym called_by_kernel,
    interrupted = sym interrupted,
    fault = sym fault,
    unexpected = sym unexpected,
);

extern "C" fn called(cpu: &mut Cpu) -> Next {
    call::from_ree(cpu)
}

extern "C" fn interrupted(cpu: &mut Cpu) -> Next {
    cpu.enter_tee(monitor::INTERRUPTED)
}

extern "C" fn called_by_kernel(cpu: &mut Cpu) -> Next {
    call::from_tee(cpu)
}

extern "C" fn fault() -> ! {
    let (syndrome, at, address) = (read!("esr_el3"), read!("elr_el3"), read!("far_el3"));
    die(code::FAULT, format_args!("a fault at {at:#x}: syndrome {syndrome:#x}, address {address:#x}"))
}

extern "C" fn unexpected() -> ! {
    let (syndrome, at, world) = (read!("esr_el3"), read!("elr_el3"), read!("scr_el3") & 1);
    die(code::UNEXPECTED, format_args!("not expected from world {world} at {at:#x}: syndrome {syndrome:#x}"))
}
