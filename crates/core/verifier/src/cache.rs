//! A bounded map that forgets by rule, not by chance: what lapsed first, then what was used longest ago.
//!
//! Entries belong to owners, and an owner has a share: one machine that keeps making new keys pushes
//! out its own entries and nobody else's.

use std::collections::BTreeMap;

use casemate_model::Timestamp;

/// A map of at most a given number of entries.
#[derive(Clone, Debug)]
pub struct Cache<K, V> {
    total: usize,
    per_owner: usize,
    used: u64,
    entries: BTreeMap<K, Entry<K, V>>,
    by_use: BTreeMap<u64, K>,
    by_lapse: BTreeMap<(Timestamp, u64), K>,
    owners: BTreeMap<K, BTreeMap<u64, K>>,
}

#[derive(Clone, Debug)]
struct Entry<K, V> {
    value: V,
    owner: K,
    lapses: Timestamp,
    used: u64,
}

impl<K: Ord + Copy, V> Cache<K, V> {
    /// An empty one for at most `total` entries, `per_owner` of them of one owner. One entry is always
    /// kept.
    #[must_use]
    pub fn new(total: usize, per_owner: usize) -> Self {
        let (entries, by_use, by_lapse, owners) = Default::default();
        let (total, per_owner) = (total.max(1), per_owner.max(1));
        Self { total, per_owner, used: 0, entries, by_use, by_lapse, owners }
    }

    /// Entries held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// An entry, also one that has lapsed: whoever asks for it knows the time.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|it| &it.value)
    }

    /// Whose an entry is.
    pub fn owner(&self, key: &K) -> Option<K> {
        self.entries.get(key).map(|it| it.owner)
    }

    /// An entry, to be changed where it stands.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|it| &mut it.value)
    }

    /// Every entry, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, it)| (key, &it.value))
    }

    /// Every entry, by key, to be changed where it stands.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, it)| (key, &mut it.value))
    }

    /// Says that an entry was used.
    pub fn touch(&mut self, key: &K) {
        let Some(entry) = self.entries.get(key) else { return };
        let (old, owner, lapses) = (entry.used, entry.owner, entry.lapses);
        self.unlink(old, owner, lapses);
        self.link(*key, owner, lapses);
    }

    /// Puts an entry in, in place of the one of that key, and answers what had to go for it. Those
    /// that have lapsed at `now` go first.
    pub fn insert(&mut self, key: K, owner: K, value: V, lapses: Timestamp, now: Timestamp) -> Vec<(K, V)> {
        let mut gone = Vec::new();
        self.remove(&key);
        while let Some((_, first)) = self.by_lapse.first_key_value().filter(|((lapse, _), _)| *lapse < now) {
            let first = *first;
            gone.extend(self.remove(&first).map(|it| (first, it)));
        }
        while self.owners.get(&owner).is_some_and(|it| it.len() >= self.per_owner) {
            let Some(oldest) = self.owners.get(&owner).and_then(|it| it.values().next().copied()) else {
                break;
            };
            gone.extend(self.remove(&oldest).map(|it| (oldest, it)));
        }
        while self.entries.len() >= self.total {
            let Some(oldest) = self.by_use.values().next().copied() else { break };
            gone.extend(self.remove(&oldest).map(|it| (oldest, it)));
        }
        self.entries.insert(key, Entry { value, owner, lapses, used: self.used });
        self.link(key, owner, lapses);
        gone
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let Entry { value, owner, lapses, used } = self.entries.remove(key)?;
        self.unlink(used, owner, lapses);
        Some(value)
    }

    fn link(&mut self, key: K, owner: K, lapses: Timestamp) {
        let used = self.used;
        self.used = self.used.saturating_add(1);
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.used = used;
        }
        self.by_use.insert(used, key);
        self.by_lapse.insert((lapses, used), key);
        self.owners.entry(owner).or_default().insert(used, key);
    }

    fn unlink(&mut self, used: u64, owner: K, lapses: Timestamp) {
        self.by_use.remove(&used);
        self.by_lapse.remove(&(lapses, used));
        if let Some(of_owner) = self.owners.get_mut(&owner) {
            of_owner.remove(&used);
            if of_owner.is_empty() {
                self.owners.remove(&owner);
            }
        }
    }
}
