//! Pictures of every scenario that comes with the project, and of what a file may try.

mod boot;
mod booted;
mod diagrams;
mod page;
mod scenarios;
mod trace;
