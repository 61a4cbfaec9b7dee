//! The book of nodes and of what was placed on them.

mod against;
mod amounts;
mod crowd;
mod drains;
mod labels;
mod moves;
mod neighbours;
mod node_terms;
mod paging;
mod preemption;
mod sharing;
mod spread;
mod tees;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::Labels;
use casemate_model::{Node, NodeName, PlacementPolicy, Pod, PodKey, Sharing, Tee, Timestamp};

use crate::record::Record;
use crate::witness::Validity;
use crate::{Leeway, Rule, Taken, Unplaced};
use against::Against;
use amounts::Amounts;
use crowd::{Crowd, Population};
use neighbours::{Neighbours, Wishes};
use paging::Beyond;
use preemption::Preemptions;
use sharing::Tenants;
use spread::{Evenness, Spreads};
use tees::Witnesses;
use units::Units;

/// Nodes on offer and pods in place.
#[derive(Debug, Default)]
pub(crate) struct Placements {
    nodes: BTreeMap<NodeName, Offered>,
    placed: BTreeMap<PodKey, Resident>,
    /// Pods told to wait and not placed since.
    waiting: BTreeSet<PodKey>,
    /// For pods that name none.
    policy: PlacementPolicy,
    /// Namespaces that are nobody's rivals, beside the system's.
    exempt: BTreeSet<String>,
    /// `None`: what lies beyond requests is not looked at.
    leeway: Option<Leeway>,
    crowd: Crowd,
    neighbours: Neighbours,
    spreads: Spreads,
    preemptions: Preemptions,
}

#[derive(Debug)]
struct Offered {
    node: Node,
    witnesses: Witnesses,
    used: Amounts,
    units: Units,
    tenants: Tenants,
    beyond: Beyond,
}

/// A pod in its place.
#[derive(Debug)]
struct Resident {
    pod: Pod,
    node: NodeName,
    charge: Amounts,
    sharing: Sharing,
    taken: Option<Taken>,
}

/// A pod, with all that is to be asked of each node for it.
struct Case<'a> {
    pod: &'a Pod,
    asked: Amounts,
    sharing: Sharing,
    beyond: Beyond,
    exempt: &'a BTreeSet<String>,
    leeway: Option<Leeway>,
    wishes: Wishes<'a>,
    evenness: Evenness<'a>,
}

/// As what a node is looked at.
#[derive(Clone, Copy, Debug)]
enum View {
    /// As it is at this instant, where a pod was placed.
    Placing(Timestamp),
    /// As it is at this instant, where a pod was said to find no place.
    Waiting(Timestamp),
    /// As it would be if it were empty and attested.
    Empty,
}

impl Placements {
    pub(crate) fn offer(&mut self, node: Node) {
        self.spreads.forget();
        let Some(offered) = self.nodes.get_mut(&node.name) else {
            self.nodes.insert(node.name.clone(), Offered::new(node));
            return;
        };
        offered.node = node;
        let Self { nodes, placed, crowd, neighbours, .. } = self;
        neighbours.recount(Population { nodes, placed, crowd });
    }

    pub(crate) fn name(&mut self, namespace: String, labels: Labels) {
        self.neighbours.name(namespace, labels);
    }

    pub(crate) fn default_to(&mut self, policy: PlacementPolicy) {
        self.policy = policy;
    }

    pub(crate) fn exempt(&mut self, namespace: String) {
        self.exempt.insert(namespace);
    }

    pub(crate) fn allow(&mut self, leeway: Leeway) {
        self.leeway = Some(leeway);
    }

    /// A platform was affirmed: its first TEE where none is named.
    pub(crate) fn witness(
        &mut self,
        record: &mut Record,
        name: &NodeName,
        tee: Option<Tee>,
        (not_before, not_after): (Timestamp, Timestamp),
    ) {
        let Some(offered) = self.nodes.get_mut(name) else { return unknown_node(record, name) };
        let validity = Validity { from: not_before.0, until: not_after.0 };
        if let Some(tee) = tee.or(offered.node.tee) {
            offered.witnesses.insert(tee, validity);
        }
    }

    pub(crate) fn revoke(&mut self, record: &mut Record, name: &NodeName) {
        match self.nodes.get_mut(name) {
            Some(offered) => offered.witnesses.clear(),
            None => unknown_node(record, name),
        }
    }

