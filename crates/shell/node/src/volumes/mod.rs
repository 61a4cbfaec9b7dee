//! The volumes of a pod on this machine.
//!
//! WASI shows a program directories that were opened for it, each under a path of its own, and
//! resolves every path below the one it starts from: neither `..` nor a symbolic link leads out.
//! So a mount is a directory: of an `emptyDir`, shared by the pod's containers; of the host,
//! below a directory that is allowed, only ever read; or of files that the manifests hold, written
//! out, only ever read. A mount of one such file is a directory of that file, at the path above.
//!
//! Refused, before the pod is placed, is what cannot be shown like this: a mount within a mount, a
//! single file of the host, a host path that is elsewhere once its links are followed.
//!
//! Directories are opened one name at a time and no link is followed on the way: a program that
//! puts a link where another container's `subPath` will look gains nothing, whenever it does so.
//!
//! What a program writes has left its enclave. An `emptyDir` lies in plain text below the run's
//! directory, mode 0700, until its pod is over.

mod directory;
mod usage;
mod view;

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use casemate_model::{Bytes, Pod, VolumeSource};
use thiserror::Error;

use self::usage::{Excess, NAMES_MAX};
use self::view::Shown;
pub(crate) use self::view::{View, views};

/// A pod's volumes while it runs. Dropping them removes what was written.
pub(crate) struct Volumes {
    directory: PathBuf,
    /// Name, place and most bytes of those that are written.
    written: Vec<(String, PathBuf, Option<Bytes>)>,
}

/// A directory opened for one container.
pub(crate) struct Mounted {
    pub(crate) directory: OwnedFd,
    /// Where the program finds it.
    pub(crate) path: String,
    pub(crate) is_writable: bool,
}

/// Why a pod cannot have its volumes. The manifest's author's to mend, unless it says otherwise.
#[derive(Debug, Error)]
pub(crate) enum VolumeError {
    #[error("mount {path}: the pod has no volume {volume}")]
    NoVolume { path: String, volume: String },
    #[error("mount {path}: not an absolute path without `..`")]
    NotAbsolute { path: String },
    #[error("mount {inner}: within mount {outer}, which WASI cannot show; mount it elsewhere")]
    Nested { inner: String, outer: String },
    #[error("mount {path}: subPath {sub_path} is not a relative path without `..`")]
    BadSubPath { path: String, sub_path: String },
    #[error("mount {path}: volume {volume} holds nothing at subPath {sub_path}")]
    NoSubPath { path: String, volume: String, sub_path: String },
    #[error("volume {volume}: `{name}` is no name for a file in it")]
    BadFile { volume: String, name: String },
    #[error("volume {volume}: hostPath {path}: {source}")]
    HostPath { volume: String, path: String, source: std::io::Error },
    #[error(
        "volume {volume}: hostPath {path} is {found}, which is below none of the allowed directories; \
         allow it with --allow-host-path"
    )]
    HostPathOutside { volume: String, path: String, found: PathBuf },
    #[error("volume {volume}: hostPath {path} is a single file, which WASI cannot show; mount its directory")]
    HostPathFile { volume: String, path: String },
    #[error("volume {volume}: {}: {source}; is there room, and may it be written?", path.display())]
    Scratch { volume: String, path: PathBuf, source: std::io::Error },
}

impl Volumes {
    /// Makes the directories of the pod's volumes below `directory`, which is theirs alone.
    pub(crate) fn create(pod: &Pod, directory: PathBuf) -> Result<Self, VolumeError> {
        // Left by a run that was killed, if anything is there.
        let _ = fs::remove_dir_all(&directory);
        private(&directory).map_err(|source| VolumeError::Scratch {
            volume: pod.volumes.first().map(|volume| volume.name.clone()).unwrap_or_default(),
            path: directory.clone(),
            source,
        })?;
        let mut volumes = Self { directory, written: Vec::new() };
        for (index, volume) in pod.volumes.iter().enumerate() {
            let VolumeSource::EmptyDir { size_limit } = &volume.source else { continue };
            let path = volumes.empty_dir(index);
            private(&path).map_err(|source| VolumeError::Scratch {
                volume: volume.name.clone(),
                path: path.clone(),
                source,
            })?;
            volumes.written.push((volume.name.clone(), path, *size_limit));
        }
        Ok(volumes)
    }

    /// Opens what one container, the pod's `container`th, sees.
    pub(crate) fn open(&self, container: usize, views: &[View]) -> Result<Vec<Mounted>, VolumeError> {
        views.iter().enumerate().map(|(index, view)| self.open_view(container, index, view)).collect()
    }

    /// The first volume that holds more than it may, in words.
    pub(crate) fn overfull(&self) -> Option<String> {
        self.written.iter().find_map(|(name, path, limit)| match usage::excess(path, *limit)? {
            Excess::Bytes(limit) => {
                Some(format!("volume {name} holds more than its limit of {limit}; raise its sizeLimit"))
            }
            Excess::Names => Some(format!("volume {name} holds more than {NAMES_MAX} files")),
        })
    }

    /// Whether any of them can be written.
    pub(crate) fn are_written(&self) -> bool {
        !self.written.is_empty()
    }

    fn empty_dir(&self, volume: usize) -> PathBuf {
        self.directory.join(format!("empty-{volume}"))
    }

    fn open_view(&self, container: usize, index: usize, view: &View) -> Result<Mounted, VolumeError> {
        let View { path, volume, shown } = view;
        let scratch =
            |path: PathBuf| move |source| VolumeError::Scratch { volume: volume.clone(), path, source };
        let (directory, is_writable) = match shown {
            Shown::EmptyDir { index, sub_path, is_writable } => {
                let base = self.empty_dir(*index);
                let opened = directory::open_or_make(&base, sub_path);
                (opened.map_err(scratch(base))?, *is_writable)
            }
            Shown::Host(host) => {
                let opened = directory::open(host).map_err(|source| VolumeError::HostPath {
                    volume: volume.clone(),
                    path: host.display().to_string(),
                    source,
                });
                (opened?, false)
            }
            Shown::Files(files) => {
                let base = self.directory.join(format!("files-{container}-{index}"));
                let written = directory::write_out(&base, files);
                let written = written.and_then(|()| directory::open_or_make(&base, &[]));
                (written.map_err(scratch(base))?, false)
            }
        };
        Ok(Mounted { directory, path: path.clone(), is_writable })
    }
}

impl Drop for Volumes {
    fn drop(&mut self) {
        // Nobody is left to be told; the directory is the user's own.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A directory for its owner only.
fn private(path: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
