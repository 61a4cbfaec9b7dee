//! A fleet as others see it.

mod allocations;
mod laws;
