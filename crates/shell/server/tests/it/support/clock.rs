//! A clock that stands still, and jumps over every wait.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use casemate_model::Timestamp;
use casemate_server::clock::{Clock, Stop};

/// 2027-01-15.
pub(crate) const START: Timestamp = Timestamp::from_unix_secs(1_800_000_000);

/// Where somebody sleeps, it is that much later at once.
pub(crate) struct JumpingClock {
    now: AtomicU64,
    slept: Mutex<Vec<Duration>>,
}

impl JumpingClock {
    pub(crate) fn new() -> Self {
        Self { now: AtomicU64::new(START.0), slept: Mutex::default() }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.now.fetch_add(u64::try_from(by.as_nanos()).expect("not for ever"), SeqCst);
    }

    /// Every wait so far.
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().expect("no test panicked in it").clone()
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(SeqCst))
    }

    fn sleep(&self, duration: Duration, _: &Stop) {
        self.slept.lock().expect("no test panicked in it").push(duration);
        self.advance(duration);
    }
}
