//! Packages of Debian's, into a folder of ours: lists, archives and sources are private, so that neither rights nor
//! another architecture are asked of the machine, and its own lists stay as they are.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::cache::make;
use crate::command::output;
use crate::refusal::Refusal;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const HOW_TO_GET_APT: &str =
    "run this on Debian or another system with apt, dpkg-deb and tar, which can reach deb.debian.org";

/// Debian 12 of one architecture.
pub(crate) struct Apt {
    folder: PathBuf,
    architecture: &'static str,
}

impl Apt {
    /// With lists of its own in `folder`, fetched anew.
    ///
    /// # Errors
    /// Where there is no apt, no keyring of Debian's, or no network.
    pub(crate) fn updated(folder: &Path, architecture: &'static str) -> Result<Self, Refusal> {
        if !Path::new(KEYRING).exists() {
            let cause = format!("Debian's keys are not at {KEYRING}");
            return Err(Refusal::new(cause, "apt-get install debian-archive-keyring"));
        }
        for below in ["lists/partial", "archives/partial"] {
            make(&folder.join(below))?;
        }
        let sources = folder.join("sources.list");
        let text = format!(
            "deb [signed-by={KEYRING}] http://deb.debian.org/debian bookworm main\n\
             deb [signed-by={KEYRING}] http://deb.debian.org/debian-security bookworm-security main\n"
        );
        fs::write(&sources, text).map_err(|error| Refusal::of_file(&sources, &error))?;
        let this = Self { folder: folder.to_owned(), architecture };
        output(this.command("apt-get").args(["--quiet", "--error-on=any", "update"]), HOW_TO_GET_APT)?;
        Ok(this)
    }

    /// Names of packages that begin like this.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>, Refusal> {
        let text = output(self.command("apt-cache").args(["pkgnames", prefix]), HOW_TO_GET_APT)?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Packages that these depend on, and so on, as far as their names begin with one of `prefixes`.
    pub(crate) fn depends(&self, packages: &[&str], prefixes: &[&str]) -> Result<Vec<String>, Refusal> {
        let mut found: Vec<String> = Vec::new();
        let mut next: Vec<String> = packages.iter().map(|it| (*it).to_owned()).collect();
        while let Some(package) = next.pop() {
            for name in needs(&self.shown(&package)?) {
                let wanted = prefixes.iter().any(|it| name.starts_with(it));
                if wanted && !packages.contains(&name) && !found.iter().any(|it| it == name) {
                    found.push(name.to_owned());
                    next.push(name.to_owned());
                }
            }
        }
        Ok(found)
    }

    fn shown(&self, package: &str) -> Result<String, Refusal> {
        output(self.command("apt-cache").args(["show", "--no-all-versions", package]), HOW_TO_GET_APT)
    }

    /// Fetches a package of the newest version there is; answers its file, whose hash is the one in Debian's list.
    pub(crate) fn fetch(&self, package: &str) -> Result<PathBuf, Refusal> {
        let shown = self.shown(package)?;
        let field = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let (Some(file), Some(hash)) = (field("Filename"), field("SHA256")) else {
            return Err(Refusal::new(format!("Debian's list has no hash of {package}"), "try again later"));
        };
        let archives = self.folder.join("archives");
        // As apt names it: the version's epoch apart, which no file name in the archive has.
        output(
            self.command("apt-get").args(["--quiet", "download", package]).current_dir(&archives),
            HOW_TO_GET_APT,
        )?;
        let path = downloaded(&archives, package)?;
        let bytes = fs::read(&path).map_err(|error| Refusal::of_file(&path, &error))?;
        let mut digest = String::new();
        for byte in Sha256::digest(&bytes) {
            let _ = write!(digest, "{byte:02x}");
        }
        if digest != hash {
            let _ = fs::remove_file(&path);
            let cause = format!("{file} has the SHA-256 hash {digest}, and Debian's list says {hash}");
            return Err(Refusal::new(cause, "try again; if it stays so, distrust the network"));
        }
        Ok(path)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folder = self.folder.display();
        let architecture = self.architecture;
        for option in [
            format!("APT::Architecture={architecture}"),
            format!("APT::Architectures={architecture}"),
            // As root, apt would fetch as another user, whom this folder does not let in.
            "APT::Sandbox::User=root".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
            format!("Dir::State={folder}"),
            "Dir::State::status=/dev/null".to_owned(),
            format!("Dir::State::Lists={folder}/lists"),
            format!("Dir::Cache={folder}"),
            format!("Dir::Etc::SourceList={folder}/sources.list"),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
        ] {
            command.arg(format!("-o{option}"));
        }
        command.env("LC_ALL", "C");
        command
    }
}

