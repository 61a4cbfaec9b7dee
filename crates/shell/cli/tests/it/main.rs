//! `casemate run` as its users run it: the built binary, files, a pipe.

#![forbid(unsafe_code)]

mod casemate;
mod document;
mod inputs;
mod interrupt;
mod pods;
mod policies;
mod quickstart;
mod screen;
