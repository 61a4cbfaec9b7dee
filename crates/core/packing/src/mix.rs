//! What is asked for, as far as it was seen.
//!
//! Counts the different requests in constant memory, as Metwally, Agrawal and El Abbadi do ("Efficient
//! computation of frequent and top-k elements in data streams", ICDT 2005, Space-Saving): a request that
//! finds no place takes that of the rarest and inherits its count, so that no frequent request is missed.

use std::collections::BTreeMap;

use crate::request::Request;

/// Different requests that are counted at a time.
const COUNTED: usize = 1024;

/// The counts of requests.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    counts: BTreeMap<Request, u64>,
}

impl Mix {
    /// Nothing was seen.
    pub(crate) const fn new() -> Self {
        Self { counts: BTreeMap::new() }
    }

    /// One more of this request.
    pub(crate) fn count(&mut self, request: &Request) {
        if let Some(count) = self.counts.get_mut(request) {
            *count = count.saturating_add(1);
            return;
        }
        let mut inherited = 0;
        if self.counts.len() >= COUNTED {
            let rarest = self.counts.iter().min_by_key(|(_, count)| **count);
            if let Some((rarest, count)) = rarest.map(|(rarest, count)| (rarest.clone(), *count)) {
                self.counts.remove(&rarest);
                inherited = count;
            }
        }
        self.counts.insert(request.clone(), inherited.saturating_add(1));
    }

    /// Forgets half of everything, so that what came long ago weighs less.
    pub(crate) fn halve(&mut self) {
        self.counts.retain(|_, count| {
            *count /= 2;
            *count > 0
        });
    }

    /// The most frequent requests with their counts, the most frequent first.
    pub(crate) fn most_frequent(&self, most: usize) -> Vec<(&Request, u64)> {
        let mut all: Vec<_> = self.counts.iter().map(|(request, count)| (request, *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all.truncate(most);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Want;

    fn request(amount: u64) -> Request {
        Request::new(vec![Want::Share(amount)], None).unwrap()
    }

    #[test]
    fn a_frequent_request_is_not_lost_among_very_many_rare_ones() {
        let mut mix = Mix::new();
        for rare in 1..=10_000 {
            mix.count(&request(rare));
            if rare % 10 == 0 {
                mix.count(&request(0));
            }
        }
        assert_eq!(mix.counts.len(), COUNTED);
        let found = mix.most_frequent(1);
        assert_eq!(found[0].0, &request(0));
        assert!(found[0].1 >= 1_000);
    }

    #[test]
    fn what_came_long_ago_is_forgotten() {
        let mut mix = Mix::new();
        for amount in [7, 7, 7, 8] {
            mix.count(&request(amount));
        }
        mix.halve();
        assert_eq!(mix.most_frequent(9), [(&request(7), 1)]);
        mix.halve();
        assert!(mix.most_frequent(9).is_empty());
    }
}
