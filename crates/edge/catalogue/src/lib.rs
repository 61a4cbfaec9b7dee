//! Instance types of clouds that offer confidential computing, and the pages about them.

#![forbid(unsafe_code)]

mod tees;

pub use tees::tees_markdown;
