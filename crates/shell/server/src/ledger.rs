//! What was accepted and still stands: looked at again when collateral changes, so that whoever
//! relies on a verdict is told that it fell, and against the next set, so that it is known before.
//!
//! One entry a platform, tenant and policy, the last evidence accepted of it. Bounded in entries and
//! bytes; the ones seen longest ago go first, and are reported by no event.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use casemate_attest::Claims;
use casemate_model::Timestamp;

use crate::ask::Ask;
use crate::enrolled::name;

const MAX_ENTRIES: usize = 4096;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Who is told apart: platform, subject, tenant, policy.
pub(crate) type Key = (String, String, Option<String>, String);

/// One accepted attester.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What was sent.
    pub(crate) ask: Arc<Ask>,
    /// When the verdict lapses by itself.
    pub(crate) valid_until: Option<Timestamp>,
    /// In which order it was seen.
    seen: u64,
}

/// Everything accepted.
#[derive(Default)]
pub(crate) struct Ledger {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<Key, Entry>,
    by_age: BTreeMap<u64, Key>,
    bytes: usize,
    seen: u64,
}

impl Ledger {
    /// Enters what was accepted of a platform, in place of what was before.
    pub(crate) fn enter(&self, platform: &str, ask: &Arc<Ask>, valid_until: Option<Timestamp>) {
        let terms = &ask.terms;
        let policy = terms.policy.id().to_owned();
        let key = (platform.to_owned(), terms.subject.clone(), terms.tenant.clone(), policy);
        let mut state = self.state();
        state.remove(&key);
        state.seen = state.seen.saturating_add(1);
        let seen = state.seen;
        state.bytes = state.bytes.saturating_add(ask.len());
        state.by_age.insert(seen, key.clone());
        state.entries.insert(key, Entry { ask: Arc::clone(ask), valid_until, seen });
        while state.entries.len() > MAX_ENTRIES || state.bytes > MAX_BYTES {
            let Some((_, oldest)) = state.by_age.pop_first() else { break };
            state.remove(&oldest);
        }
    }

    /// Takes an entry out, if it is still the one that was looked at.
    pub(crate) fn strike(&self, key: &Key, entry: &Entry) {
        let mut state = self.state();
        if state.entries.get(key).is_some_and(|it| it.seen == entry.seen) {
            state.remove(key);
        }
    }

    /// Everything that still stands at this instant.
    pub(crate) fn standing(&self, now: Timestamp) -> Vec<(Key, Entry)> {
        let mut state = self.state();
        let lapsed = |it: &Entry| it.valid_until.is_some_and(|until| until < now);
        let gone: Vec<Key> =
            state.entries.iter().filter(|(_, it)| lapsed(it)).map(|(key, _)| key.clone()).collect();
        gone.iter().for_each(|key| state.remove(key));
        state.entries.iter().map(|(key, entry)| (key.clone(), entry.clone())).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_age.remove(&entry.seen);
            self.bytes = self.bytes.saturating_sub(entry.ask.len());
        }
    }
}

/// What names the platform. `None` where evidence names none.
pub(crate) fn platform_name(claims: &Claims) -> Option<String> {
    claims.platform.as_ref().map(name)
}

#[cfg(test)]
mod tests {
    use casemate_dossier::Input;
    use casemate_policy::EvidencePolicy;
    use casemate_verifier::queue::Priority;

    use super::*;
    use crate::ask::Terms;

    fn ask(bytes: usize) -> Arc<Ask> {
        let inputs = vec![Input { name: String::new(), bytes: vec![0; bytes] }];
        let terms = Terms {
            subject: "node".into(),
            challenge: None,
            tenant: None,
            policy: Arc::new(EvidencePolicy::published_default()),
            priority: Priority::Normal,
            deadline: Timestamp(u64::MAX),
        };
        Arc::new(Ask::new(terms, &inputs))
    }

    #[test]
    fn a_platform_has_one_entry_and_it_lapses() {
        let (ledger, until) = (Ledger::default(), Timestamp(100));
        ledger.enter("ppid:1", &ask(1), Some(until));
        ledger.enter("ppid:1", &ask(2), Some(until));
        ledger.enter("ppid:2", &ask(3), None);
        assert_eq!(ledger.standing(until).len(), 2);
        assert_eq!(ledger.standing(Timestamp(101)).len(), 1);
        assert_eq!(ledger.state().bytes, 3);
    }

    #[test]
    fn it_holds_so_many_entries_and_so_many_bytes_and_forgets_the_oldest() {
        let ledger = Ledger::default();
        let small = ask(0);
        (0..=MAX_ENTRIES).for_each(|nth| ledger.enter(&nth.to_string(), &small, None));
        let held = ledger.standing(Timestamp(0));
        assert_eq!(held.len(), MAX_ENTRIES);
        assert!(!held.iter().any(|(key, _)| key.0 == "0"));
        let large = ask(MAX_BYTES / 2);
        (0..3).for_each(|nth| ledger.enter(&format!("large {nth}"), &large, None));
        assert_eq!(ledger.standing(Timestamp(0)).len(), 2);
    }

    #[test]
    fn what_was_verified_anew_meanwhile_is_not_struck() {
        let ledger = Ledger::default();
        ledger.enter("ppid:1", &ask(1), None);
        let looked_at = ledger.standing(Timestamp(0));
        ledger.enter("ppid:1", &ask(1), None);
        let (key, entry) = &looked_at[0];
        ledger.strike(key, entry);
        assert_eq!(ledger.standing(Timestamp(0)).len(), 1);
    }
}
