//! The scenarios that come with the project, and laws of every simulation.

mod documents;
mod laws;
mod recorded;
mod scenarios;
