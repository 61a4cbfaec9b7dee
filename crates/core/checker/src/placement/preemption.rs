//! Who gives way for whom.
//!
//! Source: Kubernetes v1.34, "Pod Priority and Preemption" and "Disruptions". A pod that was displaced and has no
//! place again is one that its budget's kind is short of.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{BudgetBound, DisruptionBudget, NodeName, Pod, PodKey, Preemption, Share, Timestamp};

use super::labels::selects;
use super::{Placements, View, not_placed, unknown_node};
use crate::Rule;
use crate::record::Record;

/// What was promised to those who may be displaced, and whose promise is open.
#[derive(Debug, Default)]
pub(super) struct Preemptions {
    budgets: Vec<DisruptionBudget>,
    /// Pods that a budget means, displaced and not placed again.
    displaced: BTreeMap<PodKey, Pod>,
    /// Pods for which others give way, and where.
    awaited: BTreeMap<PodKey, NodeName>,
}

impl Preemptions {
    /// A pod was placed.
    pub(super) fn placed(&mut self, record: &mut Record, pod: &PodKey, node: &NodeName) {
        self.displaced.remove(pod);
        if let Some(cleared) = self.awaited.remove(pod).filter(|cleared| cleared != node) {
            record.breach(
                Rule::PreemptorNotPlaced,
                pod,
                format_args!("placed on {node}"),
                format_args!("{cleared}, where others gave way for it"),
            );
        }
    }

    pub(super) fn finish(&self, record: &mut Record) {
        for (pod, node) in &self.awaited {
            record.breach(
                Rule::PreemptorNotPlaced,
                pod,
                format_args!("never placed"),
                format_args!("{node}, where others gave way for it"),
            );
        }
    }
}

impl Placements {
    pub(crate) fn budget(&mut self, budget: DisruptionBudget) {
        let budgets = &mut self.preemptions.budgets;
        budgets.retain(|it| (&it.namespace, &it.name) != (&budget.namespace, &budget.name));
        budgets.push(budget);
    }

    /// These give way to this pod on this node. They are still there.
    pub(crate) fn preempt(
        &mut self,
        record: &mut Record,
        at: Timestamp,
        (by, name): (&Pod, NodeName),
        victims: &[PodKey],
        beyond_budgets: bool,
    ) {
        if !self.nodes.contains_key(&name) {
            return unknown_node(record, &name);
        }
        if matches!(by.scheduling.preemption, Preemption::Never) {
            record.breach(
                Rule::PreemptionForbidden,
                &by.key,
                format_args!("others give way for it"),
                format_args!("none does: that is its policy"),
            );
        }
        let victims: BTreeSet<&PodKey> = victims.iter().collect();
        for victim in &victims {
            match self.placed.get(*victim) {
                Some(resident) if resident.node == name => {
                    if resident.pod.priority >= by.priority {
                        record.breach(
                            Rule::VictimNotLower,
                            victim,
                            format_args!(
                                "of priority {} gives way to {}",
                                resident.pod.priority, by.priority
                            ),
                            format_args!("lower priorities only"),
                        );
                    }
                }
                Some(resident) => record.breach(
                    Rule::VictimElsewhere,
                    victim,
                    format_args!("gives way on {name} and is on {}", resident.node),
                    format_args!("pods on that node only"),
                ),
                None => not_placed(record, victim, "gives way"),
            }
        }
        if !beyond_budgets {
            self.hold_to_budgets(record, &victims);
        }
        self.weigh(record, at, by, &name, &victims);
        self.preemptions.awaited.insert(by.key.clone(), name);
    }

    /// Each kind keeps as many pods as its budget says.
    fn hold_to_budgets(&mut self, record: &mut Record, victims: &BTreeSet<&PodKey>) {
        let Self { placed, preemptions, .. } = self;
        let Preemptions { budgets, displaced, .. } = preemptions;
        for budget in budgets.iter() {
            let in_place =
                || placed.values().map(|resident| &resident.pod).filter(|pod| is_meant(budget, pod));
            let giving_way = in_place().filter(|pod| victims.contains(&pod.key)).count() as u128;
            if giving_way == 0 {
                continue;
            }
            let healthy = in_place().count() as u128;
            let gone = displaced.values().filter(|pod| is_meant(budget, pod)).count() as u128;
            let expected = healthy.saturating_add(gone);
            let staying = match budget.bound {
                BudgetBound::MinAvailable(share) => part_of(share, expected),
                BudgetBound::MaxUnavailable(share) => expected.saturating_sub(part_of(share, expected)),
            };
            if healthy.saturating_sub(giving_way) < staying {
                record.breach(
                    Rule::BudgetIgnored,
                    format_args!("{}/{}", budget.namespace, budget.name),
                    format_args!("{giving_way} of {healthy} healthy pods give way, {gone} are gone already"),
                    format_args!("{staying} have to stay"),
                );
            }
        }
        let meant = |pod: &Pod| budgets.iter().any(|budget| is_meant(budget, pod));
        for resident in victims.iter().filter_map(|victim| placed.get(*victim)) {
            if meant(&resident.pod) {
                displaced.insert(resident.pod.key.clone(), resident.pod.clone());
            }
        }
    }

    /// The pod has a place without the victims, and has none with any one of them.
    fn weigh(
        &mut self,
        record: &mut Record,
        at: Timestamp,
        by: &Pod,
        name: &NodeName,
        victims: &BTreeSet<&PodKey>,
    ) {
        let mut gone: Vec<_> = victims.iter().filter_map(|victim| self.take_out(victim)).collect();
        let against = self.against(by, name, View::Waiting(at));
        for rule in against.rules() {
            let unattested = matches!(
                rule,
                Rule::NodeWithoutTee | Rule::WrongTee | Rule::NoPlatformWitness | Rule::StalePlatformWitness
            );
            let broken = if unattested { Rule::PreemptedForUnattested } else { Rule::PreemptedInVain };
            record.breach(
                broken,
                &by.key,
                format_args!("others give way on {name}, which cannot take it: {rule}"),
                format_args!("a node that takes it once they are gone"),
            );
        }
        let is_possible = against.is_empty();
        for _ in 0..gone.len() {
            let one = gone.remove(0);
            let key = one.pod.key.clone();
            self.put_in(one);
            if is_possible && self.against(by, name, View::Waiting(at)).is_empty() {
                record.breach(
                    Rule::NeedlessVictim,
                    &key,
                    format_args!("gives way to {}, which fits beside it", by.key),
                    format_args!("those without whom it would not fit"),
                );
            }
            gone.extend(self.take_out(&key));
        }
        gone.into_iter().for_each(|resident| self.put_in(resident));
    }
}

fn is_meant(budget: &DisruptionBudget, pod: &Pod) -> bool {
    budget.namespace == pod.key.namespace && selects(&budget.selector, &pod.scheduling.labels)
}

/// Percentages are rounded up.
fn part_of(share: Share, pods: u128) -> u128 {
    match share {
        Share::Count(count) => u128::from(count),
        Share::Percent(percent) => (pods * u128::from(percent)).div_ceil(100),
    }
}
