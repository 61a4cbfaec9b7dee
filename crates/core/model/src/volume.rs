//! Files a pod brings along, and where its containers see them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Bytes;

/// A volume of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its name within the pod.
    pub name: String,
    /// What is in it.
    pub source: VolumeSource,
}

/// What a volume holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeSource {
    /// Empty when the pod starts, gone when it ends, shared by its containers. What is
    /// written there has left the enclave.
    EmptyDir {
        /// The most its files may hold together. `None`: no bound of its own.
        size_limit: Option<Bytes>,
    },
    /// A directory or file of the host, only ever read.
    HostPath {
        /// Absolute, as written.
        path: String,
    },
    /// Files whose contents the manifests hold (ConfigMap, Secret), only ever read.
    Files(BTreeMap<String, Vec<u8>>),
}

/// Where a container sees a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The volume's name.
    pub volume: String,
    /// The directory it appears as; absolute.
    pub path: String,
    /// The part of the volume that appears there; relative, no `..`. `None`: all of it.
    pub sub_path: Option<String>,
    /// Whether the container may only read it.
    pub read_only: bool,
}
