//! System calls.

pub(crate) mod power;
pub(crate) mod tee;
