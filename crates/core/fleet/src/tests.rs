use proptest::prelude::*;

use super::*;

const CPU: Kind = Kind(0);
const EPC: Kind = Kind(1);
const GPU: Kind = Kind(2);

fn stock(cpu: u64, epc: [u64; 2], gpus: usize) -> Stock {
    Stock::new([(GPU, vec![1000; gpus]), (CPU, vec![cpu]), (EPC, epc.to_vec())])
}

fn request(wants: &[(Kind, Want)]) -> Request {
    Request::new(wants.iter().copied()).expect("no kind twice")
}

fn anywhere(_: NodeId) -> bool {
    true
}

#[test]
fn what_is_asked_for_of_one_unit_is_not_put_together_from_two() {
    let mut fleet = Fleet::new(BestFit);
    let group = fleet.group(stock(100, [40, 30], 0), 0);
    let node = fleet.add(group);
    let share = fleet.shape(&request(&[(EPC, Want::Share(50))]), 0, |_| Some(0));
    let spread = fleet.shape(&request(&[(EPC, Want::Spread(50))]), 0, |_| Some(0));
    assert_eq!(fleet.place(share, anywhere), None);
    let there = fleet.place(spread, anywhere).expect("70 are free");
    assert_eq!(fleet.free(node), [100, 0, 20]);
    let taken: Vec<_> = fleet.taken(there).collect();
    assert_eq!(taken, [Taken { unit: 1, amount: 40 }, Taken { unit: 2, amount: 10 }]);
    assert!(fleet.release(there) && !fleet.release(there));
    assert_eq!(fleet.free(node), [100, 40, 30]);
}

#[test]
fn a_spread_stays_on_one_unit_where_it_fits_the_fullest_such() {
    let mut fleet = Fleet::new(BestFit);
    let group = fleet.group(stock(100, [40, 30], 0), 0);
    let node = fleet.add(group);
    let shape = fleet.shape(&request(&[(EPC, Want::Spread(25))]), 0, |_| Some(0));
    fleet.place(shape, anywhere).expect("room");
    assert_eq!(fleet.free(node), [100, 40, 5]);
}

#[test]
fn whole_units_are_nobody_elses_and_shares_keep_to_units_already_shared() {
    let mut fleet = Fleet::new(BestFit);
    let group = fleet.group(stock(100, [0, 0], 3), 0);
    let node = fleet.add(group);
    let share = fleet.shape(&request(&[(GPU, Want::Share(300))]), 0, |_| Some(0));
    let whole = fleet.shape(&request(&[(GPU, Want::Whole(2))]), 0, |_| Some(0));
    for _ in 0..3 {
        fleet.place(share, anywhere).expect("room");
    }
    assert_eq!(fleet.free(node)[3..], [100, 1000, 1000]);
    fleet.place(whole, anywhere).expect("two are whole");
    assert_eq!(fleet.free(node)[3..], [100, 0, 0]);
    assert_eq!(fleet.place(whole, anywhere), None);
}

#[test]
fn groups_that_take_it_gladly_come_first_and_those_that_never_do_not() {
    let mut fleet = Fleet::new(BestFit);
    let [never, rather_not, gladly] = [7, 8, 9].map(|facts| fleet.group(stock(10, [0, 0], 0), facts));
    let [_, second, first] = [never, rather_not, gladly].map(|group| fleet.add(group));
    let regard = |facts| [None, Some(1), Some(0)][facts as usize - 7];
    let shape = fleet.shape(&request(&[(CPU, Want::Share(10))]), 0, regard);
    let places = [(); 3].map(|()| fleet.place(shape, anywhere).and_then(|it| fleet.node_of(it)));
    assert_eq!(places, [Some(first), Some(second), None]);
}

#[test]
fn a_closed_node_takes_nothing_until_it_is_opened_and_a_refused_one_is_asked_again() {
    let mut fleet = Fleet::new(BestFit);
    let group = fleet.group(stock(10, [0, 0], 0), 0);
    let nodes = [fleet.add(group), fleet.add(group)];
    let shape = fleet.shape(&request(&[(CPU, Want::Share(1))]), 0, |_| Some(0));
    fleet.set_open(nodes[0], false);
    assert_eq!(fleet.best(shape, anywhere), Some(nodes[1]));
    assert_eq!(fleet.best(shape, |node| node != nodes[1]), None);
    fleet.set_open(nodes[0], true);
    assert_eq!(fleet.best(shape, |node| node != nodes[1]), Some(nodes[0]));
    assert_eq!(fleet.best(shape, anywhere), Some(nodes[0]));
}

#[test]
fn a_group_that_comes_later_is_looked_at_by_requests_known_before() {
    let mut fleet = Fleet::new(BestFit);
    let small = fleet.group(stock(1, [0, 0], 0), 0);
    fleet.add(small);
    let wanted = request(&[(CPU, Want::Share(2))]);
    let shape = fleet.shape(&wanted, 0, |_| Some(0));
    assert_eq!(fleet.best(shape, anywhere), None);
    let large = fleet.group(stock(2, [0, 0], 0), 0);
    let node = fleet.add(large);
    assert_eq!(fleet.shape(&wanted, 0, |_| Some(0)), shape);
    assert_eq!(fleet.best(shape, anywhere), Some(node));
}

