//! How a cluster places, as far as its pods do not say otherwise.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::Labels;
use casemate_model::{DisruptionBudget, PlacementPolicy};

use crate::Overcommit;
use casemate_fleet::Packing;

/// How a cluster places. The default shares nodes, keeps room, and displaces nobody.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The policy of pods that name none.
    pub policy: PlacementPolicy,
    /// How nodes are filled.
    pub packing: Packing,
    /// How far encrypted memory beyond requests is counted. `None`: not at all.
    pub overcommit: Option<Overcommit>,
    /// How many pods must stay, whoever is displaced or moved.
    pub budgets: Vec<DisruptionBudget>,
    /// Labels of namespaces, beside the one that each has by itself.
    pub namespaces: BTreeMap<String, Labels>,
    /// Namespaces that are nobody's rival, beside Kubernetes' own.
    pub exempt: BTreeSet<String>,
}

/// Kubernetes' own: what runs there serves everybody on the node.
pub(crate) const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];
