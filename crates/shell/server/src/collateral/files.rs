//! Collateral as files: a directory somebody fills, and the cache of what was fetched.
//!
//! Both are plain directories of loose files, so that a cache carried into a closed network is a
//! directory there. What a file is, its content says; its name is for people.
//!
//! Refused: more than 4,096 files or 64 MiB in all, a file over 16 MiB. Links are followed,
//! subdirectories read to a depth of 4, what is neither file nor directory is left out.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use casemate_attest::Endorsements;
use casemate_verifier::bundle::{self, BundleError};
use tempfile::NamedTempFile;
use thiserror::Error;

use super::fetcher::Fetched;
use super::item::Item;

const MAX_FILES: usize = 4096;
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAX_DEPTH: usize = 4;
/// After the name of an item, that of its issuer's certificates.
const CHAIN_SUFFIX: &str = ".issuer-chain.pem";
/// A bundle, in the cache and no part of it: its name begins with a dot.
const NEWEST: &str = ".newest.json";

/// Bytes by the name of their file, in the order of names.
pub type Files = BTreeMap<String, Arc<[u8]>>;

/// Why a directory was not read.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The system said no.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        cause: io::Error,
    },
    /// More than is looked at.
    #[error("{path}: {what}", path = path.display())]
    TooMuch {
        /// Where.
        path: PathBuf,
        /// More of what.
        what: &'static str,
    },
    /// What this service kept cannot be read.
    #[error("{path}: {cause}; if it is lost, move it away: what is older counts again then", path = path.display())]
    Bundle {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: BundleError,
    },
    /// Signed, and older than what is in force: a replay, or a mistake.
    #[error("{path}: {what}; what was read from it before stays in force", path = path.display())]
    Older {
        /// Where.
        path: PathBuf,
        /// What is older than what.
        what: String,
    },
}

/// A directory, or a single file, that somebody else writes.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    seen: Option<Stamp>,
}

/// What changes when somebody changes a file: name, length, time of change.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl Directory {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Nothing is read yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    /// Everything in it, or `None` where nothing changed since the last time.
    ///
    /// # Errors
    ///
    /// What could not be read. The next call tries again.
    pub fn changed(&mut self) -> Result<Option<Files>, FilesError> {
        let stamp = stamp(&self.path)?;
        if self.seen.as_ref() == Some(&stamp) {
            return Ok(None);
        }
        let mut files = Files::new();
        for (path, ..) in &stamp {
            let name = path.strip_prefix(&self.path).unwrap_or(path).to_string_lossy();
            files.insert(name.into_owned(), read(path)?.into());
        }
        self.seen = Some(stamp);
        Ok(Some(files))
    }
}

/// What was fetched, on disk: whoever starts again, or has no network any more, goes on with it.
#[derive(Clone, Debug)]
pub struct Cache {
    path: PathBuf,
}

impl Cache {
    /// Uses this directory, which is made if need be.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub fn open(path: PathBuf) -> Result<Self, FilesError> {
        fs::create_dir_all(&path).map_err(|cause| FilesError::Io { path: path.clone(), cause })?;
        Ok(Self { path })
    }

    /// Everything in it.
    ///
    /// # Errors
    ///
    /// What could not be read.
    pub fn files(&self) -> Result<Files, FilesError> {
        Ok(Directory::new(self.path.clone()).changed()?.unwrap_or_default())
    }

    /// Keeps an item in place of what it was before. A reader sees the old file or the new one.
    ///
    /// # Errors
    ///
    /// What could not be written.
    pub fn keep(&self, item: &Item, fetched: &Fetched) -> Result<(), FilesError> {
        let name = item.file_name();
        if let Some(chain) = &fetched.issuer_chain {
            self.write(&chain_name(&name), chain)?;
        }
        self.write(&name, &fetched.body)
    }

    /// The newest of everything signed that was ever in force, as it was kept last; nothing where it was
    /// not.
    ///
    /// # Errors
    ///
    /// What could not be read: it is not taken for nothing.
    pub fn newest(&self) -> Result<Endorsements, FilesError> {
        let path = self.path.join(NEWEST);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Endorsements::none()),
            Err(cause) => Err(FilesError::Io { path, cause }),
            Ok(bytes) => bundle::read(&bytes).map_err(|cause| FilesError::Bundle { path, cause }),
        }
    }

    /// Keeps that.
    ///
    /// # Errors
    ///
    /// What could not be written.
    pub fn keep_newest(&self, newest: &Endorsements) -> Result<(), FilesError> {
        self.write(NEWEST, &bundle::write(newest))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        let path = self.path.join(name);
        // Its name begins with a dot, which readers leave out.
        let write = || {
            let mut file = NamedTempFile::new_in(&self.path)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path).map(drop).map_err(|error| error.error)
        };
        write().map_err(|cause| FilesError::Io { path: path.clone(), cause })
    }
}

