//! The node has every label the pod selects by, with exactly that value.

use casemate_mutant::{Mutant, active as seeded};

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let labels = &site.node.labels;
    let unmet = ask.pod.node_selector.iter().filter(|(key, wanted)| {
        labels.get(*key) != Some(wanted) && !seeded(Mutant::PlacementIgnoresSelector)
    });
    unmet
        .map(|(key, wanted)| Objection::Label {
            key: key.clone(),
            wanted: wanted.clone(),
            has: labels.get(key).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn labels_match_by_exact_value() {
        check(objections, "select:a=b", "label:a=b label:c=d", "passes");
        check(objections, "select:a=b", "label:a=B", "never: selects a=b, the node has a=B");
        check(objections, "select:a=b", "label:c=b", "never: selects a=b, the node has no label a");
    }

    #[test]
    fn an_empty_value_is_a_value() {
        check(objections, "select:a=", "label:a=", "passes");
        check(objections, "select:a=", "", "never: selects a=, the node has no label a");
    }

    #[test]
    fn every_unmet_label_is_named() {
        let expected = "never: selects a=1, the node has no label a; never: selects b=2, the node has b=3";
        check(objections, "select:a=1 select:b=2 select:c=4", "label:b=3 label:c=4", expected);
    }

    #[test]
    fn who_selects_nothing_goes_anywhere() {
        check(objections, "", "label:a=b", "passes");
    }
}
