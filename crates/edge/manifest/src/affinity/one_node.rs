//! Affinity where pods are run, and there is one node.
//!
//! Required node affinity is taken where it says no more than a node selector can: one
//! term whose expressions are all `In` with one value. Any other is refused by name,
//! since ignoring it would place the pod where it must not be. Between pods, and where
//! only preferred, affinity is noted and not considered.

use std::collections::BTreeMap;

use super::requirement::{OF_NODES, Word, said};
use super::{PREFERRED, REQUIRED};
use crate::field::Field;
use crate::metadata::Identity;
use crate::problem::{Findings, shown};
use crate::scheduling::merge;

/// Adds what is required of nodes to the pod's selector.
pub(crate) fn affinity(
    spec: &Field<'_>,
    identity: &Identity,
    selector: &mut BTreeMap<String, String>,
    to: &mut Findings,
) {
    let Some(affinity) = spec.get("affinity") else { return };
    for key in ["podAffinity", "podAntiAffinity"] {
        if let Some(field) = affinity.get(key).filter(|field| !field.is_empty()) {
            to.note(field.note("not considered: there is one node"));
        }
    }
    let Some(node) = affinity.get("nodeAffinity") else { return };
    if let Some(field) = node.get(PREFERRED).filter(|it| !it.is_empty()) {
        to.note(field.note("not considered: there is one node"));
    }
    let Some(required) = node.get(REQUIRED) else { return };
    let remedy = "List at least one term: with none, no node will do";
    let Some(list) = required.need("nodeSelectorTerms", remedy, to) else { return };
    let terms = list.items(to);
    let [term] = terms.as_slice() else {
        if terms.is_empty() && list.is_list() {
            to.refuse(list.problem("is empty", remedy));
        } else if terms.len() > 1 {
            to.refuse(list.not_run(
                format!("a choice among {} terms is not considered by this version", terms.len()),
                "Write the one that fits this machine as `nodeSelector`",
            ));
        }
        return;
    };
    if !term.map(to) {
        return;
    }
    let labels = term.get("matchExpressions").map(|list| expressions(&list, false, to)).unwrap_or_default();
    merge(selector, &labels, term, to);
    if let Some(fields) = term.get("matchFields").filter(|fields| !fields.is_empty()) {
        let names = expressions(&fields, true, to);
        if identity.live && !names.is_empty() {
            to.note(fields.note("ignored: the cluster it was read from had chosen that node"));
        } else if !names.is_empty() {
            to.refuse(fields.not_run(
                "choosing a node by its name is not considered by this version",
                "Take it out: everything runs on this machine",
            ));
        }
    } else if labels.is_empty() && term.get("matchExpressions").is_none_or(|list| list.is_empty()) {
        to.refuse(term.problem("an empty term matches no node", "Write `matchExpressions`, or take it out"));
    }
}

/// Expressions that are `In` with one value, as labels; what is beyond that is refused by name.
fn expressions(list: &Field<'_>, of_fields: bool, to: &mut Findings) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for item in list.items(to) {
        let Some(said) = said(&item, OF_NODES, to) else { continue };
        match (said.key, said.operator, said.values.as_slice()) {
            ("metadata.name", Word::In, [name]) if of_fields => {
                let name = BTreeMap::from([("metadata.name".to_owned(), (*name).to_owned())]);
                merge(&mut labels, &name, &item, to);
            }
            (key, word, _) if of_fields => {
                let (key, word) = (shown(key), word.as_str());
                to.refuse(item.problem(
                    format!("`{key}` with `{word}` is not a field of a node to match"),
                    "Match `metadata.name` with `In` and one value",
                ));
            }
            (key, Word::In, [value]) => {
                let label = BTreeMap::from([(key.to_owned(), (*value).to_owned())]);
                merge(&mut labels, &label, &item, to);
            }
            (_, word, _) => to.refuse(item.not_run(
                format!("required node affinity with `{}` is not considered by this version", word.as_str()),
                "Say it with `nodeSelector`, or with `In` and one value",
            )),
        }
    }
    labels
}
