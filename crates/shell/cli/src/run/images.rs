//! Which WASI program each container runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use casemate_manifest::Workload as Manifested;
use casemate_node::{Image, Workload};

/// How a manifest names a program by its file.
const FILE_SCHEME: &str = "file://";

/// Image names and the programs they stand for. Each file is read once.
pub(crate) struct Images {
    mapped: BTreeMap<String, PathBuf>,
    used: BTreeSet<String>,
    read: BTreeMap<PathBuf, Result<Arc<Image>, String>>,
}

impl Images {
    /// With these names mapped on the command line.
    pub(crate) fn new(mapped: &[(String, String)]) -> Self {
        let mapped = mapped.iter().map(|(name, file)| (name.clone(), PathBuf::from(file))).collect();
        Self { mapped, used: BTreeSet::new(), read: BTreeMap::new() }
    }

    /// The pod with its containers' programs.
    pub(crate) fn resolve(&mut self, workload: &Manifested) -> Workload {
        let beside = Path::new(workload.provenance.file()).parent().unwrap_or(Path::new("")).to_owned();
        let pod = workload.pod.clone();
        let images = pod.all_containers().map(|container| self.image(&container.image, &beside)).collect();
        Workload { pod, images }
    }

    /// Mappings that no container asked for: probably a mistyped name.
    pub(crate) fn unused(&self) -> Vec<String> {
        let unused = self.mapped.keys().filter(|name| !self.used.contains(*name));
        unused.map(|name| format!("--image {name}: no container has an image of this name")).collect()
    }

    fn image(&mut self, name: &str, beside: &Path) -> Result<Arc<Image>, String> {
        let path = match (self.mapped.get(name), name.strip_prefix(FILE_SCHEME)) {
            (Some(path), _) => {
                self.used.insert(name.to_owned());
                path.clone()
            }
            (None, Some(file)) => beside.join(file),
            (None, None) => {
                return Err(format!(
                    "image {name}: no program is known for it; give --image {name}=prog.wasm, or name the \
                     file in the manifest as {FILE_SCHEME}./prog.wasm"
                ));
            }
        };
        let read = self
            .read
            .entry(path)
            .or_insert_with_key(|path| Image::read(path).map(Arc::new).map_err(|error| error.to_string()));
        read.clone()
    }
}
