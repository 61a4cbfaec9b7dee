//! Node affinity: `core/v1 NodeAffinity`, `NodeSelector` and what they are made of.

use casemate_model::affinity::{
    NodeAffinity, NodeField, NodeOperator, NodeRequirement, NodeSelector, NodeSelectorTerm, PreferredNodeTerm,
};

use super::requirement::{OF_NODES, Word, said};
use super::selector::{check_key, operator};
use super::{PREFERRED, REQUIRED, weight};
use crate::field::Field;
use crate::problem::{Findings, shown};

/// Reads `nodeAffinity`.
pub(super) fn affinity(field: &Field<'_>, to: &mut Findings) -> NodeAffinity {
    let required = field.get(REQUIRED).and_then(|required| node_selector(&required, to));
    let list = field.get(PREFERRED).map(|list| list.items(to)).unwrap_or_default();
    let preferred = list.iter().filter_map(|item| {
        let weight = weight(item, to);
        let preference = item.need("preference", "Say which nodes are meant", to);
        let term = preference.and_then(|field| term(&field, to));
        Some(PreferredNodeTerm { weight: weight?, term: term? })
    });
    NodeAffinity { required, preferred: preferred.collect() }
}

/// Reads a node selector.
pub(crate) fn node_selector(field: &Field<'_>, to: &mut Findings) -> Option<NodeSelector> {
    let remedy = "List at least one term: with none, no node will do";
    let list = field.need("nodeSelectorTerms", remedy, to)?;
    let items = list.items(to);
    if items.is_empty() && list.is_list() {
        to.refuse(list.problem("is empty", remedy));
    }
    Some(NodeSelector { terms: items.iter().filter_map(|item| term(item, to)).collect() })
}

/// Reads a term. An empty one is taken as it is meant: it selects no node.
fn term(field: &Field<'_>, to: &mut Findings) -> Option<NodeSelectorTerm> {
    if !field.map(to) {
        return None;
    }
    let items = |key: &str, to: &mut Findings| field.get(key).map(|list| list.items(to)).unwrap_or_default();
    let expressions: Vec<_> = items("matchExpressions", to);
    let expressions = expressions.iter().filter_map(|item| requirement(item, to)).collect();
    let fields: Vec<_> = items("matchFields", to);
    let fields = fields.iter().filter_map(|item| of_field(item, to)).collect();
    if ["matchExpressions", "matchFields"].iter().all(|key| field.get(key).is_none_or(|it| it.is_empty())) {
        to.note(field.note("an empty term, which selects no node"));
    }
    Some(NodeSelectorTerm { expressions, fields })
}

fn requirement(item: &Field<'_>, to: &mut Findings) -> Option<NodeRequirement> {
    let said = said(item, OF_NODES, to)?;
    check_key(&said.at, said.key, to);
    let number = said.values.first().and_then(|value| value.parse().ok());
    let operator = match (said.operator, number) {
        (Word::Gt, Some(number)) => NodeOperator::Gt(number),
        (Word::Lt, Some(number)) => NodeOperator::Lt(number),
        _ => NodeOperator::Label(operator(&said)?),
    };
    Some(NodeRequirement { key: said.key.to_owned(), operator })
}

/// What is said of a field of the node: its name is this one, or another.
fn of_field(item: &Field<'_>, to: &mut Findings) -> Option<NodeField> {
    let said = said(item, OF_NODES, to)?;
    match (said.key, said.operator, said.values.as_slice()) {
        ("metadata.name", Word::In, [name]) => Some(NodeField::NameIs((*name).to_owned())),
        ("metadata.name", Word::NotIn, [name]) => Some(NodeField::NameIsNot((*name).to_owned())),
        (key, word, _) => {
            to.refuse(item.problem(
                format!("`{}` with `{}` is not a field of a node to match", shown(key), word.as_str()),
                "Match `metadata.name` with `In` or `NotIn` and one value",
            ));
            None
        }
    }
}
