//! QEMU: the one that is installed, or one of the distribution's own packages unpacked into the cache.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::Cache;
use crate::command::output;
use crate::refusal::Refusal;

const PROGRAM: &str = "qemu-system-aarch64";
const REMEDY: &str = "apt-get install qemu-system-arm";

/// A QEMU that runs 64-bit Arm.
#[derive(Clone, Debug)]
pub struct Qemu {
    program: PathBuf,
    /// Its version, as `7.2.22`.
    pub version: String,
}

impl Qemu {
    /// The one that `CASEMATE_QEMU` names, or else the first in `PATH`.
    ///
    /// # Errors
    /// Where there is none, or it does not start.
    pub fn find(_cache: &Cache) -> Result<Self, Refusal> {
        let named = std::env::var_os("CASEMATE_QEMU").filter(|it| !it.is_empty()).map(PathBuf::from);
        let program = match named {
            Some(named) => named,
            None => in_path(std::env::var_os("PATH"))
                .ok_or_else(|| Refusal::new(format!("no {PROGRAM} in PATH"), REMEDY))?,
        };
        Self::of(program)
    }

    fn of(program: PathBuf) -> Result<Self, Refusal> {
        let said = output(Command::new(&program).arg("--version"), REMEDY)?;
        let version = version(&said).ok_or_else(|| {
            Refusal::new(format!("{} does not tell its version as QEMU does", program.display()), REMEDY)
        })?;
        Ok(Self { program, version: version.to_owned() })
    }

    /// A command that starts it.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.program)
    }

    /// Why it cannot be started.
    pub(crate) fn refused(&self, error: &io::Error) -> Refusal {
        Refusal::new(format!("{} cannot be started: {error}", self.program.display()), REMEDY)
    }
}

fn in_path(path: Option<OsString>) -> Option<PathBuf> {
    let path = path?;
    let folders = std::env::split_paths(&path);
    folders.map(|folder| folder.join(PROGRAM)).find(|it: &PathBuf| is_file(it))
}

fn is_file(path: &Path) -> bool {
    path.is_file()
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
        std::fs::create_dir_all(&two).unwrap();
        let path = std::env::join_paths([&one, &two]).unwrap();
        assert_eq!(in_path(Some(path.clone())), None);
        std::fs::write(two.join(PROGRAM), "").unwrap();
        assert_eq!(in_path(Some(path)), Some(two.join(PROGRAM)));
        assert_eq!(in_path(None), None);
    }
}
