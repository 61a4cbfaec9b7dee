//! The node's two clocks, read here and nowhere else.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use casemate_model::{Nanos, Timestamp};
use rustix::time::{ClockId, clock_gettime};

/// Wall time for validity and events, monotonic time for slices.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock whose monotonic time starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Wall time. Before 1970 reads as 1970, which is before every certificate's
    /// validity and so refuses.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Time since this clock was started.
    #[must_use]
    pub fn monotonic(&self) -> Nanos {
        Nanos(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// CPU time the calling thread has used.
pub(crate) fn thread_cpu_time() -> Nanos {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Nanos((spent.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(spent.tv_nsec as u64))
}
