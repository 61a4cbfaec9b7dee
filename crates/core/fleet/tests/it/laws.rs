//! What holds for every packing, whatever comes and goes.

use std::collections::BTreeSet;

use casemate_fleet::{Fleet, Kind, NodeId, Packer, Packing, Request, Stock, Want};
use proptest::collection::vec;
use proptest::prelude::*;

const KINDS: u16 = 4;

#[derive(Clone, Debug)]
struct Asked {
    request: Request,
    on: Option<BTreeSet<u32>>,
    /// Before it comes, this one of those there are leaves.
    leaves: Option<usize>,
}

fn want() -> impl Strategy<Value = Want> {
    prop_oneof![
        (0_u64..12).prop_map(Want::Share),
        (0_u32..4).prop_map(Want::Whole),
        (0_u64..25).prop_map(Want::Spread),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let on = prop_oneof![3 => Just(None), 1 => (0_u32..3).prop_map(|it| Some(BTreeSet::from([it])))];
    let leaves = prop_oneof![3 => Just(None), 1 => (0_usize..40).prop_map(Some)];
    (vec(want(), 0..usize::from(KINDS)), on, leaves).prop_map(|(wants, on, leaves)| Asked {
        request: Request::new((0..).map(Kind).zip(wants)).unwrap(),
        on,
        leaves,
    })
}

fn node() -> impl Strategy<Value = (Stock, u32)> {
    (0_u32..3, vec(vec(0_u64..12, 0..4), 0..usize::from(KINDS)))
        .prop_map(|(facts, kinds)| (Stock::new((0..).map(Kind).zip(kinds)), facts))
}

/// Places everything, and holds each step against what must be.
fn run(
    nodes: &[(Stock, u32)],
    packing: Packing,
    all: &[Asked],
) -> Result<Vec<Option<NodeId>>, TestCaseError> {
    let mut fleet = Fleet::new(Packer::from(packing));
    for (stock, facts) in nodes {
        let group = fleet.group(stock.clone(), *facts);
        fleet.add(group);
    }
    let ids: Vec<NodeId> = (0..).map(NodeId).take(nodes.len()).collect();
    let free_of = |fleet: &Fleet<Packer>| ids.iter().map(|id| fleet.free(*id).to_vec()).collect::<Vec<_>>();
    let empty = free_of(&fleet);
    let (mut placed, mut held) = (Vec::new(), Vec::new());
    let mut askers: Vec<Option<BTreeSet<u32>>> = Vec::new();
    for Asked { request, on, leaves } in all {
        if let Some(nth) = leaves
            && !held.is_empty()
        {
            prop_assert!(fleet.release(held.swap_remove(nth % held.len())));
        }
        let known = askers.iter().position(|it| it == on);
        let asker = known.unwrap_or_else(|| {
            askers.push(on.clone());
            askers.len() - 1
        });
        let may = |facts: u32| on.as_ref().is_none_or(|on| on.contains(&facts));
        let shape = fleet.shape(request, u32::try_from(asker).unwrap(), |facts| may(facts).then_some(0));
        let before = free_of(&fleet);
        let fits = |at: usize| may(nodes[at].1) && request.fits(&nodes[at].0, &before[at]);
        let reservation = fleet.place(shape, |_| true);
        let at = reservation.and_then(|it| fleet.node_of(it));
        prop_assert_eq!(at.is_some(), (0..nodes.len()).any(fits), "{:?}", request);
        let after = free_of(&fleet);
        for (nth, id) in ids.iter().enumerate() {
            if Some(*id) != at {
                prop_assert_eq!(&before[nth], &after[nth]);
                continue;
            }
            prop_assert!(fits(nth));
            took(&nodes[nth].0, request, &before[nth], &after[nth])?;
        }
        held.extend(reservation);
        placed.push(at);
    }
    for reservation in held {
        fleet.release(reservation);
    }
    prop_assert_eq!(free_of(&fleet), empty, "what all gave back");
    Ok(placed)
}

/// Exactly what was asked for is gone, and from the units it may be taken of.
fn took(stock: &Stock, request: &Request, before: &[u64], after: &[u64]) -> Result<(), TestCaseError> {
    for kind in (0..KINDS).map(Kind) {
        let range = stock.range(kind);
        let (before, after) = (&before[range.clone()], &after[range]);
        let lost: Vec<u64> = before.iter().zip(after).map(|(before, after)| before - after).collect();
        match request.want(kind) {
            None => prop_assert_eq!(before, after),
            Some(Want::Share(amount)) => {
                prop_assert!(lost.iter().all(|it| *it == 0 || *it == amount));
                prop_assert_eq!(lost.iter().sum::<u64>(), amount);
            }
            Some(Want::Spread(amount)) => prop_assert_eq!(lost.iter().sum::<u64>(), amount),
            Some(Want::Whole(count)) => {
                let taken = lost.iter().enumerate().filter(|(_, it)| **it > 0);
                let whole =
                    |(nth, lost): (usize, &u64)| *lost == stock.units_of(kind)[nth] && after[nth] == 0;
                prop_assert!(taken.clone().all(whole));
                prop_assert_eq!(taken.count(), count as usize);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn whatever_fits_somewhere_is_placed_and_takes_exactly_what_it_asked_for(
        nodes in vec(node(), 0..5),
        all in vec(asked(), 0..40),
    ) {
        for packing in Packing::ALL {
            let first = run(&nodes, packing, &all)?;
            prop_assert_eq!(first, run(&nodes, packing, &all)?, "the same history, another answer");
        }
    }
}
