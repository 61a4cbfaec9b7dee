//! `cargo xtask bench AREA`: runs the benchmarks of one area, built with the
//! profile of everything else.

use std::path::Path;

use anyhow::{Result, bail};

use crate::cargo::{cargo, run as run_command};

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
    let mut command = cargo(root, &["run", "--release", "--package", "casemate-benches", "--", area]);
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
