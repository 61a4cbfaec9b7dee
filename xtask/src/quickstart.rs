//! Running the quickstart through the built binary, as a user does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::{cargo, run, target_directory, words};

/// What the binary is asked to run.
pub(crate) const ARGUMENTS: [&str; 2] = ["run", "examples/quickstart"];

/// An encrypted memory so small that far more has to be paged.
const SMALL_EPC: &str = "8Mi";

/// Builds the binary with the profile of the tests and gives its path.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    run(&mut cargo(root, &["build", "--release"]))?;
    Ok(target_directory(root)?.join("release").join("casemate"))
}

/// Runs it for people and for programs, then with little encrypted memory: the
/// programs' output has to be the same, byte for byte, and more has to be paged.
pub(crate) fn check(root: &Path) -> Result<()> {
    let binary = build(root)?;
    // The root and the logs stay inside the clone.
    let state = target_directory(root)?.join("quickstart");
    let casemate = |more: &[&str]| {
        let mut command = Command::new(&binary);
        command.current_dir(root).args(ARGUMENTS).args(more).arg("--state-dir").arg(&state);
        command
    };
    let begun = Instant::now();
    run(&mut casemate(&[]))?;
    eprintln!("the quickstart took {:.1} s", begun.elapsed().as_secs_f64());

    let ample = Report::of(&mut casemate(&["-o", "json"]))?;
    let scarce = Report::of(&mut casemate(&["-o", "json", "--epc", SMALL_EPC]))?;
    compare(&ample, &scarce)?;
    eprintln!(
        "{} logs are the same with --epc {SMALL_EPC}; pages out: {} by default, {} then",
        ample.logs.len(),
        ample.page_outs,
        scarce.page_outs
    );
    Ok(())
}

/// What two runs have to agree on, and what has to differ.
struct Report {
    /// SHA-256 of each container's output, by namespace/pod/container.
    logs: BTreeMap<String, String>,
    page_outs: u64,
}

impl Report {
    /// Runs the command, whose stdout has to be one JSON document.
    fn of(command: &mut Command) -> Result<Self> {
        eprintln!("$ {}", words(command));
        let output = command.stderr(Stdio::inherit()).output().context("cannot start casemate")?;
        ensure!(output.status.success(), "`{}` ended with {}", words(command), output.status);
        let document = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("stdout of `{}` is not one JSON document", words(command)))?;
        Self::read(&document)
    }

    fn read(document: &Value) -> Result<Self> {
        let workloads = document["workloads"].as_array().context("the report has no `workloads`")?;
        ensure!(!workloads.is_empty(), "the report lists no workload");
        let mut report = Self { logs: BTreeMap::new(), page_outs: 0 };
        for workload in workloads {
            let text = |field: &str| {
                workload[field].as_str().with_context(|| format!("a workload without `{field}`: {workload}"))
            };
            let key = format!("{}/{}/{}", text("namespace")?, text("name")?, text("container")?);
            report.page_outs += workload["page_outs"].as_u64().context("a workload without `page_outs`")?;
            if report.logs.insert(key.clone(), text("log_sha256")?.to_owned()).is_some() {
                bail!("the report lists {key} twice");
            }
        }
        Ok(report)
    }
}

fn compare(ample: &Report, scarce: &Report) -> Result<()> {
    let (these, those) = (&ample.logs, &scarce.logs);
    ensure!(these.keys().eq(those.keys()), "not the same workloads: {these:?} and {those:?}");
    for (key, log) in these {
        ensure!(Some(log) == those.get(key), "{key} printed something else with --epc {SMALL_EPC}");
    }
    ensure!(
        scarce.page_outs > ample.page_outs,
        "no more pages went out with --epc {SMALL_EPC}: {} by default, {} then",
        ample.page_outs,
        scarce.page_outs
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(log: &str, page_outs: u64) -> Report {
        Report::read(&serde_json::json!({"workloads": [{
            "namespace": "default", "name": "sum", "container": "main",
            "log_sha256": log, "page_outs": page_outs,
        }]}))
        .unwrap()
    }

    #[test]
    fn the_same_logs_and_more_paging_are_accepted() {
        compare(&report("aa", 1), &report("aa", 2)).unwrap();
    }

    #[test]
    fn another_log_is_refused() {
        let error = compare(&report("aa", 1), &report("ab", 2)).unwrap_err();
        assert!(error.to_string().contains("default/sum/main"), "{error}");
    }

    #[test]
    fn paging_no_more_is_refused() {
        assert!(compare(&report("aa", 2), &report("aa", 2)).is_err());
    }

    #[test]
    fn a_report_without_workloads_is_refused() {
        assert!(Report::read(&serde_json::json!({"workloads": []})).is_err());
    }
}
