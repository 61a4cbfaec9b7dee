//! Direct messages of FF-A (Arm DEN0077A): versions and partitions, requests and answers, interrupts in the middle.

use casemate_metal_abi::{apps, ffa, message as m, own};

use crate::sys::call;
use crate::{expect, interrupts, tee};

/// Applications by their places among the partitions.
const ECHO: u16 = 0;
const LONG: u16 = 2;
const CHAIN: u16 = 4;
const DEVICE: u16 = 5;
/// One that needs memory, and is none.
const AES: u16 = 1;
/// Longer than several ticks of ours.
const NUMBERS: u64 = 3_000_000;
/// Ticks of the counter between two of ours.
const TICK: u64 = 62_500;

pub(crate) fn run() {
    setting_up();
    partitions();
    let expected = Ok([u64::from(m::SUCCESS), 2, 1]);
    expect("echo", request(ffa::FIRST + ECHO, 0, [1, 2]).map(|it| it.0), expected);
    expect("echo-managed", request(ffa::FIRST_MANAGED + ECHO, 0, [1, 2]).map(|it| it.0), expected);
    narrow();
    refused();
    call::unmask();
    interrupts::tick_every(TICK, false);
    let sum = Ok([u64::from(m::SUCCESS), tee::sum(NUMBERS), 0]);
    for (name, first) in [("long", ffa::FIRST), ("long-managed", ffa::FIRST_MANAGED)] {
        let answer = request(first + LONG, apps::LONG_SUM, [NUMBERS, 0]);
        expect(name, answer.map(|it| it.0), sum);
        expect("interrupted", answer.is_ok_and(|it| it.1 > 3), true);
    }
    let simd = request(ffa::FIRST + LONG, apps::LONG_SIMD, [NUMBERS / 3, 0]);
    expect("simd", simd.map(|it| it.0[1]), Ok(0));
    interrupts::tick_every(0, false);
    call::mask();
    let chain = request(ffa::FIRST + CHAIN, apps::CHAIN_SUM, [5, 0]);
    expect("chain", chain.map(|it| it.0[1]), Ok(1_001_005));
    let overflow = request(ffa::FIRST + LONG, apps::LONG_OVERFLOW, [1, 0]);
    expect("overflow", overflow.map(|it| it.0[0]), Ok(m::ERROR_TARGET_DEAD.into()));
    device();
}

/// Versions, features, and who is who.
fn setting_up() {
    let one = |function: u32, a: u64| tee::ask(function, [a, 0, 0, 0]);
    expect("version", one(ffa::VERSION, 0x1_0000)[0], ffa::IMPLEMENTED.into());
    expect("version-that-is-none", one(ffa::VERSION, 1 << 31)[0] as u32 as i32, ffa::NOT_SUPPORTED);
    expect("who-we-are", one(ffa::ID_GET, 0)[2], ffa::REE.into());
    expect("who-manages", one(ffa::SPM_ID_GET, 0)[2], ffa::SPM.into());
    for function in [ffa::RUN, ffa::DIRECT_REQUEST, ffa::DIRECT_REQUEST | ffa::WIDE] {
        expect("feature", one(ffa::FEATURES, function.into())[0], ffa::SUCCESS.into());
    }
    // FFA_RXTX_MAP, FFA_MSG_SEND2, FFA_MEM_SHARE, an answer of ours, and nothing.
    for function in [0x8400_0066, 0x8400_0086, 0x8400_0073, ffa::DIRECT_RESPONSE, 0x8400_00ff] {
        expect("feature-that-is-none", why(one(ffa::FEATURES, function.into())), Some(ffa::NOT_SUPPORTED));
        expect("function-that-is-none", why(one(function, 0)), Some(ffa::NOT_SUPPORTED));
    }
}

/// Each partition is told of once; those of one UUID are told of alone.
fn partitions() {
    let describe =
        |uuid: [u64; 2], at: u64| tee::ask(ffa::PARTITION_INFO_GET_REGS, [uuid[0], uuid[1], at, 0]);
    let last = describe([0; 2], 0)[2] & 0xffff;
    let (mut ids, mut different) = ([0; 16], 0);
    for at in 0..=last {
        let id = describe([0; 2], at)[3] as u16;
        if !ids.contains(&id) {
            ids[different] = id;
            different += 1;
        }
    }
    expect("partitions", (last + 1, different), (10, 10));
    expect("partition-past-the-last", why(describe([0; 2], last + 1)), Some(ffa::INVALID_PARAMETERS));
    let word = |from: usize| u64::from_le_bytes(core::array::from_fn(|at| apps::ECHO[from + at]));
    let echo = [0, 1].map(|at| describe([word(0), word(8)], at)[3] as u16);
    expect("partitions-of-echo", echo, [ffa::FIRST + ECHO, ffa::FIRST_MANAGED + ECHO]);
    expect("partition-of-nobody", why(describe([7, 7], 0)), Some(ffa::INVALID_PARAMETERS));
}

