//! The pod tolerates every taint that keeps pods away.
//!
//! As Kubernetes compares them (`core/v1`): a toleration without an effect matches all effects; one without
//! a key and with `Exists` matches all taints; `Equal` compares values. `NoSchedule` and `NoExecute`
//! keep a pod away, `PreferNoSchedule` only lowers a node's score. An empty key with
//! `Equal`, which the API server refuses, tolerates nothing.
//!
//! `NoSchedule`, which a cordon is, keeps new pods away and lets those stay who are there: who names its node is
//! asked for `NoExecute` only.

use casemate_model::{Node, Pod, Taint, TaintEffect, Toleration, TolerationOperator};
use casemate_mutant::{Mutant, active as seeded};

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let is_there = ask.pod.scheduling.node.is_some();
    let keeps_away = |taint: &&Taint| {
        let forbids = match taint.effect {
            TaintEffect::NoExecute => true,
            TaintEffect::NoSchedule => !is_there,
            TaintEffect::PreferNoSchedule => false,
        };
        forbids && !seeded(Mutant::PlacementIgnoresTaints)
    };
    let taints = site.node.taints.iter().filter(keeps_away);
    taints.filter(|taint| !tolerates(ask.pod, taint)).cloned().map(Objection::Taint).collect()
}

/// How many taints would rather have the pod elsewhere.
pub(crate) fn untolerated_preferences(ask: &Ask<'_>, node: &Node) -> usize {
    let prefers = |taint: &&Taint| taint.effect == TaintEffect::PreferNoSchedule;
    node.taints.iter().filter(prefers).filter(|taint| !tolerates(ask.pod, taint)).count()
}

fn tolerates(pod: &Pod, taint: &Taint) -> bool {
    pod.tolerations.iter().any(|toleration| matches(toleration, taint))
}

fn matches(toleration: &Toleration, taint: &Taint) -> bool {
    if toleration.effect.is_some_and(|effect| effect != taint.effect) {
        return false;
    }
    let key = toleration.key.as_deref().filter(|key| !key.is_empty());
    match (&toleration.operator, key) {
        (TolerationOperator::Exists, None) => true,
        (TolerationOperator::Exists, Some(key)) => key == taint.key,
        (TolerationOperator::Equal(_), None) => false,
        (TolerationOperator::Equal(value), Some(key)) => key == taint.key && *value == taint.value,
    }
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::words::pod;
    use crate::filter::fixture::{check, check_pod};

    #[test]
    fn no_schedule_and_no_execute_keep_away_and_a_preference_does_not() {
        check(objections, "", "taint:k=v:NoSchedule", "never: does not tolerate the taint k=v:NoSchedule");
        check(objections, "", "taint:k=v:NoExecute", "never: does not tolerate the taint k=v:NoExecute");
        check(objections, "", "taint:k=v:PreferNoSchedule", "passes");
    }

    #[test]
    fn equal_compares_key_and_value() {
        check(objections, "tolerate:k=v", "taint:k=v:NoSchedule", "passes");
        let expected = "never: does not tolerate the taint k=v:NoSchedule";
        check(objections, "tolerate:k=w", "taint:k=v:NoSchedule", expected);
        check(objections, "tolerate:j=v", "taint:k=v:NoSchedule", expected);
        check(objections, "tolerate:k=", "taint:k=v:NoSchedule", expected);
        check(objections, "tolerate:k=", "taint:k=:NoSchedule", "passes");
    }

    #[test]
    fn exists_takes_any_value_of_its_key() {
        check(objections, "tolerate:k", "taint:k=v:NoSchedule taint:k=w:NoExecute", "passes");
        let expected = "never: does not tolerate the taint kk=v:NoSchedule";
        check(objections, "tolerate:k", "taint:kk=v:NoSchedule", expected);
    }

    #[test]
    fn exists_without_a_key_tolerates_all() {
        check(objections, "tolerate:*", "taint:k=v:NoSchedule taint:j=w:NoExecute", "passes");
        let expected = "never: does not tolerate the taint k=v:NoSchedule";
        check(objections, "tolerate:*:NoExecute", "taint:k=v:NoSchedule taint:j=w:NoExecute", expected);
    }

    #[test]
    fn equal_without_a_key_tolerates_nothing() {
        let expected = "never: does not tolerate the taint k=v:NoSchedule";
        check(objections, "tolerate:*=v", "taint:k=v:NoSchedule", expected);
        check(objections, "tolerate:=v", "taint:k=v:NoSchedule", expected);
    }

    #[test]
    fn an_effect_narrows_a_toleration_and_its_absence_widens_it() {
        check(objections, "tolerate:k=v:NoSchedule", "taint:k=v:NoSchedule", "passes");
        let expected = "never: does not tolerate the taint k=v:NoExecute";
        check(objections, "tolerate:k=v:NoSchedule", "taint:k=v:NoSchedule taint:k=v:NoExecute", expected);
        check(objections, "tolerate:k=v", "taint:k=v:NoSchedule taint:k=v:NoExecute", "passes");
    }

    #[test]
    fn who_is_there_already_stays_when_no_new_pods_are_wanted_and_goes_when_none_are() {
        let mut there = pod("");
        there.scheduling.node = Some(casemate_model::NodeName("n".to_owned()));
        check_pod(objections, &there, "name=n taint:node.kubernetes.io/unschedulable=:NoSchedule", "passes");
        let expected = "never: does not tolerate the taint k=v:NoExecute";
        check_pod(objections, &there, "name=n taint:k=v:NoExecute taint:k=v:NoSchedule", expected);
    }

    #[test]
    fn several_tolerations_add_up() {
        check(objections, "tolerate:a tolerate:b=1", "taint:a=x:NoExecute taint:b=1:NoSchedule", "passes");
    }
}
