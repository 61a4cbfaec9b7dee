//! What pods say of nodes: node selectors and node affinity.
//!
//! Source: `core/v1 NodeSelector`, `NodeSelectorTerm`, `NodeSelectorRequirement`, `PreferredSchedulingTerm`,
//! Kubernetes v1.34, and <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/>.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Labels, Operator, Weight};
use crate::{Node, NodeName, Taint};

/// What is looked at of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// `metadata.name`.
    pub name: NodeName,
    /// `metadata.labels`.
    pub labels: Labels,
    /// `spec.taints`; only `nodeTaintsPolicy` of a spread looks at them here.
    pub taints: Vec<Taint>,
}

/// `core/v1 NodeAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeAffinity {
    /// `requiredDuringSchedulingIgnoredDuringExecution`.
    pub required: Option<NodeSelector>,
    /// `preferredDuringSchedulingIgnoredDuringExecution`.
    pub preferred: Vec<PreferredNodeTerm>,
}

/// `core/v1 NodeSelector`: one of its terms has to hold. Without terms it selects no node.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeSelector {
    /// `nodeSelectorTerms`.
    pub terms: Vec<NodeSelectorTerm>,
}

/// `core/v1 NodeSelectorTerm`: all of it has to hold. An empty one selects no node.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeSelectorTerm {
    /// `matchExpressions`, of the node's labels.
    pub expressions: Vec<NodeRequirement>,
    /// `matchFields`, of the node's fields.
    pub fields: Vec<NodeField>,
}

/// `core/v1 NodeSelectorRequirement` of a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeRequirement {
    /// The label's key.
    pub key: String,
    /// What is said of it.
    pub operator: NodeOperator,
}

/// What a requirement says of a node's label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeOperator {
    /// What can be said of any label.
    Label(Operator),
    /// Its value is a decimal number greater than this one.
    Gt(i64),
    /// Its value is a decimal number less than this one.
    Lt(i64),
}

/// `core/v1 NodeSelectorRequirement` of a field. The API knows one field, `metadata.name`, with one value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeField {
    /// `In`: the node has this name.
    NameIs(String),
    /// `NotIn`: the node has another name.
    NameIsNot(String),
}

/// `core/v1 PreferredSchedulingTerm`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PreferredNodeTerm {
    /// How much a node gains by it.
    pub weight: Weight,
    /// `preference`. An empty one prefers no node.
    pub term: NodeSelectorTerm,
}

impl From<&Node> for NodeFacts {
    fn from(node: &Node) -> Self {
        Self { name: node.name.clone(), labels: node.labels.clone(), taints: node.taints.clone() }
    }
}

impl NodeAffinity {
    /// Whether what is required holds of the node.
    #[must_use]
    pub fn allows(&self, node: &NodeFacts) -> bool {
        self.required.as_ref().is_none_or(|required| required.matches(node))
    }

    /// The sum of the weights of the preferred terms that hold of the node.
    #[must_use]
    pub fn preference(&self, node: &NodeFacts) -> i64 {
        let held = self.preferred.iter().filter(|it| it.term.matches(node));
        held.fold(0, |sum, it| sum.saturating_add(it.weight.points()))
    }
}

impl NodeSelector {
    /// Whether one of its terms holds of the node.
    #[must_use]
    pub fn matches(&self, node: &NodeFacts) -> bool {
        self.terms.iter().any(|it| it.matches(node))
    }
}

impl NodeSelectorTerm {
    /// Whether all of it holds of the node, and it says anything.
    #[must_use]
    pub fn matches(&self, node: &NodeFacts) -> bool {
        let says_nothing = self.expressions.is_empty() && self.fields.is_empty();
        !says_nothing
            && self.expressions.iter().all(|it| it.holds(&node.labels))
            && self.fields.iter().all(|it| it.holds(&node.name))
    }
}

impl NodeRequirement {
    /// Whether it holds of these labels.
    #[must_use]
    pub fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key).map(String::as_str);
        let number = || value.and_then(|it| it.parse::<i64>().ok());
        match &self.operator {
            NodeOperator::Label(operator) => operator.holds(value),
            NodeOperator::Gt(least) => number().is_some_and(|it| it > *least),
            NodeOperator::Lt(most) => number().is_some_and(|it| it < *most),
        }
    }
}

