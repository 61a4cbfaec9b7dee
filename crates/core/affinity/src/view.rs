//! A pod's view of the nodes.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::relation::{Numbered, Profile};
use crate::shape::Shape;
use crate::tally::SpreadTally;
use crate::{Objection, Preference, Rule};
use casemate_model::affinity::{NodeFacts, NodeSelector};

/// A pod that is to be placed, with everything that was counted for it: looking at a node costs a few
/// look-ups for each of its terms.
#[derive(Clone, Debug)]
pub struct View<'a> {
    profile: Cow<'a, Profile>,
    shape: Cow<'a, Shape>,
}

impl<'a> View<'a> {
    pub(crate) const fn new(profile: Cow<'a, Profile>, shape: Cow<'a, Shape>) -> Self {
        Self { profile, shape }
    }

    /// Everything that keeps the pod from the node: first what it says of nodes, then affinity,
    /// anti-affinity, others' anti-affinity and spread.
    #[must_use]
    pub fn objections(&self, node: &NodeFacts) -> Vec<Objection> {
        let mut all = Vec::new();
        self.object_to_node(node, &mut all);
        self.object_by_affinity(node, &mut all);
        self.object_by_anti_affinity(node, &mut all);
        self.object_by_spread(node, &mut all);
        all
    }

    /// Whether nothing keeps the pod from the node: [`objections`](Self::objections) without the words.
    #[must_use]
    pub fn allows(&self, node: &NodeFacts) -> bool {
        self.profile.terms.admits(node)
            && self.affinity_allows(node)
            && self.anti_affinity_allows(node)
            && self.profile.hard.iter().zip(&self.shape.hard).all(|(constraint, tally)| {
                let domain = node.labels.get(&constraint.spread.topology_key);
                domain.is_some_and(|domain| Skew::of(constraint, tally, domain).is_allowed())
            })
    }

    /// How gladly the pod would go to the node, whether or not it may.
    #[must_use]
    pub fn preference(&self, node: &NodeFacts) -> Preference {
        let of_pods = self.shape.points.iter().filter_map(|(key, points)| {
            let domain = node.labels.get(key)?;
            Some(points.of(domain))
        });
        Preference {
            nodes: self.profile.terms.node_affinity.preference(node),
            pods: of_pods.fold(0, i64::saturating_add),
            spread: self.spread_points(node),
        }
    }

    fn object_to_node(&self, node: &NodeFacts, all: &mut Vec<Objection>) {
        let terms = &self.profile.terms;
        for (key, wanted) in &terms.node_selector {
            let has = node.labels.get(key);
            if has != Some(wanted) {
                let (key, wanted, has) = (key.clone(), wanted.clone(), has.cloned());
                all.push(Objection::NodeSelector { key, wanted, has });
            }
        }
        let fails = |it: &&NodeSelector| !it.matches(node);
        if let Some(required) = terms.node_affinity.required.as_ref().filter(fails) {
            all.push(Objection::NodeAffinity { terms: required.terms.len() });
        }
    }

    fn object_by_affinity(&self, node: &NodeFacts, all: &mut Vec<Objection>) {
        let first = self.may_be_first();
        for (term, (reach, tally)) in self.profile.affinity.iter().zip(&self.shape.affinity).enumerate() {
            let topology_key = reach.topology_key.clone();
            let Some(domain) = node.labels.get(&topology_key) else {
                all.push(Objection::NoDomain { rule: Rule::Affinity(term), topology_key });
                continue;
            };
            if tally.pods(domain) == 0 && !first {
                let (domain, elsewhere) = (domain.clone(), tally.total());
                all.push(Objection::Alone { term, topology_key, domain, elsewhere });
            }
        }
    }

    fn affinity_allows(&self, node: &NodeFacts) -> bool {
        let in_domain = |needed: u64| {
            self.profile.affinity.iter().zip(&self.shape.affinity).all(|(reach, tally)| {
                node.labels.get(&reach.topology_key).is_some_and(|domain| tally.pods(domain) >= needed)
            })
        };
        in_domain(1) || (in_domain(0) && self.may_be_first())
    }

