//! Requests of many kinds from every CPU, with agents or without (SSR and SSA, RT 2.1).
//!
//! Each CPU has a client that keeps a few requests under way, an agent where the design has one there, and sleeps when
//! there is nothing to do: the idle hand-over. What is done follows from what calls answer, whatever the design is.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use casemate_machine::sys::cpu;
use casemate_metal_abi::message as m;
use casemate_metal_abi::{apps, own, plan};

use crate::sys::call;
use crate::sys::shared::{PAGES, Page};
use crate::{CPUS, Orders, expect, interrupts, power, say, tee};

/// Requests that a client has under way.
const EACH: usize = 2;
/// All of them have a page for their message, and one for a buffer.
const SLOTS: usize = EACH * CPUS;
/// Ticks of the counter between two ticks of the REE's own.
const TICK: u64 = 62_500;
/// The first of the pages for buffers.
const BUFFERS: usize = PAGES / 2;
/// Wakes a CPU of the REE's (SGI).
const WAKE_SGI: u32 = 5;

/// SP 800-38A, F.5.1: the first block.
const PLAIN: [u8; 16] = 0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a_u128.to_be_bytes();
const CIPHER: [u8; 16] = 0x874d_6191_b620_e326_1bef_6864_990d_b6ce_u128.to_be_bytes();

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Echo,
    Sum,
    Aes,
    Simd,
    Chain,
    Device,
}

const ALL: [What; 6] = [What::Echo, What::Sum, What::Aes, What::Simd, What::Chain, What::Device];

/// A place for a request: whether there is one, its handle as soon as it is known, which it is, and its session.
struct Slot {
    state: AtomicU32,
    handle: AtomicU64,
    which: AtomicU32,
    session: AtomicU32,
}

const FREE: u32 = 0;
const MADE: u32 = 1;

static UNDER_WAY: [Slot; SLOTS] = [const {
    Slot {
        state: AtomicU32::new(FREE),
        handle: AtomicU64::new(0),
        which: AtomicU32::new(0),
        session: AtomicU32::new(0),
    }
}; SLOTS];

static COUNT: AtomicU32 = AtomicU32::new(0);
static AGENT: AtomicU64 = AtomicU64::new(0);
static TICKS: AtomicU64 = AtomicU64::new(0);
static COMPLETED: AtomicU32 = AtomicU32::new(0);
static WRONG: AtomicU32 = AtomicU32::new(0);
static INTERRUPTED: AtomicU32 = AtomicU32::new(0);
static PENDING: AtomicU32 = AtomicU32::new(0);
static REFUSED: AtomicU32 = AtomicU32::new(0);
/// Clients that have all their answers.
static CONTENT: AtomicU32 = AtomicU32::new(0);
static CPUS_OF: AtomicU32 = AtomicU32::new(1);

pub(crate) fn run(orders: &Orders) {
    COUNT.store(orders.count, Ordering::Relaxed);
    AGENT.store(orders.agent, Ordering::Relaxed);
    TICKS.store(orders.tick, Ordering::Relaxed);
    CPUS_OF.store(orders.cpus as u32, Ordering::Relaxed);
    power::on_all(orders.cpus, one);
    let completed = COMPLETED.load(Ordering::Relaxed);
    say!(
        "requests completed={completed} interrupted={} pending={} refused={}",
        INTERRUPTED.load(Ordering::Relaxed),
        PENDING.load(Ordering::Relaxed),
        REFUSED.load(Ordering::Relaxed)
    );
    let ticks = |of: fn(&interrupts::Counts) -> &AtomicU64| {
        interrupts::all().iter().map(|it| of(it).load(Ordering::Relaxed)).sum::<u64>()
    };
    say!(
        "interrupts ticks={} given={} doorbells={}",
        ticks(|it| &it.ticks),
        ticks(|it| &it.given),
        ticks(|it| &it.doorbells)
    );
    expect("requests", completed, orders.count * orders.cpus as u32);
    expect("results", WRONG.load(Ordering::Relaxed), 0);
}

