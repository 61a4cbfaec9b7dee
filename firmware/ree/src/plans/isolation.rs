//! What the REE can reach of the TEE: nothing.

use casemate_machine::{read, write};
use casemate_metal_abi::message::{self as m, PAGE as BYTES};
use casemate_metal_abi::{apps, map, own, psci, smc};

use crate::random::Random;
use crate::sys::call::{self, Everything};
use crate::sys::probe;
use crate::sys::shared::Page;
use crate::{Orders, check, expect, interrupts, tee};

const PAGE: Page = Page::new(0);
const OTHER: Page = Page::new(1);
/// Longer than a tick: a secure interrupt comes meanwhile.
const WAITS: u64 = 3_000_000;
/// Ticks of the counter after which our timer interrupts: more than the least quantum that a thread has.
const SOON: u64 = 20_000;

pub(crate) fn run(orders: &Orders) {
    memory();
    interrupt_controller();
    pointers();
    forged();
    registers(orders);
}

/// Neither read nor written: monitor, kernel, set-up, log, the flash memory they came from, the TEE's serial line.
fn memory() {
    let places = [
        ("monitor", map::MONITOR),
        ("monitor-end", map::KERNEL - 4),
        ("kernel", map::KERNEL),
        ("kernel-data", map::KERNEL + 0x8_0000),
        ("set-up", map::SETUP),
        ("log", map::LOG),
        ("secure-end", map::SECURE + map::SECURE_LEN - 4),
        ("flash", map::FLASH),
        ("flash-kernel", map::FLASH_KERNEL),
        ("secure-line", map::SECURE_UART),
    ];
    for (name, at) in places {
        let (read, written) = (probe::read(at), probe::write(at, 0));
        if read.is_none() && !written {
            check(name, Ok(()));
        } else {
            check(name, Err(&format_args!("{at:#x}: read {read:x?}, written {written}")));
        }
    }
    expect("memory-of-its-own", probe::read(PAGE.address()).is_some(), true);
}

/// The TEE's interrupts are not the REE's to see or to change.
fn interrupt_controller() {
    const ISENABLER: u64 = 0x1_0100;
    const ICENABLER: u64 = 0x1_0180;
    let secure = 1 << map::SECURE_TIMER | 0xff00;
    probe::write(map::GICR + ICENABLER, secure);
    expect("private-interrupts", probe::read(map::GICR + ISENABLER).map(|it| it & secure), Some(0));
    let (word, bit) = (u64::from(own::DEVICE_SPI / 32) * 4, 1_u32 << (own::DEVICE_SPI % 32));
    probe::write(map::GICD + 0x180 + word, bit);
    expect("device-interrupt", probe::read(map::GICD + 0x100 + word).map(|it| it & bit), Some(0));
    // Of secure interrupts the TEE still has its tick: a periodic task runs on.
    let count = || {
        let session = tee::open(PAGE, &apps::PERIODIC)?;
        let count = tee::value(PAGE, session, apps::PERIODIC_COUNT, [0, 0])?.0[0];
        tee::close(PAGE, session);
        Ok::<_, u32>(count)
    };
    let before = count();
    let until = casemate_machine::sys::cpu::now() + 62_500_000 / 8;
    while casemate_machine::sys::cpu::now() < until {
        casemate_machine::sys::cpu::pause();
    }
    let after = count();
    match (before, after) {
        (Ok(before), Ok(after)) if after > before => check("the-tick-goes-on", Ok(())),
        other => check("the-tick-goes-on", Err(&format_args!("{other:?}"))),
    }
}

