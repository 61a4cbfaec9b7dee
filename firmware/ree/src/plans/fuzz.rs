//! Calls without sense: from every CPU, with messages that change while they are read.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use casemate_machine::sys::cpu;
use casemate_metal_abi::message::{self as m, PAGE as BYTES, at};
use casemate_metal_abi::{apps, ffa, map, own, psci, smc};

use crate::random::Random;
use crate::sys::call;
use crate::sys::shared::{PAGES, Page};
use crate::{Orders, check, expect, power, say, tee};

static SEED: AtomicU64 = AtomicU64::new(0);
static COUNT: AtomicU32 = AtomicU32::new(0);
static CALLS: AtomicU64 = AtomicU64::new(0);

pub(crate) fn run(orders: &Orders) {
    SEED.store(orders.seed, Ordering::Relaxed);
    COUNT.store(orders.count, Ordering::Relaxed);
    let session = tee::open(Page::new(0), &apps::ECHO);
    power::on_all(orders.cpus, one);
    say!("fuzzed calls={}", CALLS.load(Ordering::Relaxed));
    // Whatever was opened may have been closed, and every thread may wait for a device: the TEE still answers.
    let uid = tee::ask(smc::CALLS_UID, [0; 4]);
    expect("uid", [uid[0], uid[1], uid[2], uid[3]], smc::UID.map(u64::from));
    finish_what_is_left();
    let page = Page::new(1);
    let session = tee::value(page, session.unwrap_or(0), apps::ECHO_REPEAT, [1, 2]).or_else(|_| {
        tee::open(page, &apps::ECHO).and_then(|it| tee::value(page, it, apps::ECHO_REPEAT, [1, 2]))
    });
    match session {
        Ok(([2, 1], _)) => check("still-answers", Ok(())),
        other => check("still-answers", Err(&format_args!("{other:x?}"))),
    }
}

/// Requests of one thread there may have been.
const GENERATIONS: u64 = 8_192;

/// Requests that were left in the middle are cancelled, and sessions closed.
fn finish_what_is_left() {
    // A doorbell that waits would end every call before its thread has done anything, where nothing is sure to it.
    call::unmask();
    for client in 0..64 {
        tee::ask(own::CLIENT_DIED, [client, 0, 0, 0]);
    }
    tee::ask(own::CLIENT_DIED, [u64::from(u32::MAX), 0, 0, 0]);
    // Under a design without agents only who knows a request's handle can go on with it.
    for handle in (0..GENERATIONS).flat_map(|it| (1..=16).map(move |thread| it << 8 | thread)) {
        for _ in 0..100 {
            let [status, _, ..] = tee::ask(own::RESUME, [handle, 0, 0, 0]);
            if [own::STATUS_REFUSED, own::STATUS_FINISHED].contains(&(status as u32)) {
                break;
            }
        }
    }
    for _ in 0..200 {
        for function in [own::SCHEDULE, own::ISSUE, own::COLLECT] {
            tee::ask(function, [0; 4]);
        }
        // What was asked for by a direct message has no session that could be closed.
        tee::ask(own::RAISE_DEVICE, [0; 4]);
        for partition in (0..6).flat_map(|it| [ffa::FIRST + it, ffa::FIRST_MANAGED + it]) {
            for context in 0..16 {
                tee::ask(ffa::RUN, [u64::from(partition) << 16 | context, 0, 0, 0]);
            }
        }
    }
}

/// Functions that are known to somebody, and those beside them.
fn function(random: &mut Random) -> u32 {
    const KNOWN: [u32; 32] = [
        smc::CALLS_UID,
        smc::CALL_WITH_ARG,
        smc::CALL_WITH_RPC_ARG,
        smc::CALL_WITH_REGD_ARG,
        smc::RETURN_FROM_RPC,
        smc::EXCHANGE_CAPABILITIES,
        smc::GET_ASYNC_NOTIF_VALUE,
        smc::DISABLE_SHM_CACHE,
        own::SUBMIT,
        own::SUBMIT,
        own::ISSUE,
        own::RESUME,
        own::SCHEDULE,
        own::COLLECT,
        own::CANCEL,
        own::RAISE_DEVICE,
        own::ACCOUNT,
        own::REE_TICK,
        own::CLIENT_DIED,
        own::MARK,
        ffa::RUN,
        ffa::DIRECT_REQUEST,
        ffa::DIRECT_REQUEST | ffa::WIDE,
        ffa::PARTITION_INFO_GET_REGS,
        psci::VERSION,
        psci::FEATURES,
        psci::AFFINITY_INFO[0],
        psci::AFFINITY_INFO[1],
        smc::SMCCC_VERSION,
        casemate_metal_abi::monitor::READY,
        casemate_metal_abi::monitor::ANSWER,
        casemate_metal_abi::monitor::SYSTEM_OFF,
    ];
    let known = KNOWN[random.below(KNOWN.len() as u64) as usize];
    let it = match random.below(8) {
        0 => random.next() as u32,
        1 => known ^ 1 << random.below(32),
        2 => 0x3200_0000 | random.below(0x200) as u32,
        3 => 0xb200_0000 | random.below(0x200) as u32,
        _ => known,
    };
    // These end the machine, or the CPU, as they should.
    let ends = [psci::SYSTEM_OFF, psci::SYSTEM_RESET, psci::CPU_OFF].contains(&it);
    let sleeps = psci::CPU_SUSPEND.contains(&it);
    // One that is off already would begin wherever the arguments say, and never be off again.
    let begins = psci::CPU_ON.contains(&it);
    if ends || sleeps || begins { psci::VERSION } else { it }
}

