//! What is where within a node: NodeResourceTopology (`topology.node.k8s.io`, `v1alpha1` and `v1alpha2`).
//!
//! Taken are zones of type `Node`, in the order of the numbers that their names end in: of each its cpu, memory
//! and encrypted memory (`allocatable`, else `capacity`), its memory bandwidth where somebody lists it, and
//! its distances (`costs`). What is `available` is left out: the pods of a plan are counted here. Other zones
//! and resources say nothing.
//!
//! Source: `pkg/apis/topology/v1alpha2/types.go` of noderesourcetopology-api.

use std::collections::BTreeMap;

use casemate_model::{Bytes, MilliCpu, NumaNode};

use crate::field::Field;
use crate::metadata::{NameKind, name};
use crate::problem::Findings;
use crate::quantity::Quantity;
use crate::resources::refusal;
use crate::vocabulary::resources::{Means, resource};
use crate::{Note, Place};

/// API versions that are read.
pub(crate) const VERSIONS: [&str; 2] = ["topology.node.k8s.io/v1alpha2", "topology.node.k8s.io/v1alpha1"];
/// The kind's name.
pub(crate) const KIND: &str = "NodeResourceTopology";
/// A zone's memory bandwidth in bytes a second. Nobody has a standard name for it.
const BANDWIDTH: &str = "casemate.dev/memory-bandwidth";
/// Most NUMA nodes that a node has (`MAX_NUMNODES` of Linux).
pub(crate) const NUMA_MAX: usize = 1 << 10;
/// The distance of a NUMA node to itself (ACPI 6.5, 5.2.17, SLIT).
const LOCAL: u8 = 10;

/// The zones of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topology {
    /// Its NUMA nodes, in their order.
    pub(crate) numa: Vec<NumaNode>,
    /// Where they are written.
    pub(crate) place: Place,
    /// Told where no node has the name.
    pub(crate) unused: Note,
}

/// A zone as it is read, with the distances by name.
struct Zone<'a> {
    name: &'a str,
    number: u64,
    numa: NumaNode,
    costs: BTreeMap<&'a str, u8>,
}

