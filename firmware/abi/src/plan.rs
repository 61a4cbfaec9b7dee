//! What the bare REE is to do: the plan's number in x0, a seed in x1, how many CPUs in x2, and in x3 how often, with
//! who issues requests and whose timer is its tick.

/// A call, an answer, a computation that is interrupted.
pub const SMOKE: u64 = 1;
/// Requests of many kinds from every CPU, with agents or without.
pub const REQUESTS: u64 = 2;
/// What the REE can reach of the TEE: nothing.
pub const ISOLATION: u64 = 3;
/// Calls without sense.
pub const FUZZ: u64 = 4;
/// What calls cost, in instructions.
pub const BENCH: u64 = 5;
/// Direct messages of FF-A.
pub const FFA: u64 = 6;

/// Who issues requests, in x3 from bit 56: whoever has one.
pub const AGENT_CALLER: u64 = 0;
/// One agent, on CPU 0.
pub const AGENT_ONE: u64 = 1;
/// An agent on each CPU.
pub const AGENT_EACH_CPU: u64 = 2;

/// Whose timer is the REE's tick, in x3 from bit 48: its own.
pub const TICK_OWN: u64 = 0;
/// The TEE gives it.
pub const TICK_GIVEN: u64 = 1;
/// Its own, and it tells the TEE of each.
pub const TICK_TOLD: u64 = 2;

/// x3 of these.
#[must_use]
pub const fn argument(count: u32, agent: u64, tick: u64) -> u64 {
    agent << 56 | (tick & 0xff) << 48 | count as u64
}

/// How often, who issues requests, and whose the tick is.
#[must_use]
pub const fn of_argument(x3: u64) -> (u32, u64, u64) {
    (x3 as u32, x3 >> 56, x3 >> 48 & 0xff)
}
