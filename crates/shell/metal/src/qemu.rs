//! QEMU: the one that is installed, or else the distribution's own package, unpacked into the cache.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt::unpack;
use crate::cache::{Cache, make};
use crate::command::output;
use crate::refusal::Refusal;

const PROGRAM: &str = "qemu-system-aarch64";
const PACKAGE: &str = "qemu-system-arm";
const REMEDY: &str = "apt-get install qemu-system-arm";

/// A QEMU that runs 64-bit Arm.
#[derive(Clone, Debug)]
pub struct Qemu {
    program: PathBuf,
    /// Where it was unpacked, if it is not installed.
    root: Option<PathBuf>,
    /// Its version, as `7.2.22`.
    pub version: String,
}

impl Qemu {
    /// The one that `CASEMATE_QEMU` names, or the first in `PATH`, or the one in the cache, to which it is fetched from
    /// where this machine's packages come from.
    ///
    /// # Errors
    /// Where there is none and it cannot be had, or it does not start.
    pub fn prepare(cache: &Cache, tell: &mut dyn FnMut(&str)) -> Result<Self, Refusal> {
        let named = std::env::var_os("CASEMATE_QEMU").filter(|it| !it.is_empty()).map(PathBuf::from);
        if let Some(program) = named.or_else(|| in_path(std::env::var_os("PATH"))) {
            return Self::of(program, None);
        }
        let (folder, _lock) = cache.folder("qemu")?;
        let root = folder.join("root");
        let program = root.join("usr/bin").join(PROGRAM);
        if !program.is_file() {
            tell(&format!("fetching {PACKAGE}"));
            fetch(&folder).map_err(|refusal| {
                let cause = format!("no {PROGRAM} in PATH, nor can it be fetched: {}", refusal.cause);
                Refusal::new(cause, REMEDY)
            })?;
        }
        Self::of(program, Some(root))
    }

    fn of(program: PathBuf, root: Option<PathBuf>) -> Result<Self, Refusal> {
        let unknown = Self { program, root, version: String::new() };
        let said = output(unknown.command().arg("--version"), REMEDY)?;
        let version = version(&said).ok_or_else(|| {
            let cause = format!("{} does not tell its version as QEMU does", unknown.program.display());
            Refusal::new(cause, REMEDY)
        })?;
        Ok(Self { version: version.to_owned(), ..unknown })
    }

    /// A command that starts it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(root) = &self.root {
            command.env("LD_LIBRARY_PATH", libraries(root)).arg("-L").arg(root.join("usr/share/qemu"));
        }
        command
    }

    /// Why it cannot be started.
    pub(crate) fn refused(&self, error: &io::Error) -> Refusal {
        Refusal::new(format!("{} cannot be started: {error}", self.program.display()), REMEDY)
    }
}

/// The package and all it needs that is not installed, from this machine's sources: other ones' libraries would not fit.
fn fetch(folder: &Path) -> Result<(), Refusal> {
    let archives = folder.join("archives");
    make(&archives.join("partial"))?;
    make(&folder.join("lists/partial"))?;
    let apt = || {
        let mut apt = Command::new("apt-get");
        let folder = folder.display();
        for option in [
            format!("Dir::State::Lists={folder}/lists"),
            format!("Dir::Cache={folder}"),
            "Acquire::Languages=none".to_owned(),
            // As root, apt would fetch as another user, whom this folder does not let in.
            "APT::Sandbox::User=root".to_owned(),
            // What is locked is the whole machine's packages, and they stay as they are.
            "Debug::NoLocking=true".to_owned(),
        ] {
            apt.arg(format!("-o{option}"));
        }
        apt.env("LC_ALL", "C").arg("--quiet");
        apt
    };
    output(apt().arg("update"), REMEDY)?;
    let only = ["--download-only", "--yes", "--no-install-recommends", "--no-remove", "install", PACKAGE];
    output(apt().args(only), REMEDY)?;
    // Complete or not there at all: what is half done has another name.
    let half = folder.join("half");
    drop(fs::remove_dir_all(&half));
    make(&half)?;
    let listed = fs::read_dir(&archives).map_err(|error| Refusal::of_file(&archives, &error))?;
    for archive in listed.flatten().map(|entry| entry.path()) {
        if archive.extension().is_some_and(|it| it == "deb") {
            unpack(&archive, &["./*".to_owned()], &half)?;
        }
    }
    let root = folder.join("root");
    fs::rename(&half, &root).map_err(|error| Refusal::of_file(&root, &error))?;
    drop(fs::remove_dir_all(&archives));
    Ok(())
}

/// Folders of libraries in a root that packages were unpacked to: those of Debian's multiarch too, and one below.
fn libraries(root: &Path) -> OsString {
    let mut found = Vec::new();
    for top in ["lib", "usr/lib"] {
        let top = root.join(top);
        let below = fs::read_dir(&top).into_iter().flatten().flatten().map(|entry| entry.path());
        let multiarch: Vec<_> = below.filter(|it| it.to_string_lossy().ends_with("-linux-gnu")).collect();
        for folder in &multiarch {
            let below = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
            found.extend(below.filter(|it| it.is_dir()));
        }
        found.extend(multiarch);
        found.push(top);
    }
    std::env::join_paths(found).unwrap_or_default()
}

fn in_path(path: Option<OsString>) -> Option<PathBuf> {
    let path = path?;
    let folders = std::env::split_paths(&path);
    folders.map(|folder| folder.join(PROGRAM)).find(|it| it.is_file())
}

fn version(said: &str) -> Option<&str> {
    said.strip_prefix("QEMU emulator version ")?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_version_is_read() {
        let said = "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c) 2003-2022\n";
        assert_eq!(version(said), Some("7.2.22"));
        assert_eq!(version("qemu: unknown option"), None);
    }

    #[test]
    fn it_is_looked_for_in_every_folder() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (directory.path().join("one"), directory.path().join("two"));
        fs::create_dir_all(&two).unwrap();
        let path = std::env::join_paths([&one, &two]).unwrap();
        assert_eq!(in_path(Some(path.clone())), None);
        fs::write(two.join(PROGRAM), "").unwrap();
        assert_eq!(in_path(Some(path)), Some(two.join(PROGRAM)));
        assert_eq!(in_path(None), None);
    }

    #[test]
    fn libraries_are_found_as_debian_lays_them_out() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("usr/lib/x86_64-linux-gnu");
        fs::create_dir_all(folder.join("pulseaudio")).unwrap();
        let found: Vec<_> = std::env::split_paths(&libraries(directory.path())).collect();
        assert!(found.contains(&folder) && found.contains(&folder.join("pulseaudio")), "{found:?}");
    }
}
