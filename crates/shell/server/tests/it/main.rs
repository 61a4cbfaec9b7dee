//! The service from outside: real sockets on loopback, a clock that tests turn.

#[path = "support/clock.rs"]
mod clock;
mod fetching;
#[path = "support/pccs.rs"]
mod pccs;
