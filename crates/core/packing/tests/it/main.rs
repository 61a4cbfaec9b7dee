//! Packing as others see it.

mod laws;
