//! A REE without an operating system: it asks, interrupts, sleeps, and looks what it can reach of the TEE.
//!
//! What it is to do comes in x0 to x3 (`casemate_metal_abi::plan`). Whoever reads the serial line has lines for him:
//! `ree: ok NAME`, `ree: FAILED NAME: WHY`, `ree: bench NAME n=N min=N avg=N max=N`, `ree: requests completed=N`, and as
//! the last `ree: done failed=N`. The machine ends with 0 if nothing failed, else with 1.

#![no_std]
#![no_main]

mod interrupts;
mod plans;
mod power;
mod random;
mod requests;
mod sys;
mod tee;

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

use casemate_metal_abi::plan;

/// CPUs there may be.
pub(crate) const CPUS: usize = 8;

/// Says a line; those of several CPUs do not mix.
macro_rules! say {
    ($($what:tt)*) => {
        $crate::say_line(format_args!($($what)*))
    };
}
pub(crate) use say;

/// Says a line.
pub(crate) fn say_line(what: core::fmt::Arguments<'_>) {
    use core::fmt::Write as _;
    static TURN: AtomicU32 = AtomicU32::new(0);
    while TURN.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
        casemate_machine::sys::cpu::pause();
    }
    let _ = writeln!(casemate_machine::Line(casemate_metal_abi::map::UART), "ree: {what}");
    TURN.store(0, Ordering::Release);
}

static FAILED: AtomicU32 = AtomicU32::new(0);

/// Says how a check went.
pub(crate) fn check(name: &str, outcome: Result<(), &dyn core::fmt::Display>) {
    match outcome {
        Ok(()) => say!("ok {name}"),
        Err(why) => {
            FAILED.fetch_add(1, Ordering::Relaxed);
            say!("FAILED {name}: {why}");
        }
    }
}

/// A check that is one comparison.
pub(crate) fn expect<T: PartialEq + core::fmt::Debug>(name: &str, is: T, should: T) {
    if is == should {
        check(name, Ok(()));
    } else {
        check(name, Err(&format_args!("{is:x?} instead of {should:x?}")));
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    pub(crate) plan: u64,
    pub(crate) seed: u64,
    pub(crate) cpus: usize,
    pub(crate) count: u32,
    pub(crate) agent: u64,
    pub(crate) tick: u64,
}

impl Orders {
    /// As they come.
    pub(crate) fn of([plan, seed, cpus, argument]: [u64; 4]) -> Self {
        let (count, agent, tick) = plan::of_argument(argument);
        Self { plan, seed, cpus: (cpus as usize).clamp(1, CPUS), count, agent, tick }
    }
}

/// A CPU begins.
pub(crate) fn begin(number: usize, orders: Orders) -> ! {
    if number != 0 {
        power::others_work(number)
    }
    match orders.plan {
        plan::SMOKE => plans::smoke::run(),
        plan::REQUESTS => requests::run(&orders),
        plan::ISOLATION => plans::isolation::run(&orders),
        plan::FUZZ => plans::fuzz::run(&orders),
        plan::BENCH => plans::bench::run(),
        plan::FFA => plans::ffa::run(),
        other => check("plan", Err(&format_args!("there is no plan {other}"))),
    }
    let failed = FAILED.load(Ordering::Relaxed);
    say!("done failed={failed}");
    over((failed > 0).into())
}

/// The end.
pub(crate) fn over(code: u64) -> ! {
    loop {
        power::system_off(code);
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    say!("FAILED panic: {info}");
    over(1)
}
