//! A rate limit on our own requests: AMD's service answers 429 to whoever asks more than about once
//! in ten seconds, and fleets that verify at once would ask all at once.
//!
//! Method: a token bucket as a single instant (GCRA). Unit: nanoseconds.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use casemate_model::Timestamp;

/// Lets through `burst` requests at once, and after that one an `interval`.
#[derive(Debug)]
pub struct Limiter {
    interval: u64,
    tolerance: u64,
    /// When the bucket would be empty if every request came at its turn.
    theoretical: Mutex<u64>,
}

impl Limiter {
    /// One request an `interval`, and up to `burst` at once.
    #[must_use]
    pub fn new(interval: Duration, burst: u32) -> Self {
        let interval = nanos(interval);
        let tolerance = interval.saturating_mul(u64::from(burst.saturating_sub(1)));
        Self { interval, tolerance, theoretical: Mutex::new(0) }
    }

    /// Takes the next turn, and says how long it is to wait for it.
    pub fn turn(&self, now: Timestamp) -> Duration {
        let mut theoretical = self.theoretical.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = (*theoretical).max(now.0);
        *theoretical = mine.saturating_add(self.interval);
        Duration::from_nanos(mine.saturating_sub(self.tolerance).saturating_sub(now.0))
    }

    /// Nobody's turn comes before this has passed: the server said so.
    pub fn hold(&self, now: Timestamp, wait: Duration) {
        let until = now.0.saturating_add(nanos(wait)).saturating_add(self.tolerance);
        let mut theoretical = self.theoretical.lock().unwrap_or_else(PoisonError::into_inner);
        *theoretical = (*theoretical).max(until);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_burst_goes_through_and_then_one_an_interval() {
        let limiter = Limiter::new(Duration::from_secs(10), 3);
        let now = Timestamp(1000 * SECOND);
        let waits: Vec<u64> = (0..5).map(|_| limiter.turn(now).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 10, 20]);
        assert_eq!(limiter.turn(Timestamp(2000 * SECOND)), Duration::ZERO, "the bucket fills again");
    }

    #[test]
    fn what_the_server_asks_for_holds_for_everybody() {
        let limiter = Limiter::new(Duration::from_secs(1), 5);
        let now = Timestamp(1000 * SECOND);
        limiter.hold(now, Duration::from_secs(60));
        assert_eq!(limiter.turn(now), Duration::from_secs(60));
    }
}
