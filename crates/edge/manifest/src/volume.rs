//! Volumes: files a pod brings along.
//!
//! Taken are `emptyDir`, `hostPath` below a directory the caller allows (read-only, see
//! [`crate::mount`]), and files whose contents these manifests hold: `configMap`,
//! `secret`, `downwardAPI`, and `projected` of these. Modes of files are not kept: WASI has none.
//! Left out, with a note: the token that a cluster adds to every pod, since there is no
//! API server, and sockets of a TEE's services, which no WASI program could open.
//!
//! Refused by name: every other source, host paths outside of what is allowed, a
//! reference to what is not there unless it is `optional`, two files at one path.
//! A host path is judged by its text; who opens it has to look at symbolic links.
//!
//! Read to plan, host paths that the policy allows are left out: every node has them or none,
//! for all that manifests say. A TEE's device is refused, since its node has to have the TEE. What a claim
//! demands of nodes its bound volume says ([`crate::storage`]); for other storage the pod waits, since it may
//! be tied to a place.

use std::collections::BTreeMap;

use casemate_model::affinity::NodeSelector;
use casemate_model::{Bytes, Volume, VolumeSource};

use crate::admission::reaches;
use crate::config::{Config, ConfigKind};
use crate::downward::{Asker, field_ref, resource_ref};
use crate::env::{is_optional, plain, referred};
use crate::field::{Entry, Field};
use crate::inputs::Purpose;
use crate::metadata::{NameKind, name};
use crate::path;
use crate::pod::Scope;
use crate::problem::{Findings, shown};
use crate::quantity::Quantity;
use crate::vocabulary::devices;

/// Longest path of a file within a volume, bytes (`PATH_MAX` of Linux).
const PATH_BYTES_MAX: usize = 4096;

/// Kinds that stand for a claim.
const CLAIMS: [&str; 2] = ["persistentVolumeClaim", "ephemeral"];

/// Kinds that every node can mount, as many of them as it likes: no plugin of Kubernetes' scheduler looks at them.
const EVERYWHERE: [&str; 9] = [
    "azureFile",
    "cephfs",
    "flocker",
    "gitRepo",
    "glusterfs",
    "image",
    "nfs",
    "photonPersistentDisk",
    "quobyte",
];

/// What a file takes in memory beside its path and contents, generously.
const FILE_BYTES: usize = 128;

/// A pod's volumes.
#[derive(Default)]
pub(crate) struct Volumes {
    pub(crate) list: Vec<Volume>,
    kinds: BTreeMap<String, Mounting>,
    /// By claim, what it demands of nodes, read to plan.
    pub(crate) nodes: BTreeMap<String, Vec<NodeSelector>>,
}

/// What can be done with a volume of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mounting {
    /// Reading and writing.
    Writable,
    /// Reading only, whatever the mount says.
    ReadOnly,
    /// Reading only, and the mount has to say so.
    SaysReadOnly,
    /// Nothing: it is left out, or refused already.
    Nothing,
}

impl Volumes {
    pub(crate) fn mounting(&self, name: &str) -> Option<Mounting> {
        self.kinds.get(name).copied()
    }
}

/// Reads a pod's volumes. `admitted`: the policy allows the host's devices to this pod.
pub(crate) fn volumes(scope: &Scope<'_, '_>, admitted: bool, to: &mut Findings) -> Volumes {
    let mut volumes = Volumes::default();
    let Some(list) = scope.spec.get("volumes") else { return volumes };
    for item in list.items(to) {
        let Some(field) = item.need("name", "Name the volume", to) else { continue };
        let Some(name) = name(&field, NameKind::Label, to) else { continue };
        if volumes.kinds.contains_key(&name) {
            to.refuse(field.problem(
                format!("a second volume named `{name}`"),
                "Give each volume of a pod its own name",
            ));
            continue;
        }
        if scope.context.purpose == Purpose::Plan {
            claimed(&item, &name, scope, &mut volumes.nodes, to);
        }
        let source = source(&item, &name, scope, admitted, to);
        let mounting = match &source {
            None => Mounting::Nothing,
            Some(VolumeSource::EmptyDir { .. }) => Mounting::Writable,
            Some(VolumeSource::HostPath { .. }) => Mounting::SaysReadOnly,
            Some(VolumeSource::Files(_)) => Mounting::ReadOnly,
        };
        volumes.kinds.insert(name.clone(), mounting);
        volumes.list.extend(source.map(|source| Volume { name, source }));
    }
    volumes
}

