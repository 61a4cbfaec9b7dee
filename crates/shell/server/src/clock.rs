//! The time of day, and waiting for it: given from outside, so that tests wait for nothing.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use casemate_model::Timestamp;

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;

    /// Returns after `duration`, or as soon as `stop` is set.
    fn sleep(&self, duration: Duration, stop: &Stop);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    fn sleep(&self, duration: Duration, stop: &Stop) {
        stop.wait(duration);
    }
}

/// Set once: whoever waits is woken, whoever would wait does not.
#[derive(Debug, Default)]
pub struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Ends every wait, now and from now on.
    pub fn set(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Whether it was set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns after `duration` of real time, or as soon as it is set.
    pub fn wait(&self, duration: Duration) {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        // Spurious wake-ups are waited through; a poisoned lock ends the wait, which is harmless.
        drop(self.changed.wait_timeout_while(stopped, duration, |stopped| !*stopped));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_that_is_set_ends_every_wait() {
        let stop = Stop::default();
        stop.set();
        stop.wait(Duration::MAX);
        assert!(stop.is_set());
    }
}
