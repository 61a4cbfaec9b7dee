//! Two worlds on metal: the step `metal` of the tests, and `cargo xtask metal`.
//!
//! The firmware is formatted and has no warning; the built binary boots it below the bare REE and below an unmodified
//! Linux. Where this machine has no toolchain, QEMU or kernel for it, and cannot get any, that part is skipped by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::{cargo, run as run_command, target_directory, words};
use crate::quickstart;

/// Workspaces of the firmware, and what each is for.
const WORKSPACES: [(&str, &str); 2] =
    [("firmware", "aarch64-unknown-none-softfloat"), ("firmware/client", "aarch64-unknown-linux-musl")];
/// CPUs that are booted.
const CPUS: &str = "4";
/// What is booted: a REE, and its plan.
const PLANS: [(&str, &str); 7] = [
    ("bare", "smoke"),
    ("bare", "requests"),
    ("bare", "isolation"),
    ("bare", "fuzz"),
    ("bare", "ffa"),
    ("linux", "all"),
    ("linux", "stall"),
];
/// Designs under which Linux is booted besides the default: where the device's interrupt goes, where threads go, and one
/// TEE at a time.
const LINUX_DESIGNS: [&str; 3] =
    [LANDS, "firmware/designs/warm-cpu.yaml", "firmware/designs/goal-one-agent.yaml"];
/// The one under which the device's interrupt is not sent to where the thread that waits has run.
const LANDS: &str = "firmware/designs/where-it-lands.yaml";
/// Designs under which the bare REE makes its requests, in the root.
const DESIGNS: &str = "firmware/designs";
/// The one under which the last of the plans stalls Linux.
const STALLS: &str = "firmware/designs/masked.yaml";
/// What `casemate world boot` ends with where nothing was booted.
const NOT_BOOTED: i32 = 2;

/// The step of the tests.
pub(crate) fn check(root: &Path) -> Result<()> {
    for (folder, target) in WORKSPACES {
        lint(&root.join(folder), target, &target_directory(root)?.join("firmware"))?;
    }
    let binary = quickstart::build(root)?;
    let kept = target_directory(root)?.join("metal");
    for (ree, plan) in PLANS {
        let document = boot(root, &binary, (ree, plan), None, &kept.join(format!("{ree}-{plan}")))?;
        if (ree, plan) == ("linux", "all") {
            routed(document.as_ref(), true)?;
        }
    }
    for design in LINUX_DESIGNS {
        let name = Path::new(design).file_stem().unwrap_or_default().to_string_lossy();
        let kept = kept.join(format!("linux-{name}"));
        let document = boot(root, &binary, ("linux", "all"), Some(Path::new(design)), &kept)?;
        routed(document.as_ref(), design != LANDS)?;
    }
    for design in designs(root)? {
        let name = design.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        boot(root, &binary, ("bare", "requests"), Some(&design), &kept.join(format!("bare-{name}")))?;
    }
    stalls(root, &binary)
}

/// Designs that differ from the default in what matters on metal, in the order of their names.
fn designs(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join(DESIGNS);
    let entries = fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut designs = entries.map(|it| Ok(it?.path())).collect::<Result<Vec<_>>>()?;
    designs.sort();
    ensure!(designs.contains(&root.join(STALLS)), "{STALLS} is not there");
    Ok(designs)
}

/// The device's interrupt came to the CPU on which the thread that waited had run last: each time, or not each time.
fn routed(document: Option<&Value>, each_time: bool) -> Result<()> {
    let Some(document) = document else { return Ok(()) };
    let count = |name: &str| document[name].as_u64().with_context(|| format!("the document has no `{name}`"));
    let (all, there) = (count("device_interrupts")?, count("device_interrupts_where_it_ran")?);
    ensure!(all > 0, "the device has raised no interrupt");
    ensure!(
        (all == there) == each_time,
        "of {all} interrupts of the device {there} came to where its thread ran"
    );
    Ok(())
}

