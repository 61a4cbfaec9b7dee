//! What keeps a pod off nodes, said once for all nodes alike.

use std::collections::BTreeMap;
use std::fmt;

use casemate_model::{NodeName, PodKey, Taint, Tee};

use crate::{Explanation, NodeReport, Objection, Resource};

/// What keeps a pod off some nodes: the least that would have to be otherwise.
///
/// Where something can never be otherwise, what may change is left out; and where the TEE is another, that
/// it lacks what belongs to the one asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hurdle {
    /// How many nodes it is.
    pub nodes: usize,
    /// One of them: the first by name.
    pub example: NodeName,
    /// What is in the way on each. Of amounts, where the least is missing.
    pub objections: Vec<Objection>,
}

impl Hurdle {
    /// Whether these nodes could not take the pod even if they were empty and freshly attested.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.objections.iter().any(Objection::is_permanent)
    }
}

impl Explanation {
    /// What keeps the pod off the nodes: first what may change, then where most nodes are. Empty where a node
    /// passes, or none was looked at.
    #[must_use]
    pub fn hurdles(&self) -> Vec<Hurdle> {
        if self.chosen.is_some() {
            return Vec::new();
        }
        let mut groups: BTreeMap<Vec<Likeness<'_>>, Hurdle> = BTreeMap::new();
        for report in &self.nodes {
            let least = least(report);
            let likeness = least.iter().map(|it| Likeness::of(it)).collect();
            match groups.get_mut(&likeness) {
                Some(hurdle) => hurdle.add(&least),
                None => {
                    let objections = least.into_iter().cloned().collect();
                    groups.insert(likeness, Hurdle { nodes: 1, example: report.node.clone(), objections });
                }
            }
        }
        let mut hurdles: Vec<_> = groups.into_values().collect();
        hurdles.sort_by(|one, other| {
            let key = |it: &Hurdle| (it.is_permanent(), std::cmp::Reverse(it.nodes));
            key(one).cmp(&key(other)).then_with(|| one.example.cmp(&other.example))
        });
        hurdles
    }
}

impl Hurdle {
    /// One more node like these.
    fn add(&mut self, others: &[&Objection]) {
        self.nodes += 1;
        for (held, other) in self.objections.iter_mut().zip(others) {
            if let (
                Objection::Short { free, capacity, .. },
                Objection::Short { free: others, capacity: theirs, .. },
            ) = (&*held, other)
                && (others, theirs) > (free, capacity)
            {
                *held = (*other).clone();
            }
        }
    }
}

/// What two objections have to share for their nodes to be alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness<'a> {
    Tee(Tee, Option<Tee>),
    Unattested,
    Lapsed,
    Short(&'a Resource, bool),
    Misfit(&'a Resource, bool),
    Label(&'a str, &'a str),
    Taint(&'a Taint),
    Held(&'a PodKey),
    UnattestedTee(Tee),
    Distrusted(&'a str),
    /// Of a kind that is told apart by its words, numbers of pods left out.
    Told(String),
}

impl<'a> Likeness<'a> {
    fn of(objection: &'a Objection) -> Self {
        match objection {
            Objection::Tee { wanted, has } => Self::Tee(*wanted, *has),
            Objection::Unattested => Self::Unattested,
            Objection::Lapsed(_) => Self::Lapsed,
            Objection::Short { resource, .. } => Self::Short(resource, objection.is_permanent()),
            Objection::Misfit { resource, .. } => Self::Misfit(resource, objection.is_permanent()),
            Objection::Label { key, wanted, .. } => Self::Label(key, wanted),
            Objection::Taint(taint) => Self::Taint(taint),
            Objection::Held { pod, .. } => Self::Held(pod),
            Objection::UnattestedTee(tee) => Self::UnattestedTee(*tee),
            Objection::Distrusted(why) => Self::Distrusted(why),
            Objection::Affinity(reason) => Self::Told(kind_of(reason)),
            Objection::SlowedDown { .. } => Self::Told("slowed down".to_owned()),
            Objection::Lacks(_) | Objection::NamesAnother(_) | Objection::Rival(_) => {
                Self::Told(objection.to_string())
            }
        }
    }
}

/// Which term or constraint it is of; in which domain, and how many are there, is not told apart.
fn kind_of(reason: &casemate_affinity::Objection) -> String {
    use casemate_affinity::Objection as Reason;
    match reason {
        Reason::NodeSelector { key, wanted, .. } => format!("selector {key}={wanted}"),
        Reason::NodeAffinity { .. } => "node affinity".to_owned(),
        Reason::NoDomain { rule, topology_key } => format!("no domain {rule:?} {topology_key}"),
        Reason::Alone { term, .. } => format!("affinity {term}"),
        Reason::Crowded { term, .. } => format!("anti-affinity {term}"),
        Reason::Repelled { topology_key, .. } => format!("repelled {topology_key}"),
        Reason::Skewed { constraint, .. } => format!("spread {constraint}"),
    }
}

fn least(report: &NodeReport) -> Vec<&Objection> {
    let all: Vec<_> = report.objections().map(|(_, objection)| objection).collect();
    let (never, other_tee) =
        (all.iter().any(|it| it.is_permanent()), all.iter().any(|it| matches!(it, Objection::Tee { .. })));
    let belongs = |it: &Objection| {
        let of_tee = [Resource::Epc, Resource::Slots, Resource::KeySlots];
        matches!(it, Objection::Short { resource, capacity: 0, .. } if of_tee.contains(resource))
    };
    let counts = |it: &&Objection| (!never || it.is_permanent()) && !(other_tee && belongs(it));
    all.into_iter().filter(counts).collect()
}

impl fmt::Display for Hurdle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nodes {
            1 => write!(f, "{}", self.example)?,
            nodes => write!(f, "{nodes} nodes like {}", self.example)?,
        }
        for (nth, objection) in self.objections.iter().enumerate() {
            write!(f, "{} {objection}", if nth == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}
