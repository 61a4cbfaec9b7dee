//! Pictures of two worlds on shared CPUs.
//!
//! - [`write_simulation_html`]: a simulation's comparison of designs as one page that needs nothing but itself;
//! - [`write_boot_html`]: a boot on metal as such a page;
//! - [`SimulationTrace`]: what every CPU did under each design as a trace for Perfetto;
//! - [`Diagrams`]: who sends what to whom, and how idle is agreed, drawn from what [`casemate_world::step`] does.
//!
//! This crate renders; it decides nothing, reads no clock and no environment. Names come from files, and what
//! a machine said from whoever ran on it: in the page they
//! are escaped, in both they are stripped of control characters and cut where they are long.

#![forbid(unsafe_code)]

mod diagram;
mod page;
mod text;
mod trace;

pub use diagram::Diagrams;
pub use page::{Booted, Checked, write_boot_html, write_simulation_html};
pub use trace::{Recorder, SPANS_MOST, SimulationTrace};
