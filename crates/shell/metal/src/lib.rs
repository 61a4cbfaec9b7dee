//! Two worlds on metal, from the host's side: builds the firmware, finds QEMU and Linux, and boots them.
//!
//! What is missing is found or fetched once and kept in a cache outside of everybody's sources; what cannot be had is
//! a [`Refusal`] that names it. Nothing is installed for the whole machine.

#![forbid(unsafe_code)]

mod apt;
mod boot;
mod cache;
mod command;
mod debian_rust;
mod device_tree;
mod elf;
mod fdt;
mod firmware;
mod flash;
mod initramfs;
mod linux;
mod plan;
mod prepared;
mod proc_stat;
mod qemu;
mod refusal;
mod report;
mod setup;
mod table;
mod toolchain;

pub use boot::{Boot, Booting, DEVICE_TREE, End, INITRAMFS, Machine, Payload};
pub use cache::Cache;
pub use device_tree::{Chosen, device_tree};
pub use firmware::{Firmware, Sources};
pub use flash::flash;
pub use initramfs::Initramfs;
pub use linux::Linux;
pub use plan::Plan;
pub use prepared::{Prepared, Wanted};
pub use proc_stat::ProcStat;
pub use qemu::Qemu;
pub use refusal::{Missing, Refusal};
pub use report::{Check, Report};
pub use setup::{machine, setup};
pub use toolchain::{Target, Toolchain};
