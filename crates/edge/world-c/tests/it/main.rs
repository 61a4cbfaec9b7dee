//! The library as C sees it.

mod header;
mod linked;
mod same;
mod scenario;