    pub(crate) fn place(&mut self, record: &mut Record, at: Timestamp, pod: Pod, name: NodeName) {
        self.waiting.remove(&pod.key);
        if let Some(elsewhere) = self.take_out(&pod.key) {
            record.breach(
                Rule::PlacedTwice,
                &pod.key,
                format_args!("placed on {name} and already on {}", elsewhere.node),
                format_args!("one place at a time"),
            );
        }
        if !self.nodes.contains_key(&name) {
            return unknown_node(record, &name);
        }
        self.against(&pod, &name, View::Placing(at)).report(record, &pod.key, &name);
        self.preemptions.placed(record, &pod.key, &name);
        let resident = self.resident(pod, name);
        self.put_in(resident);
    }

    pub(crate) fn took(&mut self, record: &mut Record, pod: &PodKey, taken: Taken) {
        let Some(resident) = self.placed.get_mut(pod) else {
            return not_placed(record, pod, "said to have taken parts of a node");
        };
        let Some(offered) = self.nodes.get_mut(&resident.node) else { return };
        offered.units.go(&resident.charge, resident.taken.as_ref());
        offered.units.come(&resident.charge);
        offered.units.tell(record, &resident.pod, &offered.node, &resident.charge, &taken);
        resident.taken = Some(taken);
    }

    pub(crate) fn unplaced(&mut self, record: &mut Record, at: Timestamp, pod: &Pod, verdict: Unplaced) {
        let somebody_else_waits = self.waiting.iter().any(|other| *other != pod.key);
        match verdict {
            Unplaced::Waiting | Unplaced::HeldBack => self.waiting.insert(pod.key.clone()),
            Unplaced::Never => self.waiting.remove(&pod.key),
        };
        if self.is_placed(&pod.key) || (verdict == Unplaced::HeldBack && somebody_else_waits) {
            return;
        }
        let view = match verdict {
            Unplaced::Waiting | Unplaced::HeldBack => View::Waiting(at),
            Unplaced::Never => View::Empty,
        };
        let Some(could) = self.first_that_could(pod, view) else { return };
        let (rule, seen) = match verdict {
            Unplaced::Waiting => (Rule::WaitsThoughItFits, "it waits"),
            Unplaced::HeldBack => (Rule::WaitsThoughItFits, "it is held back while nobody else waits"),
            Unplaced::Never => (Rule::GivenUpThoughPossible, "it is given up"),
        };
        record.breach(rule, &pod.key, format_args!("{seen}"), format_args!("{could} can take it"));
    }

    pub(crate) fn release(&mut self, record: &mut Record, pod: &PodKey) {
        if self.take_out(pod).is_none() {
            record.breach(
                Rule::ReleasedUnplaced,
                pod,
                format_args!("released"),
                format_args!("only once after each placement"),
            );
        }
    }

    pub(crate) fn is_placed(&self, pod: &PodKey) -> bool {
        self.placed.contains_key(pod)
    }

    pub(crate) fn finish(&self, record: &mut Record) {
        self.preemptions.finish(record);
        for (pod, resident) in &self.placed {
            record.breach(
                Rule::PodNotReleased,
                pod,
                format_args!("still holds its place on {}", resident.node),
                format_args!("released"),
            );
        }
    }

    /// How the pod shares its node.
    fn sharing(&self, pod: &Pod) -> Sharing {
        pod.scheduling.policy.unwrap_or(self.policy).sharing
    }

    fn resident(&self, pod: Pod, node: NodeName) -> Resident {
        let sharing = self.sharing(&pod);
        let asked = Amounts::of(&pod, sharing);
        let charge = self.nodes.get(&node).map(|offered| asked.on(&offered.node, sharing));
        Resident { pod, node, charge: charge.unwrap_or(asked), sharing, taken: None }
    }

    fn put_in(&mut self, resident: Resident) {
        let Resident { pod, node, charge, sharing, taken } = &resident;
        if let Some(offered) = self.nodes.get_mut(node) {
            offered.used.add(charge);
            offered.units.come(charge);
            if let Some(taken) = taken {
                let mut nobody = Record::new(0);
                offered.units.tell(&mut nobody, pod, &offered.node, charge, taken);
            }
            offered.tenants.come(pod, *sharing);
            offered.beyond.come(&Beyond::of(pod, *sharing));
            self.crowd.come(pod);
            self.neighbours.come(pod, &offered.node);
            self.spreads.come(pod, &offered.node);
        }
        self.placed.insert(pod.key.clone(), resident);
    }

