//! The hot path allocates nothing.

use casemate_fleet::{BestFit, Fleet, Kind, Request, Stock, Want};

#[test]
fn placing_and_releasing_allocates_nothing_where_room_was_made() {
    let mut fleet = Fleet::new(BestFit);
    let kinds = [Kind(0), Kind(1)];
    let group = fleet.group(Stock::new([(kinds[0], vec![64]), (kinds[1], vec![16, 16])]), 0);
    for _ in 0..500 {
        fleet.add(group);
    }
    let shapes: Vec<_> = (1..=12)
        .map(|nth| {
            let epc = if nth % 2 == 0 { Want::Share(nth) } else { Want::Spread(nth + 10) };
            let request = Request::new([(kinds[0], Want::Share(nth)), (kinds[1], epc)]).expect("two kinds");
            fleet.shape(&request, 0, |_| Some(0))
        })
        .collect();
    fleet.reserve(4_000);
    let mut held = Vec::with_capacity(4_000);
    let mut placed = 0;
    let allocated = allocation_counter::measure(|| {
        for nth in 0..20_000 {
            if nth % 3 == 2 || held.len() == held.capacity() {
                if !held.is_empty() {
                    fleet.release(held.swap_remove(nth * 7 % held.len()));
                }
            } else if let Some(it) = fleet.place(shapes[nth * 5 % shapes.len()], |_| true) {
                held.push(it);
                placed += 1;
            }
        }
    });
    assert!(placed > 5_000, "{placed}");
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}
