//! What is done with hostile bytes, once for every way of making them: libFuzzer (`fuzz_targets`), and
//! the driver for a stable compiler (`drive`).
//!
//! A target is a function that may do anything with its bytes except panic, hang, or take more memory
//! than [`max_peak`]. What it asserts besides is in its module.

#![deny(missing_docs)]

mod documents;
pub mod edits;
pub mod garbage;
mod inspections;
mod logs;
pub mod memory;
pub mod mutate;
mod parsers;
mod recordings;
pub mod vectors;

/// The most memory one execution may hold at a time beside its input of `len` bytes: evidence and what
/// vouches for it are refused beyond a size, but manifests and policies may be 32 MiB long. The crypto
/// library's own is not counted.
#[must_use]
pub fn max_peak(len: usize) -> usize {
    (4 << 20) + len.saturating_mul(16)
}

/// A function that is given hostile bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The function.
    pub run: fn(Vec<u8>),
    /// Where mutation begins: bytes of the form it reads.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 16] = [
    Target { name: "manifest", run: documents::manifest, seeds: documents::manifest_seeds },
    Target { name: "policy", run: documents::policy, seeds: documents::policy_seeds },
    Target { name: "quote", run: parsers::quote, seeds: parsers::quote_seeds },
    Target { name: "collateral", run: parsers::collateral, seeds: parsers::collateral_seeds },
    Target { name: "snp", run: parsers::snp, seeds: parsers::snp_seeds },
    Target { name: "certificate", run: parsers::certificate, seeds: parsers::certificate_seeds },
    Target { name: "cca", run: parsers::cca, seeds: parsers::cca_seeds },
    Target { name: "nitro", run: parsers::nitro, seeds: parsers::nitro_seeds },
    Target { name: "tpm", run: parsers::tpm, seeds: parsers::tpm_seeds },
    Target { name: "dossier", run: documents::dossier, seeds: documents::dossier_seeds },
    Target { name: "inspect", run: inspections::file, seeds: documents::dossier_seeds },
    Target { name: "inspect-tpm", run: inspections::quote, seeds: inspections::quote_seeds },
    Target { name: "ear", run: documents::ear, seeds: documents::ear_seeds },
    Target { name: "sched-trace", run: recordings::trace, seeds: recordings::trace_seeds },
    Target { name: "world-log", run: logs::world_log, seeds: logs::seeds },
    Target { name: "verify", run: edits::verify, seeds: edits::seeds },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Runs the target of this name.
///
/// # Panics
///
/// Where there is none, or it found something.
pub fn run(name: &str, bytes: &[u8]) {
    let target = target(name).expect("a target of this name");
    (target.run)(bytes.to_vec());
}
