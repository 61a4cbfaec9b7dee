//! One secret file: read only where nobody else can read or replace it, made exactly once.
//!
//! It is written whole to a temporary name and then linked to its own, which fails where the name
//! exists already. So nobody sees half a file, and of several makers one wins and all read the
//! winner's. Nothing here changes permissions that others have set: it refuses, and says what to do.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::geteuid;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::SigningError;

/// A key and a certificate take about 1 KiB.
const MAX_BYTES: usize = 16 * 1024;

/// Why a secret file is not used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The system refused.
    #[error("cannot {action} {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others can read the file.
    #[error(
        "{path} has mode {mode:04o}: others can read the key in it; \
         if nobody has, run `chmod 600 {path}`, else remove it",
        path = path.display()
    )]
    LooseFile {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Others can replace the file.
    #[error(
        "{path} has mode {mode:04o}: others can replace the key in it; run `chmod 700 {path}`",
        path = path.display()
    )]
    LooseDirectory {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else owns it.
    #[error("{path} belongs to user {owner}, not to you ({user}); use a directory of your own", path = path.display())]
    Owner {
        /// The file or directory.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who runs this.
        user: u32,
    },
    /// A directory, device or link.
    #[error("{path} is not a regular file; remove it", path = path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Longer than a key and a certificate can be, or not text.
    #[error("{path} is not text of at most {MAX_BYTES} bytes; remove it", path = path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The content could not be made.
    #[error(transparent)]
    Content(#[from] SigningError),
}

/// The content of `path` in `dir`, from `content` where there is no such file yet.
pub(crate) fn read_or_create(
    dir: &Path,
    path: &Path,
    content: impl FnOnce() -> Result<Zeroizing<String>, SigningError>,
) -> Result<Zeroizing<String>, StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io_error("create", dir))?;
    check_directory(dir)?;
    if let Some(existing) = read(path)? {
        return Ok(existing);
    }
    create(dir, path, content()?.as_bytes())?;
    read(path)?.ok_or_else(|| io_error("read", path)(ErrorKind::NotFound.into()))
}

fn check_directory(dir: &Path) -> Result<(), StoreError> {
    let metadata = fs::metadata(dir).map_err(io_error("look at", dir))?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(StoreError::LooseDirectory { path: dir.to_owned(), mode });
    }
    check_owner(dir, &metadata)
}

/// `None` where there is no such file.
fn read(path: &Path) -> Result<Option<Zeroizing<String>>, StoreError> {
    // Not through a link, and not waiting for the writer of a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            return Err(StoreError::NotAFile { path: path.to_owned() });
        }
        Err(error) => return Err(io_error("open", path)(error)),
    };
    check_file(path, &file)?;

    // One more than allowed tells too long from just right; all at once leaves no copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(io_error("read", path))?;
    let text = str::from_utf8(&bytes).ok().filter(|text| text.len() <= MAX_BYTES);
    match text {
        Some(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
        None => Err(StoreError::NotText { path: path.to_owned() }),
    }
}

/// Looks at the file that was opened, not at whatever has its name by now.
fn check_file(path: &Path, file: &File) -> Result<(), StoreError> {
    let metadata = file.metadata().map_err(io_error("look at", path))?;
    if !metadata.is_file() {
        return Err(StoreError::NotAFile { path: path.to_owned() });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(StoreError::LooseFile { path: path.to_owned(), mode });
    }
    check_owner(path, &metadata)
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), StoreError> {
    let (owner, user) = (metadata.uid(), geteuid().as_raw());
    if owner == user { Ok(()) } else { Err(StoreError::Owner { path: path.to_owned(), owner, user }) }
}

/// Makes the file unless there is one by now; either is success.
fn create(dir: &Path, path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let temporary = Temporary::write(dir, content)?;
    match fs::hard_link(&temporary.0, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io_error("create", path)(error)),
        _ => File::open(dir).and_then(|d| d.sync_all()).map_err(io_error("sync", dir)),
    }
}

/// A file that is gone when this is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn write(dir: &Path, content: &[u8]) -> Result<Self, StoreError> {
        let mut suffix = [0; 8];
        rand::fill(&mut suffix).map_err(|_| SigningError("draw random bytes"))?;
        let path = dir.join(format!(".{:016x}.tmp", u64::from_le_bytes(suffix)));

        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = created.map_err(io_error("create", &path))?;
        let temporary = Self(path);
        file.write_all(content).and_then(|()| file.sync_all()).map_err(io_error("write", &temporary.0))?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It has the same content and permissions as the file itself; a stale one harms nobody.
        let _ = fs::remove_file(&self.0);
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { action, path, source }
}
