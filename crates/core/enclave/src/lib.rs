//! The life cycle of one enclave as typestate.
//!
//! ```text
//!             initialise             attest              suspend
//!  Created ───────────────▶ Initialised ───────▶ Ready ◀──────────▶ Suspended
//!  (ECREATE, EADD)          (EINIT)            enter│    resume
//!                                                   ▼
//!                                                Inside ── aex | eexit ──▶ back in Ready
//!                  every state ── destroy (EREMOVE) ──▶ Tally
//! ```
//!
//! An [`Enclave`] is a handle that is owned once and consumed by each step (SDM vol. 3D, 37.1: the
//! life cycle of an enclave). Only [`Ready`] can be entered, only a witness makes it ready, and the
//! witness is asked again at every entry with the time of that entry. Being in is a value,
//! [`Inside`], and an enclave's [`Interior`] is reached with that value only.
//!
//! Rust is affine: a handle can still be dropped on the way. One that was not destroyed is counted in
//! [`leaked`], and a test that ends with more than zero has failed.
//!
//! This crate holds no memory and runs nothing: the shell does, and hands in the time, the worker and,
//! at the end, what it [`Cleaned`].

#![forbid(unsafe_code)]
#![allow(clippy::result_large_err, reason = "a refusal gives the handle back, and is rare")]

mod cleaned;
mod inside;
mod interior;
mod life;
mod refused;
mod state;
mod tally;

pub use cleaned::{Cleaned, Unclean};
pub use inside::{Inside, Lapsed};
pub use interior::{Interior, NotInside};
pub use life::{Enclave, leaked};
pub use refused::{Mismatch, Refused};
pub use state::{Created, Initialised, Ready, State, Suspended};
pub use tally::Tally;