/// Linux has to complain where the design lets it wait: that it does not under the default says something then.
fn stalls(root: &Path, binary: &Path) -> Result<()> {
    let mut command = Command::new(binary);
    command.current_dir(root).args(["world", "boot", "--plan", "stall", "--cpus", CPUS, "-o", "json"]);
    command.args(["--config", STALLS]).stderr(Stdio::inherit());
    eprintln!("$ {}", words(&command));
    let output = command.output().context("cannot start casemate")?;
    let document: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("stdout of `{}` is not one JSON document", words(&command)))?;
    if let Some(why) = lacks(output.status.code(), &document) {
        println!("skipped: {why}");
        return Ok(());
    }
    let violations = document["violations"].as_array().map_or(&[][..], Vec::as_slice);
    let complains = |it: &Value| it.as_str().is_some_and(|it| it.contains("stall") || it.contains("lockup"));
    ensure!(
        output.status.code() == Some(1) && violations.iter().any(complains),
        "{STALLS} was to stall Linux, and ended with {}: violations {}, problems {}",
        output.status,
        document["violations"],
        document["problems"]
    );
    eprintln!("Linux stalls under {STALLS}, as it should: {}", document["violations"]);
    Ok(())
}

/// Boots so many times below each REE that is named, and compares what was left byte by byte.
pub(crate) fn repeat(root: &Path, times: usize, rees: &[&str]) -> Result<()> {
    let binary = quickstart::build(root)?;
    let kept = target_directory(root)?.join("metal");
    for (ree, plan) in
        [("bare", "requests"), ("linux", "all")].into_iter().filter(|(it, _)| rees.contains(it))
    {
        let mut first: Option<Left> = None;
        for time in 1..=times {
            let folder = kept.join(format!("{ree}-{time}"));
            if boot(root, &binary, (ree, plan), None, &folder)?.is_none() {
                bail!("nothing to compare: {ree} was not booted");
            }
            let left = Left::read(&folder)?;
            // What differs is kept; what does not, once.
            match &first {
                None => first = Some(left),
                Some(first) => {
                    left.compare(first, time)?;
                    fs::remove_dir_all(&folder).context("the folder of a boot cannot be removed")?;
                }
            }
        }
        println!("{ree}: {times} boots left the same log and the same words, byte by byte");
    }
    Ok(())
}