/// One CPU.
fn one(client: usize) {
    match TICKS.load(Ordering::Relaxed) {
        plan::TICK_OWN => interrupts::tick_every(TICK, false),
        plan::TICK_TOLD => interrupts::tick_every(TICK, true),
        _ => {}
    }
    let count = COUNT.load(Ordering::Relaxed);
    let mut made = 0;
    loop {
        // What is pending is taken here; later it waits, and ends the sleep that it would otherwise come too early for.
        call::unmask();
        let mut has_room = true;
        for at in slots(client) {
            if made < count && is_free(at) {
                has_room = make(at, made);
                made += u32::from(has_room);
            }
        }
        call::mask();
        let busy = go_on(client);
        if made == count && slots(client).all(is_free) {
            break;
        }
        // A free place is filled before anything sleeps: nobody would wake this CPU for it. Nor does anybody tell when
        // the TEE has room again.
        let has_more = made < count && slots(client).any(is_free);
        let goes_on = busy || has_more && has_room;
        if !goes_on {
            wait(client, has_more);
        }
    }
    // Others' requests may need this CPU's agent.
    if CONTENT.fetch_add(1, Ordering::AcqRel) + 1 == CPUS_OF.load(Ordering::Relaxed) {
        (0..CPUS_OF.load(Ordering::Relaxed) as usize).for_each(|it| cpu::send_sgi(it, WAKE_SGI));
    }
    while CONTENT.load(Ordering::Acquire) < CPUS_OF.load(Ordering::Relaxed) {
        call::unmask();
        call::mask();
        if !go_on(client) && CONTENT.load(Ordering::Acquire) < CPUS_OF.load(Ordering::Relaxed) {
            power::suspend();
        }
    }
    interrupts::tick_every(0, false);
}

/// The CPU is idle until something comes, or for a while at most where nothing may come: a device's interrupt that came
/// before its request waited for it is lost, and another has to be raised.
fn wait(client: usize, tries_again: bool) {
    let raised = raise_devices(client);
    let needs_timer = (raised || tries_again) && TICKS.load(Ordering::Relaxed) == plan::TICK_GIVEN;
    if needs_timer {
        interrupts::tick_every(TICK, false);
    }
    power::suspend();
    if needs_timer {
        interrupts::tick_every(0, false);
    }
}

fn slots(client: usize) -> impl Iterator<Item = usize> {
    (0..EACH).map(move |number| (client * EACH + number) % SLOTS)
}

fn is_free(at: usize) -> bool {
    UNDER_WAY[at].state.load(Ordering::Acquire) == FREE
}

/// The pages of a request: its message, and a buffer.
fn page(at: usize) -> Page {
    Page::new(at)
}

fn buffer(at: usize) -> Page {
    Page::new(BUFFERS + at)
}

/// What a request is about: of each kind in each place, however many there are at a time.
fn what(which: u32, at: usize) -> What {
    ALL[(which as usize + which as usize / ALL.len() + at) % ALL.len()]
}

/// How many numbers a computation is about: some take longer than a tick.
fn numbers(which: u32) -> u64 {
    match which % 7 {
        6 => 1_500_000,
        few => 2_000 + u64::from(few) * 3_000,
    }
}

/// Makes a request. It cannot be made where there is no session or no thread for it: it is made another time.
fn make(at: usize, which: u32) -> bool {
    let of = &UNDER_WAY[at];
    let what = what(which, at);
    let (app, function) = match what {
        What::Echo => (&apps::ECHO, apps::ECHO_REPEAT),
        What::Sum => (&apps::LONG, apps::LONG_SUM),
        What::Simd => (&apps::LONG, apps::LONG_SIMD),
        What::Aes => (&apps::AES, apps::AES_CRYPT),
        What::Chain => (&apps::CHAIN, apps::CHAIN_SUM),
        What::Device => (&apps::DEVICE, apps::DEVICE_WAIT),
    };
    let Ok(session) = tee::open(page(at), app) else { return false };
    write(at, what, which, session, function);
    of.session.store(session, Ordering::Relaxed);
    of.which.store(which, Ordering::Relaxed);
    of.handle.store(0, Ordering::Relaxed);
    of.state.store(MADE, Ordering::Release);
    let agents = AGENT.load(Ordering::Relaxed) != plan::AGENT_CALLER;
    let asynchronous = if agents && which % 4 == 3 { 1 << 8 } else { 0 };
    let [high, low] = tee::halves(page(at).address());
    let answer = tee::ask(own::SUBMIT, [high, low, u64::from(which % 3) | asynchronous, 0]);
    if answer[0] as u32 == own::STATUS_REFUSED {
        REFUSED.fetch_add(1, Ordering::Relaxed);
        of.state.store(FREE, Ordering::Release);
        tee::close(buffer(at), session);
        return false;
    }
    answered(answer, Some(at));
    if AGENT.load(Ordering::Relaxed) == plan::AGENT_ONE {
        // The one agent is on CPU 0.
        cpu::send_sgi(0, WAKE_SGI);
    }
    true
}

