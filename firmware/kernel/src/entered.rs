//! The monitor enters the kernel.

use casemate_metal_abi::{ffa, monitor, own, psci};
use casemate_world::Event;

use crate::here::Via;
use crate::sys::{context, leave};
use crate::{interrupts, kernel, leaving, optee, own_calls};

/// With the REE's x0 to x7, and why.
pub(crate) extern "C" fn entered(registers: &[u64; 8], why: u64) -> ! {
    match why {
        monitor::CALLED => called(registers),
        monitor::INTERRUPTED => interrupted(),
        monitor::SUSPENDED => happens(Via::Suspend, Event::Idle),
        monitor::SWITCHED_OFF => happens(Via::Off, Event::Offline),
        monitor::SWITCHED_ON => happens(Via::Interrupt, Event::Online),
        monitor::SYSTEM_SWITCHED_OFF => system_off(registers[1]),
        _ => leave::answer([psci::NOT_SUPPORTED as u64, 0, 0, 0]),
    }
}

// Each apart: what one of them saves the others need not.
#[inline(never)]
fn interrupted() -> ! {
    let here = context::here();
    here.entered(Via::Interrupt);
    let mut held = kernel::lock();
    interrupts::take(kernel::of(&mut held), here);
    leaving::go(held, here)
}

#[inline(never)]
fn system_off(code: u64) -> ! {
    let mut held = kernel::lock();
    kernel::of(&mut held).journal.flush();
    leave::system_off(code)
}

#[inline(always)]
fn called(registers: &[u64; 8]) -> ! {
    let function = registers[0] as u32;
    if function == own::NOTHING {
        leave::answer([0; 4]);
    }
    if ffa::FUNCTIONS.contains(&(function & !ffa::WIDE)) {
        crate::ffa::call(function, registers)
    }
    // What is called from the range of the trusted OS but is not OP-TEE's is ours.
    if function & 0xff00 == 0x0100 {
        own_calls::call(function, registers)
    } else {
        optee::call(function, registers)
    }
}

#[inline(never)]
fn happens(via: Via, event: Event) -> ! {
    let here = context::here();
    here.entered(via);
    let mut held = kernel::lock();
    let kernel = kernel::of(&mut held);
    kernel.happens(here, event);
    if event == Event::Offline {
        kernel.hand_over();
    }
    here.deadlines.release = kernel.next_release(here.cpu);
    leaving::go(held, here)
}
