//! Building the firmware from its sources, into the cache.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use casemate_world_log::Ree;
use serde_json::Value;

use crate::cache::Cache;
use crate::refusal::{Missing, Refusal};
use crate::toolchain::{Target, Toolchain};

/// Where the sources are: `firmware` of the project.
#[derive(Clone, Debug)]
pub struct Sources {
    folder: PathBuf,
}

/// The programs of the machine, as ELF files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// Runs at EL3.
    pub monitor: PathBuf,
    /// Runs at S-EL1.
    pub kernel: PathBuf,
    /// The REE without an operating system, where it is asked for.
    pub bare: Option<PathBuf>,
}

impl Sources {
    /// Those in `named`, else those this program was built beside, else in `firmware` of this folder.
    ///
    /// # Errors
    /// Where there are none.
    pub fn find(named: Option<&Path>) -> Result<Self, Refusal> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3);
        let candidates = match named {
            Some(named) => vec![named.to_owned()],
            None => beside
                .into_iter()
                .map(Path::to_owned)
                .chain([PathBuf::from(".")])
                .map(|it| it.join("firmware"))
                .collect(),
        };
        for candidate in &candidates {
            if candidate.join("monitor/Cargo.toml").is_file()
                && let Ok(folder) = fs::canonicalize(candidate)
            {
                return Ok(Self { folder });
            }
        }
        let looked: Vec<_> = candidates.iter().map(|it| it.display().to_string()).collect();
        let cause = format!("no sources of the firmware in {}", looked.join(" nor "));
        Err(Refusal::new(cause, "name the folder `firmware` of Casemate's sources with --firmware"))
    }

    /// Builds monitor and kernel, and the bare REE if that is to be booted.
    ///
    /// # Errors
    /// Where the toolchain is missing or they do not compile.
    pub fn firmware(&self, cache: &Cache, ree: Ree, tell: &mut dyn FnMut(&str)) -> Result<Firmware, Refusal> {
        let toolchain = Toolchain::prepare(Target::Firmware, &self.folder, cache, tell)
            .map_err(|it| it.for_want_of(Missing::Toolchain))?;
        tell("building the firmware");
        let mut built = build(&toolchain, &self.folder, cache)?;
        let bare = match ree {
            Ree::Bare => Some(part(&mut built, "ree")?),
            Ree::Linux => None,
        };
        Ok(Firmware { monitor: part(&mut built, "monitor")?, kernel: part(&mut built, "kernel")?, bare })
    }

    /// Builds Linux' client, a static program.
    ///
    /// # Errors
    /// As [`Self::firmware`].
    pub fn client(&self, cache: &Cache, tell: &mut dyn FnMut(&str)) -> Result<PathBuf, Refusal> {
        let folder = self.folder.join("client");
        if !folder.join("Cargo.toml").is_file() {
            let cause = format!("no sources of Linux' client in {}", folder.display());
            return Err(Refusal::new(
                cause,
                "name the folder `firmware` of Casemate's sources with --firmware",
            ));
        }
        let toolchain = Toolchain::prepare(Target::Linux, &folder, cache, tell)
            .map_err(|it| it.for_want_of(Missing::Toolchain))?;
        tell("building Linux' client");
        part(&mut build(&toolchain, &folder, cache)?, "client")
    }
}

/// Programs by the folder of their package.
type Programs = BTreeMap<String, PathBuf>;

fn part(built: &mut Programs, name: &str) -> Result<PathBuf, Refusal> {
    built.remove(name).ok_or_else(|| {
        Refusal::new(
            format!("the firmware's `{name}` is no program"),
            "build it from the project's own sources",
        )
    })
}

/// Each folder of sources has its own folder in the cache: several checkouts do not build over each other.
fn build(toolchain: &Toolchain, sources: &Path, cache: &Cache) -> Result<Programs, Refusal> {
    let mut hasher = DefaultHasher::new();
    sources.hash(&mut hasher);
    let (target, _lock) = cache.folder(&format!("build/{:016x}", hasher.finish()))?;
    let mut cargo = toolchain.cargo(sources, "build");
    cargo.args(["--message-format", "json", "--target-dir"]).arg(target);
    let ended = cargo.stdin(Stdio::null()).output();
    let output =
        ended.map_err(|error| Refusal::new(format!("`cargo` cannot be started: {error}"), "install Rust"))?;
    let messages = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let cause = format!(
            "{}: the firmware does not build: {}",
            sources.display(),
            first_error(&messages, &output.stderr)
        );
        return Err(Refusal::new(cause, format!("cd {} && cargo build --release", sources.display())));
    }
    Ok(programs(&messages))
}

/// Of what cargo tells as JSON, a line each: programs by the folder of their package.
fn programs(messages: &str) -> Programs {
    let told = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let named = told.filter_map(|it| {
        let program = it["executable"].as_str()?;
        let folder = Path::new(it["manifest_path"].as_str()?).parent()?.file_name()?;
        Some((folder.to_string_lossy().into_owned(), PathBuf::from(program)))
    });
    named.collect()
}

/// The compiler's first error, or else cargo's last words.
fn first_error(messages: &str, stderr: &[u8]) -> String {
    let told = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut errors = told.filter(|it| it["message"]["level"] == "error");
    let first = errors.find_map(|it| Some(it["message"]["rendered"].as_str()?.trim().to_owned()));
    first.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(stderr);
        let lines: Vec<_> = text.lines().filter(|it| !it.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(4)..].join("\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_their_packages_folder() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","manifest_path":"/f/abi/Cargo.toml","executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","manifest_path":"/f/monitor/Cargo.toml","executable":"/t/casemate-monitor"}"#,
            "\n{\"reason\":\"build-finished\",\"success\":true}\n",
        );
        let mut built = programs(messages);
        assert_eq!(part(&mut built, "monitor"), Ok("/t/casemate-monitor".into()));
        assert_eq!(part(&mut built, "abi").unwrap_err().cause, "the firmware's `abi` is no program");
    }

    #[test]
    fn the_first_error_is_told_or_else_what_cargo_said() {
        let messages = concat!(
            r#"{"message":{"level":"warning","rendered":"warning: unused"}}"#,
            "\n",
            r#"{"message":{"level":"error","rendered":"error: no such thing\n"}}"#
        );
        assert_eq!(first_error(messages, b""), "error: no such thing");
        assert_eq!(first_error("", b"error: no network\n"), "error: no network");
    }

    #[test]
    fn a_folder_without_sources_is_refused_and_named() {
        let directory = tempfile::tempdir().unwrap();
        let refusal = Sources::find(Some(directory.path())).unwrap_err();
        assert!(refusal.cause.contains(&directory.path().display().to_string()), "{refusal}");
        assert!(refusal.remedy.contains("--firmware"), "{refusal}");
    }
}
