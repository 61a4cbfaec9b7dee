//! A known load, so that there is something to compare of where time went: a task of Linux' alone on one CPU, a client of
//! the TEE's on another, and the rest asleep.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use casemate_metal_abi::apps as named;

use crate::apps;
use crate::checks::{expect, open};
use crate::sys::power;
use crate::tee::Session;

/// Numbers that Linux' own task sums between two looks at the clock.
const NUMBERS: u64 = 2_000;
/// Numbers of each request: it lives through interrupts.
const ASKED: u64 = 100_000;

/// Both work for half of the time, and sleep for the rest of it.
pub(crate) fn run(lasts: Duration) -> Result<(), String> {
    let began = Instant::now();
    let works = lasts / 2;
    let last = thread::available_parallelism().map_or(1, usize::from) - 1;
    let stay_on = |cpu: usize| power::stay_on(cpu).map_err(|error| format!("CPU {cpu}: {error}"));
    thread::scope(|scope| {
        let alone = scope.spawn(|| -> Result<(), String> {
            stay_on(0)?;
            while began.elapsed() < works {
                black_box(apps::sum(black_box(NUMBERS)));
            }
            Ok(())
        });
        let asks = scope.spawn(|| -> Result<(), String> {
            stay_on(last)?;
            let device = open()?;
            let session = Session::open(&device, &named::LONG)?;
            while began.elapsed() < works {
                expect(session.value(named::LONG_SUM, ASKED)?, apps::sum(ASKED))?;
            }
            Ok(())
        });
        [alone, asks].into_iter().try_for_each(|it| it.join().map_err(|_| "a task died".to_owned())?)
    })?;
    thread::sleep(lasts.saturating_sub(began.elapsed()));
    Ok(())
}