#[test]
fn what_was_placed_before_a_wider_group_came_is_given_back_whole() {
    let mut fleet = Fleet::new(BestFit);
    let narrow = fleet.group(Stock::new([(EPC, vec![10])]), 0);
    let node = fleet.add(narrow);
    let wanted = request(&[(EPC, Want::Spread(6))]);
    let shape = fleet.shape(&wanted, 0, |_| Some(0));
    let before = [fleet.place(shape, anywhere), fleet.place(shape, anywhere)];
    assert!(before[0].is_some() && before[1].is_none());
    let wide = fleet.group(Stock::new([(EPC, vec![3, 3])]), 0);
    let other = fleet.add(wide);
    fleet.shape(&wanted, 0, |_| Some(0));
    let after = fleet.place(shape, anywhere).expect("both units");
    assert_eq!((fleet.free(node), fleet.free(other)), (&[4][..], &[0, 0][..]));
    assert!(before[0].is_some_and(|it| fleet.release(it)) && fleet.release(after));
    assert_eq!((fleet.free(node), fleet.free(other)), (&[10][..], &[3, 3][..]));
}

#[test]
fn a_kind_asked_for_twice_is_refused_and_nothing_of_a_kind_is_no_request() {
    assert_eq!(Request::new([(CPU, Want::Share(1)), (CPU, Want::Whole(1))]), Err(RequestError::Twice(CPU)));
    assert_eq!(request(&[(GPU, Want::Whole(0))]), Request::default());
}

/// What the fleet is held against: every node looked at, every time.
struct Plain {
    /// Facts, and whether it is open.
    nodes: Vec<(u32, Stock, Vec<u64>, bool)>,
}

impl Plain {
    /// The best node, by what the fleet's score says of each alone.
    fn best<S: Score>(
        &self,
        fleet: &Fleet<S>,
        wanted: &Request,
        regard: impl Fn(u32) -> Reluctance,
    ) -> Option<u32> {
        let ranked = self.nodes.iter().enumerate().filter_map(|(nth, (facts, stock, free, open))| {
            let rank = fleet.rank(wanted, regard(*facts), NodeId(number(nth)));
            assert_eq!(rank.is_some(), *open && regard(*facts).is_some() && wanted.fits(stock, free));
            Some((rank?, number(nth)))
        });
        ranked.min().map(|(_, node)| node)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Place(usize),
    Release(usize),
    Toggle(usize),
    Add(usize),
    Move(usize, u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..6_usize).prop_map(Step::Place),
        3 => any::<usize>().prop_map(Step::Release),
        1 => any::<usize>().prop_map(Step::Toggle),
        1 => (0..3_usize).prop_map(Step::Add),
        1 => (any::<usize>(), 0..3_u32).prop_map(|(node, facts)| Step::Move(node, facts)),
    ];
    proptest::collection::vec(step, 1..200)
}

proptest! {
    #[test]
    fn every_place_is_the_one_that_looking_at_every_node_finds(steps in steps()) {
        for packing in Packing::ALL {
            compare_with_looking_at_every_node(packing, steps.clone())?;
        }
    }
}

fn compare_with_looking_at_every_node(packing: Packing, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let stocks = [stock(8, [4, 4], 0), stock(16, [8, 0], 2), stock(4, [2, 6], 1)];
    let wanted = [
        request(&[(CPU, Want::Share(1))]),
        request(&[(CPU, Want::Share(3)), (EPC, Want::Share(2))]),
        request(&[(EPC, Want::Spread(5))]),
        request(&[(CPU, Want::Share(1)), (GPU, Want::Share(400))]),
        request(&[(GPU, Want::Whole(1))]),
        request(&[(GPU, Want::Whole(2)), (EPC, Want::Spread(1))]),
    ];
    let regard = |facts: u32| u16::try_from(facts).ok().filter(|it| *it < 2);
    let mut fleet = Fleet::new(Packer::from(packing));
    let mut plain = Plain { nodes: Vec::new() };
    let mut held: Vec<ReservationId> = Vec::new();
    for (nth, step) in steps.into_iter().enumerate() {
        match step {
            Step::Add(which) => {
                let facts = (nth % 3) as u32;
                let group = fleet.group(stocks[which].clone(), facts);
                fleet.add(group);
                let units = stocks[which].units().to_vec();
                plain.nodes.push((facts, stocks[which].clone(), units, true));
            }
            Step::Toggle(which) if !plain.nodes.is_empty() => {
                let which = which % plain.nodes.len();
                plain.nodes[which].3 ^= true;
                fleet.set_open(NodeId(number(which)), plain.nodes[which].3);
            }
            Step::Move(which, facts) if !plain.nodes.is_empty() => {
                let which = which % plain.nodes.len();
                plain.nodes[which].0 = facts;
                let group = fleet.group(plain.nodes[which].1.clone(), facts);
                prop_assert!(fleet.move_to(NodeId(number(which)), group));
            }
            Step::Release(which) if !held.is_empty() => {
                let it = held.swap_remove(which % held.len());
                let node = fleet.node_of(it).expect("it is held");
                for taken in fleet.taken(it).collect::<Vec<_>>() {
                    plain.nodes[node.0 as usize].2[taken.unit as usize] += taken.amount;
                }
                prop_assert!(fleet.release(it));
            }
            Step::Place(which) => {
                let shape = fleet.shape(&wanted[which], 0, regard);
                let expected = plain.best(&fleet, &wanted[which], regard);
                let placed = fleet.place(shape, anywhere);
                prop_assert_eq!(placed.and_then(|it| fleet.node_of(it)).map(|it| it.0), expected);
                let Some(placed) = placed else { continue };
                for taken in fleet.taken(placed) {
                    let node = &mut plain.nodes[expected.expect("it was placed") as usize];
                    prop_assert!(node.2[taken.unit as usize] >= taken.amount, "more than there was");
                    node.2[taken.unit as usize] -= taken.amount;
                }
                held.push(placed);
            }
            Step::Toggle(_) | Step::Release(_) | Step::Move(..) => {}
        }
        for (nth, (_, _, free, _)) in plain.nodes.iter().enumerate() {
            prop_assert_eq!(fleet.free(NodeId(number(nth))), free.as_slice());
        }
    }
    Ok(())
}
