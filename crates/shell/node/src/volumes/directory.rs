//! Opens directories name by name, following no link.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;

use super::private;
use super::view::Files;

/// Opens an absolute directory.
///
/// # Errors
///
/// Something on the way is no directory: a link, for one.
pub(super) fn open(path: &Path) -> io::Result<OwnedFd> {
    let mut directory = one(CWD, OsStr::new("/"))?;
    for part in path.components() {
        match part {
            Component::RootDir => {}
            Component::Normal(name) => directory = one(&directory, name)?,
            Component::CurDir | Component::ParentDir | Component::Prefix(_) => {
                return Err(io::ErrorKind::InvalidInput.into());
            }
        }
    }
    Ok(directory)
}

/// Opens the directory at this path below `base`, and makes what is missing of it.
///
/// # Errors
///
/// As [`open`].
pub(super) fn open_or_make(base: &Path, names: &[String]) -> io::Result<OwnedFd> {
    let mut directory = open(&base.canonicalize()?)?;
    for name in names {
        match mkdirat(&directory, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => directory = one(&directory, OsStr::new(name))?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(directory)
}

/// Writes these files below `base`, for their owner to read, unless they are there.
///
/// # Errors
///
/// What the system says.
pub(super) fn write_out(base: &Path, files: &Files) -> io::Result<()> {
    if base.exists() {
        return Ok(());
    }
    private(base)?;
    for (name, contents) in files {
        let path = base.join(name);
        path.parent().map_or(Ok(()), private)?;
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path)?;
        file.write_all(contents)?;
    }
    Ok(())
}

/// One step.
fn one(from: impl std::os::fd::AsFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(from, name, flags, Mode::empty())?)
}