    /// A pod that its own affinity means may go anywhere while there is no pod its affinity means: otherwise
    /// the first of a group could never be placed. A pod on a node that has none of the topology keys is
    /// nowhere.
    fn may_be_first(&self) -> bool {
        self.profile.means_itself && self.shape.affinity.iter().all(|it| it.total() == 0)
    }

    fn object_by_anti_affinity(&self, node: &NodeFacts, all: &mut Vec<Objection>) {
        let shunning = self.profile.anti_affinity.iter().zip(&self.shape.anti_affinity).enumerate();
        for (term, (reach, tally)) in shunning {
            let Some(domain) = node.labels.get(&reach.topology_key) else { continue };
            let pods = tally.pods(domain);
            if pods > 0 {
                let (topology_key, domain) = (reach.topology_key.clone(), domain.clone());
                all.push(Objection::Crowded { term, topology_key, domain, pods });
            }
        }
        for (topology_key, tally) in &self.shape.repelled {
            let Some(domain) = node.labels.get(topology_key) else { continue };
            let pods = tally.pods(domain);
            if pods > 0 {
                let (topology_key, domain) = (topology_key.clone(), domain.clone());
                all.push(Objection::Repelled { topology_key, domain, pods });
            }
        }
    }

    fn anti_affinity_allows(&self, node: &NodeFacts) -> bool {
        let is_free = |key: &String, pods: &dyn Fn(&str) -> u64| {
            node.labels.get(key).is_none_or(|domain| pods(domain) == 0)
        };
        let mut shunned = self.profile.anti_affinity.iter().zip(&self.shape.anti_affinity);
        shunned.all(|(reach, tally)| is_free(&reach.topology_key, &|domain| tally.pods(domain)))
            && self.shape.repelled.iter().all(|(key, tally)| is_free(key, &|domain| tally.pods(domain)))
    }

    fn object_by_spread(&self, node: &NodeFacts, all: &mut Vec<Objection>) {
        for (constraint, tally) in self.profile.hard.iter().zip(&self.shape.hard) {
            let topology_key = constraint.spread.topology_key.clone();
            let Some(domain) = node.labels.get(&topology_key) else {
                all.push(Objection::NoDomain { rule: Rule::Spread(constraint.number), topology_key });
                continue;
            };
            let skew = Skew::of(constraint, tally, domain);
            if !skew.is_allowed() {
                all.push(Objection::Skewed {
                    constraint: constraint.number,
                    topology_key,
                    domain: domain.clone(),
                    pods: skew.pods,
                    least: skew.least,
                    domains: tally.domains(),
                    max_skew: skew.most,
                });
            }
        }
    }

    fn spread_points(&self, node: &NodeFacts) -> i64 {
        let constraints = || self.profile.soft.iter().zip(&self.shape.soft);
        let in_domain = |(constraint, tally): (&Numbered, &SpreadTally)| {
            node.labels.get(&constraint.spread.topology_key).map(|domain| tally.pods(domain))
        };
        let add = |sum: u64, pods: u64| sum.saturating_add(pods);
        let pods = constraints().map(in_domain).try_fold(0, |sum, pods| pods.map(|pods| add(sum, pods)));
        // In no domain: worse by one than being in the fullest of each.
        let pods = pods.unwrap_or_else(|| constraints().fold(1, |sum, (_, tally)| add(sum, tally.most())));
        i64::try_from(pods).map_or(i64::MIN, |pods| -pods)
    }
}

/// How uneven the domains would be with the pod in one of them.
struct Skew {
    pods: u64,
    least: u64,
    most: u64,
}

impl Skew {
    fn of(constraint: &Numbered, tally: &SpreadTally, domain: &str) -> Self {
        Self {
            pods: tally.pods(domain).saturating_add(constraint.own),
            least: tally.least(constraint.spread.min_domains),
            most: constraint.spread.max_skew,
        }
    }

    const fn is_allowed(&self) -> bool {
        self.pods <= self.least.saturating_add(self.most)
    }
}