/// Reads a document; with the node's name.
pub(crate) fn topology(document: &Field<'_>, to: &mut Findings) -> Option<(String, Topology)> {
    to.sound(|to| {
        let metadata = document.need("metadata", "Give it the node's `name`", to)?;
        let field = metadata.need("name", "Write the node's name", to)?;
        let node = name(&field, NameKind::Subdomain, to);
        alignment(document, to);
        let list = document.need("zones", "List the node's zones", to)?;
        let mut zones = Vec::new();
        for item in list.items(to) {
            let is_numa =
                item.need("type", "Say what the zone is: `Node`", to).and_then(|field| field.text(to));
            if is_numa == Some("Node") {
                zones.extend(to.sound(|to| zone(&item, to)));
            }
        }
        if zones.len() > NUMA_MAX {
            let cause = format!("{} zones are more than a node has", zones.len());
            to.refuse(list.problem(cause, format!("List {NUMA_MAX} at most")));
            return None;
        }
        zones.sort_by_key(|zone: &Zone<'_>| zone.number);
        let twice = zones.windows(2).find(|pair| matches!(pair, [one, two] if one.number == two.number));
        if let Some([one, two]) = twice {
            let cause = format!("the zones `{}` and `{}` have one number", one.name, two.name);
            to.refuse(list.problem(cause, "Number NUMA nodes from 0, as in `node-0`"));
            return None;
        }
        let names: Vec<&str> = zones.iter().map(|zone| zone.name).collect();
        let far = zones.iter().map(|zone| distances(zone, &names)).collect::<Option<Vec<_>>>();
        if far.is_none() && zones.iter().any(|zone| !zone.costs.is_empty()) {
            to.note(list.note("some distance between its zones is missing: none is known"));
        }
        let mut numa: Vec<NumaNode> = zones.into_iter().map(|zone| zone.numa).collect();
        for (numa, far) in numa.iter_mut().zip(far.unwrap_or_default()) {
            numa.distances = far;
        }
        let unused = field.note("left out: no Node of this name is among the documents");
        Some((node?, Topology { numa, place: list.place(), unused }))
    })
}

/// Notes a policy of the node's kubelet under which it turns away what fits the node and no NUMA node of it.
fn alignment(document: &Field<'_>, to: &mut Findings) {
    let attribute = document.elements_of("attributes").into_iter().find_map(|attribute| {
        let is_policy = attribute.get("name")?.plain()? == "topologyManagerPolicy";
        attribute.get("value").filter(|_| is_policy)
    });
    // What came before attributes.
    let listed = || document.elements_of("topologyPolicies").into_iter().next();
    let Some(field) = attribute.or_else(listed) else { return };
    let policy = field.plain().unwrap_or_default().to_ascii_lowercase().replace('-', "");
    if policy.starts_with("singlenumanode") || policy.starts_with("restricted") {
        to.note(field.note(
            "not held: the node's kubelet turns away a pod that fits it and none of its NUMA nodes; ask for              `casemate.dev/placement-policy: affinity` to keep pods on one",
        ));
    }
}

fn zone<'a>(item: &Field<'a>, to: &mut Findings) -> Option<Zone<'a>> {
    let field = item.need("name", "Name the zone, as in `node-0`", to)?;
    let name = field.text(to)?;
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name.strip_prefix(stem).and_then(|digits| digits.parse().ok());
    let Some(number) = number else {
        let cause = "the zone's name does not end in its number";
        to.refuse(field.problem(cause, "Number NUMA nodes from 0, as in `node-0`"));
        return None;
    };
    let mut numa = NumaNode::default();
    for resource in item.get("resources").map(|list| list.items(to)).unwrap_or_default() {
        amount(&resource, &mut numa, to);
    }
    let mut costs = BTreeMap::new();
    for cost in item.get("costs").map(|list| list.items(to)).unwrap_or_default() {
        let to_whom = cost.need("name", "Name the zone it is the distance to", to);
        let value = cost.need("value", "Write the distance; 10 is local", to);
        let to_whom = to_whom.and_then(|field| field.text(to));
        // A byte in the table that it comes from; 255 says unreachable.
        let value = value.and_then(|field| field.integer::<u8>(to));
        costs.extend(to_whom.zip(value));
    }
    Some(Zone { name, number, numa, costs })
}

fn amount(item: &Field<'_>, numa: &mut NumaNode, to: &mut Findings) {
    let Some(name) = item.need("name", "Name the resource", to).and_then(|field| field.text(to)) else {
        return;
    };
    let means = resource(name).map(|known| known.means);
    let Some(field) = item.get("allocatable").or_else(|| item.get("capacity")) else { return };
    let Some(text) = field.scalar("a quantity", to) else { return };
    let amount = Quantity::parse(text).and_then(|quantity| quantity.at_most(means == Some(Means::Cpu)));
    match (amount, means) {
        (Err(error), _) => to.refuse(refusal(&field, text, error)),
        (Ok(amount), Some(Means::Cpu)) => numa.cpu = MilliCpu(amount),
        (Ok(amount), Some(Means::Memory)) => numa.memory = Bytes(amount),
        (Ok(amount), Some(Means::Epc { unit })) => numa.epc = Bytes(amount.saturating_mul(unit)),
        (Ok(amount), None) if name == BANDWIDTH => numa.bandwidth = Some(amount),
        (Ok(_), _) => {}
    }
}

/// The zone's distances to all, in their order. `None`: one is not said.
fn distances(zone: &Zone<'_>, names: &[&str]) -> Option<Vec<u8>> {
    let to = |name: &&str| {
        let said = zone.costs.get(name).copied();
        said.or_else(|| (*name == zone.name && !zone.costs.is_empty()).then_some(LOCAL))
    };
    names.iter().map(to).collect()
}
