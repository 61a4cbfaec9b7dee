//! Counts of pods by domain.

use alloc::collections::BTreeMap;
use alloc::string::String;

/// Pods by domain, for one topology key. Domains without pods are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pods: BTreeMap<String, u64>,
    total: u64,
}

/// Pods by eligible domain, for one spread constraint. Domains without pods are kept as long as a node is
/// in them, since one of them may be the emptiest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpreadTally {
    domains: BTreeMap<String, Domain>,
    /// How many domains count so many pods.
    by_pods: BTreeMap<u64, u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Domain {
    nodes: u64,
    pods: u64,
}

/// Points by domain, for one topology key. Domains of no points are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Points(BTreeMap<String, i64>);

/// Whether something comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Comes,
    Goes,
}

impl Change {
    fn apply(self, count: &mut u64) {
        *count = match self {
            Self::Comes => count.saturating_add(1),
            Self::Goes => count.saturating_sub(1),
        };
    }
}

impl Tally {
    pub(crate) fn change(&mut self, domain: &str, change: Change) {
        let count = entry(&mut self.pods, domain);
        change.apply(count);
        if *count == 0 {
            self.pods.remove(domain);
        }
        change.apply(&mut self.total);
    }

    /// Pods in one domain.
    pub(crate) fn pods(&self, domain: &str) -> u64 {
        self.pods.get(domain).copied().unwrap_or(0)
    }

    /// Pods in all of them.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }
}

impl SpreadTally {
    pub(crate) fn change_nodes(&mut self, domain: &str, change: Change) {
        let before = self.domains.get(domain).copied();
        let mut after = before.unwrap_or_default();
        change.apply(&mut after.nodes);
        self.put(domain, before, after);
    }

    pub(crate) fn change_pods(&mut self, domain: &str, change: Change) {
        let before = self.domains.get(domain).copied();
        let mut after = before.unwrap_or_default();
        change.apply(&mut after.pods);
        self.put(domain, before, after);
    }

    fn put(&mut self, domain: &str, before: Option<Domain>, after: Domain) {
        if let Some(count) =
            before.and_then(|it| self.by_pods.get_mut(&it.pods).map(|count| (it.pods, count)))
        {
            let (pods, count) = count;
            Change::Goes.apply(count);
            if *count == 0 {
                self.by_pods.remove(&pods);
            }
        }
        if after == Domain::default() {
            self.domains.remove(domain);
        } else {
            Change::Comes.apply(self.by_pods.entry(after.pods).or_default());
            *entry(&mut self.domains, domain) = after;
        }
    }

    /// Pods in one domain; 0 in one that is not eligible.
    pub(crate) fn pods(&self, domain: &str) -> u64 {
        self.domains.get(domain).map_or(0, |it| it.pods)
    }

    /// Pods in the emptiest eligible domain; 0 where there are fewer domains than `domains_min`.
    pub(crate) fn least(&self, domains_min: u64) -> u64 {
        if self.domains() < domains_min {
            return 0;
        }
        self.by_pods.first_key_value().map_or(0, |(pods, _)| *pods)
    }

    /// Pods in the fullest eligible domain.
    pub(crate) fn most(&self) -> u64 {
        self.by_pods.last_key_value().map_or(0, |(pods, _)| *pods)
    }

    /// How many eligible domains there are.
    pub(crate) fn domains(&self) -> u64 {
        self.domains.len() as u64
    }
}

impl Points {
    pub(crate) fn add(&mut self, domain: &str, points: i64) {
        let sum = entry(&mut self.0, domain);
        *sum = sum.saturating_add(points);
        if *sum == 0 {
            self.0.remove(domain);
        }
    }

    pub(crate) fn of(&self, domain: &str) -> i64 {
        self.0.get(domain).copied().unwrap_or(0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What is kept for a domain. Its name is copied the first time only.
fn entry<'a, T: Default>(map: &'a mut BTreeMap<String, T>, domain: &str) -> &'a mut T {
    if !map.contains_key(domain) {
        map.insert(domain.into(), T::default());
    }
    map.get_mut(domain).expect("it was there, or was put there above")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_of_domains_that_are_left() {
        let (mut tally, mut spread, mut points) =
            (Tally::default(), SpreadTally::default(), Points::default());
        for change in [Change::Comes, Change::Goes] {
            tally.change("1", change);
            spread.change_nodes("1", change);
        }
        points.add("1", 7);
        points.add("1", -7);
        assert_eq!((tally, spread), (Tally::default(), SpreadTally::default()));
        assert!(points.is_empty());
    }
}
