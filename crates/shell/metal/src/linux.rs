//! Debian's own kernel for 64-bit Arm, and the modules by which it talks to a TEE.

use std::fs;
use std::path::{Path, PathBuf};

use crate::apt::{Apt, unpack};
use crate::cache::{Cache, make};
use crate::elf;
use crate::refusal::Refusal;

/// The series: Debian 12's own, whose `optee` driver speaks by SMC and has notifications.
const SERIES: &str = "linux-image-6.1.0-";
const FLAVOUR: &str = "-arm64";
/// Loaded into the client's Linux, with what it needs.
const MODULE: &str = "optee";
/// In the header of an uncompressed image (Linux `Documentation/arm64/booting.rst`).
const MAGIC: (usize, &[u8]) = (56, b"ARMd");

/// A kernel and its modules, as they are on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linux {
    /// The release, as `uname -r` says.
    pub release: String,
    /// The uncompressed image.
    pub image: PathBuf,
    /// Modules in the order in which they are to be loaded.
    pub modules: Vec<PathBuf>,
}

impl Linux {
    /// The one in the cache, or else the newest of Debian 12's, which is fetched (60 MB) and checked.
    ///
    /// # Errors
    /// Where there is none in the cache and it cannot be had.
    pub fn prepare(cache: &Cache, tell: &mut dyn FnMut(&str)) -> Result<Self, Refusal> {
        let (folder, _lock) = cache.folder("linux")?;
        let kept = kept(&folder)?;
        if let Some(newest) = kept.iter().max_by_key(|it| revision(&format!("linux-image-{it}"))) {
            return read(newest, &folder.join(newest));
        }
        tell("asking Debian for its newest kernel for arm64");
        let apt = Apt::updated(&folder.join("apt"), "arm64")?;
        let package = newest(&apt.names(SERIES)?)
            .ok_or_else(|| Refusal::new(format!("Debian has no {SERIES}*{FLAVOUR}"), "try again later"))?;
        tell(&format!("fetching {package}"));
        let archive = apt.fetch(&package)?;
        tell(&format!("unpacking {package}"));
        let release = package.trim_start_matches("linux-image-").to_owned();
        // Complete or not there at all: what is half done has another name.
        let half = folder.join("half");
        if half.exists() {
            fs::remove_dir_all(&half).map_err(|error| Refusal::of_file(&half, &error))?;
        }
        make(&half)?;
        take(&archive, &release, &half)?;
        let linux = folder.join(&release);
        fs::rename(&half, &linux).map_err(|error| Refusal::of_file(&linux, &error))?;
        // The package is six times as long as what is used of it.
        drop(fs::remove_file(&archive));
        read(&release, &linux)
    }
}

/// The kernel of this release and its modules, one file each, beside a list of them in their order.
fn take(archive: &Path, release: &str, to: &Path) -> Result<(), Refusal> {
    let raw = to.join("raw");
    make(&raw)?;
    unpack(archive, &[format!("./boot/vmlinuz-{release}"), pattern(MODULE)], &raw)?;
    let moved = |from: &Path, name: &str| {
        fs::rename(from, to.join(name)).map_err(|error| Refusal::of_file(from, &error))
    };
    moved(&raw.join(format!("boot/vmlinuz-{release}")), "image")?;
    let mut order = Vec::new();
    let mut wanted = vec![MODULE.to_owned()];
    while !wanted.is_empty() {
        let mut next = Vec::new();
        for name in wanted {
            let path = find(&raw, &name)?;
            let bytes = fs::read(&path).map_err(|error| Refusal::of_file(&path, &error))?;
            next.extend(elf::depends(&name, &bytes)?);
            moved(&path, &format!("{name}.ko"))?;
            order.insert(0, name);
        }
        next.sort();
        next.dedup();
        // What several need comes before all of them.
        order.retain(|it| !next.contains(it));
        let missing: Vec<_> =
            next.iter().filter(|it| !to.join(format!("{it}.ko")).exists()).cloned().collect();
        order.splice(0..0, next.into_iter().filter(|it| !missing.contains(it)));
        if !missing.is_empty() {
            let patterns: Vec<_> = missing.iter().map(|it| pattern(it)).collect();
            unpack(archive, &patterns, &raw)?;
        }
        wanted = missing;
    }
    fs::remove_dir_all(&raw).map_err(|error| Refusal::of_file(&raw, &error))?;
    let list = to.join("modules");
    fs::write(&list, order.join("\n")).map_err(|error| Refusal::of_file(&list, &error))
}

