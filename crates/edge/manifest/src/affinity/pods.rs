//! Affinity and anti-affinity between pods: `core/v1 PodAffinity` and `PodAntiAffinity`.

use std::collections::BTreeSet;

use casemate_model::affinity::{PodAffinity, PodAffinityTerm, PreferredPodTerm};

use super::selector::{label_keys, selector};
use super::{PREFERRED, REQUIRED, topology_key, weight};
use crate::field::Field;
use crate::metadata::{NameKind, name};
use crate::problem::{Findings, shown};

/// Reads `podAffinity` or `podAntiAffinity`.
pub(super) fn affinity(field: &Field<'_>, to: &mut Findings) -> PodAffinity {
    let list = |key: &str, to: &mut Findings| field.get(key).map(|list| list.items(to)).unwrap_or_default();
    let required: Vec<_> = list(REQUIRED, to);
    let required = required.iter().filter_map(|item| term(item, to)).collect();
    let preferred: Vec<_> = list(PREFERRED, to);
    let preferred = preferred.iter().filter_map(|item| {
        let weight = weight(item, to);
        let term = item.need("podAffinityTerm", "Say which pods are meant", to).and_then(|it| term(&it, to));
        Some(PreferredPodTerm { weight: weight?, term: term? })
    });
    PodAffinity { required, preferred: preferred.collect() }
}

fn term(field: &Field<'_>, to: &mut Findings) -> Option<PodAffinityTerm> {
    if !field.map(to) {
        return None;
    }
    to.sound(|to| {
        let part = |key: &str, to: &mut Findings| field.get(key).and_then(|field| selector(&field, to));
        let (label_selector, namespace_selector) = (part("labelSelector", to), part("namespaceSelector", to));
        let namespaces = field.get("namespaces").map(|list| list.items(to)).unwrap_or_default();
        let namespaces: BTreeSet<String> =
            namespaces.iter().filter_map(|item| name(item, NameKind::Label, to)).collect();
        let match_label_keys = label_keys(field, "matchLabelKeys", to);
        let mismatch_label_keys = label_keys(field, "mismatchLabelKeys", to);
        let keys = [("matchLabelKeys", &match_label_keys), ("mismatchLabelKeys", &mismatch_label_keys)];
        for (list, _) in keys.iter().filter(|(_, keys)| !keys.is_empty()) {
            needs_selector(field, list, to);
        }
        if let Some(key) = match_label_keys.intersection(&mismatch_label_keys).next() {
            to.refuse(field.problem(
                format!("`{}` has to match and must not", shown(key)),
                "Take it out of `matchLabelKeys` or of `mismatchLabelKeys`",
            ));
        }
        Some(PodAffinityTerm {
            label_selector,
            namespaces,
            namespace_selector,
            topology_key: topology_key(field, to)?,
            match_label_keys,
            mismatch_label_keys,
        })
    })
}

/// Keys are merged into a selector, so there has to be one.
pub(super) fn needs_selector(holder: &Field<'_>, list: &str, to: &mut Findings) {
    if let (Some(field), None) = (holder.get(list), holder.get("labelSelector")) {
        let remedy = "Write a `labelSelector` beside it, if only `{}`";
        to.refuse(field.problem("is added to a selector, and there is none", remedy));
    }
}
