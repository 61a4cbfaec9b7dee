//! A thread comes to the kernel: because it asks for something, does something wrong, or is interrupted.

use casemate_machine::read;
use casemate_metal_abi::message::{ERROR_TARGET_DEAD, ORIGIN_TEE};
use casemate_world::{Answer, DeviceInterrupt, Event, Kind, THREADS, ThreadId, World};

use crate::kernel::{self, Held};
use crate::sys::context;
use crate::{code, die, interrupts, leaving, message, say};

/// What a thread may ask for.
pub(crate) mod ask {
    /// It has done what it had to do.
    pub(crate) const FINISH: u16 = 0;
    /// It waits for a secure interrupt.
    pub(crate) const BLOCK: u16 = 1;
    /// It calls the service of number x0 with x1; comes back with the answer in x0 and 1 in x1, or 0 in x1.
    pub(crate) const CALL: u16 = 2;
    /// A service asks with what it was called.
    pub(crate) const ARGUMENT: u16 = 3;
    /// It asks whether it is to end: 1 in x0.
    pub(crate) const CANCELLED: u16 = 4;
    /// The test device is to raise its interrupt after x0 nanoseconds.
    pub(crate) const DEVICE: u16 = 5;
}

/// The test device takes no longer than this, in nanoseconds.
const DEVICE_MOST: u64 = 10_000_000_000;

const SYNCHRONOUS: u64 = 0;
const SECURE_INTERRUPT: u64 = 1;
const NON_SECURE_INTERRUPT: u64 = 2;

/// ESR_EL1.EC: an instruction of FP or SIMD that is trapped; a supervisor call.
const CLASS_FP: u64 = 0x07;
const CLASS_SUPERVISOR_CALL: u64 = 0x15;

/// The registers of the thread that ran are kept.
pub(crate) extern "C" fn trapped(why: u64) -> ! {
    let here = context::here();
    let mut held = kernel::lock();
    let kernel = kernel::of(&mut held);
    let Some(thread) = kernel.state.cpu(here.cpu).current() else {
        die(code::FAULT, format_args!("a thread that is none came to the kernel"))
    };
    // SAFETY: it runs on this CPU, which is in the kernel.
    let context = unsafe { context::of(thread) };
    if why == SYNCHRONOUS {
        let syndrome = read!("esr_el1");
        match syndrome >> 26 {
            CLASS_FP => {
                here.give_fp(thread, context.fp_registers());
                drop(held);
                crate::sys::leave::to_thread(context)
            }
            CLASS_SUPERVISOR_CALL => {
                here.keep_fp(thread, context);
                asked(held, thread, (syndrome & 0xffff) as u16)
            }
            _ => faulted(held, thread, syndrome),
        }
    }
    here.keep_fp(thread, context);
    match why {
        SECURE_INTERRUPT => {
            interrupts::take(kernel, here);
            // What a thread masks it masks until the TEE's next interrupt: how long the REE waits is the design's to say.
            // Only now, when no interrupt of the TEE's is pending, the controller tells of one of the REE's.
            let cpu = kernel.state.cpu(here.cpu);
            let pending = read!("isr_el1") & interrupts::NON_SECURE_PENDING != 0;
            if pending && cpu.world() == World::Tee && !cpu.is_deferred() {
                kernel.happens(here, Event::NonSecure);
            }
        }
        NON_SECURE_INTERRUPT => {
            kernel.happens(here, Event::NonSecure);
        }
        _ => faulted(held, thread, read!("esr_el1")),
    }
    leaving::go(held, here)
}

#[inline(always)]
fn asked(mut held: Held, thread: ThreadId, what: u16) -> ! {
    let here = context::here();
    let kernel = kernel::of(&mut held);
    // SAFETY: it runs on this CPU, which is in the kernel.
    let context = unsafe { context::of(thread) };
    match what {
        ask::FINISH => finish(held, thread),
        ask::BLOCK => {
            if kernel.config.device == DeviceInterrupt::Routed {
                interrupts::send_device_to(here.cpu);
            }
            kernel.happens(here, Event::Block);
            // An interrupt that came when nobody waited is whose who waits next.
            if core::mem::take(&mut kernel.device_came) {
                kernel.happens(here, Event::Device(thread));
            }
        }
        ask::CALL => {
            let service = usize::try_from(context.asked()[0]).ok().and_then(ThreadId::new);
            let outcome = service.map(|service| kernel.happens(here, Event::Call(service)));
            if !outcome.is_some_and(|it| !matches!(it.answer, Answer::Refused(_))) {
                context.tell([0, 0]);
            }
        }
        ask::ARGUMENT => {
            let caller = kernel.state.thread(thread).caller();
            // SAFETY: whoever waits for a service does not run.
            let argument = caller.map_or(0, |caller| unsafe { context::of(caller) }.asked()[1]);
            context.tell([argument, 0]);
        }
        ask::DEVICE => here.deadlines.device = kernel.after(context.asked()[0].min(DEVICE_MOST)),
        ask::CANCELLED => context.tell([kernel.state.thread(thread).is_cancelled().into(), 0]),
        _ => faulted(held, thread, read!("esr_el1")),
    }
    leaving::go(held, here)
}

/// It has done what it had to do.
#[inline(always)]
fn finish(mut held: Held, thread: ThreadId) -> ! {
    let here = context::here();
    let kernel = kernel::of(&mut held);
    match kernel.state.thread(thread).kind() {
        Kind::Request => kernel.clients.end(thread),
        Kind::Service => {
            // SAFETY: it runs on this CPU; whoever waits for a service does not run.
            unsafe {
                let answer = context::job(thread).word;
                if let Some(caller) = kernel.state.thread(thread).caller() {
                    context::of(caller).tell([answer, 1]);
                }
            }
        }
        Kind::Periodic => {}
    }
    kernel.happens(here, Event::Finish);
    leaving::go(held, here)
}

/// It did what no thread may: a request ends with an error, and a service begins anew.
#[inline(never)]
fn faulted(mut held: Held, thread: ThreadId, syndrome: u64) -> ! {
    // SAFETY: it runs on this CPU, which is in the kernel.
    let (context, job) = unsafe { (context::of(thread), context::job(thread)) };
    let number = thread.index() % THREADS;
    let address = read!("far_el1");
    say(format_args!(
        "thread {number} stops at {:#x}: syndrome {syndrome:#x}, address {address:#x}",
        context.pc()
    ));
    match kernel::of(&mut held).state.thread(thread).kind() {
        Kind::Request => {
            job.result = ERROR_TARGET_DEAD;
            message::answer(job.message, ERROR_TARGET_DEAD, ORIGIN_TEE);
        }
        Kind::Service | Kind::Periodic => {
            job.word = 0;
            context::begin(thread);
        }
    }
    finish(held, thread)
}

/// The kernel itself did what it may not.
pub(crate) extern "C" fn kernel_fault() -> ! {
    let (syndrome, at, address) = (read!("esr_el1"), read!("elr_el1"), read!("far_el1"));
    die(code::FAULT, format_args!("a fault at {at:#x}: syndrome {syndrome:#x}, address {address:#x}"))
}
