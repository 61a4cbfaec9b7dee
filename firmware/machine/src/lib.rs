//! What monitor, kernel and payload have of the machine: system registers, device registers, the serial lines, the
//! host behind semihosting, and translation tables.

#![no_std]

pub mod line;
pub mod sys;
pub mod tables;

pub use line::Line;
