//! What holds for every policy, whatever comes.

use std::collections::BTreeSet;

use casemate_packing::{BestFit, Cluster, FirstFit, Label, Node, Policy, Request, Room, Want};
use proptest::collection::vec;
use proptest::prelude::*;

fn want() -> impl Strategy<Value = Want> {
    prop_oneof![
        Just(Want::Nothing),
        (0_u64..12).prop_map(Want::Share),
        (0_u32..4).prop_map(Want::Whole),
        (0_u64..25).prop_map(Want::Spread),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let labels =
        prop_oneof![3 => Just(None), 1 => (0_u16..3).prop_map(|it| Some(BTreeSet::from([Label(it)])))];
    (vec(want(), 0..4), labels).prop_map(|(wants, labels)| Request::new(wants, labels).unwrap())
}

fn node() -> impl Strategy<Value = Node> {
    (0_u16..3, vec(vec(0_u64..12, 0..4), 0..4))
        .prop_map(|(label, kinds)| Node::new(Label(label), kinds).unwrap())
}

/// Places everything, and holds each step against what must be.
fn run<P: Policy>(
    nodes: &[Node],
    policy: P,
    requests: &[Request],
) -> Result<Vec<Option<usize>>, TestCaseError> {
    let mut cluster = Cluster::new(nodes.to_vec(), policy);
    let mut placed = Vec::new();
    for request in requests {
        let before = cluster.nodes().to_vec();
        let at = cluster.place(request);
        prop_assert_eq!(at.is_some(), before.iter().any(|node| request.fits(node)), "{:?}", request);
        for (number, (before, after)) in before.iter().zip(cluster.nodes()).enumerate() {
            prop_assert_eq!(before.capacity(), after.capacity());
            prop_assert!(before.free().iter().zip(after.free()).all(|(before, after)| after <= before));
            if Some(number) != at {
                prop_assert_eq!(before, after);
                continue;
            }
            prop_assert!(request.accepts(after.label()));
            for (kind, want) in request.wants().iter().enumerate() {
                let sum = |node: &Node| node.free()[node.units(kind)].iter().sum::<u64>();
                match *want {
                    Want::Nothing => prop_assert_eq!(sum(before), sum(after)),
                    Want::Share(amount) | Want::Spread(amount) => {
                        prop_assert_eq!(sum(before) - sum(after), amount);
                    }
                    Want::Whole(count) => {
                        let taken: Vec<_> =
                            before.units(kind).filter(|it| before.free()[*it] != after.free()[*it]).collect();
                        prop_assert_eq!(taken.len(), count as usize);
                        prop_assert!(taken.iter().all(|it| before.free()[*it] == before.capacity()[*it]));
                        prop_assert!(taken.iter().all(|it| after.free()[*it] == 0));
                    }
                }
            }
        }
        placed.push(at);
    }
    Ok(placed)
}

proptest! {
    #[test]
    fn whatever_fits_somewhere_is_placed_and_takes_exactly_what_it_asked_for(
        nodes in vec(node(), 0..5),
        requests in vec(request(), 0..40),
    ) {
        let first = run(&nodes, Room::new(), &requests)?;
        prop_assert_eq!(first, run(&nodes, Room::new(), &requests)?, "the same history, another answer");
        run(&nodes, BestFit::new(&nodes), &requests)?;
        run(&nodes, FirstFit, &requests)?;
    }

    #[test]
    fn taking_never_gains_room(nodes in vec(node(), 1..4), requests in vec(request(), 1..30)) {
        let mut room = Room::new();
        for request in &requests {
            room.arrived(request, &nodes);
            for node in &nodes {
                if let Some((loss, choice)) = room.loss(node, room.worth(node), request) {
                    prop_assert!(loss >= -1e-9, "{loss}");
                    prop_assert!(node.clone().take(request, &choice));
                }
            }
        }
    }
}
