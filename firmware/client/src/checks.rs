//! Whether the TEE does what it says, as a client sees it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use casemate_metal_abi::apps as named;
use casemate_metal_abi::message;

use crate::apps::{self, CIPHER, COUNTER, PLAIN};
use crate::check::Checks;
use crate::hotplug;
use crate::sys::power;
use crate::sys::tee::{self as device, Device, Shared};
use crate::tee::{Error, Parameter, Session, invoke};

/// Numbers that take the TEE a while, and those that take it so long that they have to be cancelled.
const LONG: u64 = 300_000;
const ENDLESS: u64 = 1 << 40;
/// Nanoseconds after which the test device raises its interrupt.
const DEVICE_TAKES: u64 = 3_000_000;
/// By which number that is.
const CANCEL_ID: u32 = 7;

pub(crate) fn open() -> Result<Device, String> {
    Device::open().map_err(|error| format!("/dev/tee0: {error}"))
}

pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(is: T, should: T) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{is:x?} instead of {should:x?}")) }
}

/// All of them.
pub(crate) fn run(checks: &mut Checks) {
    checks.add("client-dies", client_dies());
    checks.add("echo", echo());
    checks.add("echo-memory", echo_memory());
    checks.add("aes", aes());
    checks.add("long", long());
    checks.add("simd", simd());
    checks.add("chain", chain());
    checks.add("deadlock", deadlock());
    checks.add("overflow", overflow());
    checks.add("periodic", periodic());
    checks.add("unknown-application", unknown_application());
    checks.add("session-of-another", session_of_another());
    checks.add("cancel", cancel());
    checks.add("device", device());
    checks.add("side-by-side", side_by_side());
    checks.add("hotplug", hotplug::run());
}

fn echo() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::ECHO)?;
    let after = session.invoke(named::ECHO_REPEAT, &[Parameter::Value(3, 4)])?;
    expect(after, vec![Parameter::Value(4, 3)])
}

fn echo_memory() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::ECHO)?;
    let shared = |len| Shared::new(&device, len).map_err(|error| format!("shared memory: {error}"));
    let (mut from, to) = (shared(10_000)?, shared(12_000)?);
    let bytes: Vec<u8> = (0..10_000_u32).map(|it| (it * 7 % 251) as u8).collect();
    from.write(&bytes);
    let parameters = [Parameter::Value(0, 0), from.parameter(), to.parameter()];
    session.invoke(named::ECHO_REPEAT, &parameters)?;
    expect(to.bytes()[..10_000] == bytes, true)?;
    let too_short = [Parameter::Value(0, 0), to.parameter(), from.parameter()];
    refused(session.invoke(named::ECHO_REPEAT, &too_short), message::ERROR_SHORT_BUFFER)
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>, with: u32) -> Result<(), String> {
    match outcome {
        Err(Error::Tee(result)) => expect(result, with),
        other => Err(format!("{other:?} instead of {with:#x}")),
    }
}

fn aes() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::AES)?;
    let mut shared = Shared::new(&device, 64).map_err(|error| error.to_string())?;
    shared.write(&apps::bytes(PLAIN));
    let word = |from: usize| u64::from_le_bytes(std::array::from_fn(|at| COUNTER[from + at]));
    session.invoke(named::AES_CRYPT, &[shared.parameter(), Parameter::Value(word(0), word(8))])?;
    expect(shared.bytes(), apps::bytes(CIPHER))
}

fn long() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::LONG)?;
    expect(session.value(named::LONG_SUM, LONG)?, apps::sum(LONG))
}

fn simd() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::LONG)?;
    // Our own registers have to stay too, in which this computes.
    let mut sum = 0.5_f64;
    for round in 0..20 {
        sum += f64::from(round).sqrt();
        expect(session.value(named::LONG_SIMD, LONG / 10)?, 0)?;
    }
    let again = (0..20).map(|round| f64::from(round).sqrt()).fold(0.5, |sum, root| sum + root);
    expect(sum.to_bits(), again.to_bits())
}

fn chain() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::CHAIN)?;
    expect(session.value(named::CHAIN_SUM, 5)?, 1_001_005)
}

fn deadlock() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::CHAIN)?;
    expect(session.value(named::CHAIN_DEADLOCK, 0)?, 1)?;
    expect(session.value(named::CHAIN_SUM, 6)?, 1_001_006)
}

fn overflow() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::LONG)?;
    refused(session.value(named::LONG_OVERFLOW, 1), message::ERROR_TARGET_DEAD)?;
    expect(session.value(named::LONG_SUM, 10)?, apps::sum(10))
}

