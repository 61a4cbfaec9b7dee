//! What pods of equal terms mean to each other: found once for each pair of terms, not of pods.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::PodTerms;
use crate::reach::Reach;
use crate::spread::Spread;
use casemate_model::affinity::{Labels, PodAffinity, WhenUnsatisfiable};

/// Points that a placed pod's required affinity gives to pods it means (`hardPodAffinityWeight`).
const REQUIRED_POINTS: i64 = 1;

/// A pod's terms with everything filled in that they take from the pod itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) terms: PodTerms,
    namespace_labels: Labels,
    pub(crate) affinity: Vec<Reach>,
    pub(crate) anti_affinity: Vec<Reach>,
    /// With the points for each pod meant; anti-affinity has negative ones.
    preferred: Vec<(i64, Reach)>,
    pub(crate) hard: Vec<Numbered>,
    pub(crate) soft: Vec<Numbered>,
    /// Whether all required affinity terms mean the pod itself.
    pub(crate) means_itself: bool,
}

/// A spread constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// Its place in the pod's list.
    pub(crate) number: usize,
    pub(crate) spread: Spread,
    /// What the pod itself adds to its domain.
    pub(crate) own: u64,
}

/// What one placed pod changes for another that is to be placed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relation {
    /// All required affinity terms of the latter mean the placed one.
    pub(crate) wanted: bool,
    /// Which of its anti-affinity terms mean the placed one.
    pub(crate) shunned_by: Vec<usize>,
    /// Topology keys by which the placed one's required anti-affinity keeps it out.
    pub(crate) repelled_by: BTreeSet<String>,
    /// Points by topology key.
    pub(crate) points: BTreeMap<String, i64>,
    /// Which hard constraints count the placed one.
    pub(crate) hard: Vec<usize>,
    /// Which soft constraints count it.
    pub(crate) soft: Vec<usize>,
}

impl Profile {
    pub(crate) fn of(terms: &PodTerms, namespace_labels: Labels) -> Self {
        let reaches =
            |of: &PodAffinity| of.required.iter().map(|it| Reach::of(it, terms)).collect::<Vec<_>>();
        let preferred = |of: &PodAffinity, sign: i64| {
            let weighed = of.preferred.iter();
            weighed.map(|it| (sign * it.weight.points(), Reach::of(&it.term, terms))).collect::<Vec<_>>()
        };
        let spreads = |wanted: WhenUnsatisfiable| {
            let all = terms.spread.iter().enumerate().filter(|(_, it)| it.when_unsatisfiable == wanted);
            all.map(|(number, it)| Numbered::of(number, Spread::of(it, terms), terms)).collect::<Vec<_>>()
        };
        let affinity = reaches(&terms.pod_affinity);
        let means_itself = affinity.iter().all(|it| it.means(terms, &namespace_labels));
        let mut weighed = preferred(&terms.pod_affinity, 1);
        weighed.extend(preferred(&terms.pod_anti_affinity, -1));
        Self {
            terms: terms.clone(),
            namespace_labels,
            affinity,
            anti_affinity: reaches(&terms.pod_anti_affinity),
            preferred: weighed,
            hard: spreads(WhenUnsatisfiable::DoNotSchedule),
            soft: spreads(WhenUnsatisfiable::ScheduleAnyway),
            means_itself,
        }
    }

    fn is_meant_by(&self, reach: &Reach) -> bool {
        reach.means(&self.terms, &self.namespace_labels)
    }
}

impl Numbered {
    fn of(number: usize, spread: Spread, owner: &PodTerms) -> Self {
        let own = u64::from(spread.selects(owner));
        Self { number, spread, own }
    }
}

impl Relation {
    /// What a placed pod changes for one that asks.
    pub(crate) fn of(asking: &Profile, placed: &Profile) -> Self {
        let mut relation = Self {
            wanted: !asking.affinity.is_empty() && asking.affinity.iter().all(|it| placed.is_meant_by(it)),
            shunned_by: numbers(&asking.anti_affinity, |it| placed.is_meant_by(it)),
            hard: numbers(&asking.hard, |it| it.spread.counts(&placed.terms)),
            soft: numbers(&asking.soft, |it| it.spread.counts(&placed.terms)),
            ..Self::default()
        };
        let repelling = placed.anti_affinity.iter().filter(|it| asking.is_meant_by(it));
        relation.repelled_by = repelling.map(|it| it.topology_key.clone()).collect();
        let own = asking.preferred.iter().filter(|(_, it)| placed.is_meant_by(it));
        for (points, reach) in own {
            relation.add(reach, *points);
        }
        for (points, reach) in placed.preferred.iter().filter(|(_, it)| asking.is_meant_by(it)) {
            relation.add(reach, *points);
        }
        for reach in placed.affinity.iter().filter(|it| asking.is_meant_by(it)) {
            relation.add(reach, REQUIRED_POINTS);
        }
        relation
    }

    fn add(&mut self, reach: &Reach, points: i64) {
        let sum = self.points.entry(reach.topology_key.clone()).or_default();
        *sum = sum.saturating_add(points);
    }
}

fn numbers<T>(all: &[T], chosen: impl Fn(&T) -> bool) -> Vec<usize> {
    all.iter().enumerate().filter(|(_, it)| chosen(it)).map(|(number, _)| number).collect()
}