/// Takes files whose names match any of these patterns of tar's out of a package, into `folder`.
pub(crate) fn unpack(package: &Path, patterns: &[String], folder: &Path) -> Result<(), Refusal> {
    let mut archive = Command::new("dpkg-deb");
    archive
        .arg("--fsys-tarfile")
        .arg(package)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let cannot = |what: &str, why: String| Refusal::new(format!("`{what}` {why}"), HOW_TO_GET_APT);
    let mut archive =
        archive.spawn().map_err(|error| cannot("dpkg-deb", format!("cannot be started: {error}")))?;
    let mut taken = Command::new("tar");
    taken.args(["--extract", "--no-same-owner", "--wildcards", "--directory"]).arg(folder).args(patterns);
    let taken = match archive.stdout.take() {
        Some(tar) => taken.stdin(Stdio::from(tar)).stderr(Stdio::piped()).output(),
        None => taken.stdin(Stdio::null()).output(),
    };
    let archive = archive.wait();
    let taken = taken.map_err(|error| cannot("tar", format!("cannot be started: {error}")))?;
    if !taken.status.success() {
        let why = String::from_utf8_lossy(&taken.stderr).trim().replace('\n', "; ");
        return Err(cannot("tar", format!("of {} ended with {}: {why}", package.display(), taken.status)));
    }
    match archive {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(cannot("dpkg-deb", format!("of {} ended with {status}", package.display()))),
        Err(error) => Err(cannot("dpkg-deb", format!("cannot be waited for: {error}"))),
    }
}

/// Names of the packages that one depends on; of alternatives the first.
fn needs(shown: &str) -> Vec<&str> {
    let depends = shown.lines().find_map(|line| line.strip_prefix("Depends: ")).unwrap_or_default();
    depends.split(',').filter_map(|it| it.split_whitespace().next()).collect()
}

fn downloaded(archives: &Path, package: &str) -> Result<PathBuf, Refusal> {
    let listed = fs::read_dir(archives).map_err(|error| Refusal::of_file(archives, &error))?;
    let files = listed.flatten().map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        name.strip_prefix(package).is_some_and(|it| it.starts_with('_') && it.ends_with(".deb"))
    });
    // Of several versions, the one that has just come.
    let newest = files.max_by_key(|path| fs::metadata(path).and_then(|it| it.modified()).ok());
    newest.ok_or_else(|| {
        Refusal::new(format!("apt fetched {package}, but not to {}", archives.display()), "try again")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_needs_is_read_without_versions() {
        let shown = "Package: a\nDepends: libc6 (>= 2.34), libllvm22, kmod | module-init-tools\nSize: 5\n";
        assert_eq!(needs(shown), ["libc6", "libllvm22", "kmod"]);
        assert!(needs("Package: b\n").is_empty());
    }

    #[test]
    fn of_several_archives_only_the_packages_own_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["a_1_arm64.deb", "ab_2_arm64.deb", "a_1_arm64.deb.part"] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        assert_eq!(downloaded(directory.path(), "a"), Ok(directory.path().join("a_1_arm64.deb")));
        assert!(downloaded(directory.path(), "b").is_err());
    }
}
