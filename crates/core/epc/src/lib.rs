//! The encrypted-memory manager: a fixed number of page frames shared by many
//! enclaves, paged out sealed and back in on a fault.
//!
//! Units: pages of 4 KiB ([`casemate_model::PAGE_SIZE`]); versions count the
//! evictions of one page.
//!
//! This crate decides and keeps the books: which page gets a frame, which page
//! loses one, under which nonce it is sealed. It touches no memory of an enclave
//! and calls no cipher itself. A shell asks [`Manager::begin_fault`] and is handed
//! *tokens*: [`Victims`] to seal and drop, then a [`Load`] to fill. Each token owns
//! its [`Frame`]s, is consumed by the step that ends it, and cannot be made
//! elsewhere, so a wrong order does not compile. A token that is dropped instead
//! is counted by [`lost_frames`].
//!
//! ```text
//!            begin_fault             loaded
//!   Never ──────────────▶ Moving ──────────────▶ Resident
//!                          ▲  │ failed              │ begin_fault, shrink, shed
//!              begin_fault │  ▼                     ▼
//!                         Sealed ◀────────────── Moving
//!                                    evicted
//! ```
//!
//! The slow work (ciphers, system calls) happens between the steps and outside
//! any lock on the manager. What keeps it sound is the [`Gate`] of each enclave:
//! while a page is being sealed, its owner does not run.
//!
//! What it refuses to do: wait, allocate on the fault path, choose keys, or trust
//! anything that comes back from the store of sealed pages.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod frame;
mod gate;
mod lists;
mod manager;
mod seal;
mod streams;
mod table;
mod tokens;

pub use frame::{Frame, FramePool, lost_frames};
pub use gate::{EnterError, Gate};
pub use manager::{
    Census, Config, ConfigError, CreateError, Entry, Fault, MAX_FRAMES, MIN_RESIDENT, Manager, Removals,
    ResizeError, Tally,
};
pub use seal::{
    Binding, Forged, IntegrityError, NONCE_BYTES, PageAead, PageBytes, TAG_BYTES, Tag, open_page, seal_page,
};
pub use table::{PageNo, PageTable, Slot, Version, VersionsExhausted};
pub use tokens::{Closing, Load, LoadPage, LoadSource, MAX_BATCH, MAX_CLUSTER, Running, Victim, Victims};
