//! What is counted, by domain, for pods of equal terms that are to be placed.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::relation::{Numbered, Profile, Relation};
use crate::tally::{Change, Points, SpreadTally, Tally};
use casemate_model::affinity::NodeFacts;

/// The counts that decide about a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Pods that all required affinity terms mean, for each term.
    pub(crate) affinity: Vec<Tally>,
    /// Pods each required anti-affinity term means.
    pub(crate) anti_affinity: Vec<Tally>,
    /// Pods whose anti-affinity keeps it out, by topology key.
    pub(crate) repelled: BTreeMap<String, Tally>,
    /// Points by topology key.
    pub(crate) points: BTreeMap<String, Points>,
    /// Pods each hard spread constraint counts.
    pub(crate) hard: Vec<SpreadTally>,
    /// Pods each soft one counts.
    pub(crate) soft: Vec<SpreadTally>,
}

impl Shape {
    /// Nothing counted yet.
    pub(crate) fn of(profile: &Profile) -> Self {
        Self {
            affinity: profile.affinity.iter().map(|_| Tally::default()).collect(),
            anti_affinity: profile.anti_affinity.iter().map(|_| Tally::default()).collect(),
            hard: profile.hard.iter().map(|_| SpreadTally::default()).collect(),
            soft: profile.soft.iter().map(|_| SpreadTally::default()).collect(),
            ..Self::default()
        }
    }

    /// A node comes or goes, without pods.
    pub(crate) fn change_node(&mut self, profile: &Profile, node: &NodeFacts, change: Change) {
        for (constraints, tallies) in [(&profile.hard, &mut self.hard), (&profile.soft, &mut self.soft)] {
            if !has_all_keys(constraints, node) {
                continue;
            }
            for (constraint, tally) in constraints.iter().zip(tallies) {
                if let Some(domain) = eligible(constraint, profile, node) {
                    tally.change_nodes(domain, change);
                }
            }
        }
    }

    /// A pod comes to a node or goes from it. `counted`: it is not being deleted.
    pub(crate) fn change_pod(
        &mut self,
        profile: &Profile,
        relation: &Relation,
        node: &NodeFacts,
        counted: bool,
        change: Change,
    ) {
        if relation.wanted {
            for (reach, tally) in profile.affinity.iter().zip(&mut self.affinity) {
                if let Some(domain) = node.labels.get(&reach.topology_key) {
                    tally.change(domain, change);
                }
            }
        }
        for number in &relation.shunned_by {
            let reach = profile.anti_affinity.get(*number).map(|it| &it.topology_key);
            let domain = reach.and_then(|key| node.labels.get(key));
            if let (Some(domain), Some(tally)) = (domain, self.anti_affinity.get_mut(*number)) {
                tally.change(domain, change);
            }
        }
        for key in &relation.repelled_by {
            if let Some(domain) = node.labels.get(key) {
                let tally = self.repelled.entry(key.clone()).or_default();
                tally.change(domain, change);
                if tally.total() == 0 {
                    self.repelled.remove(key);
                }
            }
        }
        for (key, points) in &relation.points {
            if let Some(domain) = node.labels.get(key) {
                let signed = if change == Change::Comes { *points } else { points.saturating_neg() };
                let sums = self.points.entry(key.clone()).or_default();
                sums.add(domain, signed);
                if sums.is_empty() {
                    self.points.remove(key);
                }
            }
        }
        if counted {
            self.change_counted(profile, relation, node, change);
        }
    }

    /// What of [`change_pod`](Self::change_pod) does not hold of pods that are being deleted.
    pub(crate) fn change_counted(
        &mut self,
        profile: &Profile,
        relation: &Relation,
        node: &NodeFacts,
        change: Change,
    ) {
        for (constraints, numbers, tallies) in
            [(&profile.hard, &relation.hard, &mut self.hard), (&profile.soft, &relation.soft, &mut self.soft)]
        {
            if numbers.is_empty() || !has_all_keys(constraints, node) {
                continue;
            }
            for number in numbers {
                let constraint = constraints.get(*number);
                let domain = constraint.and_then(|it| eligible(it, profile, node));
                if let (Some(domain), Some(tally)) = (domain, tallies.get_mut(*number)) {
                    tally.change_pods(domain, change);
                }
            }
        }
    }
}

/// Whether the node is in a domain of every constraint: otherwise it is in none of any.
fn has_all_keys(constraints: &[Numbered], node: &NodeFacts) -> bool {
    constraints.iter().all(|it| node.labels.contains_key(&it.spread.topology_key))
}

/// The node's domain, if the constraint's policies let it belong to one.
fn eligible<'a>(constraint: &Numbered, profile: &Profile, node: &'a NodeFacts) -> Option<&'a str> {
    let domain = node.labels.get(&constraint.spread.topology_key)?;
    constraint.spread.includes(node, &profile.terms).then_some(domain)
}
