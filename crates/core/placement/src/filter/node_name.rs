//! A pod that names its node goes there and nowhere else.

use casemate_mutant::{Mutant, active as seeded};

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let named = ask.pod.scheduling.node.as_ref().filter(|_| !seeded(Mutant::PlacementIgnoresNodeName));
    // Where a node is told by its facts only, it has no name.
    let other = named.filter(|it| **it != site.node.name && !site.node.name.0.is_empty());
    other.map(|node| Objection::NamesAnother(node.clone())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check_pod;
    use crate::filter::fixture::words::pod;
    use casemate_model::NodeName;

    #[test]
    fn who_names_a_node_goes_to_no_other() {
        let mut named = pod("cpu=1");
        named.scheduling.node = Some(NodeName("m".into()));
        check_pod(objections, &named, "name=m", "passes");
        check_pod(objections, &named, "name=n", "never: names the node m");
    }
}
