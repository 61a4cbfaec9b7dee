//! The node runtime: software enclaves in a paged pool of encrypted memory.

#![deny(unsafe_code)]

pub mod pager;
mod sys;
