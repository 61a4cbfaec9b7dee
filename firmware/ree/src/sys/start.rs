//! How a CPU begins, and exceptions.

use core::arch::global_asm;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

use casemate_machine::sys::cpu;
use casemate_machine::tables::{self, Kind, Regime, Tables};
use casemate_machine::{read, write};
use casemate_metal_abi::map;

use crate::sys::probe;
use crate::{CPUS, Orders, interrupts};

const STACK: usize = 32768;

global_asm!(r#"
    .section .text.start, "ax"
    .globl _start
    // x0 to x3: what is to be done; on a CPU that was switched on x0 is its argument.
_start:
    mrs     x9, mpidr_el1
    and     x9, x9, #0xff
    ldr     x10, ={stacks}
    add     x11, x9, #1
    mov     x12, #{stack}
    madd    x10, x11, x12, x10
    msr     spsel, #1
    mov     sp, x10
    ldr     x10, =ree_vectors
    msr     vbar_el1, x10
    isb
    mov     x4, x9
    bl      {begin}

    .section .text, "ax"
.macro VECTOR kind
    .balign 0x80
    sub     sp, sp, #192
    stp     x0, x1, [sp]
    mov     x0, #\kind
    b       ree_exception
.endm
    .balign 0x800
ree_vectors:
.rept 4
    VECTOR 9
.endr
    VECTOR 0
    VECTOR 1
    VECTOR 2
    VECTOR 3
.rept 8
    VECTOR 9
.endr
ree_exception:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x30, [sp, #144]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [sp, #160]
    bl      {exception}
    ldp     x2, x3, [sp, #160]
    add     x2, x2, x0
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x30, [sp, #144]
    ldp     x0, x1, [sp]
    add     sp, sp, #192
    eret
"#,
    stacks = sym STACKS,
    stack = const STACK,
    begin = sym begin,
    exception = sym exception,
);

#[repr(C, align(4096))]
struct Shared<T>(UnsafeCell<T>);

// SAFETY: stacks are each of one CPU; the tables are written by CPU 0 before there are others.
unsafe impl<T> Sync for Shared<T> {}

static STACKS: Shared<[[u8; STACK]; CPUS]> = Shared(UnsafeCell::new([[0; STACK]; CPUS]));
static TABLES: Shared<Tables<12>> = Shared(UnsafeCell::new(Tables::new(Regime::El1)));
static MAPPED: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    static __text_end: u8;
    static __rodata_end: u8;
    fn _start();
}

/// Where a CPU begins that is switched on.
pub(crate) fn entry() -> u64 {
    _start as *const () as u64
}

extern "C" fn begin(x0: u64, x1: u64, x2: u64, x3: u64, number: u64) -> ! {
    if !MAPPED.load(Ordering::Acquire) {
        // SAFETY: the first CPU, before there are others.
        map_memory(unsafe { &mut *TABLES.0.get() });
        MAPPED.store(true, Ordering::Release);
    }
    // SAFETY: nobody changes the tables any more.
    let root = unsafe { (*TABLES.0.get()).root() };
    cpu::begin_translation_el1(root, tables::CONTROL_EL1, tables::ATTRIBUTES);
    // FP and SIMD registers are used where they are looked at.
    write!("cpacr_el1", 3 << 20);
    cpu::isb();
    interrupts::begin();
    crate::begin(number as usize % CPUS, Orders::of([x0, x1, x2, x3]))
}

/// Everything that there is, and what there should not be for us: its contents cannot be reached by mapping it.
fn map_memory(tables: &mut Tables<12>) {
    let text_end = &raw const __text_end as u64;
    let rodata_end = &raw const __rodata_end as u64;
    let parts = [
        (0, map::GICD, Kind::Device),
        (map::GICD, 0x0a00_0000, Kind::Device),
        (map::SECURE, map::SECURE + map::SECURE_LEN, Kind::Device),
        (map::REE, text_end, Kind::Text),
        (text_end, rodata_end, Kind::ReadOnly),
        (rodata_end, map::DRAM + 0x400_0000, Kind::Data),
    ];
    for (from, until, kind) in parts {
        if tables.map(from, until, kind).is_err() {
            crate::over(1);
        }
    }
}

/// How many bytes are skipped of what was interrupted.
extern "C" fn exception(kind: u64) -> u64 {
    const INTERRUPT: u64 = 1;
    if kind == INTERRUPT {
        interrupts::take();
        return 0;
    }
    if kind == 0 && probe::failed() {
        return 4;
    }
    let (syndrome, at, address) = (read!("esr_el1"), read!("elr_el1"), read!("far_el1"));
    crate::say!("FAILED exception: kind {kind} syndrome {syndrome:#x} at {at:#x} address {address:#x}");
    crate::over(1)
}
