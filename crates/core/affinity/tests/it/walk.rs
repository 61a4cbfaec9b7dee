//! The same answers from a walk over all pods and nodes, rule by rule as the documentation has them. Knows no
//! count that is kept, and fills nothing into selectors: it compares the labels themselves.

use std::collections::{BTreeMap, BTreeSet};

use casemate_affinity::{Objection, PodTerms, Preference, Rule};
use casemate_model::affinity::{
    Inclusion, Labels, NodeFacts, PodAffinity, PodAffinityTerm, SpreadConstraint, WhenUnsatisfiable,
};
use casemate_model::{NodeName, PodKey, TaintEffect, TolerationOperator};

/// Everything there is, as plainly as can be.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) namespaces: BTreeMap<String, Labels>,
    pub(crate) nodes: BTreeMap<NodeName, NodeFacts>,
    pub(crate) pods: BTreeMap<PodKey, Pod>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) terms: PodTerms,
    pub(crate) node: NodeName,
    pub(crate) leaving: bool,
}

impl World {
    pub(crate) fn objections(&self, pod: &PodTerms, node: &NodeFacts) -> Vec<Objection> {
        let mut all = Vec::new();
        for (key, wanted) in &pod.node_selector {
            let has = node.labels.get(key).cloned();
            if has.as_ref() != Some(wanted) {
                all.push(Objection::NodeSelector { key: key.clone(), wanted: wanted.clone(), has });
            }
        }
        if let Some(required) = &pod.node_affinity.required
            && !required.matches(node)
        {
            all.push(Objection::NodeAffinity { terms: required.terms.len() });
        }
        self.affinity(pod, node, &mut all);
        self.anti_affinity(pod, node, &mut all);
        self.spread(pod, node, &mut all);
        all
    }

    pub(crate) fn preference(&self, pod: &PodTerms, node: &NodeFacts) -> Preference {
        let mut pods = 0;
        for (other, place) in self.located() {
            let mut add = |points: i64, term: &PodAffinityTerm| {
                if same_domain(&term.topology_key, node, place) {
                    pods += points;
                }
            };
            for (sign, own, theirs) in [
                (1, &pod.pod_affinity, &other.terms.pod_affinity),
                (-1, &pod.pod_anti_affinity, &other.terms.pod_anti_affinity),
            ] {
                for it in own.preferred.iter().filter(|it| self.means(&it.term, pod, &other.terms)) {
                    add(sign * it.weight.points(), &it.term);
                }
                for it in theirs.preferred.iter().filter(|it| self.means(&it.term, &other.terms, pod)) {
                    add(sign * it.weight.points(), &it.term);
                }
            }
            let theirs = &other.terms.pod_affinity.required;
            theirs.iter().filter(|it| self.means(it, &other.terms, pod)).for_each(|it| add(1, it));
        }
        let nodes = pod.node_affinity.preferred.iter().filter(|it| it.term.matches(node));
        Preference {
            nodes: nodes.map(|it| it.weight.points()).sum(),
            pods,
            spread: self.spread_points(pod, node),
        }
    }

    fn affinity(&self, pod: &PodTerms, node: &NodeFacts, all: &mut Vec<Objection>) {
        let terms = &pod.pod_affinity.required;
        let means_all = |other: &PodTerms| terms.iter().all(|it| self.means(it, pod, other));
        let wanted: Vec<&NodeFacts> =
            self.located().filter(|(other, _)| means_all(&other.terms)).map(|(_, place)| place).collect();
        let located =
            wanted.iter().any(|it| terms.iter().any(|term| it.labels.contains_key(&term.topology_key)));
        let first = !located && means_all(pod);
        for (term, it) in terms.iter().enumerate() {
            let topology_key = it.topology_key.clone();
            let Some(domain) = node.labels.get(&topology_key).cloned() else {
                all.push(Objection::NoDomain { rule: Rule::Affinity(term), topology_key });
                continue;
            };
            if !wanted.iter().any(|place| same_domain(&topology_key, node, place)) && !first {
                let elsewhere =
                    wanted.iter().filter(|it| it.labels.contains_key(&topology_key)).count() as u64;
                all.push(Objection::Alone { term, topology_key, domain, elsewhere });
            }
        }
    }

    fn anti_affinity(&self, pod: &PodTerms, node: &NodeFacts, all: &mut Vec<Objection>) {
        for (term, it) in pod.pod_anti_affinity.required.iter().enumerate() {
            let topology_key = it.topology_key.clone();
            let meant = self.located().filter(|(other, _)| self.means(it, pod, &other.terms));
            let pods = meant.filter(|(_, place)| same_domain(&topology_key, node, place)).count() as u64;
            if pods > 0 {
                let domain = node.labels[&topology_key].clone();
                all.push(Objection::Crowded { term, topology_key, domain, pods });
            }
        }
        let required = |it: &PodAffinity| it.required.clone();
        let keys: BTreeSet<String> = self
            .pods
            .values()
            .flat_map(|it| required(&it.terms.pod_anti_affinity))
            .map(|it| it.topology_key)
            .collect();
        for topology_key in keys {
            let repels = |other: &PodTerms| {
                let terms = &other.pod_anti_affinity.required;
                terms.iter().any(|it| it.topology_key == topology_key && self.means(it, other, pod))
            };
            let near = self.located().filter(|(_, place)| same_domain(&topology_key, node, place));
            let pods = near.filter(|(other, _)| repels(&other.terms)).count() as u64;
            if pods > 0 {
                let domain = node.labels[&topology_key].clone();
                all.push(Objection::Repelled { topology_key, domain, pods });
            }
        }
    }

