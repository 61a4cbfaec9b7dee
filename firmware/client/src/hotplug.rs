//! CPUs that are switched off and on while the TEE has something to do.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use casemate_metal_abi::apps as named;

use crate::apps;
use crate::checks::{expect, open};
use crate::tee::Session;

/// How often each CPU but the first is switched off and on.
const TIMES: usize = 2;
/// Clients meanwhile.
const CLIENTS: u64 = 3;
/// Numbers that take the TEE a while.
const NUMBERS: u64 = 60_000;

/// Whoever asked has his answer, wherever it was asked for; a CPU that is back is one like the others.
pub(crate) fn run() -> Result<(), String> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let over = &over;
                scope.spawn(move || {
                    let device = open()?;
                    let session = Session::open(&device, &named::LONG)?;
                    let mut count = NUMBERS + client;
                    while !over.load(Ordering::Acquire) {
                        expect(session.value(named::LONG_SUM, count)?, apps::sum(count))?;
                        count += CLIENTS;
                    }
                    Ok(())
                })
            })
            .collect();
        let switched = (0..TIMES).try_for_each(|_| switch_each());
        over.store(true, Ordering::Release);
        let worked =
            clients.into_iter().try_for_each(|it| it.join().map_err(|_| "a client died".to_owned())?);
        switched.and(worked)
    })
}

/// Each CPU that can be switched off is, for a while.
fn switch_each() -> Result<(), String> {
    for file in (1..8).map(file).filter(|it| it.exists()) {
        for state in ["0", "1"] {
            fs::write(&file, state).map_err(|error| format!("{}: {state}: {error}", file.display()))?;
            thread::sleep(Duration::from_millis(10));
            let is = fs::read_to_string(&file).unwrap_or_default();
            expect(is.trim(), state)?;
        }
    }
    Ok(())
}

fn file(cpu: usize) -> PathBuf {
    PathBuf::from(format!("/sys/devices/system/cpu/cpu{cpu}/online"))
}
