//! Calls as OP-TEE's driver makes them (Linux `drivers/tee/optee/smc_abi.c`).

use casemate_machine::sys::cpu;
use casemate_metal_abi::{message, smc};
use casemate_world::{Agent, ClientId, Event, Phase, Request, SessionError, ThreadId};
use casemate_world_log::Note;

use crate::apps::App;
use crate::here::{Here, Via};
use crate::kernel::{self, Held, Kernel};
use crate::message::Head;
use crate::notifications;
use crate::registered::Refused;
use crate::sys::shared::Dram;
use crate::sys::{context, leave};
use crate::{job::Job, leaving};

/// What this TEE can do.
const CAPABILITIES: u32 =
    smc::CAP_DYNAMIC_SHM | smc::CAP_MEMREF_NULL | smc::CAP_ASYNC_NOTIF | smc::CAP_RPC_ARG;
/// Parameters of an RPC's message.
const RPC_PARAMETERS: u64 = 1;
/// Parameters of a message that opens a session that are not the client's.
const META: usize = 2;

/// Drivers say nothing about their requests.
pub(crate) static PLAIN: Request = Request::PLAIN;

/// A call.
pub(crate) fn call(function: u32, registers: &[u64; 8]) -> ! {
    let [_, a1, a2, a3, ..] = *registers;
    let address = a1 << 32 | a2 & u64::from(u32::MAX);
    match function {
        smc::RETURN_FROM_RPC => go_on(a3),
        smc::CALL_WITH_ARG => yielding(address, false),
        smc::CALL_WITH_RPC_ARG => yielding(address, true),
        smc::CALL_WITH_REGD_ARG => {
            let held = kernel::lock();
            registered(held, address, a3)
        }
        _ => leave::answer(fast(function)),
    }
}

/// Calls that come back at once.
fn fast(function: u32) -> [u64; 4] {
    match function {
        smc::CALLS_UID | smc::GET_OS_UUID => smc::UID.map(u64::from),
        smc::CALLS_REVISION => [2, 0, 0, 0],
        smc::GET_OS_REVISION => [0, 1, 0, 0],
        smc::EXCHANGE_CAPABILITIES => {
            // The REE says whether it is of one CPU only; nothing depends on it.
            [smc::RETURN_OK.into(), CAPABILITIES.into(), notifications::MOST, RPC_PARAMETERS]
        }
        smc::DISABLE_SHM_CACHE | smc::GET_SHM_CONFIG => [smc::RETURN_ENOTAVAIL.into(), 0, 0, 0],
        smc::ENABLE_SHM_CACHE => [smc::RETURN_OK.into(), 0, 0, 0],
        smc::GET_THREAD_COUNT => [smc::RETURN_OK.into(), casemate_world::THREADS as u64, 0, 0],
        smc::ENABLE_ASYNC_NOTIF => {
            kernel::of(&mut kernel::lock()).notifications.enable(true);
            [smc::RETURN_OK.into(), 0, 0, 0]
        }
        smc::GET_ASYNC_NOTIF_VALUE => match kernel::of(&mut kernel::lock()).notifications.next() {
            Some((value, more)) => {
                let more = if more { smc::NOTIF_PENDING } else { 0 };
                [smc::RETURN_OK.into(), value, (smc::NOTIF_VALID | more).into(), 0]
            }
            None => [smc::RETURN_OK.into(), 0, 0, 0],
        },
        _ => [smc::RETURN_UNKNOWN_FUNCTION.into(), 0, 0, 0],
    }
}

fn answer(held: Held, answer: u32) -> ! {
    drop(held);
    leave::answer([answer.into(), 0, 0, 0])
}

/// A message in memory that was registered: by its number and from an offset.
fn registered(mut held: Held, number: u64, offset: u64) -> ! {
    let kernel = kernel::of(&mut held);
    let found = kernel.registered.piece(number).and_then(|it| it.message(offset, message::HEADER));
    match found {
        Ok(address) => {
            drop(held);
            yielding(address, true)
        }
        Err(_) => answer(held, smc::RETURN_EBADADDR),
    }
}

/// A yielding call with the message at this address; whether an RPC's message may be behind it.
#[inline(always)]
fn yielding(address: u64, asks_behind: bool) -> ! {
    let here = context::here();
    let mut held = kernel::lock();
    let kernel = kernel::of(&mut held);
    let Ok(head) = Head::read(address) else { answer(held, smc::RETURN_EBADADDR) };
    if head.command != message::INVOKE_COMMAND {
        let done = at_once(kernel, here, &head);
        head.answer(done);
        // What was cancelled may run here at once; the driver comes back to hear of its own.
        here.deadlines.arm();
        answer(held, smc::RETURN_OK);
    }
    here.entered(Via::Interrupt);
    if !kernel.an_agent_is_free(here.cpu) {
        answer(held, smc::RETURN_ETHREAD_LIMIT);
    }
    match invoke(kernel, here, &head, &PLAIN, asks_behind) {
        Ok(Some(thread)) => {
            here.via = Via::OpTee(thread);
            if kernel.config.agent != Agent::Caller {
                kernel.happens(here, Event::Issue);
            }
            leaving::go(held, here)
        }
        Ok(None) => answer(held, smc::RETURN_ETHREAD_LIMIT),
        Err(result) => {
            head.answer(result);
            answer(held, smc::RETURN_OK)
        }
    }
}

