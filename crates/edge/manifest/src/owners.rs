//! Who makes whom among the documents, and which pods are there already.
//!
//! What a controller among the documents makes is not made twice. Read to plan, a pod that a cluster has put on
//! a node stays there, and its controller makes so many fewer.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::PodKey;

use crate::documents::What;
use crate::field::Field;
use crate::metadata::named;
use crate::problem::Findings;

/// A controller: its kind, and its namespace and name.
type Maker = (String, PodKey);

/// Controllers of controllers that are looked at: of a pod its ReplicaSet, of that its Deployment, and to spare.
const LEVELS_MAX: usize = 4;

/// Everything that makes pods, and the pods of each that are on nodes.
#[derive(Default)]
pub(crate) struct Owners {
    /// With what makes it in its turn, where that is among the documents.
    makers: BTreeMap<Maker, Option<Maker>>,
    /// Names of pods, by what would make them here.
    there: BTreeMap<Maker, BTreeSet<String>>,
}

impl Owners {
    /// Takes note of something that makes pods. A Pod makes no others.
    pub(crate) fn add(&mut self, what: &What<'_>) {
        if let Some(key) = named(&what.root).filter(|_| what.kind != "Pod") {
            self.makers.insert((what.kind.to_owned(), key), None);
        }
    }

    /// Once all makers are known: who makes them.
    pub(crate) fn relate(&mut self, what: &What<'_>) {
        let Some(key) = named(&what.root) else { return };
        let maker = (what.kind.to_owned(), key);
        let owner = self.of(&what.root);
        if let Some(entry) = self.makers.get_mut(&maker) {
            *entry = owner.filter(|owner| *owner != maker);
        }
    }

    /// Once all relations are known: counts a pod that is on a node with what would make it.
    pub(crate) fn count(&mut self, pod: &Field<'_>) {
        let is_leaving = pod.at(&["metadata", "deletionTimestamp"]).is_some();
        let (Some(key), true) = (named(pod), is_there(pod) && !is_leaving) else { return };
        let Some(mut maker) = self.of(pod) else { return };
        for _ in 0..LEVELS_MAX {
            match self.makers.get(&maker) {
                Some(Some(owner)) => maker = owner.clone(),
                _ => break,
            }
        }
        self.there.entry(maker).or_default().insert(key.name);
    }

    /// Names of the pods that are on nodes, of what this maker would make.
    pub(crate) fn there(&self, kind: &str, key: &PodKey) -> Option<&BTreeSet<String>> {
        self.there.get(&(kind.to_owned(), key.clone()))
    }

    /// How many pods are left to be made of `count`, where some are on nodes; a note says so.
    pub(crate) fn left(
        &self,
        kind: &str,
        key: Option<&PodKey>,
        count: u32,
        document: &Field<'_>,
        to: &mut Findings,
    ) -> u32 {
        let there = key.and_then(|key| self.there(kind, key)).map_or(0, BTreeSet::len);
        let Some(there) = u32::try_from(there).ok().filter(|there| *there > 0) else { return count };
        let left = count.saturating_sub(there);
        let field = document.at(&["metadata", "name"]).unwrap_or_else(|| document.clone());
        to.note(field.note(format!(
            "{there} of its pods are on nodes, where the cluster they were read from has them: {left} more are planned"
        )));
        left
    }

    /// The controller of a document, as `Kind name`, where it is among the documents and makes its pods.
    pub(crate) fn name_of(&self, root: &Field<'_>) -> Option<String> {
        self.of(root).map(|(kind, key)| format!("{kind} `{}`", key.name))
    }

    fn of(&self, root: &Field<'_>) -> Option<Maker> {
        let namespace = named(root)?.namespace;
        let metadata = root.get("metadata")?;
        let owners = metadata.elements_of("ownerReferences");
        let owner = owners.iter().find(|owner| owner.get("controller").is_some_and(|it| it.is_true()))?;
        let (kind, name) = (owner.get("kind")?.plain()?, owner.get("name")?.plain()?);
        let is_here = |kind: &str, name: &str| {
            let maker = (kind.to_owned(), PodKey { namespace: namespace.clone(), name: name.to_owned() });
            self.makers.contains_key(&maker).then_some(maker)
        };
        // What made the controller tells itself by the name it gave: Deployments add a hash that
        // their pods are labelled with, CronJobs a time in minutes.
        let maker = || {
            let (stem, end) = name.rsplit_once('-')?;
            let hash = metadata.at(&["labels", "pod-template-hash"]);
            match kind {
                "ReplicaSet" if hash?.plain() == Some(end) => is_here("Deployment", stem),
                "Job" if end.bytes().all(|digit| digit.is_ascii_digit()) => is_here("CronJob", stem),
                _ => None,
            }
        };
        is_here(kind, name).or_else(maker)
    }
}

/// Whether a pod was read from a cluster that has put it on a node, and has not ended there.
pub(crate) fn is_there(pod: &Field<'_>) -> bool {
    let has = |path: &[&str]| pod.at(path).is_some_and(|field| !field.is_empty());
    let phase = pod.at(&["status", "phase"]);
    let has_ended = matches!(phase.and_then(|phase| phase.plain()), Some("Succeeded" | "Failed"));
    has(&["metadata", "uid"]) && has(&["spec", "nodeName"]) && !has_ended
}