/// It runs while nobody asks for anything.
fn periodic() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::PERIODIC)?;
    let before = session.value(named::PERIODIC_COUNT, 0)?;
    thread::sleep(Duration::from_millis(200));
    let runs = session.value(named::PERIODIC_COUNT, 0)? - before;
    if runs >= 2 { Ok(()) } else { Err(format!("it ran {runs} times in 200 ms")) }
}

fn unknown_application() -> Result<(), String> {
    let device = open()?;
    refused(Session::open(&device, &[9; 16]).map(|it| it.number()), message::ERROR_ITEM_NOT_FOUND)
}

/// The driver knows whose a session is, and the TEE which there are.
fn session_of_another() -> Result<(), String> {
    let (device, other) = (open()?, open()?);
    let session = Session::open(&device, &named::ECHO)?;
    for number in [session.number(), session.number() + 1, session.number() ^ 1 << 20, u32::MAX] {
        if let Ok(after) = invoke(&other, number, named::ECHO_REPEAT, 0, &[Parameter::Value(1, 2)]) {
            return Err(format!("session {number:#x} answered {after:?} to whoever does not have it"));
        }
    }
    expect(session.value(named::ECHO_REPEAT, 8)?, 0)
}

/// What would run for very long ends when it is asked to, and its session goes on.
fn cancel() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::LONG)?;
    let ended = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        let runs = scope.spawn(|| {
            let outcome = session.cancellable(named::LONG_SUM, ENDLESS, CANCEL_ID);
            ended.store(true, Ordering::Release);
            outcome
        });
        while !ended.load(Ordering::Acquire) {
            // It may not have begun yet: then it is not known, and asked again.
            thread::sleep(Duration::from_millis(20));
            let _ = device::cancel(&device, session.number(), CANCEL_ID);
        }
        runs.join().map_err(|_| "the client's task died".to_owned())
    })?;
    refused(outcome, message::ERROR_CANCEL)?;
    expect(session.value(named::LONG_SUM, 10)?, apps::sum(10))
}

/// Who waits for a secure interrupt has it, whichever CPU he asked on and whichever it comes to.
fn device() -> Result<(), String> {
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    let counted = |cpu: usize| {
        power::stay_on(cpu).map_err(|error| format!("CPU {cpu}: {error}"))?;
        let device = open()?;
        let session = Session::open(&device, &named::DEVICE)?;
        Ok::<_, String>(session.value(named::DEVICE_WAIT, DEVICE_TAKES)?)
    };
    for cpu in 0..cpus {
        let counted = thread::scope(|scope| {
            scope.spawn(|| counted(cpu)).join().map_err(|_| "the client's task died".to_owned())?
        });
        expect(counted?, cpu as u64 + 1)?;
    }
    Ok(())
}

/// A client that is killed in the middle takes its session along, and no other.
fn client_dies() -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::ECHO)?;
    for _ in 0..20 {
        let child = power::fork(|| {
            if let Ok(device) = Device::open()
                && let Ok(session) = Session::open(&device, &named::LONG)
            {
                let _ = session.value(named::LONG_SUM, LONG);
            }
        });
        let child = child.map_err(|error| format!("fork: {error}"))?;
        thread::sleep(Duration::from_millis(3));
        power::kill(child);
    }
    expect(session.value(named::ECHO_REPEAT, 8)?, 0)?;
    // More than there are places for: those of the dead are free again.
    let sessions: Result<Vec<_>, _> = (0..8).map(|_| Session::open(&device, &named::LONG)).collect();
    expect(sessions?.len(), 8)
}

/// Several clients at a time, each with its own results.
fn side_by_side() -> Result<(), String> {
    thread::scope(|scope| {
        let clients: Vec<_> = (0..6_u64)
            .map(|client| {
                scope.spawn(move || {
                    let device = open()?;
                    let session = Session::open(&device, &named::LONG)?;
                    for round in 0..5 {
                        let count = LONG / 20 * (client + 1) + round;
                        expect(session.value(named::LONG_SUM, count)?, apps::sum(count))?;
                    }
                    Ok(())
                })
            })
            .collect();
        clients.into_iter().try_for_each(|it| it.join().map_err(|_| "a client died".to_owned())?)
    })
}

/// The REE's interrupts are masked for as long as this takes.
pub(crate) fn stall(numbers: u64) -> Result<(), String> {
    let device = open()?;
    let session = Session::open(&device, &named::LONG)?;
    session.value(named::LONG_MASKED, numbers)?;
    // What Linux has to say of it comes with its next tick.
    thread::sleep(Duration::from_millis(500));
    Ok(())
}
