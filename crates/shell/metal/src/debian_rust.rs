//! A Rust of Debian's for the firmware, where rustup cannot add the target: its compiler, and `core` and `alloc`
//! compiled for the target once from its own sources. It stands in the cache; the machine stays as it is.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt::{Apt, unpack};
use crate::cache::{Cache, make};
use crate::command::output;
use crate::refusal::Refusal;
use crate::toolchain::{Target, cargo, has_library};

const REMEDY: &str = "let this machine reach deb.debian.org";
/// The compiler, its own libraries, and the sources of the targets'.
const PACKAGES: [&str; 3] = ["rustc-web", "libstd-rust-web-dev", "rust-web-src"];
/// Further ones have their version in their names.
const VERSIONED: [&str; 2] = ["libstd-rust-web-", "libllvm"];

/// What has to be set for cargo to compile with it; it is fetched and built where it is not in the cache.
///
/// # Errors
/// Where it cannot be had, or there is no rust-lld.
pub(crate) fn prepare(
    sources: &Path,
    cache: &Cache,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<(String, OsString)>, Refusal> {
    let (folder, _lock) = cache.folder("rust")?;
    let root = folder.join("root");
    let debian = Debian { linker: linker(sources)?, root };
    if !has_library(&debian.libraries(), "liballoc-") {
        tell("fetching Debian's Rust");
        fetch(&folder, &debian.root)?;
        tell("compiling core and alloc for the firmware");
        build(&folder, &debian)?;
        // Seven tenths of a gigabyte that nobody needs again.
        for spent in ["apt", "empty", "root/usr/src", "root/usr/share"] {
            drop(fs::remove_dir_all(folder.join(spent)));
        }
    }
    Ok(debian.variables())
}

struct Debian {
    root: PathBuf,
    linker: PathBuf,
}

impl Debian {
    /// Where the target's libraries are.
    fn libraries(&self) -> PathBuf {
        self.root.join("usr/lib/rustlib").join(Target::Firmware.triple()).join("lib")
    }

    fn variables(&self) -> Vec<(String, OsString)> {
        let mut folders = vec![self.root.join("usr/lib")];
        let multiarch = fs::read_dir(self.root.join("usr/lib")).into_iter().flatten().flatten();
        folders.extend(
            multiarch.map(|entry| entry.path()).filter(|it| it.to_string_lossy().ends_with("-linux-gnu")),
        );
        let folders = std::env::join_paths(folders).unwrap_or_default();
        vec![
            ("RUSTC".to_owned(), self.root.join("usr/bin/rustc").into()),
            ("LD_LIBRARY_PATH".to_owned(), folders),
            (Target::Firmware.linker(), self.linker.clone().into()),
        ]
    }
}

/// rust-lld of the Rust that is here, whose version does not matter.
fn linker(sources: &Path) -> Result<PathBuf, Refusal> {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(sources).args(["--print", "target-libdir"]);
    let libraries = output(&mut rustc, "install Rust")?;
    let linker = Path::new(libraries.trim()).with_file_name("bin").join("rust-lld");
    if !linker.is_file() {
        let cause = format!("no rust-lld at {}", linker.display());
        return Err(Refusal::new(cause, "install Rust with rustup, which brings it along"));
    }
    Ok(linker)
}

fn fetch(folder: &Path, root: &Path) -> Result<(), Refusal> {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => return Err(Refusal::new(format!("no Rust of Debian's for {other} here"), "install rustup")),
    };
    let apt = Apt::updated(&folder.join("apt"), architecture)?;
    let mut packages: Vec<_> = PACKAGES.map(str::to_owned).into();
    packages.extend(apt.depends(&PACKAGES, &VERSIONED)?);
    make(root)?;
    for package in packages {
        unpack(&apt.fetch(&package)?, &["./usr/*".to_owned()], root)?;
    }
    Ok(())
}

/// Compiles the libraries by way of an empty one that asks for them.
fn build(folder: &Path, debian: &Debian) -> Result<(), Refusal> {
    let empty = folder.join("empty");
    make(&empty.join("src"))?;
    let write = |name: &str, text: &str| {
        let path = empty.join(name);
        fs::write(&path, text).map_err(|error| Refusal::of_file(&path, &error))
    };
    write(
        "Cargo.toml",
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    write("src/lib.rs", "#![no_std]\n")?;
    let triple = Target::Firmware.triple();
    let mut command = cargo(&empty);
    command.args([
        "build",
        "--release",
        "-Zbuild-std=core,alloc",
        "--target",
        triple,
        "--target-dir",
        "target",
    ]);
    command.envs(debian.variables()).env("RUSTC_BOOTSTRAP", "1");
    // Whoever links with it may want to optimise across both.
    command.env("RUSTFLAGS", "-Cembed-bitcode=yes");
    output(&mut command, REMEDY)?;
    let built = empty.join("target").join(triple).join("release/deps");
    let libraries = debian.libraries();
    make(&libraries)?;
    // `alloc` is what is looked for, so it comes last.
    let mut files: Vec<_> = fs::read_dir(&built)
        .map_err(|error| Refusal::of_file(&built, &error))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "rlib"))
        .filter(|path| !path.to_string_lossy().contains("libempty-"))
        .collect();
    files.sort_by_key(|path| path.to_string_lossy().contains("liballoc-"));
    for file in files {
        let to = libraries.join(file.file_name().unwrap_or_default());
        fs::copy(&file, &to).map_err(|error| Refusal::of_file(&to, &error))?;
    }
    Ok(())
}
