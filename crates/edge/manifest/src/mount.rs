//! Where a container sees its pod's volumes: `volumeMounts`.
//!
//! Refused: paths that are not absolute or lead up, two mounts at one path, volumes that
//! the pod does not have, a host path that is not mounted `readOnly: true`, and
//! `volumeDevices`, since programs see no block devices.

use std::collections::BTreeSet;

use casemate_model::Mount;

use crate::env::{expanded, plain};
use crate::field::Field;
use crate::path;
use crate::problem::{Findings, shown};
use crate::variables::Variables;
use crate::volume::{Mounting, Volumes};

/// Reads a container's mounts.
pub(crate) fn mounts(
    container: &Field<'_>,
    volumes: &Volumes,
    env: &Variables,
    to: &mut Findings,
) -> Vec<Mount> {
    if let Some(devices) = container.get("volumeDevices").filter(|list| !list.is_empty()) {
        to.refuse(devices.not_run(
            "block devices are not attached by this version: a program sees files only",
            "Take them out, or bring the files in a volume",
        ));
    }
    let mut mounts = Vec::new();
    let mut paths = BTreeSet::new();
    for item in container.get("volumeMounts").map(|list| list.items(to)).unwrap_or_default() {
        let mount = to.sound(|to| mount(&item, volumes, env, to));
        let Some(mount) = mount else { continue };
        if !paths.insert(mount.path.clone()) {
            let cause = format!("a second mount at `{}`", shown(&mount.path));
            to.refuse(item.problem(cause, "Give each mount of a container its own path"));
        }
        mounts.push(mount);
    }
    mounts
}

/// One mount. `None` without a problem: its volume is left out, or refused already.
fn mount(item: &Field<'_>, volumes: &Volumes, env: &Variables, to: &mut Findings) -> Option<Mount> {
    let name = item.need("name", "Name the volume", to).and_then(|field| Some((field.text(to)?, field)));
    let path = item.need("mountPath", "Say where the container sees it", to);
    let path = path.and_then(|field| mount_path(&field, to));
    let read_only = item.get("readOnly").map_or(Some(false), |field| field.boolean(to));
    let sub_path = sub_path(item, env, to);
    let ((name, name_field), path, read_only, sub_path) = (name?, path?, read_only?, sub_path?);
    let read_only = match volumes.mounting(name) {
        None => {
            let cause = format!("the pod has no volume `{}`", shown(name));
            to.refuse(name_field.problem(cause, "Name one of `spec.volumes`, or add it there"));
            return None;
        }
        Some(Mounting::Nothing) => return None,
        Some(Mounting::SaysReadOnly) if !read_only => {
            to.refuse(item.not_run(
                "a path of the host is never written to by this version",
                "Add `readOnly: true`, or use an `emptyDir`",
            ));
            return None;
        }
        Some(Mounting::ReadOnly | Mounting::SaysReadOnly) => true,
        Some(Mounting::Writable) => read_only,
    };
    Some(Mount { volume: name.to_owned(), path, sub_path, read_only })
}

fn mount_path(field: &Field<'_>, to: &mut Findings) -> Option<String> {
    let text = plain(field, to)?;
    let path = path::absolute(&text).filter(|path| !path.contains(':'));
    if path.is_none() {
        let cause = format!("`{}` is not an absolute path without `..` and `:`", shown(&text));
        to.refuse(field.problem(cause, "Write it out from `/`"));
    }
    path
}

/// The part of the volume that is mounted; inside, `None` is all of it.
fn sub_path(item: &Field<'_>, env: &Variables, to: &mut Findings) -> Option<Option<String>> {
    let given = |key: &str| item.get(key).filter(|field| !field.is_empty());
    let (field, text) = match (given("subPath"), given("subPathExpr")) {
        (None, None) => return Some(None),
        (Some(_), Some(second)) => {
            to.refuse(second.problem("stands beside `subPath`", "Write one of the two"));
            return None;
        }
        (Some(field), None) => {
            let text = plain(&field, to)?;
            (field, text)
        }
        (None, Some(field)) => {
            let text = plain(&field, to)?;
            let text = expanded(&field, &text, env, to)?;
            if text.contains("$(") {
                let remedy = "Define the variable under `env`, before it is used";
                to.refuse(field.problem("refers to a variable that is not defined", remedy));
                return None;
            }
            (field, text)
        }
    };
    let path = path::relative(&text);
    if path.is_none() {
        to.refuse(field.problem("is not a path within the volume", "Write a relative path without `..`"));
    }
    path.map(Some)
}