/// Adds what the volume's claim demands of nodes, if it has one.
fn claimed(
    volume: &Field<'_>,
    name: &str,
    scope: &Scope<'_, '_>,
    nodes: &mut BTreeMap<String, Vec<NodeSelector>>,
    to: &mut Findings,
) {
    let Some(field) = CLAIMS.iter().find_map(|kind| volume.get(kind)) else { return };
    let claim = match volume.get("ephemeral") {
        // The claim that is made for the pod (`VolumeClaimName` of k8s.io/component-helpers).
        Some(_) => format!("{}-{name}", scope.identity.key.name),
        None => {
            let claim = field.need("claimName", "Name the claim", to).and_then(|field| field.text(to));
            let Some(claim) = claim else { return };
            claim.to_owned()
        }
    };
    match scope.context.inputs.storage.nodes(&scope.identity.key.namespace, &claim, &field) {
        // Many volumes of one claim demand it once.
        Ok(demanded) => drop(nodes.entry(claim).or_insert_with(|| demanded.to_vec())),
        Err(problem) => to.not_done(Purpose::Plan, *problem),
    }
}

/// What is in a volume. `None` without a problem: the volume is left out.
fn source(
    volume: &Field<'_>,
    name: &str,
    scope: &Scope<'_, '_>,
    admitted: bool,
    to: &mut Findings,
) -> Option<VolumeSource> {
    let is_source = |entry: &Entry<'_>| entry.key != "name" && !entry.value.is_null();
    let sources: Vec<_> = volume.entries(to).into_iter().filter(is_source).collect();
    let source = match sources.as_slice() {
        // As Kubernetes has it where none is written.
        [] => return Some(VolumeSource::EmptyDir { size_limit: None }),
        [source] => source,
        [_, second, ..] => {
            to.refuse(second.value.problem("is a second source of one volume", "Keep one"));
            return None;
        }
    };
    let field = &source.value;
    if source.key != "projected" && !field.map(to) {
        return None;
    }
    let mut files = Files { scope, files: BTreeMap::new() };
    match source.key {
        "emptyDir" => return empty_dir(field, to),
        "hostPath" => return host_path(field, scope, admitted, to),
        "configMap" => files.config(ConfigKind::ConfigMap, "name", field, to),
        "secret" => files.config(ConfigKind::Secret, "secretName", field, to),
        "downwardAPI" => files.downward(field, to),
        "projected" => {
            let sources = field.need("sources", "List what is projected", to)?.items(to);
            let is_token = |source: &Field<'_>| source.get("serviceAccountToken").is_some();
            if name.starts_with("kube-api-access-") && sources.iter().any(is_token) {
                to.note(field.note("left out: there is no API server to talk to, and no token for it"));
                return None;
            }
            for source in sources {
                files.projected(&source, to);
            }
        }
        other if scope.context.purpose == Purpose::Plan => {
            if !EVERYWHERE.contains(&other) && !CLAIMS.contains(&other) {
                to.not_done(
                    Purpose::Plan,
                    field.not_run(
                        format!(
                            "where volumes of kind `{}` can be had is not planned by this version",
                            shown(other)
                        ),
                        "Take it out, and narrow the choice of nodes with `nodeSelector`",
                    ),
                );
            }
            return None;
        }
        other => {
            to.refuse(field.not_run(
                format!("volumes of kind `{}` are not mounted by this version", shown(other)),
                "Use `emptyDir`, `configMap`, `secret`, `downwardAPI`, `projected` of these, or a read-only \
                 `hostPath` below a directory given with --allow-host-path",
            ));
            return None;
        }
    }
    Some(VolumeSource::Files(files.files))
}

