//! What safe code cannot say: instructions and addresses of devices.

pub mod cpu;
pub mod mmio;
pub mod registers;
pub mod semihosting;
