//! Node affinity, pod affinity and anti-affinity, and spread, as far as they are required; and others' that
//! mean the pod.

use casemate_affinity::Objection as Reason;
use casemate_mutant::{Mutant, active as seeded};

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let Some(company) = &site.company else { return Vec::new() };
    let Some(node) = company.facts else { return Vec::new() };
    let reasons = match &company.view {
        Some(view) if !seeded(Mutant::PlacementIgnoresNeighbours) => view.objections(node),
        // Nobody says anything of others.
        _ => of_node(ask, node).into_iter().collect(),
    };
    // The node selector is a filter of its own.
    let others = |it: &Reason| !matches!(it, Reason::NodeSelector { .. });
    reasons.into_iter().filter(others).map(Objection::Affinity).collect()
}

fn of_node(ask: &Ask<'_>, node: &casemate_model::affinity::NodeFacts) -> Option<Reason> {
    let affinity = &ask.pod.scheduling.node_affinity;
    let terms = affinity.required.as_ref().map_or(0, |it| it.terms.len());
    (!affinity.allows(node)).then_some(Reason::NodeAffinity { terms })
}

#[cfg(test)]
mod tests {
    use casemate_affinity::{PodTerms, Topology};
    use casemate_model::affinity::{
        LabelSelector, NodeFacts, NodeField, NodeSelector, NodeSelectorTerm, PodAffinityTerm,
    };
    use casemate_model::{NodeName, Pod};

    use super::objections;
    use crate::filter::Company;
    use crate::filter::fixture::check_beside;
    use crate::filter::fixture::words::{node, pod};

    const NODE: &str = "name=n label:zone=a";

    /// Checks a pod on the node, beside whoever is in this topology.
    #[track_caller]
    fn check(pod: &Pod, topology: Option<&Topology>, expected: &str) {
        let facts = NodeFacts::from(&node(NODE));
        let terms = PodTerms::of(pod);
        let view = topology.map(|it| it.view(&terms));
        let company =
            Company { facts: Some(&facts), view: view.as_ref(), rivalries: Vec::new(), overcommit: None };
        check_beside(objections, pod, NODE, Some(company), expected);
    }

    fn named(node: &str) -> Pod {
        let mut pod = pod("name=p");
        let fields = vec![NodeField::NameIs(node.to_owned())];
        let terms = vec![NodeSelectorTerm { expressions: Vec::new(), fields }];
        pod.scheduling.node_affinity.required = Some(NodeSelector { terms });
        pod
    }

    /// A pod of `app=a` that keeps away from its like within a zone.
    fn aloof(name: &str) -> Pod {
        let mut pod = pod(&format!("name={name}"));
        pod.scheduling.labels.insert("app".to_owned(), "a".to_owned());
        let match_labels = [("app".to_owned(), "a".to_owned())].into();
        pod.scheduling.pod_anti_affinity.required.push(PodAffinityTerm {
            label_selector: Some(LabelSelector { match_labels, match_expressions: Vec::new() }),
            topology_key: "zone".to_owned(),
            ..PodAffinityTerm::default()
        });
        pod
    }

    /// The node, with these pods on it.
    fn topology(pods: &[Pod]) -> Topology {
        let mut topology = Topology::new();
        topology.set_node(NodeFacts::from(&node(NODE)));
        for pod in pods {
            topology.add(pod.key.clone(), &PodTerms::of(pod), &NodeName("n".to_owned())).unwrap();
        }
        topology
    }

    #[test]
    fn node_affinity_is_asked_of_the_node_whether_or_not_there_are_neighbours() {
        let neighbours = topology(&[]);
        for topology in [None, Some(&neighbours)] {
            check(&named("n"), topology, "passes");
            check(
                &named("other"),
                topology,
                "never: none of the 1 terms of its required node affinity holds of the node",
            );
        }
    }

    #[test]
    fn neighbours_keep_off_from_either_side_and_may_go() {
        let mut plain = pod("name=plain");
        plain.scheduling.labels.insert("app".to_owned(), "a".to_owned());
        let crowded = "waits: required pod anti-affinity term 0: such pods in zone=a: 1";
        check(&aloof("p"), Some(&topology(&[plain.clone()])), crowded);
        let repelled = "waits: pods in zone=a whose required anti-affinity keeps it out: 1";
        check(&plain, Some(&topology(&[aloof("q")])), repelled);
        check(&aloof("p"), Some(&topology(&[pod("name=other")])), "passes");
    }

    #[test]
    fn the_node_selector_is_told_of_by_its_own_filter_only() {
        check(&pod("select:zone=b"), Some(&topology(&[])), "passes");
    }

    #[test]
    fn where_nothing_is_known_of_the_node_nobody_asks_for_it() {
        check_beside(objections, &named("other"), NODE, None, "passes");
        let company = Company { facts: None, view: None, rivalries: Vec::new(), overcommit: None };
        check_beside(objections, &named("other"), NODE, Some(company), "passes");
    }
}
