//! `casemate` as its users run it: the built binary, files, a pipe or a terminal.

#![forbid(unsafe_code)]

mod attest;
mod casemate;
mod document;
mod inputs;
mod inspect;
mod interrupt;
mod live;
mod pictures;
mod plan;
mod pods;
mod policies;
mod pty;
mod quickstart;
mod screen;
mod world;
mod world_boot;
mod world_simulate;
