//! Calls of the bare REE's, which tell requests and agents apart.

use casemate_metal_abi::message::INVOKE_COMMAND;
use casemate_metal_abi::own;
use casemate_world::{Agent, Class, ClientId, CpuId, Event, Refusal, Request, ThreadId, Tick};
use casemate_world_log::Note;

use crate::here::{Here, Via};
use crate::kernel::{self, Held, Kernel};
use crate::message::Head;
use crate::sys::{context, leave};
use crate::{leaving, optee};

/// What a request says of itself, in x3.
const PRIORITY: u64 = 0xff;
const ASYNCHRONOUS: u64 = 1 << 8;
const SUITS_BIG: u64 = 1 << 9;

/// One of [`own`].
pub(crate) fn call(function: u32, registers: &[u64; 8]) -> ! {
    let here = context::here();
    here.entered(Via::Own(None));
    let held = kernel::lock();
    let [_, a1, ..] = *registers;
    match function {
        own::SUBMIT => submit(held, registers),
        own::ISSUE => happens(held, Event::Issue),
        own::RESUME => of(held, a1, |kernel, here, thread| {
            kernel.happens(here, Event::Resume(thread));
        }),
        own::SCHEDULE => happens(held, Event::Schedule),
        own::COLLECT => happens(held, Event::Collect),
        own::CANCEL => of(held, a1, optee::cancel),
        _ => beside(held, function, registers),
    }
}

/// An event of this CPU's.
fn happens(mut held: Held, event: Event) -> ! {
    let here = context::here();
    kernel::of(&mut held).happens(here, event);
    leaving::go(held, here)
}

/// Something about the request of this handle.
fn of(mut held: Held, handle: u64, what: impl FnOnce(&mut Kernel, &mut Here, ThreadId)) -> ! {
    let here = context::here();
    let kernel = kernel::of(&mut held);
    match kernel.of_handle(handle) {
        Some(thread) => {
            here.via = Via::Own(Some(thread));
            what(kernel, here, thread);
            leaving::go(held, here)
        }
        None => answer(held, [own::STATUS_REFUSED.into(), Refusal::Unknown as u64, 0, 0]),
    }
}

fn answer(held: Held, answer: [u64; 4]) -> ! {
    drop(held);
    leave::answer(answer)
}

/// A request.
fn submit(mut held: Held, registers: &[u64; 8]) -> ! {
    let [_, high, low, about, deadline, ..] = *registers;
    let malformed = [own::STATUS_MALFORMED.into(), 0, 0, 0];
    let Ok(head) = Head::read(high << 32 | low & u64::from(u32::MAX)) else { answer(held, malformed) };
    if head.command != INVOKE_COMMAND {
        answer(held, malformed);
    }
    let here = context::here();
    let kernel = kernel::of(&mut held);
    let calls = kernel.config.agent == Agent::Caller;
    let request = Request {
        priority: (about & PRIORITY) as u8,
        deadline: if deadline == 0 { u64::MAX } else { deadline },
        sync: calls || about & ASYNCHRONOUS == 0,
        suits_big: about & SUITS_BIG != 0,
    };
    match optee::invoke(kernel, here, &head, &request, false) {
        Ok(thread) => {
            here.via = Via::Own(thread);
            leaving::go(held, here)
        }
        Err(result) => {
            head.answer(result);
            answer(held, [own::STATUS_FINISHED.into(), 0, 0, 0])
        }
    }
}

/// What is about no request.
fn beside(mut held: Held, function: u32, registers: &[u64; 8]) -> ! {
    let here = context::here();
    let kernel = kernel::of(&mut held);
    let [_, a1, a2, ..] = *registers;
    match function {
        own::REE_TICK if kernel.config.tick == Tick::UnifiedRee => {
            kernel.happens(here, Event::Tick);
            leaving::go(held, here)
        }
        own::RAISE_DEVICE => crate::interrupts::raise_device(),
        own::ACCOUNT => {
            let cpu = usize::try_from(a1).ok().and_then(CpuId::new);
            let class = usize::try_from(a2).ok().and_then(|it| Class::ALL.get(it));
            if let (Some(cpu), Some(class)) = (cpu, class) {
                let nanos = kernel.nanos(kernel.accounts.of(cpu, *class));
                answer(held, [0, nanos, 0, 0]);
            }
            answer(held, [own::STATUS_REFUSED.into(), Refusal::Unknown as u64, 0, 0]);
        }
        own::CLIENT_DIED => {
            for thread in kernel.clients.client_died(ClientId(a1 as u32)).iter() {
                optee::cancel(kernel, here, thread);
            }
        }
        own::MARK => kernel.journal.note(casemate_machine::sys::cpu::now(), here.cpu, Note::Mark(a1)),
        _ => answer(held, [casemate_metal_abi::smc::RETURN_UNKNOWN_FUNCTION.into(), 0, 0, 0]),
    }
    answer(held, [0; 4])
}
