//! Where the volume of a claim can be had: PersistentVolumeClaims that are bound, and their PersistentVolumes,
//! read to plan.
//!
//! A volume ties its pods to the nodes of its `nodeAffinity` (the scheduler's plugin VolumeBinding), and by
//! labels to its zone and region (VolumeZone). A claim that is not bound, or not among the documents, could be
//! had anywhere or nowhere: the pod waits. How many volumes a node attaches is not counted.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::{
    NodeAffinity, NodeField, NodeOperator, NodeRequirement, NodeSelector, NodeSelectorTerm, Operator,
};

use crate::Problem;
use crate::affinity::node_selector;
use crate::documents::What;
use crate::field::Field;
use crate::metadata;
use crate::problem::{Findings, shown};

/// Claims and volumes among the documents.
#[derive(Default)]
pub(crate) struct Storage {
    /// By namespace and name, the volume's name where there is one.
    claims: BTreeMap<(String, String), Option<String>>,
    /// By name, each thing that has to hold of a node.
    volumes: BTreeMap<String, Vec<NodeSelector>>,
}

/// Labels of a volume that say where it is. Several values have two underscores between them.
const ZONES: [&str; 4] = [
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
];

/// Most terms of a node selector that comes of several. Each is a choice among choices.
const TERMS_MAX: usize = 64;
/// Most bytes of one, about.
const BYTES_MAX: usize = 64 << 10;

impl Storage {
    /// Whether the document is a claim or a volume.
    pub(crate) fn is(what: &What<'_>) -> bool {
        what.version == "v1" && matches!(what.kind, "PersistentVolumeClaim" | "PersistentVolume")
    }

    /// Reads a claim or a volume.
    pub(crate) fn add(&mut self, what: &What<'_>, to: &mut Findings) {
        if what.kind == "PersistentVolumeClaim" {
            let Some(key) = metadata::key(&what.root, to) else { return };
            let volume = what.root.at(&["spec", "volumeName"]).and_then(|field| field.text(to));
            let volume = volume.filter(|name| !name.is_empty()).map(str::to_owned);
            self.claims.insert((key.namespace, key.name), volume);
        } else if let Some(key) = metadata::key(&what.root, to)
            && let Some(nodes) = to.sound(|to| Some(volume(&what.root, to)))
        {
            self.volumes.insert(key.name, nodes);
        }
    }

    /// What has to hold of a node for the claim's volume to be had there.
    ///
    /// # Errors
    ///
    /// Why that is not known, at `field`.
    pub(crate) fn nodes(
        &self,
        namespace: &str,
        claim: &str,
        field: &Field<'_>,
    ) -> Result<&[NodeSelector], Box<Problem>> {
        const REMEDY: &str =
            "Give the claim as the cluster prints it once it is bound, and its PersistentVolume";
        let key = (namespace.to_owned(), claim.to_owned());
        let claim = shown(claim);
        let cause = match self.claims.get(&key) {
            None => format!("the claim `{claim}` is not among the documents"),
            Some(None) => {
                format!("the claim `{claim}` is not bound: which volume it will have is not planned")
            }
            Some(Some(name)) => match self.volumes.get(name) {
                Some(nodes) => return Ok(nodes),
                None => {
                    format!("the volume `{}` of the claim `{claim}` is not among the documents", shown(name))
                }
            },
        };
        Err(Box::new(field.not_run(cause, REMEDY)))
    }
}

/// What a volume demands of its nodes.
fn volume(document: &Field<'_>, to: &mut Findings) -> Vec<NodeSelector> {
    let required = document.at(&["spec", "nodeAffinity", "required"]);
    let required = required.and_then(|required| node_selector(&required, to));
    let labels = document.at(&["metadata", "labels"]).map(|labels| labels.texts(to)).unwrap_or_default();
    let zones: Vec<NodeRequirement> = ZONES
        .iter()
        .filter_map(|key| {
            let values: BTreeSet<String> = labels.get(*key)?.split("__").map(str::to_owned).collect();
            Some(requirement(key, Operator::In(values)))
        })
        .collect();
    let zoned = (!zones.is_empty()).then(|| {
        // A node that has no such label at all is in a cluster that has no zones.
        let none = ZONES.iter().map(|key| requirement(key, Operator::DoesNotExist)).collect();
        let term = |expressions| NodeSelectorTerm { expressions, fields: Vec::new() };
        NodeSelector { terms: vec![term(zones), term(none)] }
    });
    required.into_iter().chain(zoned).collect()
}

fn requirement(key: &str, operator: Operator) -> NodeRequirement {
    NodeRequirement { key: key.to_owned(), operator: NodeOperator::Label(operator) }
}

/// Demands these of nodes too. Whether that can be said: choices of choices become too many, or too long.
pub(crate) fn demand<'s>(
    affinity: &mut NodeAffinity,
    selectors: impl IntoIterator<Item = &'s NodeSelector>,
) -> bool {
    for selector in selectors {
        let Some(before) = &affinity.required else {
            affinity.required = Some(selector.clone());
            continue;
        };
        let (some, others) = (before.terms.len(), selector.terms.len());
        let longest = cost(before).saturating_mul(others).saturating_add(cost(selector).saturating_mul(some));
        if some.saturating_mul(others) > TERMS_MAX || longest > BYTES_MAX {
            return false;
        }
        // An empty term selects no node, and neither does what it is joined with.
        let says_something =
            |term: &&NodeSelectorTerm| !(term.expressions.is_empty() && term.fields.is_empty());
        let mut terms = Vec::new();
        for one in before.terms.iter().filter(says_something) {
            for other in selector.terms.iter().filter(says_something) {
                let mut both = one.clone();
                both.expressions.extend(other.expressions.iter().cloned());
                both.fields.extend(other.fields.iter().cloned());
                if !terms.contains(&both) {
                    terms.push(both);
                }
            }
        }
        affinity.required = Some(NodeSelector { terms });
    }
    true
}

/// What is required of nodes costs to keep, in bytes, about.
pub(crate) fn cost_of(affinity: &NodeAffinity) -> usize {
    affinity.required.as_ref().map_or(0, cost)
}

fn cost(selector: &NodeSelector) -> usize {
    const EACH: usize = 64;
    let of_expression = |it: &NodeRequirement| {
        let values = match &it.operator {
            NodeOperator::Label(Operator::In(values) | Operator::NotIn(values)) => {
                values.iter().fold(0_usize, |sum, value| sum.saturating_add(value.len() + EACH))
            }
            _ => 0,
        };
        values.saturating_add(it.key.len() + EACH)
    };
    let of_field = |field: &NodeField| {
        let (NodeField::NameIs(name) | NodeField::NameIsNot(name)) = field;
        name.len() + EACH
    };
    let of_term = |term: &NodeSelectorTerm| {
        let expressions = term.expressions.iter().map(of_expression);
        expressions.chain(term.fields.iter().map(of_field)).fold(EACH, usize::saturating_add)
    };
    selector.terms.iter().map(of_term).fold(0, usize::saturating_add)
}
