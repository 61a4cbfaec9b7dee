//! Starting cargo, and other programs, the same way everywhere.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A cargo command in the workspace's root.
///
/// The variables that `cargo run` set for xtask itself are taken away: some
/// build scripts watch them, and heavy libraries would be compiled again.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if name.to_str().is_some_and(|name| ours.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command.current_dir(root).args(arguments);
    command
}

/// A cargo command in the workspace of the other verifiers, which has a target folder of its own.
pub(crate) fn oracles(root: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = cargo(&root.join("oracles"), arguments);
    command.env("CARGO_TARGET_DIR", oracles_target(root)?);
    Ok(command)
}

/// Where the workspace of the other verifiers is built.
pub(crate) fn oracles_target(root: &Path) -> Result<std::path::PathBuf> {
    Ok(target_directory(root)?.join("oracles"))
}

/// Prints the command, runs it with our own output, and fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", words(command));
    let status = command.status().with_context(|| format!("cannot start `{}`", words(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", words(command));
    }
    Ok(())
}

/// The command as one would type it, without the path of the program.
pub(crate) fn words(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Where cargo puts what it builds for this workspace.
pub(crate) fn target_directory(root: &Path) -> Result<std::path::PathBuf> {
    let metadata = metadata(root)?;
    let path = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(path.into())
}

/// What cargo knows of the workspace's own members; reads no registry.
pub(crate) fn metadata(root: &Path) -> Result<serde_json::Value> {
    let mut command = cargo(root, &["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let output = command.output().context("cannot start cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed in {}: {}", root.display(), String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")
}