/// What a boot left behind: the log, and what both worlds said.
struct Left(Vec<(&'static str, Vec<u8>)>);

impl Left {
    fn read(folder: &Path) -> Result<Self> {
        let file = |name: &'static str| {
            let path = folder.join(name);
            let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            Ok((name, bytes))
        };
        Ok(Self(["world.log", "ree.txt", "tee.txt"].into_iter().map(file).collect::<Result<_>>()?))
    }

    fn compare(&self, first: &Self, time: usize) -> Result<()> {
        for ((name, bytes), (_, before)) in self.0.iter().zip(&first.0) {
            let differs = bytes.iter().zip(before).position(|(now, then)| now != then);
            let shorter = bytes.len().min(before.len());
            let differs = differs.or((bytes.len() != before.len()).then_some(shorter));
            if let Some(at) = differs {
                bail!("boot {time} differs from the first in {name}, from byte {at} on");
            }
        }
        Ok(())
    }
}

fn lint(folder: &Path, target: &str, built: &Path) -> Result<()> {
    run_command(&mut cargo(folder, &["fmt", "--check"]))?;
    if !has_target(folder, target)? {
        println!("skipped: lints of {}: no Rust for {target}: rustup target add {target}", folder.display());
        return Ok(());
    }
    let arguments = ["clippy", "--release", "--workspace", "--target", target, "--", "-D", "warnings"];
    run_command(cargo(folder, &arguments).env("CARGO_TARGET_DIR", built).env_remove("RUSTFLAGS"))
}

fn has_target(folder: &Path, target: &str) -> Result<bool> {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(folder).args(["--print", "target-libdir", "--target", target]);
    let output = rustc.output().context("cannot start rustc")?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

/// Boots once: the document, if there was anything to boot with.
fn boot(
    root: &Path,
    binary: &Path,
    (ree, plan): (&str, &str),
    design: Option<&Path>,
    keep: &Path,
) -> Result<Option<Value>> {
    let mut command = Command::new(binary);
    command.current_dir(root).args(["world", "boot", "--ree", ree, "--plan", plan, "--cpus", CPUS]);
    command.args(["-o", "json", "--keep"]).arg(keep).stderr(Stdio::inherit());
    if let Some(design) = design {
        command.arg("--config").arg(design.strip_prefix(root).unwrap_or(design));
    }
    eprintln!("$ {}", words(&command));
    let begun = Instant::now();
    let output = command.output().context("cannot start casemate")?;
    let document: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("stdout of `{}` is not one JSON document", words(&command)))?;
    if let Some(why) = lacks(output.status.code(), &document) {
        println!("skipped: {why}");
        return Ok(None);
    }
    ensure!(
        output.status.success(),
        "`{}` ended with {}: violations {}, checks {}, problems {}; see {}",
        words(&command),
        output.status,
        document["violations"],
        document["checks"],
        document["problems"],
        keep.display()
    );
    eprintln!("{}, {:.1} s with everything", figures(&document)?, begun.elapsed().as_secs_f64());
    Ok(Some(document))
}

/// Why nothing was booted, if it is this machine that is without something.
fn lacks(code: Option<i32>, document: &Value) -> Option<String> {
    let missing = document["missing"].as_str().filter(|_| code == Some(NOT_BOOTED))?;
    Some(format!("metal: no {missing}: {}", document["problems"][0].as_str().unwrap_or_default()))
}

fn figures(document: &Value) -> Result<String> {
    let figure = |name: &str| {
        document[name].as_u64().with_context(|| format!("the document has no count `{name}`: {document}"))
    };
    ensure!(document["violations"].as_array().is_some_and(Vec::is_empty), "exit code 0 with violations");
    Ok(format!(
        "{} requests completed on {} CPUs, {} pre-emptions, {} migrations, {} s under QEMU",
        figure("ssrs_completed")?,
        figure("cpus")?,
        figure("preemptions")?,
        figure("migrations")?,
        document["seconds"]
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_machine_is_without_is_a_reason_to_skip() {
        let missing = json!({"missing": "qemu", "problems": ["no qemu: install it"]});
        assert_eq!(lacks(Some(2), &missing), Some("metal: no qemu: no qemu: install it".to_owned()));
        assert_eq!(lacks(Some(1), &missing), None);
        assert_eq!(lacks(Some(2), &json!({"missing": null, "problems": ["does not build"]})), None);
    }

    #[test]
    fn boots_that_differ_in_one_byte_or_in_length_are_told() {
        let left = |log: &[u8]| Left(vec![("world.log", log.to_vec())]);
        assert!(left(b"abc").compare(&left(b"abc"), 2).is_ok());
        let error = left(b"abd").compare(&left(b"abc"), 2).unwrap_err().to_string();
        assert_eq!(error, "boot 2 differs from the first in world.log, from byte 2 on");
        assert!(left(b"abcd").compare(&left(b"abc"), 3).is_err());
    }

    #[test]
    fn a_document_without_its_counts_is_told() {
        let whole =
            json!({"ssrs_completed": 4, "cpus": 2, "preemptions": 1, "migrations": 0, "violations": []});
        assert!(figures(&whole).unwrap().starts_with("4 requests completed on 2 CPUs"));
        assert!(figures(&json!({"violations": []})).is_err());
        assert!(figures(&json!({"violations": ["a"]})).is_err());
    }
}
