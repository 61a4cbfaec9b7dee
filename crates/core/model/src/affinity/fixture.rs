//! Small selectors and nodes for the tests.

use alloc::string::String;
use alloc::vec::Vec;

use super::{LabelSelector, Labels, NodeFacts, NodeOperator, NodeRequirement, Operator, Requirement, Weight};
use crate::NodeName;

pub(super) type Pairs<'a> = &'a [(&'a str, &'a str)];

pub(super) fn labels(pairs: Pairs<'_>) -> Labels {
    pairs.iter().map(|(key, value)| (String::from(*key), String::from(*value))).collect()
}

pub(super) fn selector(pairs: Pairs<'_>) -> LabelSelector {
    LabelSelector { match_labels: labels(pairs), match_expressions: Vec::new() }
}

pub(super) fn is_in(key: &str, values: &[&str]) -> Requirement {
    Requirement { key: key.into(), operator: Operator::In(values.iter().map(|it| (*it).into()).collect()) }
}

pub(super) fn not_in(key: &str, values: &[&str]) -> Requirement {
    Requirement { key: key.into(), operator: Operator::NotIn(values.iter().map(|it| (*it).into()).collect()) }
}

pub(super) fn exists(key: &str) -> Requirement {
    Requirement { key: key.into(), operator: Operator::Exists }
}

pub(super) fn does_not_exist(key: &str) -> Requirement {
    Requirement { key: key.into(), operator: Operator::DoesNotExist }
}

pub(super) fn of_label(key: &str, value: &str) -> NodeRequirement {
    let Requirement { key, operator } = is_in(key, &[value]);
    NodeRequirement { key, operator: NodeOperator::Label(operator) }
}

pub(super) fn node(name: &str, pairs: Pairs<'_>) -> NodeFacts {
    NodeFacts { name: NodeName(name.into()), labels: labels(pairs), taints: Vec::new() }
}

pub(super) fn weight(points: u8) -> Weight {
    Weight::new(points).unwrap()
}
