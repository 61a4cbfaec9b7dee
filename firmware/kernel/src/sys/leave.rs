//! Out of the kernel: to a thread, or by way of the monitor.

use core::arch::asm;

use casemate_metal_abi::monitor;

use crate::sys::context::Context;

core::arch::global_asm!(
    r#"
    .section .text, "ax"
kernel_clear:
    .irp n,0,16,32,48,64,80,96,112,128,144,160,176,192,208,224
    stp     xzr, xzr, [x0, #\n]
    .endr
    str     xzr, [x0, #240]
    ret
"#
);

unsafe extern "C" {
    fn kernel_clear(registers: *mut [u64; 31]);
    fn kernel_to_thread(context: *const Context) -> !;
}

/// Nothing of whoever had them before is in the registers.
#[inline(always)]
pub(crate) fn clear(registers: &mut [u64; 31]) {
    // SAFETY: all 31 words are written, and nothing else.
    unsafe { kernel_clear(registers) }
}

/// To a thread, as its registers have it.
#[inline(always)]
pub(crate) fn to_thread(context: &'static Context) -> ! {
    // SAFETY: nothing of the kernel's is on this stack any more; the thread's registers are whole.
    unsafe { kernel_to_thread(context) }
}

/// Asks the monitor for what does not come back here.
#[inline(always)]
fn ask(function: u32, [a, b, c, d]: [u64; 4]) -> ! {
    // SAFETY: the monitor enters the kernel anew where it is entered always.
    unsafe {
        asm!("smc #0", in("x0") u64::from(function), in("x1") a, in("x2") b, in("x3") c, in("x4") d,
            options(noreturn, nostack));
    }
}

/// To the REE, whose call is answered.
#[inline(always)]
pub(crate) fn answer(answer: [u64; 4]) -> ! {
    ask(monitor::ANSWER, answer)
}

/// To the REE, whose call is answered in twice as many registers.
pub(crate) fn answer_wide(answer: [u64; 8]) -> ! {
    let [a, b, c, d, e, f, g, h] = answer;
    // SAFETY: as above.
    unsafe {
        asm!("smc #0", in("x0") u64::from(monitor::ANSWER_WIDE), in("x1") a, in("x2") b, in("x3") c, in("x4") d,
            in("x5") e, in("x6") f, in("x7") g, in("x8") h, options(noreturn, nostack));
    }
}

/// To the REE, which goes on where it was interrupted.
#[inline(always)]
pub(crate) fn resume() -> ! {
    ask(monitor::RESUME, [0; 4])
}

/// The CPU is switched off.
pub(crate) fn off() -> ! {
    ask(monitor::OFF, [0; 4])
}

/// The machine is switched off.
pub(crate) fn system_off(code: u64) -> ! {
    ask(monitor::SYSTEM_OFF, [code, 0, 0, 0])
}

/// The kernel of this CPU is ready: it is entered at `entry` from now. The REE begins at `ree` with `arguments`, on
/// so many CPUs.
pub(crate) fn ready(entry: u64, arguments: [u64; 4], ree: u64, cpus: u64) -> ! {
    let [a, b, c, d] = arguments;
    // SAFETY: as above.
    unsafe {
        asm!("smc #0", in("x0") u64::from(monitor::READY), in("x1") entry, in("x2") a, in("x3") b, in("x4") c,
            in("x5") d, in("x6") ree, in("x7") cpus, options(noreturn, nostack));
    }
}
