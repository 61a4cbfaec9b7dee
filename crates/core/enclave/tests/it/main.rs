//! The life cycle seen from outside, with witnesses that were honestly come by.

mod compile_fail;
mod entry;
mod laws;
mod leaks;
mod steps;
mod witnesses;
