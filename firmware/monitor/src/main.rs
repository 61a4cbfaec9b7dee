//! The monitor at EL3: which world a CPU is in, and whether it is on.
//!
//! It decides nothing about who runs: calls for the TEE, secure interrupts and what PSCI says of a CPU go to the
//! TEE's kernel, which answers where the CPU goes. What it keeps is the REE's registers while the kernel runs.

#![no_std]
#![no_main]

mod call;
mod gic;
mod power;
mod sys;

use core::fmt::Write as _;
use core::panic::PanicInfo;

use casemate_machine::Line;
use casemate_machine::sys::semihosting;
use casemate_metal_abi::map;

/// What the machine ends with.
pub(crate) mod code {
    /// An exception at EL3.
    pub(crate) const FAULT: u64 = 101;
    /// An exception of a lower level that nobody asked for.
    pub(crate) const UNEXPECTED: u64 = 102;
    /// A panic.
    pub(crate) const PANIC: u64 = 103;
    /// The kernel asks for what there is not.
    pub(crate) const KERNEL: u64 = 104;
}

/// Says why on the secure line, and ends the machine.
pub(crate) fn die(code: u64, why: core::fmt::Arguments<'_>) -> ! {
    let _ = writeln!(Line(map::SECURE_UART), "monitor: {why}");
    semihosting::exit(code)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    die(code::PANIC, format_args!("{info}"))
}
