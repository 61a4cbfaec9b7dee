//! What changes of worlds leave in registers: what was there before, or the answer.

use casemate_machine::{read, write};
use casemate_metal_abi::message as m;
use casemate_metal_abi::{apps, ffa, map, own, psci, smc};

use crate::random::Random;
use crate::sys::call::{self, Everything};
use crate::sys::shared::Page;
use crate::{Orders, check, expect, interrupts, tee};

const PAGE: Page = Page::new(0);
const OTHER: Page = Page::new(1);
/// Longer than a tick: a secure interrupt comes meanwhile.
const WAITS: u64 = 3_000_000;
/// Ticks of the counter after which our timer interrupts: more than the least quantum that a thread has.
const SOON: u64 = 20_000;

/// Registers of EL1 that a program of this level has.
fn system() -> [u64; 22] {
    [
        read!("sctlr_el1"),
        read!("ttbr0_el1"),
        read!("ttbr1_el1"),
        read!("tcr_el1"),
        read!("mair_el1"),
        read!("amair_el1"),
        read!("vbar_el1"),
        read!("cpacr_el1"),
        read!("contextidr_el1"),
        read!("tpidr_el1"),
        read!("tpidr_el0"),
        read!("tpidrro_el0"),
        read!("sp_el0"),
        read!("esr_el1"),
        read!("far_el1"),
        read!("elr_el1"),
        read!("spsr_el1"),
        read!("par_el1"),
        read!("afsr0_el1"),
        read!("afsr1_el1"),
        read!("csselr_el1"),
        read!("cntkctl_el1"),
    ]
}

