//! What is asked for, as far as it was seen: counts of requests by number, in constant memory.
//!
//! A number that means another request starts from nothing. Numbers are taken from requests that were not
//! asked for since [`SHAPES_MOST`] others were, so none that is frequent is lost.

use std::cmp::Reverse;

use super::super::shape::{SHAPES_MOST, ShapeId};

/// Counts are halved after so many requests, so that last week does not outweigh today.
const REMEMBERED_FOR: u64 = 1 << 20;

/// The counts of requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Mix {
    /// By the request's number.
    counts: Vec<Option<(ShapeId, u64)>>,
    since_halved: u64,
    /// To put them in order.
    sorted: Vec<(Reverse<u64>, ShapeId)>,
}

impl Mix {
    /// One more of this request.
    pub(super) fn count(&mut self, shape: ShapeId) {
        if self.counts.len() <= shape.slot() {
            self.counts.resize(shape.slot() + 1, None);
        }
        let Some(place) = self.counts.get_mut(shape.slot()) else { return };
        match place {
            Some((of, count)) if *of == shape => *count = count.saturating_add(1),
            other => *other = Some((shape, 1)),
        }
        self.since_halved += 1;
        if self.since_halved >= REMEMBERED_FOR {
            self.since_halved = 0;
            self.halve();
        }
    }

    /// Requests with their counts, the most frequent first, of those alike the one with the lower number.
    pub(super) fn most_frequent(&mut self) -> impl Iterator<Item = (ShapeId, u64)> + Clone {
        self.sorted.clear();
        self.sorted.extend(self.counts.iter().flatten().map(|(shape, count)| (Reverse(*count), *shape)));
        self.sorted.sort_unstable();
        self.sorted.iter().map(|(Reverse(count), shape)| (*shape, *count))
    }

    pub(super) fn reserve(&mut self) {
        self.counts.reserve(SHAPES_MOST.saturating_sub(self.counts.len()));
        self.sorted.reserve(SHAPES_MOST.saturating_sub(self.sorted.len()));
    }

    /// Forgets half of everything.
    fn halve(&mut self) {
        for place in &mut self.counts {
            *place = place.map(|(shape, count)| (shape, count / 2)).filter(|(_, count)| *count > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::group::Groups;
    use super::super::super::request::{Request, Want};
    use super::super::super::shape::Shapes;
    use super::super::super::stock::Kind;
    use super::*;

    fn shape(shapes: &mut Shapes, amount: u64) -> ShapeId {
        let id = shapes.number(&Request::new([(Kind(0), Want::Share(amount))]).unwrap(), 0);
        shapes.ask(id, &Groups::default(), |_| Some(0));
        id
    }

    #[test]
    fn a_frequent_request_is_not_lost_among_very_many_rare_ones() {
        let (mut mix, mut shapes) = (Mix::default(), Shapes::default());
        for rare in 1..=20_000 {
            mix.count(shape(&mut shapes, 100 + rare));
            if rare % 10 == 0 {
                mix.count(shape(&mut shapes, 7));
            }
        }
        assert_eq!(mix.counts.len(), SHAPES_MOST);
        let frequent = shape(&mut shapes, 7);
        assert_eq!(mix.most_frequent().next(), Some((frequent, 2_000)));
        assert!(mix.most_frequent().skip(1).all(|(_, count)| count == 1));
    }

    #[test]
    fn what_came_long_ago_is_forgotten() {
        let (mut mix, mut shapes) = (Mix::default(), Shapes::default());
        for amount in [7, 7, 7, 8] {
            mix.count(shape(&mut shapes, amount));
        }
        mix.halve();
        let frequent = shape(&mut shapes, 7);
        assert_eq!(mix.most_frequent().collect::<Vec<_>>(), [(frequent, 1)]);
        mix.halve();
        assert_eq!(mix.most_frequent().count(), 0);
    }
}