/// Of 32 bits goes in what comes out.
fn narrow() {
    let to = u64::from(ffa::FIRST + ECHO);
    let answer = call::smc([ffa::DIRECT_REQUEST.into(), to, 0, 0, 1 << 32 | 7, 8, 0, 0]);
    expect("narrow", [answer[0], answer[4], answer[5]], [ffa::DIRECT_RESPONSE.into(), 8, 7]);
}

/// What makes no sense.
fn refused() {
    let to = |ends: u64, about: u64, x3: u64, x4: u64| {
        let request = ffa::DIRECT_REQUEST | ffa::WIDE;
        why(call::smc([request.into(), ends, about, x3, x4, 0, 0, 0]))
    };
    let echo = u64::from(ffa::FIRST + ECHO);
    let managed = u64::from(ffa::FIRST_MANAGED + ECHO);
    expect("to-nobody", to(0x7fff, 0, 0, 0), Some(ffa::INVALID_PARAMETERS));
    expect("to-the-manager", to(ffa::SPM.into(), 0, 0, 0), Some(ffa::INVALID_PARAMETERS));
    expect("to-what-needs-memory", to((ffa::FIRST + AES).into(), 0, 0, 0), Some(ffa::INVALID_PARAMETERS));
    expect("as-another", to(1 << 16 | echo, 0, 0, 0), Some(ffa::INVALID_PARAMETERS));
    expect("as-a-partition", to(echo << 16 | echo, 0, 0, 0), Some(ffa::INVALID_PARAMETERS));
    expect("of-the-framework", to(echo, 1 << 31, 0, 0), Some(ffa::NOT_SUPPORTED));
    for handle in [0, 1, 17, 0x101, u64::MAX] {
        expect("on-with-nothing", to(managed, 0, ffa::GO_ON.into(), handle), Some(ffa::INVALID_PARAMETERS));
    }
    for target in [0, echo << 16, echo << 16 | 0xffff, u64::from(u32::MAX)] {
        let answer = tee::ask(ffa::RUN, [target, 0, 0, 0]);
        expect("run-nobody", why(answer), Some(ffa::INVALID_PARAMETERS));
    }
}

/// A partition that waits gives the CPU back, and goes on when its interrupt came; nobody else's request goes on for it.
fn device() {
    let begin = || {
        call::smc([(ffa::DIRECT_REQUEST | ffa::WIDE).into(), (ffa::FIRST + DEVICE).into(), 0, 0, 0, 0, 0, 0])
    };
    let waits = begin();
    expect("waits", waits[0], ffa::YIELD.into());
    let context = waits[1] & 0xffff;
    let of_another = u64::from(ffa::FIRST + ECHO) << 16 | context;
    expect("run-for-another", why(tee::ask(ffa::RUN, [of_another, 0, 0, 0])), Some(ffa::INVALID_PARAMETERS));
    expect("still-waits", tee::ask(ffa::RUN, [waits[1], 0, 0, 0]), waits);
    tee::ask(own::RAISE_DEVICE, [0; 4]);
    let mut answer = tee::ask(ffa::RUN, [waits[1], 0, 0, 0]);
    for _ in 0..1_000 {
        if ![ffa::YIELD, ffa::INTERRUPT].contains(&(answer[0] as u32)) {
            break;
        }
        answer = tee::ask(ffa::RUN, [answer[1], 0, 0, 0]);
    }
    expect("woken", answer[0], (ffa::DIRECT_RESPONSE | ffa::WIDE).into());
    expect("woken-once", why(tee::ask(ffa::RUN, [waits[1], 0, 0, 0])), Some(ffa::INVALID_PARAMETERS));
}

/// Why not, if it is a refusal.
fn why(answer: [u64; 8]) -> Option<i32> {
    (answer[0] as u32 == ffa::ERROR).then_some(answer[2] as u32 as i32)
}

/// A direct request to its end: how it ended and its value, and how often it was interrupted.
fn request(to: u16, function: u32, [a, b]: [u64; 2]) -> Result<([u64; 3], u32), [u64; 8]> {
    let send = |function: u32, a: u64, b: u64| {
        call::smc([(ffa::DIRECT_REQUEST | ffa::WIDE).into(), to.into(), 0, function.into(), a, b, 0, 0])
    };
    let (mut answer, mut interrupted) = (send(function, a, b), 0);
    loop {
        match answer[0] as u32 {
            ffa::INTERRUPT | ffa::YIELD => answer = tee::ask(ffa::RUN, [answer[1], 0, 0, 0]),
            f if f == ffa::DIRECT_RESPONSE | ffa::WIDE && answer[3] as u32 == ffa::INTERRUPTED => {
                answer = send(ffa::GO_ON, answer[4], 0);
            }
            f if f == ffa::DIRECT_RESPONSE | ffa::WIDE && answer[1] == u64::from(to) << 16 => {
                return Ok(([answer[3], answer[4], answer[5]], interrupted));
            }
            _ => return Err(answer),
        }
        interrupted += 1;
    }
}
