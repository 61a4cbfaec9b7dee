//! Set-ups and records as bytes.

mod page;
mod records;
mod setups;