/// A call that came back goes on.
fn go_on(handle: u64) -> ! {
    let here = context::here();
    let mut held = kernel::lock();
    let kernel = kernel::of(&mut held);
    if kernel.was_fetched(handle) {
        answer(held, smc::RETURN_OK);
    }
    let Some(thread) = kernel.of_handle(handle) else { answer(held, smc::RETURN_EBADCMD) };
    here.entered(Via::OpTee(thread));
    match kernel.agent_of(here.cpu) {
        None => {
            kernel.happens(here, Event::Resume(thread));
        }
        Some(agent) if agent == Some(thread) => {
            kernel.happens(here, Event::Issue);
        }
        Some(_) => {
            // Its agent is on another CPU, which will fetch the answer.
            let waits = kernel.is_fetched_elsewhere(thread);
            drop(held);
            leave::answer(waits)
        }
    }
    leaving::go(held, here)
}

/// Runs a function of an application as a request. `None`: every thread is taken.
///
/// # Errors
///
/// What the message is answered with.
#[inline(always)]
pub(crate) fn invoke(
    kernel: &mut Kernel,
    here: &mut Here,
    head: &Head,
    request: &Request,
    asks_behind: bool,
) -> Result<Option<ThreadId>, u32> {
    let cpu = here.cpu;
    kernel.submit(here, request, |kernel, thread, job: &mut Job| {
        crate::message::fill(job, head, &kernel.registered)?;
        let (app, session) = kernel.clients.begin(head.session, thread).map_err(result)?;
        (job.app, job.session, job.asks_behind) = (app, Some(session), asks_behind);
        job.direct = None;
        kernel.journal.note(cpu::now(), cpu, Note::Begin(thread, app.number(), head.session));
        Ok(())
    })
}

/// Commands that need no thread.
#[inline(never)]
fn at_once(kernel: &mut Kernel, here: &mut Here, head: &Head) -> u32 {
    let done = match head.command {
        message::OPEN_SESSION => open(kernel, head),
        message::CLOSE_SESSION => kernel.clients.close(head.session).map_err(result).map(|running| {
            if let Some(thread) = running {
                cancel(kernel, here, thread);
            }
        }),
        message::CANCEL => kernel.clients.running(head.session).map_err(result).map(|running| {
            // SAFETY: the number is not changed by the thread, and the lock is held.
            let is_it = |it: &ThreadId| unsafe { context::job(*it) }.cancel_id == head.cancel_id;
            if let Some(thread) = running.filter(is_it) {
                cancel(kernel, here, thread);
            }
        }),
        message::REGISTER_SHM => head
            .parameter(0)
            .map_err(|_| Refused::Outside)
            .and_then(|it| {
                let [list, len, number] = it.words;
                kernel.registered.register(Dram::get(), number, list, len)
            })
            .map_err(refused),
        message::UNREGISTER_SHM => head
            .parameter(0)
            .map_err(|_| Refused::Outside)
            .and_then(|it| kernel.registered.unregister(it.words[2]))
            .map_err(refused),
        message::ENABLE_ASYNC_NOTIF => {
            kernel.notifications.enable(true);
            Ok(())
        }
        message::STOP_ASYNC_NOTIF => {
            kernel.notifications.enable(false);
            Ok(())
        }
        _ => Err(message::ERROR_NOT_SUPPORTED),
    };
    done.err().unwrap_or(message::SUCCESS)
}

/// A request is to end. One that waits in a queue is over without having run, and its message says so.
pub(crate) fn cancel(kernel: &mut Kernel, here: &mut Here, thread: ThreadId) {
    let was_queued = kernel.state.thread(thread).phase() == Phase::Queued;
    kernel.happens(here, Event::Cancel(thread));
    if was_queued && kernel.state.thread(thread).phase() == Phase::Done {
        // SAFETY: it never ran, and the lock is held.
        let job = unsafe { context::job(thread) };
        job.result = message::ERROR_CANCEL;
        crate::message::answer(job.message, message::ERROR_CANCEL, message::ORIGIN_TEE);
        kernel.clients.end(thread);
    }
}

/// Opens a session: its number goes into the message.
fn open(kernel: &mut Kernel, head: &Head) -> Result<(), u32> {
    let bad = |_| message::ERROR_BAD_PARAMETERS;
    if head.count < META {
        return Err(message::ERROR_BAD_PARAMETERS);
    }
    let [a, b, _] = head.parameter(0).map_err(bad)?.words;
    let client = head.parameter(1).map_err(bad)?.words[0];
    let mut uuid = [0; 16];
    uuid[..8].copy_from_slice(&a.to_le_bytes());
    uuid[8..].copy_from_slice(&b.to_le_bytes());
    let app = App::of(&uuid).ok_or(message::ERROR_ITEM_NOT_FOUND)?;
    let session = kernel.clients.open(app, ClientId(client as u32)).map_err(result)?;
    crate::message::give_session(head.address, session);
    Ok(())
}

fn result(error: SessionError) -> u32 {
    match error {
        SessionError::Full => message::ERROR_OUT_OF_MEMORY,
        SessionError::Unknown => message::ERROR_BAD_PARAMETERS,
        SessionError::Busy => message::ERROR_BUSY,
        SessionError::Closing => message::ERROR_TARGET_DEAD,
    }
}

fn refused(why: Refused) -> u32 {
    match why {
        Refused::Outside | Refused::Unknown => message::ERROR_BAD_PARAMETERS,
        Refused::TooMuch => message::ERROR_OUT_OF_MEMORY,
        Refused::Twice => message::ERROR_BUSY,
    }
}
