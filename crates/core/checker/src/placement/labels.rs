//! What is said of labels, read anew: selectors of pods, of namespaces and of nodes.
//!
//! Source: `meta/v1 LabelSelector`, `core/v1 NodeSelector`, Kubernetes v1.34.

use std::collections::BTreeSet;

use casemate_model::affinity::{
    LabelSelector, Labels, NodeField, NodeOperator, NodeSelector, NodeSelectorTerm, Operator, Requirement,
};
use casemate_model::{Node, NodeName};

/// Whether everything the selector says is true of the labels; of an empty one all is.
pub(super) fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    for (key, value) in &selector.match_labels {
        if labels.get(key).is_none_or(|has| has != value) {
            return false;
        }
    }
    selector.match_expressions.iter().all(|said| is_true(&said.operator, labels.get(&said.key)))
}

fn is_true(operator: &Operator, value: Option<&String>) -> bool {
    match operator {
        Operator::In(values) => value.is_some_and(|value| values.contains(value)),
        Operator::NotIn(values) => !value.is_some_and(|value| values.contains(value)),
        Operator::Exists => value.is_some(),
        Operator::DoesNotExist => value.is_none(),
    }
}

/// The selector that an API server keeps: keys whose value has to be as the pod's own, or must not be, have
/// become requirements (KEP-3633, KEP-3243). Without a selector there are none.
pub(super) fn completed(
    selector: Option<&LabelSelector>,
    own: &Labels,
    alike: &BTreeSet<String>,
    unlike: &BTreeSet<String>,
) -> Option<LabelSelector> {
    let mut selector = selector?.clone();
    for key in alike.iter().filter(|key| own.contains_key(*key)) {
        let operator = Operator::In(BTreeSet::from([own[key].clone()]));
        selector.match_expressions.push(Requirement { key: key.clone(), operator });
    }
    for key in unlike.iter().filter(|key| own.contains_key(*key)) {
        let operator = Operator::NotIn(BTreeSet::from([own[key].clone()]));
        selector.match_expressions.push(Requirement { key: key.clone(), operator });
    }
    Some(selector)
}

/// Whether the node is among those that one of the terms describes. A term that says nothing describes none.
pub(super) fn describes(selector: &NodeSelector, node: &Node) -> bool {
    selector.terms.iter().any(|term| describes_all(term, node))
}

fn describes_all(term: &NodeSelectorTerm, node: &Node) -> bool {
    if term.expressions.is_empty() && term.fields.is_empty() {
        return false;
    }
    let of_labels = term.expressions.iter().all(|said| {
        let value = node.labels.get(&said.key);
        match &said.operator {
            NodeOperator::Label(operator) => is_true(operator, value),
            NodeOperator::Gt(bound) => number(value).is_some_and(|value| value > i128::from(*bound)),
            NodeOperator::Lt(bound) => number(value).is_some_and(|value| value < i128::from(*bound)),
        }
    });
    of_labels && term.fields.iter().all(|said| is_named(said, &node.name))
}

/// A label's value as the API reads it where it compares numbers: in 64 bits.
fn number(value: Option<&String>) -> Option<i128> {
    value.and_then(|digits| digits.parse::<i64>().ok()).map(i128::from)
}

fn is_named(field: &NodeField, name: &NodeName) -> bool {
    match field {
        NodeField::NameIs(wanted) => name.0 == *wanted,
        NodeField::NameIsNot(unwanted) => name.0 != *unwanted,
    }
}
