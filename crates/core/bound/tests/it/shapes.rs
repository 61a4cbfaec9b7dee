//! Problems whose bound is known.

use std::collections::BTreeSet;

use casemate_bound::{Demand, Group, bound};
use casemate_fleet::{Kind, Request, Stock, Want};

fn group(facts: u32, kinds: Vec<Vec<u64>>, count: u32, divided: u16) -> Group {
    Group { stock: Stock::new((0..).map(Kind).zip(kinds)), facts, count, divided: Kind(divided) }
}

fn request(wants: Vec<Want>) -> Request {
    Request::new((0..).map(Kind).zip(wants)).unwrap()
}

fn demand(wants: Vec<Want>, count: u64, value: u64) -> Demand {
    Demand { request: request(wants), on: None, count, value }
}

#[test]
fn what_a_unit_cannot_hold_together_is_not_counted_together() {
    // Adding up would allow 12 of 15 shares of 0.8 on 10 units.
    let answer = bound(&[group(0, vec![vec![1000; 2]], 5, 0)], &[demand(vec![Want::Share(800)], 15, 800)]);
    assert_eq!(answer.most, 8_000);
}

#[test]
fn the_kind_that_runs_out_first_bounds_the_others() {
    let node = vec![vec![8_000], vec![1000; 4]];
    let pod = vec![Want::Share(4_000), Want::Share(500)];
    assert_eq!(bound(&[group(0, node, 10, 1)], &[demand(pod, 100, 500)]).most, 20 * 500);
}

#[test]
fn nodes_that_will_not_do_are_not_counted() {
    let groups = [group(0, vec![vec![10]], 5, 0), group(1, vec![vec![10]], 1, 0)];
    let demand = Demand { on: Some(BTreeSet::from([1])), ..demand(vec![Want::Share(10)], 4, 1) };
    assert_eq!(bound(&groups, &[demand]).most, 1);
}

#[test]
fn several_whole_units_come_from_one_node() {
    let pod = vec![Want::Whole(4)];
    assert_eq!(bound(&[group(0, vec![vec![1; 3]], 9, 0)], &[demand(pod.clone(), 5, 4)]).most, 0);
    assert_eq!(bound(&[group(0, vec![vec![1; 8]], 1, 0)], &[demand(pod, 5, 4)]).most, 8);
}

#[test]
fn who_takes_nothing_of_the_divided_kind_is_bounded_too() {
    let node = vec![vec![10], vec![1000; 2]];
    let cpu_only = demand(vec![Want::Share(4)], 9, 5);
    let answer = bound(&[group(0, node, 2, 1)], &[cpu_only]);
    // 20 of CPU hold 5 of 4 when added up.
    assert_eq!(answer.most, 25);
}

#[test]
fn nothing_to_place_or_nowhere_to_place_it_is_worth_nothing() {
    assert_eq!(bound(&[], &[demand(vec![Want::Share(1)], 3, 1)]).most, 0);
    assert_eq!(bound(&[group(0, vec![vec![1]], 1, 0)], &[]).most, 0);
}

#[test]
fn values_as_large_as_they_get_do_not_overflow() {
    let answer = bound(
        &[group(0, vec![vec![u64::MAX; 4]], u32::MAX, 0)],
        &[demand(vec![Want::Share(1)], u64::MAX, u64::MAX)],
    );
    assert_eq!(answer.most, u64::MAX);
}
