//! `cargo xtask test`: everything there is to check, in steps.
//!
//! A step that fails does not stop the others; the summary at the end names it
//! and the exit code is not 0. Times are printed, never judged. Everything is
//! built with the release profile in one target folder, so that the heavy
//! libraries are compiled once for the tests and the quickstart; clippy and
//! rustdoc share a second, lighter copy of them (type-checked only).

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::cargo::{cargo, run as run_command, target_directory};
use crate::{browser, house, metal, one_build, quickstart};

/// One thing to check.
struct Step {
    name: &'static str,
    what: &'static str,
    run: fn(&Path) -> Result<()>,
}

const STEPS: [Step; 13] = [
    Step { name: "fmt", what: "rustfmt changes nothing", run: fmt },
    Step { name: "check-house", what: "imports, purity, unsafe, sizes, the map", run: check_house },
    Step {
        name: "one-build",
        what: "the quickstart and the tests share every library",
        run: one_build::check,
    },
    Step { name: "clippy", what: "no warning in any target", run: clippy },
    Step { name: "test", what: "unit, integration, compile-fail and documentation tests", run: tests },
    Step {
        name: "loom",
        what: "the eviction handshake and the request queue under every interleaving",
        run: loom,
    },
    Step {
        name: "mutants",
        what: "the checker catches every seeded bug, or a test of the verifier does",
        run: mutants,
    },
    Step { name: "fuzz", what: "hostile bytes for every parser, a bounded number of them", run: fuzz },
    Step {
        name: "oracles",
        what: "other verifiers of evidence decide as ours, or it is known why not",
        run: oracles,
    },
    Step { name: "doc", what: "the documentation builds without a warning", run: doc },
    Step {
        name: "quickstart",
        what: "the built binary runs the quickstart, paging or not",
        run: quickstart::check,
    },
    Step {
        name: "metal",
        what: "two worlds under QEMU, below a bare REE and below Linux, where they can be had",
        run: metal::check,
    },
    Step {
        name: "browser",
        what: "the page of a run in a real browser, where there is one",
        run: browser::check_where_possible,
    },
];

/// Prints the steps' names.
pub(crate) fn list() {
    for step in &STEPS {
        println!("{:<12} {}", step.name, step.what);
    }
}

/// Whether there is a step of this name.
pub(crate) fn has_step(name: &str) -> bool {
    STEPS.iter().any(|step| step.name == name)
}

/// Runs the steps named in `only`, or all; answers whether all of them held.
///
/// # Errors
/// Where `only` names a step that does not exist.
pub(crate) fn run(root: &Path, only: &[String]) -> Result<bool> {
    if let Some(unknown) = only.iter().find(|name| !has_step(name)) {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        bail!("no step `{unknown}`; there are: {}", names.join(", "));
    }
    let mut outcomes = Vec::new();
    for step in STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)) {
        eprintln!("\n==> {}: {}", step.name, step.what);
        let begun = Instant::now();
        let outcome = (step.run)(root);
        let took = begun.elapsed();
        match &outcome {
            Ok(()) => eprintln!("==> {} held, {}", step.name, seconds(took)),
            Err(error) => eprintln!("==> {} FAILED, {}: {error:#}", step.name, seconds(took)),
        }
        outcomes.push((step.name, took, outcome.err()));
    }
    Ok(summary(&outcomes))
}

fn summary(outcomes: &[(&str, Duration, Option<anyhow::Error>)]) -> bool {
    eprintln!("\n==> summary");
    for (name, took, error) in outcomes {
        let verdict = error.as_ref().map_or("held".to_string(), |error| format!("FAILED: {error:#}"));
        eprintln!("{name:<12} {:>9}  {verdict}", seconds(*took));
    }
    let failed = outcomes.iter().filter(|(_, _, error)| error.is_some()).count();
    eprintln!("{} of {} steps held", outcomes.len() - failed, outcomes.len());
    failed == 0
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

fn fmt(root: &Path) -> Result<()> {
    run_command(&mut cargo(root, &["fmt", "--all", "--check"]))
}

fn check_house(root: &Path) -> Result<()> {
    if !house::report(root)? {
        bail!("the rules above are broken");
    }
    Ok(())
}

/// With the release profile, so that build scripts and procedural macros are
/// those of the tests.
fn clippy(root: &Path) -> Result<()> {
    let arguments = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
    run_command(&mut cargo(root, &arguments))
}

fn tests(root: &Path) -> Result<()> {
    run_command(&mut cargo(root, &["test", "--release", "--workspace", "--no-fail-fast"]))
}

/// The production source under loom's atomics. `cfg(loom)` changes every
/// library's flags, so it has a target folder of its own.
fn loom(root: &Path) -> Result<()> {
    let flags = format!("{} --cfg loom", std::env::var("RUSTFLAGS").unwrap_or_default());
    let mut command = cargo(
        root,
        &["test", "--release", "--package", "casemate-epc", "--package", "casemate-world", "--test", "loom"],
    );
    command.env("RUSTFLAGS", flags.trim()).env("CARGO_TARGET_DIR", target_directory(root)?.join("loom"));
    run_command(&mut command)
}

/// The deciders with bugs compiled in, each switched on in turn. The feature is
/// named here and nowhere else (rule `mutants`).
fn mutants(root: &Path) -> Result<()> {
    let arguments = ["test", "--release", "--package", "casemate-mutant", "--features", "mutants"];
    run_command(&mut cargo(root, &arguments))
}

/// What libFuzzer does by hand for hours, in miniature and the same in every run. The package is a
/// workspace of its own, so it has a target folder of its own.
fn fuzz(root: &Path) -> Result<()> {
    let target = target_directory(root)?.join("fuzz");
    for arguments in [&["--executions", "2000"][..], &["garbage"]] {
        let mut command =
            cargo(&root.join("fuzz"), &["run", "--release", "--no-default-features", "--bin", "drive", "--"]);
        run_command(command.args(arguments).env("CARGO_TARGET_DIR", &target))?;
    }
    Ok(())
}

/// A workspace of their own, so that the features of other verifiers never mix with what ships.
fn oracles(root: &Path) -> Result<()> {
    run_command(&mut crate::cargo::oracles(root, &["test", "--release"])?)
}

fn doc(root: &Path) -> Result<()> {
    let flags = format!("{} -D warnings", std::env::var("RUSTDOCFLAGS").unwrap_or_default());
    let mut command = cargo(root, &["doc", "--release", "--workspace", "--no-deps"]);
    run_command(command.env("RUSTDOCFLAGS", flags.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_step_is_refused_and_the_known_ones_named() {
        let error = run(Path::new("."), &["everything".into()]).unwrap_err().to_string();
        assert!(error.contains("`everything`") && error.contains("clippy"), "{error}");
    }

    #[test]
    fn one_failed_step_fails_the_whole() {
        let took = Duration::ZERO;
        assert!(summary(&[("fmt", took, None)]));
        assert!(!summary(&[("fmt", took, Some(anyhow::anyhow!("changed"))), ("doc", took, None)]));
    }
}
