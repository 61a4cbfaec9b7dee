//! What the run queue promises, seen through its public interface only.

mod driver;
mod latency;
mod share;
mod sleep;
mod workers;
