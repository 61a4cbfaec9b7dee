//! What safe code cannot say.

pub(crate) mod cell;
pub(crate) mod context;
pub(crate) mod entry;
pub(crate) mod fp;
pub(crate) mod leave;
pub(crate) mod memory;
pub(crate) mod shared;
pub(crate) mod simd;
pub(crate) mod supervisor;
