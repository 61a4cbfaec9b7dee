//! What compiles for the machine: the Rust that is here, with the targets' libraries.
//!
//! A target that is not there is added by rustup. Where rustup cannot, the firmware (and not Linux' client, which needs
//! a whole standard library) is compiled by a Rust of Debian's, see [`crate::debian_rust`]. Linking is rust-lld's alone:
//! no other linker and no C compiler is needed.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cache::Cache;
use crate::command::output;
use crate::debian_rust;
use crate::refusal::Refusal;

const REMEDY: &str = "install Rust 1.95 or later with rustup (https://rustup.rs)";

/// What is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A machine without an operating system.
    Firmware,
    /// Linux, without any library of its distribution's.
    Linux,
}

impl Target {
    /// Its triple.
    #[must_use]
    pub const fn triple(self) -> &'static str {
        match self {
            Self::Firmware => "aarch64-unknown-none-softfloat",
            Self::Linux => "aarch64-unknown-linux-musl",
        }
    }

    /// The variable by which cargo is told of its linker.
    pub(crate) fn linker(self) -> String {
        format!("CARGO_TARGET_{}_LINKER", self.triple().to_ascii_uppercase().replace('-', "_"))
    }

    /// The library that shows that it is there: without operating system there is no `std`.
    const fn library(self) -> &'static str {
        match self {
            Self::Firmware => "libcore-",
            Self::Linux => "libstd-",
        }
    }
}

/// A Rust that compiles for a target.
#[derive(Clone, Debug)]
pub struct Toolchain {
    target: Target,
    /// What differs from the environment that we have.
    pub(crate) variables: Vec<(String, OsString)>,
}

impl Toolchain {
    /// For the sources in this folder, which may ask for a Rust of their own.
    ///
    /// # Errors
    /// Where there is no Rust, or none for the target can be had.
    pub fn prepare(
        target: Target,
        sources: &Path,
        cache: &Cache,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Self, Refusal> {
        if has(target, sources)? {
            return Ok(Self { target, variables: Vec::new() });
        }
        let triple = target.triple();
        tell(&format!("rustup target add {triple}"));
        let mut rustup = Command::new("rustup");
        let added = output(rustup.current_dir(sources).args(["target", "add", triple]), REMEDY);
        let why = match added {
            Ok(_) if has(target, sources)? => return Ok(Self { target, variables: Vec::new() }),
            Ok(_) => format!("rustup added {triple} to another Rust than `rustc` is"),
            Err(refusal) => refusal.cause,
        };
        if target == Target::Linux {
            let cause = format!("no Rust for {triple}, for Linux' client: {why}");
            return Err(Refusal::new(cause, format!("rustup target add {triple}, or boot with --ree bare")));
        }
        match debian_rust::prepare(sources, cache, tell) {
            Ok(variables) => Ok(Self { target, variables }),
            Err(second) => {
                let cause = format!("no Rust for {triple}: {why}; nor with Debian's: {}", second.cause);
                Err(Refusal::new(cause, format!("rustup target add {triple}, or {}", second.remedy)))
            }
        }
    }

    /// A cargo command in a folder of sources, for its target.
    pub(crate) fn cargo(&self, sources: &Path, command: &str) -> Command {
        let mut cargo = cargo(sources);
        let triple = self.target.triple();
        cargo.args([command, "--release", "--locked", "--target", triple]);
        cargo
            .env(self.target.linker(), "rust-lld")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        cargo
    }
}

/// Cargo, without what is meant for the host's own programs, or was said to whoever started us.
pub(crate) fn cargo(sources: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(sources);
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let of_caller = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        let of_host = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_BUILD_RUSTFLAGS"];
        if of_host.contains(&name) || of_caller.iter().any(|it| name.starts_with(it)) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Whether the Rust that compiles in this folder has the target's libraries.
fn has(target: Target, sources: &Path) -> Result<bool, Refusal> {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(sources).args(["--print", "target-libdir", "--target", target.triple()]);
    let folder = output(&mut rustc, REMEDY)?;
    Ok(has_library(Path::new(folder.trim()), target.library()))
}

pub(crate) fn has_library(folder: &Path, prefix: &str) -> bool {
    let listed = fs::read_dir(folder).into_iter().flatten().flatten();
    listed.filter_map(|entry| entry.file_name().into_string().ok()).any(|name| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_there_when_its_library_is() {
        let directory = tempfile::tempdir().unwrap();
        let (core, std) = (Target::Firmware.library(), Target::Linux.library());
        assert!(!has_library(&directory.path().join("nowhere"), core));
        fs::write(directory.path().join("libcore-0123.rlib"), "").unwrap();
        assert!(has_library(directory.path(), core));
        assert!(!has_library(directory.path(), std));
    }

    #[test]
    fn the_linker_is_the_targets_own_variable() {
        let toolchain =
            Toolchain { target: Target::Linux, variables: vec![("RUSTC".into(), "other".into())] };
        let cargo = toolchain.cargo(Path::new("."), "build");
        let set: Vec<_> =
            cargo.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?))).collect();
        assert!(set.contains(&("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld")), "{set:?}");
        assert!(set.contains(&("RUSTC", "other")), "{set:?}");
    }
}
