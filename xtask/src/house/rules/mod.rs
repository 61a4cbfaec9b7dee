//! One rule a file; each file's tests break its rule once and expect to be told.

mod architecture;
mod imports;
mod libraries;
mod lints;
mod machine_paths;
mod markers;
mod mutants;
mod no_std;
mod purity;
mod reexports;
mod size;
mod specification;
mod test_binaries;
mod tokens;
mod unsafe_code;

use super::{Tree, Violation};

/// A rule: the tree in, every violation out.
pub(crate) type Rule = fn(&Tree) -> Vec<Violation>;

/// All of them.
pub(crate) const RULES: [Rule; 15] = [
    architecture::check,
    imports::check,
    libraries::check,
    lints::check,
    machine_paths::check,
    markers::check,
    mutants::check,
    no_std::check,
    purity::check,
    reexports::check,
    size::check,
    specification::check,
    test_binaries::check,
    tokens::check,
    unsafe_code::check,
];
