//! The TEE's kernel at S-EL1: threads, trusted applications, and the scheduler's core.
//!
//! Who runs is decided by [`casemate_world::step`] and by nothing else: the kernel tells it what happens on a CPU, and
//! carries out what it says. Each step is logged, so that whoever has the log can decide again and compare.
//!
//! The kernel is entered, decides, and leaves: to a thread, to the REE, or to sleep. It is never interrupted, and keeps
//! nothing on its stack in between.

#![no_std]
#![no_main]

mod agents;
mod apps;
mod deadlines;
mod entered;
mod ffa;
mod here;
mod interrupts;
mod job;
mod journal;
mod kernel;
mod leaving;
mod message;
mod notifications;
mod optee;
mod own_calls;
mod registered;
mod sessions;
mod start;
mod sys;
mod trap;

use core::fmt::Write as _;
use core::panic::PanicInfo;

use casemate_machine::Line;
use casemate_machine::sys::semihosting;
use casemate_metal_abi::map;

/// What the machine ends with.
pub(crate) mod code {
    /// An exception in the kernel.
    pub(crate) const FAULT: u64 = 105;
    /// A panic.
    pub(crate) const PANIC: u64 = 106;
    /// The set-up cannot be read, or makes no sense.
    pub(crate) const SET_UP: u64 = 107;
}

/// Says something on the secure line.
pub(crate) fn say(what: core::fmt::Arguments<'_>) {
    let _ = writeln!(Line(map::SECURE_UART), "kernel: {what}");
}

/// Says why, and ends the machine.
pub(crate) fn die(code: u64, why: core::fmt::Arguments<'_>) -> ! {
    say(why);
    semihosting::exit(code)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    die(code::PANIC, format_args!("{info}"))
}
