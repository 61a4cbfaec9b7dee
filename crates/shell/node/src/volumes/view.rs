//! What a container is shown of its pod's volumes, decided before the pod is placed.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use casemate_model::{Container, Mount, Pod, Volume, VolumeSource};

use super::VolumeError;

/// One directory that a container sees.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// Where the program finds it.
    pub(super) path: String,
    /// The volume's name; of several that share a directory, the first's.
    pub(super) volume: String,
    pub(super) shown: Shown,
}

/// What is in a directory.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    /// Part of the pod's volume of this index.
    EmptyDir { index: usize, sub_path: Vec<String>, is_writable: bool },
    /// This directory of the host, links followed.
    Host(PathBuf),
    /// These files.
    Files(Files),
}

/// Files by path.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What `container` sees of its pod's volumes, where the host's directories below `roots` are allowed.
///
/// # Errors
///
/// The first mount that cannot be shown.
pub(crate) fn views(pod: &Pod, container: &Container, roots: &[PathBuf]) -> Result<Vec<View>, VolumeError> {
    let mut views: Vec<View> = Vec::new();
    for mount in &container.mounts {
        let view = view(pod, mount, roots)?;
        // Single files of one directory make one directory.
        let beside = views.iter_mut().find(|other| other.path == view.path);
        match (beside.map(|other| &mut other.shown), view.shown) {
            (Some(Shown::Files(files)), Shown::Files(more)) if is_file_mount(mount, &view.path) => {
                files.extend(more)
            }
            (_, shown) => views.push(View { shown, ..view }),
        }
    }
    for (index, view) in views.iter().enumerate() {
        let others = views.iter().enumerate().filter(|(other, _)| *other != index);
        for (_, outer) in others {
            if Path::new(&view.path).starts_with(&outer.path) {
                let (inner, outer) = (view.path.clone(), outer.path.clone());
                return Err(VolumeError::Nested { inner, outer });
            }
        }
    }
    Ok(views)
}

fn view(pod: &Pod, mount: &Mount, roots: &[PathBuf]) -> Result<View, VolumeError> {
    let Mount { volume: name, path, sub_path, read_only } = mount;
    let Some(path) = absolute(path) else {
        return Err(VolumeError::NotAbsolute { path: path.clone() });
    };
    let found = pod.volumes.iter().enumerate().find(|(_, volume)| volume.name == *name);
    let Some((index, volume)) = found else {
        return Err(VolumeError::NoVolume { path, volume: name.clone() });
    };
    let sub_path = match sub_path {
        None => Vec::new(),
        Some(text) => relative(text)
            .ok_or_else(|| VolumeError::BadSubPath { path: path.clone(), sub_path: text.clone() })?,
    };
    let (path, shown) = match &volume.source {
        VolumeSource::EmptyDir { .. } => (path, Shown::EmptyDir { index, sub_path, is_writable: !read_only }),
        VolumeSource::HostPath { path: host } => {
            let host = host_directory(volume, host, &sub_path, roots)?;
            (path, Shown::Host(host))
        }
        VolumeSource::Files(files) => files_at(volume, files, path, &sub_path)?,
    };
    Ok(View { path, volume: name.clone(), shown })
}

/// Whether this mount is of one file, shown in the directory above.
fn is_file_mount(mount: &Mount, shown_at: &str) -> bool {
    absolute(&mount.path).is_some_and(|path| path != shown_at)
}

fn host_directory(
    volume: &Volume,
    path: &str,
    sub_path: &[String],
    roots: &[PathBuf],
) -> Result<PathBuf, VolumeError> {
    let name = || volume.name.clone();
    let failed = |source| VolumeError::HostPath { volume: name(), path: path.to_owned(), source };
    let base = Path::new(path).canonicalize().map_err(failed)?;
    let mut found = base.clone();
    found.extend(sub_path);
    let found = found.canonicalize().map_err(failed)?;
    let allowed = roots.iter().filter_map(|root| root.canonicalize().ok());
    if !found.starts_with(&base) || !allowed.into_iter().any(|root| found.starts_with(root)) {
        return Err(VolumeError::HostPathOutside { volume: name(), path: path.to_owned(), found });
    }
    if !found.is_dir() {
        return Err(VolumeError::HostPathFile { volume: name(), path: found.display().to_string() });
    }
    Ok(found)
}

/// All files, those below a directory of the volume, or one file in the directory above its mount.
fn files_at(
    volume: &Volume,
    files: &Files,
    path: String,
    sub_path: &[String],
) -> Result<(String, Shown), VolumeError> {
    if let Some(name) = files.keys().find(|name| relative(name).is_none_or(|parts| parts.is_empty())) {
        return Err(VolumeError::BadFile { volume: volume.name.clone(), name: name.clone() });
    }
    if sub_path.is_empty() {
        return Ok((path, Shown::Files(files.clone())));
    }
    let wanted = sub_path.join("/");
    let one = files.get(&wanted).zip(Path::new(&path).file_name().zip(Path::new(&path).parent()));
    if let Some((contents, (name, parent))) = one {
        let file = (name.to_string_lossy().into_owned(), contents.clone());
        return Ok((parent.to_string_lossy().into_owned(), Shown::Files([file].into())));
    }
    let below = format!("{wanted}/");
    let part: Files = files
        .iter()
        .filter_map(|(name, contents)| Some((name.strip_prefix(&below)?.to_owned(), contents.clone())))
        .collect();
    if part.is_empty() {
        return Err(VolumeError::NoSubPath { path, volume: volume.name.clone(), sub_path: wanted });
    }
    Ok((path, Shown::Files(part)))
}

/// An absolute path without `..`, and without what means nothing in it.
fn absolute(path: &str) -> Option<String> {
    let rest = path.strip_prefix('/')?;
    Some(format!("/{}", relative(rest)?.join("/")))
}

/// The names on a relative path without `..`.
fn relative(path: &str) -> Option<Vec<String>> {
    if path.contains('\0') {
        return None;
    }
    let names = Path::new(path).components().map(|part| match part {
        Component::Normal(name) => Some(Some(name.to_str()?.to_owned())),
        Component::CurDir => Some(None),
        Component::ParentDir | Component::RootDir | Component::Prefix(_) => None,
    });
    Some(names.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_as_they_mean_and_none_leads_up() {
        assert_eq!(absolute("/data//./x/"), Some("/data/x".to_owned()));
        assert_eq!(absolute("/"), Some("/".to_owned()));
        assert_eq!(relative("a/b"), Some(vec!["a".to_owned(), "b".to_owned()]));
        for bad in ["data", "/data/../etc", "/..", ""] {
            assert_eq!(absolute(bad), None, "{bad}");
        }
        for bad in ["/a", "../a", "a/../b", "a\0b"] {
            assert_eq!(relative(bad), None, "{bad}");
        }
    }
}
