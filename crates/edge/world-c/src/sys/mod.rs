//! Pointers of C's into values and references, and back: all that is unsafe.
//!
//! What is held here: no pointer is used before it was seen to be there and aligned; a reference is made only
//! of memory that this library initialised, for as long as nobody else has one; structures of C's are read
//! and written whole, as plain numbers. What only the caller can hold stands under *Safety*.

pub(crate) mod admission;
mod block;
pub(crate) mod config;
#[cfg(feature = "panic-handler")]
mod panic;
mod pointer;
pub(crate) mod ring;
pub(crate) mod sessions;
pub(crate) mod world;

pub use ring::Ring;
pub use sessions::Sessions;
pub use world::World;