fn empty_dir(field: &Field<'_>, to: &mut Findings) -> Option<VolumeSource> {
    let size_limit = match field.get("sizeLimit") {
        Some(limit) => {
            let text = limit.scalar("a quantity", to)?;
            match Quantity::parse(text).and_then(Quantity::whole) {
                // As in Kubernetes, none is no limit.
                Ok(0) => None,
                Ok(bytes) => Some(Bytes(bytes)),
                Err(error) => {
                    let cause = format!("the amount `{}` {error}", shown(text));
                    to.refuse(limit.problem(cause, "Write a quantity such as `64Mi`"));
                    return None;
                }
            }
        }
        None => None,
    };
    let medium = field.get("medium").map_or(Some(""), |medium| medium.text(to))?;
    if !["", "Memory"].contains(&medium) && !medium.starts_with("HugePages") {
        let cause = format!("unknown medium `{}`", shown(medium));
        to.refuse(field.problem(cause, "Take it out, or write `Memory`"));
        return None;
    }
    let where_it_is = if medium.is_empty() { "" } else { ", on disk whatever the medium" };
    to.note(field.note(format!("what is written there has left the enclave, in plain text{where_it_is}")));
    Some(VolumeSource::EmptyDir { size_limit })
}

fn host_path(
    field: &Field<'_>,
    scope: &Scope<'_, '_>,
    admitted: bool,
    to: &mut Findings,
) -> Option<VolumeSource> {
    let path_field = field.need("path", "Name the directory of the host", to)?;
    let text = plain(&path_field, to)?;
    if let Some(what) = reaches(&text) {
        // Where the policy does not allow it, that is told already.
        let is_tee = matches!(devices::host_path(&text), Some(devices::HostPath::Device(_)));
        match scope.context.purpose {
            _ if !admitted => {}
            Purpose::Run => {
                let cause = format!("{what}: no program of this version is given that");
                to.refuse(path_field.not_run(cause, "Take it out: a software enclave needs no device"));
            }
            Purpose::Plan if is_tee => {
                let cause = format!("{what}: what is reached without a resource is not counted");
                to.refuse(path_field.not_run(cause, "Ask for its resource, such as `sgx.intel.com/epc`"));
            }
            Purpose::Plan => {}
        }
        return None;
    }
    if let Some(devices::HostPath::Service(technology)) = devices::host_path(&text) {
        if scope.context.purpose == Purpose::Run {
            let what = format!("left out: a service of {technology} that a software enclave has no use for");
            to.note(path_field.note(what));
        }
        return None;
    }
    let Some(path) = path::absolute(&text) else {
        to.refuse(path_field.problem("is not an absolute path without `..`", "Write it out from `/`"));
        return None;
    };
    let kind = field.get("type").map_or(Some(""), |kind| kind.text(to))?;
    match kind {
        "" | "Directory" | "File" => {}
        "DirectoryOrCreate" | "FileOrCreate" | "Socket" | "CharDevice" | "BlockDevice"
            if scope.context.purpose == Purpose::Plan => {}
        "DirectoryOrCreate" | "FileOrCreate" | "Socket" | "CharDevice" | "BlockDevice" => {
            to.refuse(field.not_run(
                format!("host paths of type `{kind}` are not mounted by this version"),
                "Name a directory or file that is there, with `type: Directory`, `File` or none",
            ));
            return None;
        }
        other => {
            let cause = format!("unknown type `{}`", shown(other));
            to.refuse(field.problem(cause, "Write `Directory` or `File`, or take it out"));
            return None;
        }
    }
    if scope.context.purpose == Purpose::Plan {
        return None;
    }
    let roots = scope.context.options.host_path_roots.iter();
    let mut roots = roots.filter_map(|root| path::absolute(root));
    if !roots.any(|root| path::is_within(&path, &root)) {
        to.refuse(path_field.not_run(
            format!("`{}` is below no directory of the host that programs may read", shown(&path)),
            "Allow it with --allow-host-path DIR, or bring the files in a ConfigMap",
        ));
        return None;
    }
    Some(VolumeSource::HostPath { path })
}

