use super::super::{Fleet, GroupId, Kind, NodeId, Request, ReservationId, Stock, Want};
use super::*;

const CPU: Kind = Kind(0);
const GPU: Kind = Kind(1);

/// A fleet of nodes, each with CPU, GPUs and a model.
fn fleet(nodes: &[(u32, u64, usize)]) -> Fleet<Room> {
    let mut fleet = Fleet::new(Room::new());
    for (model, cpu, gpus) in nodes {
        let group = group(&mut fleet, *model, *cpu, *gpus);
        fleet.add(group);
    }
    fleet
}

fn group(fleet: &mut Fleet<Room>, model: u32, cpu: u64, gpus: usize) -> GroupId {
    fleet.group(Stock::new([(CPU, vec![cpu]), (GPU, vec![1_000; gpus])]), model)
}

/// Places a request for CPU and GPUs, on one model if any is told.
fn place(fleet: &mut Fleet<Room>, cpu: u64, gpu: Option<Want>, model: Option<u32>) -> Option<ReservationId> {
    let request =
        Request::new([(CPU, Want::Share(cpu))].into_iter().chain(gpu.map(|gpu| (GPU, gpu)))).unwrap();
    let regard = |of| model.is_none_or(|model| model == of).then_some(0);
    let shape = fleet.shape(&request, model.map_or(0, |it| it + 1), regard);
    fleet.place(shape, |_| true)
}

fn at(fleet: &Fleet<Room>, placed: Option<ReservationId>) -> Option<u32> {
    fleet.node_of(placed?).map(|it| it.0)
}

#[test]
fn cpu_is_spent_where_it_is_plentiful_beside_the_gpus() {
    let mut fleet = fleet(&[(0, 96_000, 8), (0, 8_000, 8)]);
    // What has come needs four cores beside half a GPU.
    let first = place(&mut fleet, 4_000, Some(Want::Share(500)), None);
    fleet.release(first.unwrap());
    for _ in 0..4 {
        let placed = place(&mut fleet, 4_000, Some(Want::Share(500)), None);
        assert_eq!(at(&fleet, placed), Some(0));
    }
    let placed = place(&mut fleet, 4_000, None, None);
    assert_eq!(at(&fleet, placed), Some(0));
}

#[test]
fn who_can_go_anywhere_leaves_the_scarce_nodes_to_those_who_cannot() {
    let mut fleet = fleet(&[(7, 64_000, 4), (1, 64_000, 4), (1, 64_000, 4), (1, 64_000, 4)]);
    let placed = place(&mut fleet, 1_000, Some(Want::Whole(1)), Some(7));
    assert_eq!(at(&fleet, placed), Some(0));
    for _ in 0..12 {
        let placed = place(&mut fleet, 1_000, Some(Want::Whole(1)), None);
        assert_ne!(at(&fleet, placed), Some(0));
    }
    let placed = place(&mut fleet, 1_000, Some(Want::Whole(1)), Some(7));
    assert_eq!(at(&fleet, placed), Some(0));
}

#[test]
fn a_node_is_kept_open_for_those_who_need_all_of_it() {
    let mut fleet = fleet(&[(0, 96_000, 8); 3]);
    assert!(place(&mut fleet, 8_000, Some(Want::Whole(8)), None).is_some());
    for _ in 0..8 {
        assert!(place(&mut fleet, 1_000, Some(Want::Whole(1)), None).is_some());
    }
    let last = place(&mut fleet, 8_000, Some(Want::Whole(8)), None);
    assert!(last.is_some(), "eight small ones share a node");
}

#[test]
fn a_share_goes_to_the_unit_where_a_larger_one_would_not_have_fitted() {
    let mut fleet = fleet(&[(0, 96_000, 3)]);
    let taken = [700, 500, 700, 300].map(|milli| place(&mut fleet, 0, Some(Want::Share(milli)), None));
    assert!(taken.iter().all(Option::is_some));
    let mut free = fleet.free(NodeId(0))[1..].to_vec();
    free.sort_unstable();
    // The last goes beside the half, where 700 does not fit any more, or fills a unit; never into an empty one.
    assert_eq!(free.iter().sum::<u64>(), 800);
    assert!(!free.contains(&1_000), "{free:?}");
}

#[test]
fn a_group_that_has_just_come_is_no_free_lunch() {
    let mut fleet = fleet(&[(0, 64_000, 0), (0, 64_000, 4)]);
    for _ in 0..5 {
        assert!(place(&mut fleet, 1_000, Some(Want::Share(500)), None).is_some());
    }
    // Weights are older than this node, which has GPUs to lose.
    let late = group(&mut fleet, 0, 64_000, 8);
    fleet.add(late);
    let placed = place(&mut fleet, 1_000, None, None);
    assert_eq!(at(&fleet, placed), Some(0));
}
