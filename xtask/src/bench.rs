//! `cargo xtask bench AREA`: runs the benchmarks of one area, built with the
//! profile of everything else.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cargo::{cargo, oracles, oracles_target, run as run_command, target_directory};

/// The areas that can be measured, with what is measured.
const AREAS: [(&str, &str); 4] = [
    (ATTEST, "verification of evidence, against other verifiers"),
    ("node", "paging and time-slicing of software enclaves"),
    ("placement", "placing pods on very many nodes, against looking at every node"),
    ("world", "a step of the scheduler of two worlds, its worst case, and its model checker"),
];
const ATTEST: &str = "attest";

/// Runs it; stdout is the benchmark's own.
///
/// # Errors
/// Where there is no such area, or the benchmark fails.
pub(crate) fn run(root: &Path, area: &str, json: bool) -> Result<bool> {
    if AREAS.iter().all(|(name, _)| *name != area) {
        let known: Vec<_> = AREAS.iter().map(|(name, what)| format!("\n  {name}: {what}")).collect();
        bail!("no area `{area}`; there are:{}", known.concat());
    }
    let mut command = if area == ATTEST { attest(root)? } else { ours(root, area)? };
    command.current_dir(root);
    if json {
        command.args(["-o", "json"]);
    }
    run_command(&mut command)?;
    Ok(true)
}

/// Built together with the binary, so that the libraries are those of the binary.
fn ours(root: &Path, area: &str) -> Result<Command> {
    run_command(&mut cargo(
        root,
        &["build", "--release", "--package", "casemate", "--package", "casemate-benches"],
    ))?;
    let mut command = Command::new(target_directory(root)?.join("release").join("casemate-benches"));
    command.arg(area);
    Ok(command)
}

/// In the workspace of the other verifiers, whose features never mix with what ships.
fn attest(root: &Path) -> Result<Command> {
    run_command(&mut oracles(root, &["build", "--release", "--bin", "bench-attest"])?)?;
    Ok(Command::new(oracles_target(root)?.join("release").join("bench-attest")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_area_is_refused_and_the_known_ones_listed() {
        let error = run(Path::new("."), "weather", false).unwrap_err().to_string();
        assert!(
            ["no area `weather`", "attest: ", "node: ", "placement: ", "world: "]
                .iter()
                .all(|it| error.contains(it)),
            "{error}"
        );
    }
}