struct Files<'s, 'c, 'a> {
    scope: &'s Scope<'c, 'a>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Files<'_, '_, '_> {
    /// One entry of `projected.sources`.
    fn projected(&mut self, source: &Field<'_>, to: &mut Findings) {
        let entries: Vec<_> = source.entries(to).into_iter().filter(|it| !it.value.is_null()).collect();
        let [entry] = entries.as_slice() else {
            to.refuse(source.problem("has to name one source", "Write one entry for each"));
            return;
        };
        match entry.key {
            "configMap" => self.config(ConfigKind::ConfigMap, "name", &entry.value, to),
            "secret" => self.config(ConfigKind::Secret, "name", &entry.value, to),
            "downwardAPI" => self.downward(&entry.value, to),
            // Where a pod goes does not depend on what it is told.
            _ if self.scope.context.purpose == Purpose::Plan => {}
            other => to.refuse(entry.value.not_run(
                format!("`{}` is not projected by this version: there is no cluster to ask", shown(other)),
                "Take it out, or bring what it holds in a Secret",
            )),
        }
    }

    /// All of a ConfigMap or Secret, or the keys listed under `items`.
    fn config(&mut self, kind: ConfigKind, name_key: &str, field: &Field<'_>, to: &mut Findings) {
        let Some(config) = referred(kind, name_key, field, self.scope, to) else { return };
        let Some(items) = field.get("items").filter(|items| !items.is_empty()) else {
            for (key, bytes) in config.files() {
                if !self.add(key.to_owned(), bytes, field, to) {
                    return;
                }
            }
            return;
        };
        for item in items.items(to) {
            if !self.item(config, kind, &item, field, to) {
                return;
            }
        }
    }

    fn item(
        &mut self,
        config: &Config,
        kind: ConfigKind,
        item: &Field<'_>,
        holder: &Field<'_>,
        to: &mut Findings,
    ) -> bool {
        let key = item.need("key", "Name the key", to).and_then(|key| Some((key.text(to)?, key)));
        let path = file_path(item, to);
        let (Some((key, key_field)), Some(path)) = (key, path) else { return true };
        match config.file(key) {
            Some(bytes) => return self.add(path, bytes, item, to),
            None if is_optional(holder, to) => {}
            None => to.refuse(key_field.problem(
                format!("the {} has no such key", kind.as_str()),
                "Name a key it has, add the key, or write `optional: true`",
            )),
        }
        true
    }

    fn downward(&mut self, field: &Field<'_>, to: &mut Findings) {
        for item in field.get("items").map(|items| items.items(to)).unwrap_or_default() {
            let path = file_path(&item, to);
            let value = match (item.get("fieldRef"), item.get("resourceFieldRef")) {
                (Some(reference), None) => field_ref(&reference, self.scope, Asker::File, to),
                (None, Some(reference)) => resource_ref(&reference, self.scope, None, to).map(Into::into),
                _ => {
                    let remedy = "Write `fieldRef` or `resourceFieldRef`";
                    to.refuse(item.problem("has to name one source", remedy));
                    None
                }
            };
            if let (Some(path), Some(value)) = (path, value)
                && !self.add(path, value.as_bytes(), &item, to)
            {
                return;
            }
        }
    }

    /// Whether there is room for more.
    fn add(&mut self, path: String, bytes: &[u8], field: &Field<'_>, to: &mut Findings) -> bool {
        let is_file = |path: &str| self.files.contains_key(path);
        let below = format!("{path}/");
        let holds_others =
            self.files.range(below.clone()..).next().is_some_and(|(other, _)| other.starts_with(&below));
        let mut ancestors = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        if is_file(&path) || holds_others || ancestors.any(is_file) {
            let cause = format!("the path `{}` is taken already", shown(&path));
            to.refuse(field.problem(cause, "Give each file a path of its own"));
            return true;
        }
        let room = to.spend(field, FILE_BYTES + path.len() + bytes.len());
        if room {
            self.files.insert(path, bytes.to_vec());
        }
        room
    }
}

fn file_path(item: &Field<'_>, to: &mut Findings) -> Option<String> {
    let field = item.need("path", "Say where the file is to be within the volume", to)?;
    let path = field.text(to)?;
    let plain = path::relative(path).filter(|path| path.len() <= PATH_BYTES_MAX);
    if plain.is_none() {
        let cause = format!("`{}` is not a path within the volume", shown(path));
        to.refuse(field.problem(cause, "Write a relative path without `..`"));
    }
    plain
}
