//! What is planned: the nodes, pods and budgets of the documents, and what is supposed beside.

use std::path::{Path, PathBuf};

use casemate_manifest::{Options as Reader, Problem, Reading, read_to_plan};
use casemate_model::{Node, NodeName, Pod};
use casemate_placement::{LedgerError, Options, Planning, Slowdown, Supposed};

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
    pub(super) supposed: Supposed,
    /// Whether as many nodes as can be are emptied.
    pub(super) consolidate: bool,
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
            if let Err(error) = supposed.apply(&mut self.nodes, &mut self.supposed.distrusted) {
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

    /// Gives up nodes by their names.
    pub(super) fn give_up(&mut self, names: &[String]) {
        for name in names {
            let name = NodeName(name.clone());
            if self.nodes.iter().any(|node| node.name == name) {
                self.supposed.given_up.push(name);
            } else {
                self.errors.push(format!("--evacuate {name}: no node is named {name}"));
            }
        }
    }

    /// Plans it this way.
    pub(super) fn plan(&self, variant: &Variant) -> Result<Planning, LedgerError> {
        let options = Options { policy: variant.policy, packing: variant.packing, ..self.options.clone() };
        let mut planning = Planning::with(self.nodes.iter().cloned(), &self.pods, &options, &self.supposed)?;
        if self.consolidate {
            planning.consolidate(&self.pods);
        }
        Ok(planning)
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

/// A factor of time: at least 1, with at most three decimals.
pub(super) fn factor(text: &str) -> Result<Slowdown, String> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|it| it.is_ascii_digit());
    let known = !whole.is_empty() && digits(whole) && digits(decimals) && decimals.len() <= 3;
    let thousandths = format!("{whole}{decimals:0<3}").parse::<u64>().ok().filter(|it| known && *it >= 1000);
    let thousandths = thousandths.filter(|it| *it <= 1_000_000_000);
    thousandths
        .map(Slowdown::of_thousandths)
        .ok_or_else(|| "it is a factor such as 1.5, at least 1".to_owned())
}

/// Whether a file is a list with commas, by its name.
fn is_list(file: &Path) -> bool {
    let name = file.to_string_lossy().to_lowercase();
    name.ends_with(".csv") || name.ends_with(".csv.gz")
}