impl NodeField {
    /// Whether it holds of a node of this name.
    #[must_use]
    pub fn holds(&self, name: &NodeName) -> bool {
        match self {
            Self::NameIs(wanted) => *wanted == name.0,
            Self::NameIsNot(unwanted) => *unwanted != name.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::affinity::fixture::{labels, node, not_in, of_label, weight};

    fn number(operator: NodeOperator) -> NodeRequirement {
        NodeRequirement { key: "cores".into(), operator }
    }

    fn expression(requirement: NodeRequirement) -> NodeSelectorTerm {
        NodeSelectorTerm { expressions: vec![requirement], fields: Vec::new() }
    }

    #[test]
    fn an_empty_term_selects_no_node() {
        let empty = NodeSelector { terms: vec![NodeSelectorTerm::default()] };
        assert!(!empty.matches(&node("a", &[])));
        assert!(!NodeSelector::default().matches(&node("a", &[])));
    }

    #[test]
    fn nothing_required_allows_every_node() {
        assert!(NodeAffinity::default().allows(&node("a", &[])));
    }

    #[test]
    fn one_term_of_many_is_enough_and_all_of_it_has_to_hold() {
        let both = NodeSelectorTerm {
            expressions: vec![of_label("zone", "1"), of_label("disk", "fast")],
            fields: Vec::new(),
        };
        let either = NodeSelector { terms: vec![both, expression(of_label("zone", "2"))] };
        assert!(either.matches(&node("a", &[("zone", "1"), ("disk", "fast")])));
        assert!(!either.matches(&node("a", &[("zone", "1")])));
        assert!(either.matches(&node("a", &[("zone", "2")])));
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let of = |value: &str| labels(&[("cores", value)]);
        assert!(number(NodeOperator::Gt(9)).holds(&of("10")));
        assert!(!number(NodeOperator::Gt(10)).holds(&of("10")));
        assert!(number(NodeOperator::Lt(-1)).holds(&of("-2")));
        assert!(!number(NodeOperator::Lt(10)).holds(&of("10")));
    }

    #[test]
    fn a_label_that_is_absent_or_no_number_is_neither_greater_nor_less() {
        for operator in [NodeOperator::Gt(i64::MIN), NodeOperator::Lt(i64::MAX)] {
            assert!(!number(operator.clone()).holds(&Labels::new()));
            assert!(!number(operator.clone()).holds(&labels(&[("cores", "many")])));
            assert!(!number(operator).holds(&labels(&[("cores", "99999999999999999999")])));
        }
    }

    #[test]
    fn a_node_without_the_label_is_not_in_any_values() {
        let absent = not_in("zone", &["1"]);
        let term =
            expression(NodeRequirement { key: absent.key, operator: NodeOperator::Label(absent.operator) });
        assert!(term.matches(&node("a", &[])));
    }

    #[test]
    fn fields_select_by_name_and_hold_together_with_expressions() {
        let mut term = expression(of_label("zone", "1"));
        term.fields = vec![NodeField::NameIs("a".into())];
        assert!(term.matches(&node("a", &[("zone", "1")])));
        assert!(!term.matches(&node("b", &[("zone", "1")])));
        assert!(!term.matches(&node("a", &[])));
        let other =
            NodeSelectorTerm { expressions: Vec::new(), fields: vec![NodeField::NameIsNot("a".into())] };
        assert!(!other.matches(&node("a", &[])) && other.matches(&node("b", &[])));
    }

    #[test]
    fn preferred_terms_add_their_weights_and_an_empty_one_adds_none() {
        let preferred = |points, term| PreferredNodeTerm { weight: weight(points), term };
        let affinity = NodeAffinity {
            required: None,
            preferred: vec![
                preferred(10, expression(of_label("zone", "1"))),
                preferred(5, expression(of_label("disk", "fast"))),
                preferred(100, NodeSelectorTerm::default()),
            ],
        };
        assert_eq!(affinity.preference(&node("a", &[("zone", "1"), ("disk", "fast")])), 15);
        assert_eq!(affinity.preference(&node("a", &[("zone", "1")])), 10);
        assert_eq!(affinity.preference(&node("a", &[])), 0);
    }
}
