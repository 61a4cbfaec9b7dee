//! The service from outside: real sockets on loopback, a clock that tests turn.

mod admission;
mod amd;
mod api;
#[path = "support/clock.rs"]
mod clock;
mod collateral;
mod docs;
mod enrolment;
mod fetching;
mod intel;
mod load;
mod metrics;
mod openapi;
#[path = "support/pccs.rs"]
mod pccs;
#[path = "support/schema.rs"]
mod schema;
#[path = "support/service.rs"]
mod service;