    fn spread(&self, pod: &PodTerms, node: &NodeFacts, all: &mut Vec<Objection>) {
        for (number, it) in pod.spread.iter().enumerate() {
            if it.when_unsatisfiable != WhenUnsatisfiable::DoNotSchedule {
                continue;
            }
            let topology_key = it.topology_key.clone();
            let Some(domain) = node.labels.get(&topology_key).cloned() else {
                all.push(Objection::NoDomain { rule: Rule::Spread(number), topology_key });
                continue;
            };
            let counts = self.domains(pod, it);
            let few = counts.len() < it.min_domains.map_or(1, |it| it.get() as usize);
            let least = if few { 0 } else { *counts.values().min().unwrap() };
            let pods = counts.get(&domain).copied().unwrap_or(0) + u64::from(selects(it, pod, pod));
            let max_skew = u64::from(it.max_skew.get());
            if pods > least + max_skew {
                let (constraint, domains) = (number, counts.len() as u64);
                all.push(Objection::Skewed {
                    constraint,
                    topology_key,
                    domain,
                    pods,
                    least,
                    domains,
                    max_skew,
                });
            }
        }
    }

    fn spread_points(&self, pod: &PodTerms, node: &NodeFacts) -> i64 {
        let soft =
            || pod.spread.iter().filter(|it| it.when_unsatisfiable == WhenUnsatisfiable::ScheduleAnyway);
        let domains: Vec<_> =
            soft().map(|it| (node.labels.get(&it.topology_key), self.domains(pod, it))).collect();
        let counted = if domains.iter().all(|(domain, _)| domain.is_some()) {
            let of = |(domain, counts): &(Option<&String>, BTreeMap<String, u64>)| {
                domain.and_then(|it| counts.get(it)).copied().unwrap_or(0)
            };
            domains.iter().map(of).sum()
        } else {
            1 + domains.iter().map(|(_, counts)| counts.values().max().copied().unwrap_or(0)).sum::<u64>()
        };
        -i64::try_from(counted).unwrap()
    }

    /// Pods by eligible domain.
    pub(crate) fn domains(&self, pod: &PodTerms, constraint: &SpreadConstraint) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        let alike = || pod.spread.iter().filter(|it| it.when_unsatisfiable == constraint.when_unsatisfiable);
        for (name, node) in &self.nodes {
            let has_keys = alike().all(|it| node.labels.contains_key(&it.topology_key));
            let admitted = constraint.node_affinity_policy == Inclusion::Ignore || pod.admits(node);
            let tolerated = constraint.node_taints_policy == Inclusion::Ignore || tolerates(pod, node);
            if !has_keys || !admitted || !tolerated {
                continue;
            }
            let selector_is_empty = constraint.label_selector.as_ref().is_some_and(|it| {
                it.is_empty() && !constraint.match_label_keys.iter().any(|key| pod.labels.contains_key(key))
            });
            let counted = self.pods.values().filter(|it| {
                it.node == *name
                    && !it.leaving
                    && !selector_is_empty
                    && it.terms.namespace == pod.namespace
                    && selects(constraint, pod, &it.terms)
            });
            *counts.entry(node.labels[&constraint.topology_key].clone()).or_default() +=
                counted.count() as u64;
        }
        counts
    }

    fn located(&self) -> impl Iterator<Item = (&Pod, &NodeFacts)> {
        self.pods.values().map(|it| (it, &self.nodes[&it.node]))
    }

    fn means(&self, term: &PodAffinityTerm, owner: &PodTerms, other: &PodTerms) -> bool {
        let named = term.namespaces.contains(&other.namespace);
        let own = term.namespaces.is_empty()
            && term.namespace_selector.is_none()
            && owner.namespace == other.namespace;
        let mut of_namespace = self.namespaces.get(&other.namespace).cloned().unwrap_or_default();
        of_namespace.insert("kubernetes.io/metadata.name".into(), other.namespace.clone());
        let chosen = term.namespace_selector.as_ref().is_some_and(|it| it.matches(&of_namespace));
        let value = |key: &String| (owner.labels.get(key), other.labels.get(key));
        (named || own || chosen)
            && term.label_selector.as_ref().is_some_and(|it| it.matches(&other.labels))
            && term.match_label_keys.iter().map(value).all(|(own, its)| own.is_none() || own == its)
            && term.mismatch_label_keys.iter().map(value).all(|(own, its)| own.is_none() || own != its)
    }
}

fn same_domain(key: &str, one: &NodeFacts, other: &NodeFacts) -> bool {
    one.labels.get(key).is_some_and(|it| other.labels.get(key) == Some(it))
}

fn selects(constraint: &SpreadConstraint, owner: &PodTerms, other: &PodTerms) -> bool {
    let alike = |key: &String| owner.labels.get(key).is_none_or(|own| other.labels.get(key) == Some(own));
    constraint.label_selector.as_ref().is_some_and(|it| it.matches(&other.labels))
        && constraint.match_label_keys.iter().all(alike)
}

fn tolerates(pod: &PodTerms, node: &NodeFacts) -> bool {
    node.taints.iter().all(|taint| {
        taint.effect == TaintEffect::PreferNoSchedule
            || pod.tolerations.iter().any(|it| {
                it.effect.is_none_or(|effect| effect == taint.effect)
                    && it.key.as_ref().is_none_or(|key| *key == taint.key)
                    && match &it.operator {
                        TolerationOperator::Exists => true,
                        TolerationOperator::Equal(value) => *value == taint.value,
                    }
            })
    })
}
