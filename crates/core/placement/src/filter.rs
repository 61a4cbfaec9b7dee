//! The filters: each looks at one pod and one node and objects, or not.
//!
//! Every filter is asked about every node, so that an explanation is complete; none
//! relies on another having passed.

mod affinity;
mod bandwidth;
mod cpu;
mod devices;
mod epc;
mod features;
#[cfg(test)]
pub(crate) mod fixture;
mod hold;
mod key_slots;
mod memory;
mod node_name;
mod node_selector;
mod overcommit;
mod sharing;
mod slots;
mod taints;
mod tee;
mod witness;

use std::collections::BTreeMap;

use casemate_affinity::View;
use casemate_model::affinity::{NodeFacts, NodeSelectorTerm};
use casemate_model::{Node, NodeName, PodKey};
use casemate_mutant::{Mutant, active as seeded};

use crate::amounts::Amounts;
use crate::ask::{Ask, Locality};
use crate::facts::Facts;
use crate::grounds::Trust;
use crate::room::Room;
use crate::society::Rivalry;
use crate::{FilterReport, Objection, Overcommit, Resource, Score};

pub(crate) use taints::untolerated_preferences;
pub(crate) use tee::found;

/// A node as filters see it at one instant.
pub(crate) struct Site<'a> {
    pub(crate) node: &'a Node,
    /// What is reserved on it.
    pub(crate) used: &'a Amounts,
    /// What is free of each unit. `None`: whoever asks knows that the units fit.
    pub(crate) room: Option<Room<'a>>,
    pub(crate) trust: Trust<'a>,
    /// For whom it is kept free.
    pub(crate) hold: Option<&'a Hold>,
    /// Whom the pod would be beside. `None`: that is not looked at.
    pub(crate) company: Option<Company<'a>>,
}

/// Whom a pod would be beside on a node.
pub(crate) struct Company<'a> {
    /// The node, as affinity looks at it. `None`: nobody asks for any.
    pub(crate) facts: Option<&'a NodeFacts>,
    /// How the pod sees the nodes. `None`: nobody says anything of others.
    pub(crate) view: Option<&'a View<'a>>,
    /// Tenants that will not share with the pod's, or the other way round.
    pub(crate) rivalries: Vec<Rivalry>,
    /// How far encrypted memory beyond requests may be shared out.
    pub(crate) overcommit: Option<&'a Overcommit>,
}

impl<'a> Site<'a> {
    /// The same node, with its units looked at.
    pub(crate) fn in_room(self, room: Option<Room<'a>>) -> Self {
        Self { room, ..self }
    }

    /// Where the pod's encrypted memory would come from.
    pub(crate) fn locality(&self, ask: &Ask<'_>) -> Locality {
        let fits =
            |locality| self.room.is_none_or(|room| room.misfit(&Resource::Epc, ask, locality).is_none());
        ask.localities().iter().copied().find(|it| fits(*it)).unwrap_or(Locality::Anywhere)
    }
}

/// A claim on a node by a pod that was passed over too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) pod: PodKey,
    pub(crate) passed_over: u32,
}

/// Which nodes are held for whom.
pub(crate) type Holds = BTreeMap<NodeName, Hold>;

type Filter = fn(&Ask<'_>, &Site<'_>) -> Vec<Objection>;

/// In the order reports list them.
const FILTERS: [(&str, Filter); 17] = [
    ("tee", tee::objections),
    ("features", features::objections),
    ("witness", witness::objections),
    ("epc", epc::objections),
    ("slots", slots::objections),
    ("key-slots", key_slots::objections),
    ("cpu", cpu::objections),
    ("memory", memory::objections),
    ("bandwidth", bandwidth::objections),
    ("devices", devices::objections),
    ("node-name", node_name::objections),
    ("node-selector", node_selector::objections),
    ("affinity", affinity::objections),
    ("sharing", sharing::objections),
    ("overcommit", overcommit::objections),
    ("taints", taints::objections),
    ("hold", hold::objections),
];

/// What every filter says.
pub(crate) fn reports(ask: &Ask<'_>, site: &Site<'_>) -> Vec<FilterReport> {
    FILTERS.iter().map(|(filter, run)| FilterReport { filter, objections: run(ask, site) }).collect()
}

/// Whether no filter objects: [`reports`] without the words.
pub(crate) fn passes(ask: &Ask<'_>, site: &Site<'_>) -> bool {
    FILTERS.iter().all(|(_, run)| run(ask, site).is_empty())
}

/// Whether nothing stands against it but what may change: room, evidence, others' claims.
pub(crate) fn may_pass(ask: &Ask<'_>, site: &Site<'_>) -> bool {
    !FILTERS.iter().flat_map(|(_, run)| run(ask, site)).any(|it| it.is_permanent())
}

/// How gladly nodes of these facts take the pod, whatever room they have; `None` where they do not.
pub(crate) fn regard(ask: &Ask<'_>, facts: &Facts) -> Option<u16> {
    let node = facts.node();
    let site = Site {
        node: &node,
        used: &Amounts::NOTHING,
        room: None,
        trust: Trust::Assumed,
        hold: None,
        company: None,
    };
    let standing: [Filter; 4] =
        [tee::objections, features::objections, node_selector::objections, taints::objections];
    let stands = standing.iter().all(|run| run(ask, &site).is_empty())
        && witness::holds(ask, facts)
        && may_like(ask, &node.labels);
    stands.then(|| Score::reluctance(ask, &node, facts.trust()))
}

/// Whether its node affinity may hold of nodes with these labels, whatever their names.
fn may_like(ask: &Ask<'_>, labels: &BTreeMap<String, String>) -> bool {
    let holds = |it: &NodeSelectorTerm| {
        let says = !it.expressions.is_empty() || !it.fields.is_empty();
        says && it.expressions.iter().all(|it| it.holds(labels))
    };
    let required = &ask.pod.scheduling.node_affinity.required;
    required.as_ref().is_none_or(|it| it.terms.iter().any(holds))
}

/// Whether enough of `resource` is free. Who asks for none of it fits anywhere.
fn shortage(resource: Resource, ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let Some(capacity) = resource.on(site.node) else { return Vec::new() };
    let free = capacity.saturating_sub(resource.among(site.used));
    let asked = ask.amount(&resource, site.node);
    let overlooked = resource == Resource::Epc && seeded(Mutant::PlacementOvercommitsEpc);
    if overlooked {
        return Vec::new();
    }
    if asked > free {
        return vec![Objection::Short { resource, asked, free, capacity }];
    }
    let misfit = site.room.and_then(|room| room.misfit(&resource, ask, Locality::Anywhere));
    misfit.map(|misfit| Objection::Misfit { resource, asked, misfit }).into_iter().collect()
}
