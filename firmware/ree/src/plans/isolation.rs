//! What the REE can reach of the TEE: nothing.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use casemate_machine::sys::cpu;
use casemate_metal_abi::message::{self as m, HEADER, PAGE as BYTES};
use casemate_metal_abi::{apps, map, own, smc};

use crate::plans::registers::registers;
use crate::sys::probe;
use crate::sys::shared::Page;
use crate::{Orders, check, expect, power, say, tee};

const PAGE: Page = Page::new(0);
const OTHER: Page = Page::new(1);
/// SP 800-38A, F.5.1: the key that the TEE has, kept inverted so that we do not have it ourselves.
const NOT_THE_KEY: [u32; 4] = [!0x1615_7e2b, !0xa6d2_ae28, !0x8815_f7ab, !0x3c4f_cf09];
/// Memory of ours ends there.
const OURS_ENDS: u64 = map::DRAM + 0x400_0000;
/// Calls whose message changes while it is read.
const CHANGING: u32 = 500;

pub(crate) fn run(orders: &Orders) {
    memory();
    interrupt_controller();
    pointers();
    forged();
    changing(orders.cpus);
    registers(orders);
    key();
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
    let until = cpu::now() + 62_500_000 / 8;
    // Nobody else is on whom a pause would let go on.
    while cpu::now() < until {}
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

static SESSION: AtomicU32 = AtomicU32::new(0);
static OVER: AtomicBool = AtomicBool::new(false);
static COPIED: AtomicU32 = AtomicU32::new(0);
static REFUSED: AtomicU32 = AtomicU32::new(0);
static WRONG: AtomicU32 = AtomicU32::new(0);

/// Another CPU changes where a buffer is while the TEE looks at it: now it is ours, now it is the kernel's. Whatever the
/// TEE believes it believes once: what comes out is what was in ours, or nothing.
fn changing(cpus: usize) {
    if cpus < 2 {
        return;
    }
    let Ok(session) = tee::open(PAGE, &apps::ECHO) else { return check("echo", Err(&"no session")) };
    SESSION.store(session, Ordering::Relaxed);
    power::on_all(2, |number| if number == 0 { call_on() } else { change_on() });
    let [copied, refused, wrong] = [&COPIED, &REFUSED, &WRONG].map(|it| it.load(Ordering::Relaxed));
    expect("changing-messages", (copied + refused, wrong), (CHANGING, 0));
    say!("changing copied={copied} refused={refused}");
    tee::close(PAGE, session);
}

/// Where the buffer of the message is said to be: the third word of its second parameter.
const BUFFER_AT: usize = HEADER + m::PARAMETER + 8;
/// What is in ours.
const OURS: u64 = 0x5a5a_1234_5a5a_9876;

fn call_on() {
    let (from, to) = (Page::new(2), Page::new(3));
    from.write64(0, OURS);
    for _ in 0..CHANGING {
        to.write64(0, 0);
        tee::write_head(PAGE, m::INVOKE_COMMAND, apps::ECHO_REPEAT, SESSION.load(Ordering::Relaxed), 3);
        tee::write_parameter(PAGE, 0, m::NONE, [0; 3]);
        tee::write_parameter(PAGE, 1, m::TMEM_INPUT, [from.address(), 8, 0]);
        tee::write_parameter(PAGE, 2, m::TMEM_OUTPUT, [to.address(), 8, 0]);
        tee::call(PAGE);
        let counted = match (tee::result(PAGE), to.read64(0)) {
            (m::SUCCESS, OURS) => &COPIED,
            (m::ERROR_BAD_PARAMETERS, 0) => &REFUSED,
            _ => &WRONG,
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }
    OVER.store(true, Ordering::Release);
}

fn change_on() {
    while !OVER.load(Ordering::Acquire) {
        for address in [map::KERNEL, Page::new(2).address()] {
            PAGE.write64(BUFFER_AT, address);
        }
    }
}

/// The key with which the TEE has encrypted is nowhere in our memory.
fn key() {
    let key = core::hint::black_box(NOT_THE_KEY).map(|it| !it);
    let found = probe::find(key, map::REE, OURS_ENDS);
    match found {
        None => check("key-nowhere", Ok(())),
        Some(at) => check("key-nowhere", Err(&format_args!("at {at:#x}"))),
    }
}
