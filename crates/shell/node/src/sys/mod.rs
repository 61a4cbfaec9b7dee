//! All unsafe code of this crate: memory mappings, userfaultfd, signal handlers.
//!
//! Everything that decides is elsewhere. What these modules offer is safe to call
//! within the crate; each block says why it holds.

#![allow(unsafe_code)]

pub(crate) mod arena;
pub(crate) mod bounce;
mod discard;
pub(crate) mod linear_memory;
pub(crate) mod lock;
pub(crate) mod mapper;
mod mapping;
mod prefetch;
pub(crate) mod sealed;
pub(crate) mod signal;
pub(crate) mod stack;
mod userfaultfd;