/// Messages and memory that are not the REE's to hand over.
fn pointers() {
    let ask = |address: u64| {
        let [high, low] = tee::halves(address);
        tee::ask(smc::CALL_WITH_ARG, [high, low, 0, 0])[0] as u32
    };
    let places = [
        ("message-in-secure-memory", map::KERNEL),
        ("message-in-the-log", map::LOG),
        ("message-in-flash", map::FLASH),
        ("message-in-a-device", map::UART),
        ("message-past-the-end", u64::MAX - 31),
        ("message-below-memory", map::DRAM - 32),
        ("message-unaligned", PAGE.address() + 4),
        ("message-over-a-page", PAGE.address() + BYTES as u64 - 16),
    ];
    for (name, address) in places {
        expect(name, ask(address), smc::RETURN_EBADADDR);
    }
    tee::write_head(PAGE, m::INVOKE_COMMAND, 0, 0, 1_000);
    expect("too-many-parameters", ask(PAGE.address()), smc::RETURN_EBADADDR);

    let Ok(session) = tee::open(PAGE, &apps::ECHO) else { return check("echo", Err(&"no session")) };
    let buffers = [
        ("buffer-in-secure-memory", map::KERNEL, 64),
        ("buffer-into-secure-memory", map::SECURE - 32, 64),
        ("buffer-of-everything", map::DRAM, u64::MAX),
        ("buffer-past-the-end", u64::MAX - 8, 64),
        ("buffer-too-long", map::DRAM, 1 << 30),
    ];
    for (name, at, len) in buffers {
        tee::write_head(PAGE, m::INVOKE_COMMAND, apps::ECHO_REPEAT, session, 3);
        tee::write_parameter(PAGE, 0, m::NONE, [0; 3]);
        tee::write_parameter(PAGE, 1, m::TMEM_INPUT, [at, len, 0]);
        tee::write_parameter(PAGE, 2, m::TMEM_OUTPUT, [OTHER.address(), 64, 0]);
        tee::call(PAGE);
        expect(name, tee::result(PAGE), m::ERROR_BAD_PARAMETERS);
    }
    // A list of pages, one of which is the TEE's.
    for (name, list, listed) in [
        ("pages-of-the-kernel", OTHER.address(), map::KERNEL),
        ("pages-unaligned", OTHER.address(), PAGE.address() + 8),
        ("list-in-secure-memory", map::KERNEL, PAGE.address()),
    ] {
        OTHER.write64(0, listed);
        tee::write_head(PAGE, m::REGISTER_SHM, 0, 0, 1);
        tee::write_parameter(PAGE, 0, m::TMEM_OUTPUT | m::NONCONTIG, [list, 64, 0x77]);
        tee::call(PAGE);
        expect(name, tee::result(PAGE), m::ERROR_BAD_PARAMETERS);
    }
    tee::close(PAGE, session);
}

/// Handles and sessions that nobody has.
fn forged() {
    let Ok(session) = tee::open(PAGE, &apps::ECHO) else { return check("echo", Err(&"no session")) };
    for (name, number) in
        [("session-beside", session + 1), ("session-of-before", session ^ 1 << 8), ("session-0", 0)]
    {
        expect(
            name,
            tee::value(OTHER, number, apps::ECHO_REPEAT, [1, 2]).err(),
            Some(m::ERROR_BAD_PARAMETERS),
        );
        expect(name, tee::close(OTHER, number), m::ERROR_BAD_PARAMETERS);
    }
    for handle in [0, 1, 17, 0x101, u64::MAX, 1 << 63] {
        let answer = tee::ask(smc::RETURN_FROM_RPC, [0, 0, handle, 0])[0] as u32;
        expect("handle-of-nobody", answer, smc::RETURN_EBADCMD);
        for function in [own::RESUME, own::CANCEL] {
            let answer = tee::ask(function, [handle, 0, 0, 0]);
            expect("handle-of-nobody", [answer[0], answer[1]], [own::STATUS_REFUSED.into(), 1]);
        }
    }
    for function in [
        casemate_metal_abi::monitor::READY,
        casemate_metal_abi::monitor::ANSWER,
        casemate_metal_abi::monitor::RESUME,
        casemate_metal_abi::monitor::SYSTEM_OFF,
    ] {
        let answer = tee::ask(function, [1, 2, 3, 4])[0] as u32;
        expect("what-only-the-kernel-may-ask", answer, smc::RETURN_UNKNOWN_FUNCTION);
    }
    expect("still-there", tee::value(OTHER, session, apps::ECHO_REPEAT, [1, 2]).map(|it| it.0), Ok([2, 1]));
    expect("closed", tee::close(PAGE, session), m::SUCCESS);
    expect("closed-for-good", tee::close(PAGE, session), m::ERROR_BAD_PARAMETERS);
}

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
fn registers(orders: &Orders) {
    let mut random = Random(orders.seed);
    let (Ok(aes), Ok(long)) = (tee::open(PAGE, &apps::AES), tee::open(PAGE, &apps::LONG)) else {
        return check("sessions", Err(&"none"));
    };
    call::mask();
    let [high, low] = tee::halves(PAGE.address());
    let yielding = [smc::CALL_WITH_ARG.into(), high, low];
    let calls: [Call; 9] = [
        ("psci", [psci::VERSION.into(), 0, 0], None, 1),
        ("unknown-function", [0x8400_4444, 0, 0], None, 1),
        ("fast-call", [own::NOTHING.into(), 0, 0], None, 4),
        ("uid", [smc::CALLS_UID.into(), 0, 0], None, 4),
        ("aes", yielding, Some((aes, apps::AES_CRYPT)), 4),
        ("simd", yielding, Some((long, apps::LONG_SIMD)), 4),
        ("overflow", yielding, Some((long, apps::LONG_OVERFLOW)), 4),
        ("bad-message", [smc::CALL_WITH_ARG.into(), 0, map::KERNEL], None, 4),
        ("schedule", [own::SCHEDULE.into(), 0, 0], None, 4),
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