/// A call: its name, x0 to x2, the session and function of its message, and how many registers its answer has.
type Call = (&'static str, [u64; 3], Option<(u32, u32)>, usize);

/// After every kind of change of worlds all registers are as they were, or hold what the call says it answers with.
pub(crate) fn registers(orders: &Orders) {
    let mut random = Random(orders.seed);
    let (Ok(aes), Ok(long)) = (tee::open(PAGE, &apps::AES), tee::open(PAGE, &apps::LONG)) else {
        return check("sessions", Err(&"none"));
    };
    call::mask();
    let [high, low] = tee::halves(PAGE.address());
    let yielding = [smc::CALL_WITH_ARG.into(), high, low];
    let echo = (ffa::FIRST).into();
    let calls: [Call; 16] = [
        ("psci", [psci::VERSION.into(), 0, 0], None, 1),
        ("unknown-function", [0x8400_4444, 0, 0], None, 1),
        ("fast-call", [own::NOTHING.into(), 0, 0], None, 4),
        ("uid", [smc::CALLS_UID.into(), 0, 0], None, 4),
        ("aes", yielding, Some((aes, apps::AES_CRYPT)), 4),
        ("simd", yielding, Some((long, apps::LONG_SIMD)), 4),
        ("overflow", yielding, Some((long, apps::LONG_OVERFLOW)), 4),
        ("bad-message", [smc::CALL_WITH_ARG.into(), 0, map::KERNEL], None, 4),
        ("schedule", [own::SCHEDULE.into(), 0, 0], None, 4),
        ("issue", [own::ISSUE.into(), 0, 0], None, 4),
        ("collect", [own::COLLECT.into(), 0, 0], None, 4),
        ("cancel-nobody", [own::CANCEL.into(), 0x101, 0], None, 4),
        ("resume-nobody", [own::RESUME.into(), 0x101, 0], None, 4),
        ("direct-request", [(ffa::DIRECT_REQUEST | ffa::WIDE).into(), echo, 0], None, 8),
        ("direct-request-narrow", [ffa::DIRECT_REQUEST.into(), echo, 0], None, 8),
        ("ffa-function-that-is-none", [ffa::DIRECT_RESPONSE.into(), 0, 0], None, 8),
    ];
    for (name, first, message, answers) in calls {
        if let Some((session, function)) = message {
            write_request(session, function);
        }
        let before = pattern(&mut random, first);
        let (system_before, after) = (set_system(&mut random), call::call_with_all(&before));
        compare(name, &before, &after, answers, system_before);
        if message.is_some() {
            complete(&after);
        }
    }
    interrupted(&mut random, long);
    agents(&mut random, long);
    // Asleep in both worlds until our timer's interrupt.
    interrupts::tick_every(SOON, false);
    let before = pattern(&mut random, [psci::CPU_SUSPEND[1].into(), 0, 0]);
    let (system_before, after) = (set_system(&mut random), call::call_with_all(&before));
    interrupts::tick_every(0, false);
    compare("suspend", &before, &after, 4, system_before);
    // A secure interrupt, while a program does nothing but count.
    let before = pattern(&mut random, [WAITS, 0, 0]);
    let (system_before, after) = (set_system(&mut random), call::wait_with_all(&before));
    compare("secure-interrupt", &before, &after, 1, system_before);
    call::unmask();
}

/// A call that came back for an interrupt goes on to its end.
fn complete(after: &Everything) {
    let mut answer = [after.x[0], after.x[3]];
    while answer[0] as u32 == smc::RPC_FOREIGN_INTR {
        call::unmask();
        call::mask();
        let [status, _, _, handle, ..] = tee::ask(smc::RETURN_FROM_RPC, [0, 0, answer[1], 0]);
        answer = [status, handle];
    }
}

/// A computation whose SIMD registers are full is interrupted by us, and so is each time that it goes on.
fn interrupted(random: &mut Random, session: u32) {
    write_request(session, apps::LONG_SIMD);
    tee::write_parameter(PAGE, 0, m::VALUE_INOUT, [1_000_000, 0, 0]);
    let [high, low] = tee::halves(PAGE.address());
    let mut first = [smc::CALL_WITH_ARG.into(), high, low];
    let (mut handle, mut times) = (0, 0);
    loop {
        let mut before = pattern(random, first);
        before.x[3] = handle;
        let system_before = set_system(random);
        interrupts::tick_every(SOON, false);
        let after = call::call_with_all(&before);
        interrupts::tick_every(0, false);
        compare(if times == 0 { "simd-entered" } else { "simd-resumed" }, &before, &after, 4, system_before);
        if after.x[0] as u32 != smc::RPC_FOREIGN_INTR || times == 3 {
            complete(&after);
            break;
        }
        (first, handle) = ([smc::RETURN_FROM_RPC.into(), 0, 0], after.x[3]);
        times += 1;
    }
    expect("simd-interrupted", times, 3);
    expect("simd-unchanged", tee::words(PAGE, 0)[0], 0);
}

/// A request that is submitted, issued or entered, interrupted, cancelled, and fetched.
fn agents(random: &mut Random, session: u32) {
    write_request(session, apps::LONG_SIMD);
    tee::write_parameter(PAGE, 0, m::VALUE_INOUT, [10_000_000, 0, 0]);
    let [high, low] = tee::halves(PAGE.address());
    let mut step = |name: &str, first: [u64; 3]| {
        let mut before = pattern(random, first);
        // What a request says of itself, and its deadline.
        (before.x[3], before.x[4]) = (0, 0);
        let system_before = set_system(random);
        interrupts::tick_every(SOON, false);
        let after = call::call_with_all(&before);
        interrupts::tick_every(0, false);
        compare(name, &before, &after, 4, system_before);
        (after.x[0] as u32, after.x[1])
    };
    let (mut status, handle) = step("submit", [own::SUBMIT.into(), high, low]);
    let has_agents = status == own::STATUS_QUEUED;
    let on = if has_agents { own::ISSUE } else { own::RESUME };
    for _ in 0..2 {
        (status, _) = step(if has_agents { "issued" } else { "resumed" }, [on.into(), handle, 0]);
    }
    expect("interrupted-again", status, own::STATUS_INTERRUPTED);
    step("cancelled", [own::CANCEL.into(), handle, 0]);
    for _ in 0..1_000 {
        if status != own::STATUS_INTERRUPTED {
            break;
        }
        (status, _) = step("on-to-its-end", [on.into(), handle, 0]);
    }
    expect("cancelled-at-last", (status, tee::result(PAGE)), (own::STATUS_FINISHED, m::ERROR_CANCEL));
}

fn write_request(session: u32, function: u32) {
    tee::write_head(PAGE, m::INVOKE_COMMAND, function, session, 2);
    if function == apps::LONG_SIMD {
        tee::write_parameter(PAGE, 0, m::VALUE_INOUT, [50_000, 0, 0]);
        tee::write_parameter(PAGE, 1, m::NONE, [0; 3]);
    } else {
        tee::write_parameter(PAGE, 0, m::TMEM_INOUT, [OTHER.address(), 64, 0]);
        tee::write_parameter(PAGE, 1, m::VALUE_INPUT, [0xf7f6_f5f4_f3f2_f1f0, 0xfffe_fdfc_fbfa_f9f8, 0]);
    }
    if function == apps::LONG_OVERFLOW {
        tee::write_parameter(PAGE, 0, m::VALUE_INOUT, [1, 0, 0]);
    }
}

fn pattern(random: &mut Random, first: [u64; 3]) -> Everything {
    let mut it = Everything::ZERO;
    it.x = core::array::from_fn(|_| random.next());
    it.x[..3].copy_from_slice(&first);
    it.v = core::array::from_fn(|_| [random.next(), random.next()]);
    it.flags = (random.next() & 0xf) << 28;
    // Rounding and flush-to-zero; inexact and saturated.
    it.fpcr = (random.next() & 7) << 22;
    it.fpsr = (random.next() & 0x1f) | 1 << 27;
    it
}

/// Registers that hold nothing which is needed now.
fn set_system(random: &mut Random) -> [u64; 22] {
    write!("contextidr_el1", random.next() & 0xffff_ffff);
    write!("tpidr_el1", random.next());
    write!("tpidr_el0", random.next());
    write!("tpidrro_el0", random.next());
    write!("sp_el0", random.next() & !15);
    write!("esr_el1", random.next() & 0x3ff_ffff);
    write!("far_el1", random.next());
    write!("par_el1", random.next() & 0xffff_ffff_f000);
    // Nothing is translated by it.
    write!("ttbr1_el1", random.next() & 0xffff_ffff_f000);
    write!("elr_el1", random.next());
    write!("spsr_el1", (random.next() & 0xf) << 28 | 5);
    write!("cntkctl_el1", random.next() & 0xf3);
    system()
}

fn compare(name: &str, before: &Everything, after: &Everything, answers: usize, system_before: [u64; 22]) {
    let system_after = system();
    let differ = |a: &[u64], b: &[u64]| a.iter().zip(b).position(|(a, b)| a != b);
    if let Some(at) = differ(&before.x[answers..], &after.x[answers..]) {
        let (at, was, is) = (at + answers, before.x[at + answers], after.x[at + answers]);
        return check(name, Err(&format_args!("x{at} was {was:#x} and is {is:#x}")));
    }
    if let Some(at) = differ(before.v.as_flattened(), after.v.as_flattened()) {
        return check(name, Err(&format_args!("v{} changed", at / 2)));
    }
    if let Some(at) = differ(&system_before, &system_after) {
        let (was, is) = (system_before[at], system_after[at]);
        return check(name, Err(&format_args!("system register {at} was {was:#x} and is {is:#x}")));
    }
    let rest = |it: &Everything| [it.fpcr, it.fpsr];
    let flags = name == "secure-interrupt" || before.flags == after.flags;
    if rest(before) != rest(after) || !flags {
        return check(name, Err(&format_args!("flags were {:x?} and are {:x?}", rest(before), rest(after))));
    }
    check(name, Ok(()));
}