/// A module's file, for tar: in names of files a hyphen may stand for an underscore.
fn pattern(module: &str) -> String {
    format!("*/{}.ko", module.replace('_', "[-_]"))
}

fn find(folder: &Path, module: &str) -> Result<PathBuf, Refusal> {
    let listed = fs::read_dir(folder).map_err(|error| Refusal::of_file(folder, &error))?;
    for entry in listed.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Ok(found) = find(&path, module) {
                return Ok(found);
            }
        } else if path.extension().is_some_and(|it| it == "ko")
            && path.file_stem().and_then(|it| it.to_str()).is_some_and(|it| it.replace('-', "_") == module)
        {
            return Ok(path);
        }
    }
    Err(Refusal::new(format!("the kernel's package has no module {module}"), "try a newer one"))
}

fn kept(folder: &Path) -> Result<Vec<String>, Refusal> {
    let listed = fs::read_dir(folder).map_err(|error| Refusal::of_file(folder, &error))?;
    let names = listed.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter(|it| revision(&format!("linux-image-{it}")).is_some()).collect())
}

fn read(release: &str, folder: &Path) -> Result<Linux, Refusal> {
    let (image, list) = (folder.join("image"), folder.join("modules"));
    let names = fs::read_to_string(&list).map_err(|error| Refusal::of_file(&list, &error))?;
    let bytes = fs::read(&image).map_err(|error| Refusal::of_file(&image, &error))?;
    if bytes.get(MAGIC.0..).is_none_or(|it| !it.starts_with(MAGIC.1)) {
        let cause = format!("{}: not an uncompressed image of Linux for 64-bit Arm", image.display());
        return Err(Refusal::new(cause, format!("delete {}", folder.display())));
    }
    let modules = names.lines().map(|name| folder.join(format!("{name}.ko"))).collect();
    Ok(Linux { release: release.to_owned(), image, modules })
}

/// The newest of these packages that is a kernel of Debian's usual flavour.
fn newest(names: &[String]) -> Option<String> {
    names.iter().filter_map(|it| Some((revision(it)?, it))).max().map(|(_, it)| it.clone())
}

fn revision(package: &str) -> Option<u32> {
    package.strip_prefix(SERIES)?.strip_suffix(FLAVOUR)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_the_usual_flavour_is_taken() {
        let names = ["6.1.0-9-arm64", "6.1.0-56-arm64", "6.1.0-57-rt-arm64", "6.1.0-58-arm64-unsigned"];
        let names: Vec<_> = names.iter().map(|it| format!("linux-image-{it}")).collect();
        assert_eq!(newest(&names).as_deref(), Some("linux-image-6.1.0-56-arm64"));
        assert_eq!(newest(&names[2..]), None);
    }

    #[test]
    fn what_is_in_the_cache_is_used_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path()).unwrap();
        let (folder, lock) = cache.folder("linux").unwrap();
        drop(lock);
        let linux = folder.join("6.1.0-56-arm64");
        make(&linux).unwrap();
        let mut image = vec![0; 64];
        image[MAGIC.0..MAGIC.0 + 4].copy_from_slice(MAGIC.1);
        fs::write(linux.join("image"), image).unwrap();
        fs::write(linux.join("modules"), "tee\noptee").unwrap();
        let prepared = Linux::prepare(&cache, &mut |step| panic!("{step}")).unwrap();
        assert_eq!(prepared.release, "6.1.0-56-arm64");
        assert_eq!(prepared.modules, [linux.join("tee.ko"), linux.join("optee.ko")]);

        fs::write(linux.join("image"), "compressed").unwrap();
        let refusal = Linux::prepare(&cache, &mut |_| {}).unwrap_err();
        assert!(refusal.cause.contains("not an uncompressed image"), "{refusal}");
    }

    #[test]
    fn a_hyphen_in_a_files_name_is_an_underscore_in_the_modules() {
        let directory = tempfile::tempdir().unwrap();
        let below = directory.path().join("lib/modules");
        make(&below).unwrap();
        fs::write(below.join("arm-ffa.ko"), "").unwrap();
        assert_eq!(find(directory.path(), "arm_ffa"), Ok(below.join("arm-ffa.ko")));
        assert!(find(directory.path(), "tee").is_err());
        assert_eq!(pattern("arm_ffa"), "*/arm[-_]ffa.ko");
    }
}
