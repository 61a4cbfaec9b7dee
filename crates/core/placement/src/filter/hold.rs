//! The node is not kept free for somebody else. See [`Queue`](crate::Queue) for when it is.

use super::Site;
use crate::Objection;
use crate::ask::Ask;

pub(super) fn objections(ask: &Ask<'_>, site: &Site<'_>) -> Vec<Objection> {
    let hold = site.hold.filter(|hold| hold.pod != ask.pod.key);
    hold.map(|hold| Objection::Held { pod: hold.pod.clone(), passed_over: hold.passed_over })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::filter::fixture::check;

    #[test]
    fn a_held_node_is_for_one_pod_only() {
        check(objections, "name=big", "held=big", "passes");
        let expected = "waits: the node is held for default/big, which was passed over 3 times";
        check(objections, "name=small", "held=big", expected);
        check(objections, "name=small", "", "passes");
    }
}
