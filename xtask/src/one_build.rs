//! The quickstart and the tests share one build of every library.
//!
//! Cargo compiles a library once for each set of features. Tests are built for the
//! whole workspace, whose packages' wishes add up; the quickstart asks for the
//! binary alone. One wish too many, in any manifest, and wasmtime is compiled
//! twice: minutes that nobody sees the reason for. So whatever the binary is built
//! of must have the same features in the workspace.
//!
//! Method: `cargo tree` lists packages with features. A library that is also built
//! for build scripts may appear in two variants; then one that matches is enough.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::cargo::{cargo, words};

/// Fails where the workspace builds a library of the binary in another way.
pub(crate) fn check(root: &Path) -> Result<()> {
    let binary = libraries(root, &["--edges", "normal,build"])?;
    let workspace = libraries(root, &["--workspace", "--edges", "normal,build,dev"])?;
    let twice = built_twice(&binary, &workspace);
    for (library, elsewhere) in &twice {
        println!("{library}\n    in the workspace: {}", elsewhere.join("; "));
    }
    ensure!(
        twice.is_empty(),
        "{} libraries are built twice; ask for the same features everywhere, usually with `default-features = false`",
        twice.len()
    );
    eprintln!("{} libraries of the binary, all shared", binary.len());
    Ok(())
}

/// Lines of name, version and features.
fn libraries(root: &Path, scope: &[&str]) -> Result<BTreeSet<String>> {
    let mut command = cargo(root, &["tree", "--prefix", "none", "--no-dedupe", "--format", "{p} [{f}]"]);
    command.args(scope);
    eprintln!("$ {}", words(&command));
    let output = command.output().context("cannot start cargo tree")?;
    if !output.status.success() {
        bail!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// What the workspace has only with other features, with those.
fn built_twice<'a>(
    binary: &'a BTreeSet<String>,
    workspace: &'a BTreeSet<String>,
) -> Vec<(&'a str, Vec<&'a str>)> {
    let library = |line: &'a str| line.split_once(" [").map_or(line, |(library, _)| library);
    let missing = binary.difference(workspace).map(String::as_str);
    missing
        .map(|line| {
            let variants = workspace.iter().map(String::as_str);
            (line, variants.filter(|it| library(it) == library(line)).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> BTreeSet<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn one_feature_more_in_the_workspace_is_a_second_build() {
        let binary = lines(&["anyhow v1.0.104 [std]", "wasmtime v48.0.8 [std]"]);
        let workspace = lines(&["anyhow v1.0.104 [default,std]", "wasmtime v48.0.8 [std]"]);
        let twice = built_twice(&binary, &workspace);
        assert_eq!(twice, [("anyhow v1.0.104 [std]", vec!["anyhow v1.0.104 [default,std]"])]);
    }

    #[test]
    fn libraries_that_only_the_workspace_has_do_not_matter() {
        let binary = lines(&["wasmtime v48.0.8 [std]"]);
        let workspace = lines(&["loom v0.7.2 []", "wasmtime v48.0.8 [std]"]);
        assert!(built_twice(&binary, &workspace).is_empty());
    }
}
