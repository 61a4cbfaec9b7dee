//! The epoch clock: what interrupts enclaves that do not leave by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::engine::Engine;
use crate::schedule::Schedule;
use crate::watch::Watch;

/// How often running enclaves look whether their slice is over.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// A running epoch clock. Stops when dropped.
pub(crate) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the clock.
    pub(crate) fn start(engine: Arc<Engine>, schedule: Arc<Schedule>, watch: Watch) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("casemate-epoch".into()).spawn(move || {
            // As many busy workers as CPUs must not keep the clock from ticking.
            // Without the privilege it shares with them, and slices end a little late.
            let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), TICKER_NICE);
            while !stopped.load(Relaxed) {
                thread::sleep(TICK);
                schedule.preempt_where_due();
                engine.tick();
                watch.catch_up();
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Nice value of the clock's thread (setpriority(2)).
const TICKER_NICE: i32 = -15;
