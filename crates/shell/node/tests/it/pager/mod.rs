//! The pager as its users see it: memory that is larger than the pool, attacked,
//! shared, destroyed. Every claim is tried with each mechanism this machine permits.

mod cleaning;
mod guest;
mod limits;
mod paging;
mod sharing;
mod signals;
mod tampering;
