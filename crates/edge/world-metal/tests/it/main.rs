//! Logs of runs that were driven here, and what is told of them when they are not what they should be.

mod run;
mod told;
