//! What safe code cannot say.

pub(crate) mod call;
pub(crate) mod probe;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod work;
