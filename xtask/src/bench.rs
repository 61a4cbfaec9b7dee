//! `cargo xtask bench AREA`: runs the benchmarks of one area, built with the
//! profile of everything else.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cargo::{cargo, run as run_command, target_directory};

/// The areas that can be measured, with what is measured.
const AREAS: [(&str, &str); 1] = [("node", "paging and time-slicing of software enclaves")];

/// Runs it; stdout is the benchmark's own.
///
/// # Errors
/// Where there is no such area, or the benchmark fails.
pub(crate) fn run(root: &Path, area: &str, json: bool) -> Result<bool> {
    if AREAS.iter().all(|(name, _)| *name != area) {
        let known: Vec<_> = AREAS.iter().map(|(name, what)| format!("\n  {name}: {what}")).collect();
        bail!("no area `{area}`; there are:{}", known.concat());
    }
    // Built together with the binary, so that the libraries are those of the binary.
    run_command(&mut cargo(
        root,
        &["build", "--release", "--package", "casemate", "--package", "casemate-benches"],
    ))?;
    let mut command = Command::new(target_directory(root)?.join("release").join("casemate-benches"));
    command.current_dir(root).arg(area);
    if json {
        command.args(["-o", "json"]);
    }
    run_command(&mut command)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_area_is_refused_and_the_known_ones_listed() {
        let error = run(Path::new("."), "weather", false).unwrap_err().to_string();
        assert!(error.contains("no area `weather`") && error.contains("node: "), "{error}");
    }
}
