//! Label selectors (`meta/v1 LabelSelector`), and keys and values of labels.
//!
//! Keys and values are checked as the API checks them (`ValidateLabelName`, `IsValidLabelValue` of
//! k8s.io/apimachinery): what could be on no object was meant otherwise.

use std::collections::BTreeSet;

use casemate_model::affinity::{LabelSelector, Operator, Requirement};

use super::requirement::{OF_LABELS, Said, Word, said};
use crate::field::Field;
use crate::metadata::is_label_prefix;
use crate::problem::{Findings, shown};

/// Reads a selector.
pub(crate) fn selector(field: &Field<'_>, to: &mut Findings) -> Option<LabelSelector> {
    if !field.map(to) {
        return None;
    }
    to.sound(|to| {
        let mut selector = LabelSelector::default();
        if let Some(labels) = field.get("matchLabels") {
            selector.match_labels = labels.texts(to);
            for (key, value) in labels.children() {
                check_key(&value, key, to);
                check_value(&value, value.plain().unwrap_or_default(), to);
            }
        }
        for item in field.get("matchExpressions").map(|list| list.items(to)).unwrap_or_default() {
            selector.match_expressions.extend(requirement(&item, to));
        }
        Some(selector)
    })
}

fn requirement(item: &Field<'_>, to: &mut Findings) -> Option<Requirement> {
    let said = said(item, OF_LABELS, to)?;
    check_key(&said.at, said.key, to);
    for value in &said.values {
        check_value(item, value, to);
    }
    Some(Requirement { key: said.key.to_owned(), operator: operator(&said)? })
}

/// What is said of a label. `None`: it is said of a number.
pub(super) fn operator(said: &Said<'_>) -> Option<Operator> {
    let values = || said.values.iter().map(|value| (*value).to_owned()).collect();
    match said.operator {
        Word::In => Some(Operator::In(values())),
        Word::NotIn => Some(Operator::NotIn(values())),
        Word::Exists => Some(Operator::Exists),
        Word::DoesNotExist => Some(Operator::DoesNotExist),
        Word::Gt | Word::Lt => None,
    }
}

/// The key of a label.
pub(super) fn label_key(field: &Field<'_>, to: &mut Findings) -> Option<String> {
    let key = field.text(to)?;
    check_key(field, key, to).then(|| key.to_owned())
}

/// A list of keys of labels.
pub(super) fn label_keys(item: &Field<'_>, list: &str, to: &mut Findings) -> BTreeSet<String> {
    let items = item.get(list).map(|list| list.items(to)).unwrap_or_default();
    items.iter().filter_map(|key| label_key(key, to)).collect()
}

/// Whether a label can have this key; a problem where not.
pub(super) fn check_key(field: &Field<'_>, key: &str, to: &mut Findings) -> bool {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let is_key = !name.is_empty() && is_value(name) && prefix.is_none_or(is_label_prefix);
    if !is_key {
        to.refuse(field.problem(
            format!("`{}` is no key of a label", shown(key)),
            "Write up to 63 letters, digits, dashes, dots and underscores, after a domain and a slash if there is one",
        ));
    }
    is_key
}

fn check_value(field: &Field<'_>, value: &str, to: &mut Findings) {
    if !is_value(value) {
        to.refuse(field.problem(
            format!("`{}` is no value of a label", shown(value)),
            "Write up to 63 letters, digits, dashes, dots and underscores, with a letter or digit at both ends",
        ));
    }
}

fn is_value(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63
        && ends(text.bytes().next())
        && ends(text.bytes().next_back())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
