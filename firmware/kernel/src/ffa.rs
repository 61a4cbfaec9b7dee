//! Direct messages of FF-A (Arm DEN0077A, version 1.1), in registers alone.
//!
//! A direct request is a request, its caller the agent; `FFA_RUN` brings back the CPU. What an interrupt of the REE's
//! does meanwhile is the design's to say; when the REE is to have the CPU, it is told as the partition's manifest would
//! have it: by `FFA_INTERRUPT` (signaled), or by an answer of the partition's own (managed exit).

use casemate_machine::sys::cpu;
use casemate_metal_abi::{ffa, message};
use casemate_world::{Agent, Answer, Event, Kind, Phase, ThreadId};
use casemate_world_log::Note;

use crate::apps::App;
use crate::here::{Here, Via};
use crate::job::{Job, Parameter};
use crate::kernel::{self, Held, Kernel};
use crate::leaving;
use crate::optee::PLAIN;
use crate::sys::{context, leave};

/// Functions that are there; with arguments of 64 bits too where there are such.
const KNOWN: [u32; 8] = [
    ffa::VERSION,
    ffa::FEATURES,
    ffa::ID_GET,
    ffa::SPM_ID_GET,
    ffa::RUN,
    ffa::DIRECT_REQUEST,
    ffa::DIRECT_REQUEST | ffa::WIDE,
    ffa::PARTITION_INFO_GET_REGS,
];
/// In w2 of a message: it is one of the framework's own, of which there are none here.
const FRAMEWORK: u64 = 1 << 31;

/// Who asked, and how he is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Direct {
    partition: Partition,
    /// In registers of 64 bits.
    wide: bool,
}

/// An application as the framework knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Partition {
    place: u8,
    /// It leaves by an answer of its own where an interrupt of the REE's comes.
    managed: bool,
}

impl Partition {
    fn of(id: u16) -> Option<Self> {
        let found = |first: u16, managed| {
            let place = u8::try_from(id.checked_sub(first)?).ok()?;
            let it = Self { place, managed };
            it.app().map(|_| it)
        };
        found(ffa::FIRST_MANAGED, true).or_else(|| found(ffa::FIRST, false))
    }

    /// All, in the order in which they are told of.
    fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX)
            .take_while(|place| App::at((*place).into()).is_some())
            .flat_map(|place| [false, true].map(|managed| Self { place, managed }))
            .filter(|it| it.app().is_some())
    }

    fn id(self) -> u16 {
        u16::from(self.place) + if self.managed { ffa::FIRST_MANAGED } else { ffa::FIRST }
    }

    /// Which it is. What encrypts does so in memory of the REE's, of which no direct message tells.
    fn app(self) -> Option<App> {
        App::at(self.place.into()).map(|it| it.1).filter(|it| *it != App::Aes)
    }

    fn uuid(self) -> [u64; 2] {
        let uuid = App::at(self.place.into()).map_or([0; 16], |it| *it.0);
        let word = |from: usize| u64::from_le_bytes(core::array::from_fn(|at| uuid[from + at]));
        [word(0), word(8)]
    }
}

/// One of the framework's functions.
pub(crate) fn call(function: u32, registers: &[u64; 8]) -> ! {
    let [_, a1, a2, a3, ..] = *registers;
    let answer = match function {
        ffa::VERSION => {
            // Bit 31 is 0 in every version there is.
            let version = if a1 >> 31 & 1 == 0 { ffa::IMPLEMENTED } else { ffa::NOT_SUPPORTED as u32 };
            [version.into(), 0, 0, 0, 0, 0, 0, 0]
        }
        ffa::FEATURES if KNOWN.contains(&(a1 as u32)) => success(0),
        ffa::ID_GET => success(ffa::REE.into()),
        ffa::SPM_ID_GET => success(ffa::SPM.into()),
        ffa::PARTITION_INFO_GET_REGS => partition([a1, a2], a3 as u16),
        ffa::RUN => run(a1 as u32),
        f if f & !ffa::WIDE == ffa::DIRECT_REQUEST => request(function & ffa::WIDE != 0, registers),
        _ => error(ffa::NOT_SUPPORTED),
    };
    leave::answer_wide(answer)
}

fn success(value: u64) -> [u64; 8] {
    [ffa::SUCCESS.into(), 0, value, 0, 0, 0, 0, 0]
}

fn error(why: i32) -> [u64; 8] {
    [ffa::ERROR.into(), 0, (why as u32).into(), 0, 0, 0, 0, 0]
}

/// One partition of this UUID, or of any if it is 0.
fn partition(uuid: [u64; 2], number: u16) -> [u64; 8] {
    let wanted = || Partition::all().filter(move |it| uuid == [0; 2] || it.uuid() == uuid);
    let (count, found) = (wanted().count() as u64, wanted().nth(number.into()));
    let Some(it) = found else { return error(ffa::INVALID_PARAMETERS) };
    let about = count.saturating_sub(1) | u64::from(number) << 16 | ffa::DESCRIPTION << 48;
    let first =
        u64::from(it.id()) | (casemate_world::THREADS as u64) << 16 | u64::from(ffa::PROPERTIES) << 32;
    let [low, high] = if uuid == [0; 2] { it.uuid() } else { [0; 2] };
    [(ffa::SUCCESS | ffa::WIDE).into(), 0, about, first, low, high, 0, 0]
}

