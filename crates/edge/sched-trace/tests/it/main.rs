//! Recordings are read the same in every form, and nothing is made up.

mod bounds;
mod forms;
mod laws;
mod printed;
