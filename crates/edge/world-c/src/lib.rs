//! The scheduler of two worlds, for a TEE OS or a monitor that is written in C.
//!
//! What [`casemate_world`] decides, behind a C ABI: the header is `include/casemate_world.h`, made of this
//! crate's source, and docs/world-c.md says how to use it. Memory is the caller's: three opaque structures of
//! a fixed size. Nothing is allocated, kept in statics or called back, and nothing in it panics: the static
//! library has no such symbol.
//!
//! Refused by name, and never undefined: pointers that are null or misaligned, memory that was not
//! initialised or is in use by another call, numbers of CPUs and threads that are out of range, values that
//! mean nothing. Not seen, as C has no way to show it: pointers to memory that is not there or not the
//! caller's. Times are in whatever unit the caller keeps.
//!
//! Only the module `sys` is unsafe: it turns pointers into values and references, and back.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

mod admission;
mod choice;
mod config;
mod event;
mod layout;
mod outcome;
mod reason;
mod session;
mod status;
#[allow(unsafe_code)]
mod sys;
mod text;
mod view;
mod world;

pub use admission::{Durations, Supply, Task};
pub use choice::{
    Agent, Balance, Device, Entry, Goal, Kind, Order, Priority, ProperCpu, Resume, SwitchBack, Tick,
};
pub use config::Config;
pub use event::{Event, EventKind, Request};
pub use layout::{LAYOUTS, Layout};
pub use outcome::{AnswerKind, BillClass, Go, Outcome, RefusalKind};
pub use reason::Reason;
pub use status::Status;
pub use sys::{Ring, Sessions, World};
pub use sys::{admission::*, config::*, ring::*, sessions::*, world::*};
pub use view::{CpuView, PhaseKind, Side, ThreadView};

/// The version of this interface. It changes with anything in the header that a program compiled before
/// would take for something else.
pub const CASEMATE_WORLD_ABI: u32 = 1;

/// CPUs there may be.
pub const CASEMATE_WORLD_CPUS: usize = 8;

/// Threads there may be, requests that wait among them.
pub const CASEMATE_WORLD_THREADS: usize = 16;

/// Sessions there may be.
pub const CASEMATE_WORLD_SESSIONS: usize = 16;

/// Words that fit into a ring.
pub const CASEMATE_WORLD_RING_WORDS: usize = 64;

/// No thread.
pub const CASEMATE_WORLD_NO_THREAD: u8 = 0xff;

/// No CPU.
pub const CASEMATE_WORLD_NO_CPU: u8 = 0xff;

/// A wait without an end, in ticks.
pub const CASEMATE_WORLD_FOR_EVER: u16 = 0xffff;

// The numbers stand in the header, so they are written out above.
const _: () = assert!(
    CASEMATE_WORLD_CPUS == casemate_world::CPUS
        && CASEMATE_WORLD_THREADS == casemate_world::THREADS
        && CASEMATE_WORLD_SESSIONS == casemate_world::SESSIONS
);
