//! Designs of two worlds on shared CPUs under load, in virtual time.
//!
//! A [`Scenario`] has a load and designs; [`simulate`] runs one design under it and tells what came of it. The TEE
//! side is [`casemate_world::step`] and nothing else. The REE side is a model: a fair scheduler on several CPUs
//! with wake placement and load balancing, agents that it schedules as any task, a governor and idle states that go
//! by what the REE takes a CPU for. No clock: time is a number of nanoseconds. No randomness but that of the
//! scenario's seed: the same scenario has the same outcome everywhere.

#![forbid(unsafe_code)]

mod account;
mod activity;
mod around;
mod carry;
mod choices;
mod comparison;
mod cpu;
mod governor;
mod histogram;
mod load;
mod measured;
mod meter;
mod random;
mod recorded;
mod ree;
mod replaying;
mod scenario;
mod sim;
mod simulated;
mod slots;
mod span;
mod task;
mod thread;
mod timers;

pub use activity::{Activity, Load, Piece};
pub use around::{Around, Choice, SEEDS};
pub use choices::neighbours;
pub use comparison::{Comparison, Comparisons, Row, figure};
pub use measured::{METRICS, Measured, Metric};
pub use recorded::{Recorded, Replay};
pub use scenario::{
    Ask, DESIGNS_MOST, Device, Finding, Hostile, INTERRUPTS_MOST, Interrupt, MILLIS_MOST, Machine, Mistake,
    Periodic, Scenario, Service, TASKS_MOST, Task, Variant,
};
pub use sim::{simulate, simulate_watched};
pub use simulated::{Distribution, Simulated, Spent};
pub use span::{Side, Span, Who};