fn word(random: &mut Random) -> u64 {
    let page = Page::new(random.below(PAGES as u64) as usize);
    match random.below(9) {
        0 => random.next(),
        1 => random.below(20),
        2 => page.address() + random.below(BYTES as u64),
        3 => map::SECURE + random.below(map::SECURE_LEN),
        4 => 1 << random.below(64),
        5 => u64::MAX - random.below(9),
        6 => random.below(4) << 8 | random.below(18),
        _ => page.address(),
    }
}

/// A message that nearly makes sense.
fn write_message(random: &mut Random, page: Page) {
    let count = random.below(8) as u32;
    let session = (random.below(4) << 8 | random.below(18)) as u32;
    // Not what runs for ever, or masks interrupts for long.
    let function = [0, 0, 4, 9][random.below(4) as usize];
    tee::write_head(page, random.below(10) as u32, function, session, count);
    for number in 0..6 {
        let attributes = if random.below(4) == 0 { random.next() } else { random.below(16) };
        // The first says how long something takes.
        let words = [0; 3].map(|_: u64| match random.below(3) {
            0 if number > 0 => word(random),
            _ => random.below(5_000),
        });
        tee::write_parameter(page, number, attributes, words);
    }
    let uuids = [apps::ECHO, apps::AES, apps::LONG, apps::PERIODIC, apps::CHAIN, apps::DEVICE];
    if random.below(3) == 0 {
        let uuid = uuids[random.below(6) as usize];
        let word = |from: usize| u64::from_le_bytes(core::array::from_fn(|at| uuid[from + at]));
        tee::write_head(page, m::OPEN_SESSION, 0, 0, 2);
        tee::write_parameter(page, 0, m::VALUE_INPUT, [word(0), word(8), 0]);
        tee::write_parameter(page, 1, m::VALUE_INPUT, [random.below(64), 0, 0]);
    }
    if random.below(4) == 0 {
        page.write32(random.below(256) as usize & !3, random.next() as u32);
    }
}

/// One CPU's calls.
fn one(number: usize) {
    let mut random = Random(SEED.load(Ordering::Relaxed) ^ (number as u64) << 56);
    for _ in 0..COUNT.load(Ordering::Relaxed) {
        // Any page, another CPU's too, at any time.
        let page = Page::new(2 + random.below(PAGES as u64 - 2) as usize);
        write_message(&mut random, page);
        let function = function(&mut random);
        let mut arguments = [0; 7].map(|_: u64| word(&mut random));
        let is_direct = function & !ffa::WIDE == ffa::DIRECT_REQUEST;
        if is_direct && random.below(8) != 0 {
            // Not what runs for ever, or masks interrupts for long.
            arguments[0] = u64::from(ffa::FIRST) + random.below(24);
            arguments[2] = [0, 0, 4, 9, ffa::GO_ON.into()][random.below(5) as usize];
            arguments[3] = random.below(5_000);
        } else if is_direct {
            arguments[2] = 9;
        }
        let is_call = [smc::CALL_WITH_ARG, smc::CALL_WITH_RPC_ARG, own::SUBMIT].contains(&function);
        if is_call && random.below(8) != 0 {
            [arguments[0], arguments[1]] = tee::halves(page.address());
        }
        let [a, b, c, d, e, f, g] = arguments;
        call::smc([function.into(), a, b, c, d, e, f, g]);
        CALLS.fetch_add(1, Ordering::Relaxed);
        if random.below(16) == 0 {
            page.write32(at::NUM_PARAMS, random.next() as u32);
        }
    }
    cpu::dsb();
}
