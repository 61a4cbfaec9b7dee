//! Where what was fetched and built is kept: outside of everybody's sources, and removable at any time.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::refusal::Refusal;

/// A folder of this user's.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The folder that `CASEMATE_CACHE` names, else `casemate` in `XDG_CACHE_HOME`, else in `~/.cache`.
    ///
    /// # Errors
    /// Where none of these is set, or the folder cannot be made.
    pub fn of_environment() -> Result<Self, Refusal> {
        let root = root(|name| std::env::var_os(name).filter(|it| !it.is_empty()));
        let root = root.ok_or_else(|| {
            Refusal::new("no folder for a cache: HOME is not set", "name a folder in CASEMATE_CACHE")
        })?;
        Self::at(&root)
    }

    /// This folder, which is made where it is not there.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn at(root: &Path) -> Result<Self, Refusal> {
        make(root)?;
        // Programs are started in other folders than this one.
        let root = fs::canonicalize(root).map_err(|error| Refusal::of_file(root, &error))?;
        Ok(Self { root })
    }

    /// A folder in it, and its lock, held until dropped: two runs do not fetch the same thing into one place.
    pub(crate) fn folder(&self, name: &str) -> Result<(PathBuf, File), Refusal> {
        let folder = self.root.join(name);
        make(&folder)?;
        let path = folder.join("lock");
        let lock = File::create(&path).and_then(|file| file.lock().map(|()| file));
        Ok((folder, lock.map_err(|error| Refusal::of_file(&path, &error))?))
    }
}

pub(crate) fn make(folder: &Path) -> Result<(), Refusal> {
    fs::create_dir_all(folder).map_err(|error| Refusal::of_file(folder, &error))
}

fn root(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    variable("CASEMATE_CACHE")
        .map(PathBuf::from)
        .or_else(|| variable("XDG_CACHE_HOME").map(|it| Path::new(&it).join("casemate")))
        .or_else(|| variable("HOME").map(|it| Path::new(&it).join(".cache/casemate")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_asked_first_and_then_the_desktops() {
        let with = |set: &[(&str, &str)]| {
            root(|name| set.iter().find(|(it, _)| *it == name).map(|(_, value)| value.into()))
        };
        let all = [("HOME", "/h"), ("XDG_CACHE_HOME", "/x"), ("CASEMATE_CACHE", "/c")];
        assert_eq!(with(&all), Some("/c".into()));
        assert_eq!(with(&all[..2]), Some("/x/casemate".into()));
        assert_eq!(with(&all[..1]), Some("/h/.cache/casemate".into()));
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn a_folder_is_made_and_locked() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(&directory.path().join("new")).unwrap();
        let (folder, lock) = cache.folder("linux").unwrap();
        let again = File::open(folder.join("lock")).unwrap();
        assert!(again.try_lock().is_err());
        drop(lock);
        again.lock().unwrap();
    }
}
