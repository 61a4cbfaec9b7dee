//! What is planned: the nodes, pods and budgets of the documents, and what is supposed beside.

use std::path::{Path, PathBuf};

use casemate_manifest::{Options as Reader, Problem, Reading, read_to_plan};
use casemate_model::{Node, NodeName, Pod};
use casemate_placement::{LedgerError, Options, Planning};

use super::openb::{self, List};
use super::variant::Variant;
use super::what_if::WhatIf;
use crate::manifests;
use crate::terminal::Terminal;

/// What is planned.
#[derive(Default)]
pub(super) struct Scene {
    pub(super) nodes: Vec<Node>,
    pub(super) pods: Vec<Pod>,
    pub(super) options: Options,
    /// Nodes that are supposed not to be trusted, each with why.
    pub(super) distrusted: Vec<(NodeName, String)>,
    pub(super) notes: Vec<String>,
    pub(super) errors: Vec<String>,
}

impl Scene {
    /// Reads everything that was named: manifests, and lists of OpenB.
    pub(super) fn read(files: &[PathBuf], terminal: &Terminal) -> Self {
        let (lists, manifests): (Vec<_>, Vec<_>) = files.iter().cloned().partition(|file| is_list(file));
        let mut scene = Self::default();
        if !manifests.is_empty() {
            scene.read_manifests(&manifests, terminal);
        }
        for file in lists {
            if let Err(error) = scene.read_list(&file) {
                scene.errors.push(format!("{}: {error}", file.display()));
            }
        }
        scene
    }

    /// Supposes something beside.
    pub(super) fn suppose(&mut self, all: &[WhatIf]) {
        for supposed in all {
            if let Err(error) = supposed.apply(&mut self.nodes, &mut self.distrusted) {
                self.errors.push(error);
            }
            // Who was on a node that is gone has to go elsewhere.
            if let WhatIf::Down(name) = supposed {
                for pod in &mut self.pods {
                    pod.scheduling.node = pod.scheduling.node.take().filter(|it| it != name);
                }
            }
        }
    }

    /// Plans it this way.
    pub(super) fn plan(&self, variant: &Variant) -> Result<Planning, LedgerError> {
        let options = Options { policy: variant.policy, packing: variant.packing, ..self.options.clone() };
        Planning::with(self.nodes.iter().cloned(), &self.pods, &options, &self.distrusted)
    }

    fn read_manifests(&mut self, files: &[PathBuf], terminal: &Terminal) {
        let (sources, mut problems) = manifests::sources(files, "reading", terminal);
        // Where nothing could be read it has been said why.
        let reading = match (sources.is_empty(), problems.is_empty()) {
            (true, false) => Reading::default(),
            _ => read_to_plan(&sources, &Reader::default()),
        };
        problems.extend(reading.problems);
        self.notes.extend(reading.notes.iter().map(ToString::to_string));
        self.errors.extend(problems.iter().map(Problem::to_string));
        if reading.problems_left_out > 0 {
            self.errors.push(format!("and {} more errors", reading.problems_left_out));
        }
        self.nodes.extend(reading.nodes.into_iter().map(|entry| entry.node));
        self.pods.extend(reading.workloads.into_iter().map(|workload| workload.pod));
        self.options.budgets = reading.budgets;
        self.options.namespaces = reading.namespaces;
    }

    fn read_list(&mut self, file: &Path) -> Result<(), String> {
        let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
        match openb::list(&bytes).map_err(|error| error.to_string())? {
            List::Nodes(nodes) => self.nodes.extend(nodes),
            List::Pods(pods) => self.pods.extend(pods),
        }
        Ok(())
    }
}

/// Whether a file is a list with commas, by its name.
fn is_list(file: &Path) -> bool {
    let name = file.to_string_lossy().to_lowercase();
    name.ends_with(".csv") || name.ends_with(".csv.gz")
}
