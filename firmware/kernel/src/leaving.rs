//! Where a CPU goes when everything is decided: to a thread, to the REE, to sleep, or off.

use casemate_machine::read;
use casemate_machine::sys::cpu;
use casemate_metal_abi::message::RPC_NOTIFICATION;
use casemate_metal_abi::{own, psci, smc};
use casemate_world::{Answer, Event, Phase, Refusal, ThreadId, World};

use crate::deadlines::NEVER;
use crate::here::{Here, Via};
use crate::interrupts;
use crate::kernel::{self, Held, Kernel};
use crate::message::{self, Head};
use crate::sys::{context, leave};

/// An RPC whose value tells the driver to wait.
const WAIT: u64 = 0;

/// There.
#[inline(always)]
pub(crate) fn go(mut held: Held, here: &mut Here) -> ! {
    loop {
        let kernel = kernel::of(&mut held);
        let cpu = kernel.state.cpu(here.cpu);
        match (cpu.world(), cpu.current()) {
            (World::Tee, Some(thread)) => {
                // SAFETY: it runs on this CPU, which is in the kernel.
                let context = unsafe { context::of(thread) };
                context.hold_back(cpu.is_deferred());
                here.fp_goes_with(thread);
                here.deadlines.arm();
                drop(held);
                leave::to_thread(context)
            }
            (World::Idle, _) => {
                here.fp_is_nobodys();
                here.deadlines.quantum = NEVER;
                here.deadlines.arm();
                drop(held);
                cpu::wfi();
                held = kernel::lock();
                woken(kernel::of(&mut held), here);
            }
            (World::Off, _) => {
                // What would have come later comes now: it is sent to a CPU that is on.
                if here.deadlines.device_is_due(NEVER - 1) {
                    interrupts::raise_device();
                }
                here.deadlines = crate::deadlines::Deadlines::NONE;
                here.deadlines.disarm();
                here.give_fp_back();
                drop(held);
                leave::off()
            }
            (World::Ree | World::Tee, _) => {
                here.deadlines.quantum = NEVER;
                here.deadlines.arm();
                if let Via::Ffa(thread) = here.via {
                    crate::ffa::answer(held, here, thread)
                }
                let answer = answer(kernel, here);
                drop(held);
                if here.via == Via::Suspend && here.answer == Answer::Refused(Refusal::NotInThisDesign) {
                    // The TEE is not told of idle CPUs: they sleep as they would without it.
                    cpu::wfi();
                }
                here.give_fp_back();
                match answer {
                    Some(answer) => leave::answer(answer),
                    None => leave::resume(),
                }
            }
        }
    }
}

/// Something woke the CPU, or may have.
fn woken(kernel: &mut Kernel, here: &mut Here) {
    let pending = read!("isr_el1");
    if pending & interrupts::SECURE_PENDING != 0 {
        interrupts::take(kernel, here);
    }
    if pending & interrupts::NON_SECURE_PENDING != 0 && kernel.state.cpu(here.cpu).world() == World::Idle {
        kernel.happens(here, Event::NonSecure);
    }
}

/// What the REE is told in its x0 to x3. `None`: nothing, it goes on where it was.
#[inline(always)]
fn answer(kernel: &mut Kernel, here: &Here) -> Option<[u64; 4]> {
    match here.via {
        // Those are answered apart, in more registers.
        Via::Interrupt | Via::Ffa(_) => None,
        Via::OpTee(thread) => Some(as_optee(kernel, thread, here.answer)),
        Via::Own(thread) => Some(as_own(kernel, thread, here.answer)),
        Via::Suspend => Some([psci::SUCCESS as u64, 0, 0, 0]),
        Via::Off => Some([psci::DENIED as u64, 0, 0, 0]),
    }
}

/// As OP-TEE's driver has it.
#[inline(always)]
fn as_optee(kernel: &mut Kernel, thread: ThreadId, answer: Answer) -> [u64; 4] {
    match answer {
        Answer::Finished(it) if it == thread => [smc::RETURN_OK.into(), 0, 0, 0],
        Answer::Pending(it) if it == thread => wait(kernel, thread),
        // Whoever called comes back, here or elsewhere.
        _ => interrupted(kernel, thread),
    }
}

pub(crate) fn interrupted(kernel: &Kernel, thread: ThreadId) -> [u64; 4] {
    [smc::RPC_FOREIGN_INTR.into(), 0, 0, kernel.handle(thread)]
}

/// The driver waits until it is notified, if it can be; else it comes back at once.
#[inline(never)]
pub(crate) fn wait(kernel: &mut Kernel, thread: ThreadId) -> [u64; 4] {
    // SAFETY: the message's address and length are not changed by the thread, and the lock is held.
    let job = unsafe { context::job(thread) };
    let over = kernel.state.thread(thread).phase() == Phase::Done;
    let room = if job.asks_behind { Head::behind(job.message, job.count) } else { None };
    match room {
        Some(room) if kernel.notifications.is_enabled() && !over => {
            let value = kernel.notifications.wait(thread);
            message::ask(room, RPC_NOTIFICATION, WAIT, value);
            [smc::RPC_CMD.into(), 0, 0, kernel.handle(thread)]
        }
        _ => interrupted(kernel, thread),
    }
}

/// As the bare REE has it.
#[inline(always)]
fn as_own(kernel: &Kernel, of: Option<ThreadId>, answer: Answer) -> [u64; 4] {
    let (status, thread) = match answer {
        Answer::Finished(thread) => {
            // Its handle is the one that it had.
            return [own::STATUS_FINISHED.into(), kernel.handle_before(thread), 0, 0];
        }
        Answer::Queued(thread) => (own::STATUS_QUEUED, Some(thread)),
        Answer::Interrupted(thread) => (own::STATUS_INTERRUPTED, Some(thread)),
        Answer::Pending(thread) => (own::STATUS_PENDING, Some(thread)),
        Answer::Empty => (own::STATUS_EMPTY, None),
        Answer::Refused(why) => return [own::STATUS_REFUSED.into(), why as u64, 0, 0],
        Answer::Nothing | Answer::Accepted(_) => (own::STATUS_NOTHING, of),
    };
    [status.into(), thread.map_or(0, |it| kernel.handle(it)), 0, 0]
}
