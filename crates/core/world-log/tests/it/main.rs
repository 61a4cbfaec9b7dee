//! Set-ups and records as bytes.

mod records;
mod setups;
