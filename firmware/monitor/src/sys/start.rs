//! From reset to the kernel.

use core::arch::global_asm;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

use casemate_machine::sys::cpu as instructions;
use casemate_machine::tables::{self, Kind, Regime, Tables};
use casemate_machine::write;
use casemate_metal_abi::map;

use crate::power::CPUS;
use crate::sys::context::{Cpu, Next, SCR_TEE};
use crate::{call, die, gic};

/// Bytes of a CPU's stack at EL3.
const STACK: usize = 8192;

// Every CPU starts here, in flash memory, which is not where this is linked to: only addresses relative to the
// program counter and literals are used. CPU 0 copies the image and clears what has to be; the others wait for it.
global_asm!(r#"
    .section .text.start, "ax"
    .globl _start
_start:
    mrs     x0, mpidr_el1
    and     x0, x0, #0xff
    ldr     x10, ={booted}
    cbnz    x0, 3f
    ldr     x1, ={flash}
    ldr     x2, ={secure}
    ldr     x3, ={len}
1:  ldp     x4, x5, [x1], #16
    stp     x4, x5, [x2], #16
    subs    x3, x3, #16
    b.ne    1b
    ldr     x1, =__bss_start
    ldr     x2, =__bss_end
2:  stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    2b
    mov     x1, #1
    str     x1, [x10]
    dsb     sy
    sev
    b       4f
3:  ldr     x1, [x10]
    cbnz    x1, 4f
    wfe
    b       3b
4:  ldr     x1, =5f
    br      x1
5:  ldr     x1, =monitor_vectors
    msr     vbar_el3, x1
    isb
    ldr     x1, ={stacks}
    add     x2, x0, #1
    mov     x3, #{stack}
    madd    x1, x2, x3, x1
    msr     spsel, #0
    mov     sp, x1
    bl      {begin}
    b       monitor_leave
"#,
    booted = sym BOOTED,
    stacks = sym STACKS,
    flash = const map::FLASH,
    secure = const map::SECURE,
    len = const map::FLASH_LEN,
    stack = const STACK,
    begin = sym begin,
);

/// What each CPU has alone.
#[repr(C, align(16))]
struct Own<T>(UnsafeCell<T>);

// SAFETY: each CPU takes its own place, by its number, once.
unsafe impl<T> Sync for Own<T> {}

/// Not 0 when the image is where it belongs. In `.data`: what is cleared is cleared before.
#[unsafe(link_section = ".data")]
static BOOTED: Own<u64> = Own(UnsafeCell::new(0));
static STACKS: Own<[[u8; STACK]; CPUS]> = Own(UnsafeCell::new([[0; STACK]; CPUS]));
static PLACES: [Own<Option<Cpu>>; CPUS] = [const { Own(UnsafeCell::new(None)) }; CPUS];
static TABLES: Own<Tables<4>> = Own(UnsafeCell::new(Tables::new(Regime::El3)));

/// CPU 0 has mapped memory and begun the interrupt controller.
static MAPPED: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    static __text_end: u8;
    static __rodata_end: u8;
}

/// A CPU's first steps at EL3.
extern "C" fn begin(number: usize) -> Start {
    let number = number % CPUS;
    // SAFETY: this CPU's place, which nobody else takes and which is taken once.
    let place = unsafe { &mut *PLACES[number].0.get() };
    let cpu = place.insert(Cpu::new(number));
    cpu.set_stack(STACKS.0.get() as u64 + ((number + 1) * STACK) as u64);

    write!("cptr_el3", 0);
    // Secure time counts: what a call costs includes the TEE (MDCR_EL3.SPME).
    write!("mdcr_el3", 1 << 17);
    if number == 0 {
        // SAFETY: the others wait until it is said that memory is mapped.
        map_memory(unsafe { &mut *TABLES.0.get() });
        gic::begin();
        MAPPED.store(true, Ordering::Release);
        instructions::dsb();
    }
    while !MAPPED.load(Ordering::Acquire) {
        instructions::pause();
    }
    // SAFETY: nobody changes the tables any more.
    let root = unsafe { (*TABLES.0.get()).root() };
    instructions::begin_translation_el3(root, tables::CONTROL_EL3, tables::ATTRIBUTES);
    gic::begin_here(number);
    write!("scr_el3", SCR_TEE);
    instructions::isb();
    if number != 0 {
        call::wait_to_begin(cpu);
    }
    let next = cpu.begin_kernel(map::KERNEL);
    Start { cpu, next }
}

/// In x0 and x1.
#[repr(C)]
struct Start {
    cpu: *mut Cpu,
    next: Next,
}

fn map_memory(tables: &mut Tables<4>) {
    let text_end = &raw const __text_end as u64;
    let rodata_end = &raw const __rodata_end as u64;
    let parts = [
        (map::MONITOR, text_end, Kind::Text),
        (text_end, rodata_end, Kind::ReadOnly),
        (rodata_end, map::KERNEL, Kind::Data),
        (map::GICD, map::SECURE_UART + tables::PAGE, Kind::Device),
    ];
    for (from, until, kind) in parts {
        if tables.map(from, until, kind).is_err() {
            die(crate::code::FAULT, format_args!("too few translation tables"));
        }
    }
}