fn write(at: usize, what: What, which: u32, session: u32, function: u32) {
    let page = page(at);
    tee::write_head(page, m::INVOKE_COMMAND, function, session, 2);
    let value = match what {
        What::Echo => [u64::from(which), 7],
        What::Sum | What::Simd => [numbers(which), 0],
        What::Chain => [u64::from(which), 0],
        What::Device | What::Aes => [0, 0],
    };
    tee::write_parameter(page, 0, m::VALUE_INOUT, [value[0], value[1], 0]);
    tee::write_parameter(page, 1, m::NONE, [0; 3]);
    if what == What::Aes {
        PLAIN.iter().enumerate().for_each(|(at_byte, byte)| buffer(at).write8(at_byte, *byte));
        tee::write_parameter(page, 0, m::TMEM_INOUT, [buffer(at).address(), PLAIN.len() as u64, 0]);
        tee::write_parameter(page, 1, m::VALUE_INPUT, [0xf7f6_f5f4_f3f2_f1f0, 0xfffe_fdfc_fbfa_f9f8, 0]);
    }
}

/// What a call answered about a request: of this place, if it is known.
fn answered(answer: [u64; 8], at: Option<usize>) -> bool {
    let [status, handle, ..] = answer;
    let (going_on, counted) = match status as u32 {
        own::STATUS_FINISHED => {
            completed(at.unwrap_or_else(|| place_of(handle)));
            return true;
        }
        own::STATUS_QUEUED => (true, None),
        own::STATUS_INTERRUPTED => (true, Some(&INTERRUPTED)),
        own::STATUS_PENDING => (false, Some(&PENDING)),
        own::STATUS_NOTHING => (true, None),
        _ => return false,
    };
    if let Some(counted) = counted {
        counted.fetch_add(1, Ordering::Relaxed);
    }
    if let Some(at) = at {
        UNDER_WAY[at].handle.store(handle, Ordering::Release);
    }
    going_on
}

/// The place of a request with this handle. Whoever made it may still be about to write the handle down.
fn place_of(handle: u64) -> usize {
    loop {
        let is_it = |it: &Slot| {
            it.state.load(Ordering::Acquire) == MADE && it.handle.load(Ordering::Acquire) == handle
        };
        if let Some(at) = UNDER_WAY.iter().position(is_it) {
            return at;
        }
        cpu::pause();
    }
}

/// A request has its answer, which is looked at.
fn completed(at: usize) {
    let of = &UNDER_WAY[at];
    let which = of.which.load(Ordering::Relaxed);
    let ([first, second], result) = (tee::words(page(at), 0), tee::result(page(at)));
    let right = result == m::SUCCESS
        && match what(which, at) {
            What::Echo => [first, second] == [7, u64::from(which)],
            What::Sum => first == tee::sum(numbers(which)),
            What::Simd => first == 0,
            What::Chain => first == u64::from(which) + 1_001_000,
            What::Device => first > 0,
            What::Aes => CIPHER.iter().enumerate().all(|(at_byte, byte)| buffer(at).read8(at_byte) == *byte),
        };
    if !right {
        WRONG.fetch_add(1, Ordering::Relaxed);
        let what = what(which, at);
        say!("FAILED request {which} of {at}: {what:?} answered {first:#x} {second:#x}, result {result:#x}");
    }
    COMPLETED.fetch_add(1, Ordering::Relaxed);
    tee::close(buffer(at), of.session.load(Ordering::Relaxed));
    of.handle.store(0, Ordering::Release);
    of.state.store(FREE, Ordering::Release);
    // It may be another CPU's, which sleeps.
    let client = at / EACH;
    if client != cpu::number() {
        cpu::send_sgi(client, WAKE_SGI);
    }
}

/// Goes on with whatever can be gone on with here; whether there is more of it.
fn go_on(client: usize) -> bool {
    let agent = AGENT.load(Ordering::Relaxed);
    let mut more = false;
    if agent == plan::AGENT_CALLER {
        for at in slots(client) {
            let handle = UNDER_WAY[at].handle.load(Ordering::Acquire);
            if !is_free(at) && handle != 0 {
                more |= answered(tee::ask(own::RESUME, [handle, 0, 0, 0]), Some(at));
            }
        }
        return more;
    }
    if agent == plan::AGENT_EACH_CPU || cpu::number() == 0 {
        more |= answered(tee::ask(own::ISSUE, [0; 4]), None);
    }
    more | answered(tee::ask(own::COLLECT, [0; 4]), None)
}

/// The test device raises its interrupt if a request of this client's waits for it: whether there is one.
fn raise_devices(client: usize) -> bool {
    let waits = slots(client)
        .any(|at| !is_free(at) && what(UNDER_WAY[at].which.load(Ordering::Relaxed), at) == What::Device);
    if waits {
        tee::ask(own::RAISE_DEVICE, [0; 4]);
    }
    waits
}