/// A message for a partition.
fn request(wide: bool, registers: &[u64; 8]) -> [u64; 8] {
    let [_, ends, about, rest @ ..] = *registers;
    let [function, a, b, ..] = rest.map(|it| if wide { it } else { it & u64::from(u32::MAX) });
    let partition = Partition::of(ends as u16);
    let (Some(partition), ffa::REE) = (partition, (ends >> 16) as u16) else {
        return error(ffa::INVALID_PARAMETERS);
    };
    if about & FRAMEWORK != 0 {
        return error(ffa::NOT_SUPPORTED);
    }
    let direct = Direct { partition, wide };
    match function as u32 {
        ffa::GO_ON if partition.managed => go_on(direct, a),
        function => begin(direct, function, [a, b]),
    }
}

fn begin(direct: Direct, function: u32, [a, b]: [u64; 2]) -> [u64; 8] {
    let here = context::here();
    let mut held = kernel::lock();
    let kernel = kernel::of(&mut held);
    here.entered(Via::Interrupt);
    let Some(app) = direct.partition.app().filter(|_| kernel.an_agent_is_free(here.cpu)) else {
        return error(ffa::BUSY);
    };
    let cpu = here.cpu;
    let submitted = kernel.submit(here, &PLAIN, |kernel, thread, job| {
        let value = Parameter::Value(a, b, true);
        let parameters = [value, Parameter::Nothing, Parameter::Nothing, Parameter::Nothing];
        *job = Job { app, function, parameters, count: 1, direct: Some(direct), ..Job::NONE };
        kernel.journal.note(cpu::now(), cpu, Note::Begin(thread, app.number(), 0));
        Ok(())
    });
    let Ok(Some(thread)) = submitted else { return error(ffa::BUSY) };
    here.via = Via::Ffa(thread);
    if kernel.config.agent != Agent::Caller {
        kernel.happens(here, Event::Issue);
    }
    leaving::go(held, here)
}

/// After a managed exit.
fn go_on(direct: Direct, handle: u64) -> [u64; 8] {
    let here = context::here();
    let mut held = kernel::lock();
    let kernel = kernel::of(&mut held);
    match kernel.of_handle(handle).filter(|it| asked_by(*it) == Some(direct)) {
        Some(thread) => bring_back(held, here, thread),
        None => error(ffa::INVALID_PARAMETERS),
    }
}

/// FFA_RUN.
fn run(target: u32) -> [u64; 8] {
    let here = context::here();
    let mut held = kernel::lock();
    let kernel = kernel::of(&mut held);
    let thread = ThreadId::new((target & 0xffff) as usize).filter(|it| {
        let thread = kernel.state.thread(*it);
        let partition = asked_by(*it).map(|it| it.partition);
        let is_there = thread.kind() == Kind::Request && thread.phase() != Phase::Free;
        is_there && partition.is_some() && partition == Partition::of((target >> 16) as u16)
    });
    match thread {
        Some(thread) => bring_back(held, here, thread),
        None => error(ffa::INVALID_PARAMETERS),
    }
}

/// How a request was asked for, with the lock held.
fn asked_by(thread: ThreadId) -> Option<Direct> {
    // SAFETY: who asked is not changed by the thread.
    unsafe { context::job(thread) }.direct
}

/// The CPU goes back to a request.
fn bring_back(mut held: Held, here: &mut Here, thread: ThreadId) -> [u64; 8] {
    let kernel = kernel::of(&mut held);
    here.entered(Via::Ffa(thread));
    let event = match kernel.agent_of(here.cpu) {
        None => Event::Resume(thread),
        Some(agent) if agent == Some(thread) => Event::Issue,
        // It has an agent, and that one is elsewhere.
        Some(_) => return error(ffa::DENIED),
    };
    kernel.happens(here, event);
    leaving::go(held, here)
}

/// To the REE: how a request ended, or why not yet.
#[inline(never)]
pub(crate) fn answer(mut held: Held, here: &mut Here, thread: ThreadId) -> ! {
    let answer = told(kernel::of(&mut held), here.answer, thread);
    drop(held);
    here.give_fp_back();
    leave::answer_wide(answer)
}

fn told(kernel: &Kernel, answer: Answer, thread: ThreadId) -> [u64; 8] {
    // SAFETY: the thread does not run, or does not change what is read unless it has ended; the lock is held.
    let job = unsafe { context::job(thread) };
    let Some(Direct { partition, wide }) = job.direct else { return error(ffa::INVALID_PARAMETERS) };
    let id = u64::from(partition.id()) << 16;
    let respond = |result: u32, a: u64, b: u64| {
        let (function, [a, b]) = if wide {
            (ffa::DIRECT_RESPONSE | ffa::WIDE, [a, b])
        } else {
            (ffa::DIRECT_RESPONSE, [a, b].map(|it| it & u64::from(u32::MAX)))
        };
        [function.into(), id | u64::from(ffa::REE), 0, result.into(), a, b, 0, 0]
    };
    let target = id | thread.index() as u64;
    let waits =
        answer == Answer::Pending(thread) || matches!(kernel.state.thread(thread).phase(), Phase::Blocked(_));
    match answer {
        Answer::Finished(it) if it == thread => {
            let (a, b) = if job.result == message::SUCCESS { job.value(0).unwrap_or((0, 0)) } else { (0, 0) };
            respond(job.result, a, b)
        }
        _ if waits => [ffa::YIELD.into(), target, 0, 0, 0, 0, 0, 0],
        _ if partition.managed => respond(ffa::INTERRUPTED, kernel.handle(thread), 0),
        _ => [ffa::INTERRUPT.into(), target, 0, 0, 0, 0, 0, 0],
    }
}
