//! Where collateral comes from: a directory on disk, a PCCS or Intel's own service, AMD's KDS.
//!
//! Everything becomes files, by name, and is read by `dossier` from there: fetched or carried in by
//! hand, it is the same. Without a transport there is nothing that could open a socket.

pub mod fetcher;
pub mod files;
pub mod item;
pub mod limiter;
pub mod piece;
pub mod store;
pub mod transport;
pub mod wanted;
