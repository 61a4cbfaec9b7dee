//! The node as its users see it: pods in, a report and events out.
//!
//! Every run is a real one, with its own state directory, software root and pool.
//! What is checked after each of them, whatever it was about, is in [`trial`].

mod evidence;
mod failures;
mod files;
mod interrupt;
mod lives;
mod observing;
mod pager;
mod paging;
mod programs;
mod renewal;
mod sharing;
mod tampering;
mod trial;
mod volumes;
mod waiting;
mod wasi;
mod workers;