/// The name of the file with the certificates of an item's issuer.
#[must_use]
pub fn chain_name(name: &str) -> String {
    format!("{name}{CHAIN_SUFFIX}")
}

fn stamp(root: &Path) -> Result<Stamp, FilesError> {
    let mut found = Stamp::new();
    let mut total = 0_u64;
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((path, depth)) = folders.pop() {
        let failed = |cause| FilesError::Io { path: path.clone(), cause };
        let too_much = |what| Err(FilesError::TooMuch { path: path.clone(), what });
        let metadata = fs::metadata(&path).map_err(failed)?;
        if metadata.is_file() {
            total = total.saturating_add(metadata.len());
            if metadata.len() > MAX_FILE_BYTES || total > MAX_BYTES {
                return too_much("more bytes than are looked at");
            }
            if found.len() >= MAX_FILES {
                return too_much("more files than are looked at");
            }
            found.push((path, metadata.len(), metadata.modified().ok()));
        } else if metadata.is_dir() && depth < MAX_DEPTH {
            for entry in fs::read_dir(&path).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                // Files being written, and `..data` of mounted config maps.
                if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                    folders.push((entry.path(), depth + 1));
                }
                if folders.len() > MAX_FILES {
                    return too_much("more files than are looked at");
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, FilesError> {
    let failed = |cause| FilesError::Io { path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    // It may have grown since it was looked at.
    File::open(path).map_err(failed)?.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collateral::item::PckCa;

    #[test]
    fn a_directory_is_read_again_only_where_something_changed() {
        let folder = tempfile::tempdir().expect("a directory");
        let mut directory = Directory::new(folder.path().to_owned());
        assert_eq!(directory.changed().expect("readable"), Some(Files::new()));
        assert_eq!(directory.changed().expect("readable"), None);
        fs::create_dir(folder.path().join("intel")).expect("a folder");
        fs::write(folder.path().join("intel/tcb.json"), b"{}").expect("a file");
        let files = directory.changed().expect("readable").expect("changed");
        assert_eq!(files.keys().collect::<Vec<_>>(), ["intel/tcb.json"]);
        fs::write(folder.path().join("intel/tcb.json"), b"{ }").expect("a file");
        assert!(directory.changed().expect("readable").is_some());
        fs::remove_file(folder.path().join("intel/tcb.json")).expect("removable");
        assert_eq!(directory.changed().expect("readable"), Some(Files::new()));
    }

    #[test]
    fn a_cache_is_a_directory_of_files_and_shows_none_half_written() {
        let folder = tempfile::tempdir().expect("a directory");
        let cache = Cache::open(folder.path().join("cache")).expect("a cache");
        fs::write(folder.path().join("cache/.root-ca-crl.der.new"), b"hal").expect("a file");
        let item = Item::PckCrl { ca: PckCa::Platform };
        let fetched = Fetched { body: b"list".to_vec(), issuer_chain: Some(b"chain".to_vec()) };
        cache.keep(&item, &fetched).expect("writable");
        let files = cache.files().expect("readable");
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["pck-crl-platform.der", "pck-crl-platform.der.issuer-chain.pem"]);
    }

    #[test]
    fn a_file_too_large_is_refused_by_its_name() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("large");
        File::create(&path).and_then(|it| it.set_len(MAX_FILE_BYTES + 1)).expect("a sparse file");
        let error = Directory::new(folder.path().to_owned()).changed().expect_err("too large");
        assert!(error.to_string().ends_with("large: more bytes than are looked at"), "{error}");
    }
}
