//! What safe code cannot say.

pub(crate) mod context;
mod start;
mod vectors;