    fn take_out(&mut self, pod: &PodKey) -> Option<Resident> {
        let resident = self.placed.remove(pod)?;
        if let Some(offered) = self.nodes.get_mut(&resident.node) {
            offered.used.take_away(&resident.charge);
            offered.units.go(&resident.charge, resident.taken.as_ref());
            offered.tenants.go(&resident.pod, resident.sharing);
            offered.beyond.go(&Beyond::of(&resident.pod, resident.sharing));
            self.crowd.go(&resident.pod);
            self.neighbours.go(&resident.pod, &offered.node);
            self.spreads.go(&resident.pod, &offered.node);
        }
        Some(resident)
    }

    /// Everything against the pod on a node on offer.
    fn against(&mut self, pod: &Pod, name: &NodeName, view: View) -> Against {
        self.learn(pod);
        let mut against = Against::default();
        if let Some(offered) = self.nodes.get(name) {
            self.case(pod).object(&mut against, offered, view);
        }
        against
    }

    /// The first node, by name, against which nothing speaks.
    fn first_that_could(&mut self, pod: &Pod, view: View) -> Option<NodeName> {
        self.learn(pod);
        let case = self.case(pod);
        let could = |offered: &&Offered| {
            let mut against = Against::only_whether();
            case.object(&mut against, offered, view);
            against.is_empty()
        };
        self.nodes.values().find(could).map(|offered| offered.node.name.clone())
    }

    /// Begins to count what has to be known for this pod.
    fn learn(&mut self, pod: &Pod) {
        let Self { nodes, placed, crowd, neighbours, spreads, .. } = self;
        let population = Population { nodes, placed, crowd };
        neighbours.learn(pod, population);
        spreads.learn(pod, population);
    }

    fn case<'a>(&'a self, pod: &'a Pod) -> Case<'a> {
        let sharing = self.sharing(pod);
        Case {
            pod,
            asked: Amounts::of(pod, sharing),
            sharing,
            beyond: Beyond::of(pod, sharing),
            exempt: &self.exempt,
            leeway: self.leeway,
            wishes: self.neighbours.wishes(pod),
            evenness: self.spreads.evenness(pod),
        }
    }
}

impl Offered {
    fn new(node: Node) -> Self {
        Self {
            node,
            witnesses: Witnesses::new(),
            used: Amounts::default(),
            units: Units::default(),
            tenants: Tenants::default(),
            beyond: Beyond::default(),
        }
    }
}

impl Case<'_> {
    /// Every reason against this pod on this node.
    fn object(&self, against: &mut Against, offered: &Offered, view: View) {
        let Offered { node, witnesses, used, units, tenants, beyond } = offered;
        let (nothing, no_units, none) = (Amounts::default(), Units::default(), Beyond::default());
        let (used, units, beyond, at, is_inhabited) = match view {
            View::Placing(at) | View::Waiting(at) => (used, units, beyond, Some(at), true),
            View::Empty => (&nothing, &no_units, &none, None, false),
        };
        for unsupported in &self.pod.scheduling.unsupported {
            against.add(
                Rule::UnsupportedPlaced,
                format_args!("it asks for {unsupported}"),
                format_args!("no pod that asks for what is not implemented"),
            );
        }
        tees::object(against, self.pod, node, witnesses, at);
        if against.is_enough() {
            return;
        }
        node_terms::object(against, self.pod, node);
        if against.is_enough() {
            return;
        }
        let asked = self.asked.on(node, self.sharing);
        for excess in asked.excesses(used, node) {
            let (unit, total) = (excess.unit, excess.total);
            against.add(
                excess.rule,
                format_args!("{total} {unit} with this pod's {}", excess.asked),
                format_args!("{} {unit}", excess.capacity),
            );
        }
        let unrequested = paging::unrequested(&asked, used, &self.beyond, Amounts::epc_of(node));
        if let Some((unrequested, leeway)) = unrequested.zip(self.leeway) {
            self.beyond.object(against, beyond, unrequested, leeway);
        }
        units.object(against, &asked, node, matches!(view, View::Waiting(_)));
        if is_inhabited {
            tenants.object(against, self.pod, self.sharing, self.exempt);
        }
        if against.is_enough() {
            return;
        }
        self.wishes.object(against, node, is_inhabited);
        self.evenness.object(against, node, is_inhabited);
    }
}

fn unknown_node(record: &mut Record, name: &NodeName) {
    record.breach(
        Rule::NodeUnknown,
        name,
        format_args!("used although never offered"),
        format_args!("nodes on offer only"),
    );
}

fn not_placed(record: &mut Record, pod: &PodKey, seen: &str) {
    record.breach(Rule::NotInPlace, pod, format_args!("{seen}"), format_args!("pods in place only"));
}

#[cfg(test)]
mod tests;
