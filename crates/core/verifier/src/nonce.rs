//! Nonces given out: each is good once, for one node, for a while.
//!
//! The bytes are the caller's, who has randomness. Refuses what was not given out, was used, or is
//! too old, and gives out no more than are remembered.

use std::collections::BTreeMap;

use casemate_model::{Nanos, Nonce, Timestamp};
use casemate_mutant::{Mutant, active as seeded};
use thiserror::Error;

/// Nonces that are out.
#[derive(Clone, Debug)]
pub struct Nonces {
    lifetime: Nanos,
    total: usize,
    per_node: usize,
    out: BTreeMap<Nonce, (String, Timestamp)>,
    /// When they lapse, earliest first.
    lapses: BTreeMap<(Timestamp, Nonce), ()>,
    of_node: BTreeMap<String, usize>,
}

/// Why a nonce is not given out, or does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NonceFault {
    /// As many are out as are remembered.
    #[error("{limit} nonces are out, as many as are remembered; come back at {retry_at}")]
    Full {
        /// How many may be out, of this node or of all.
        limit: usize,
        /// When the first of them lapses.
        retry_at: Timestamp,
    },
    /// These bytes are out already.
    #[error("this nonce was given out before and is still good: the random source repeats itself")]
    Repeated,
    /// Never given out to this node, or lapsed, or used.
    #[error("the nonce was not given to this node, was used before or has lapsed; ask for a new one")]
    NotOut,
}

impl Nonces {
    /// None out yet. A nonce is good for `lifetime`; at most `total` are out, `per_node` of them to one
    /// node.
    #[must_use]
    pub fn new(lifetime: Nanos, total: usize, per_node: usize) -> Self {
        let (out, lapses, of_node) = Default::default();
        Self { lifetime, total, per_node, out, lapses, of_node }
    }

    /// Nonces that are out, lapsed ones not looked for yet included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether none is out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Gives `nonce` out to a node. Answers the last instant at which it is good.
    ///
    /// # Errors
    ///
    /// Where too many are out, or this one is.
    pub fn give(&mut self, nonce: Nonce, node_uid: &str, now: Timestamp) -> Result<Timestamp, NonceFault> {
        self.lapse(now);
        let of_node = self.of_node.get(node_uid).copied().unwrap_or(0);
        if of_node >= self.per_node && !seeded(Mutant::NonceForgetsNodeBound) {
            return Err(self.full(self.per_node, |owner| owner == node_uid, now));
        }
        if self.out.len() >= self.total {
            return Err(self.full(self.total, |_| true, now));
        }
        if self.out.contains_key(&nonce) {
            return Err(NonceFault::Repeated);
        }
        let until = now.after(self.lifetime);
        self.out.insert(nonce, (node_uid.to_owned(), until));
        self.lapses.insert((until, nonce), ());
        self.of_node.insert(node_uid.to_owned(), of_node.saturating_add(1));
        Ok(until)
    }

    /// Uses a nonce up. Another node's stays out: whoever guesses must not be able to use it up.
    ///
    /// # Errors
    ///
    /// Where it is not good for this node now.
    pub fn spend(&mut self, nonce: &Nonce, node_uid: &str, now: Timestamp) -> Result<(), NonceFault> {
        self.lapse(now);
        let is_other = |owner: &str| owner != node_uid && !seeded(Mutant::NonceGoodForAnybody);
        if self.out.get(nonce).is_none_or(|(owner, _)| is_other(owner)) {
            if seeded(Mutant::NonceUsedUpByOthers) {
                self.forget(nonce);
            }
            return Err(NonceFault::NotOut);
        }
        if !seeded(Mutant::NonceGoodTwice) {
            self.forget(nonce);
        }
        Ok(())
    }

    fn full(&self, limit: usize, counts: impl Fn(&str) -> bool, now: Timestamp) -> NonceFault {
        let of = |(lapse, _): &&(Timestamp, Nonce)| *lapse;
        let owned =
            self.lapses.keys().filter(|(_, it)| self.out.get(it).is_some_and(|(owner, _)| counts(owner)));
        let first = owned.map(|it| of(&it)).next().unwrap_or(now);
        NonceFault::Full { limit, retry_at: first.after(Nanos(1)) }
    }

    /// Forgets those that are past their last instant.
    fn lapse(&mut self, now: Timestamp) {
        while let Some(((until, nonce), ())) = self.lapses.first_key_value() {
            if *until >= now || seeded(Mutant::NonceNeverLapses) {
                return;
            }
            let nonce = *nonce;
            self.forget(&nonce);
        }
    }

    fn forget(&mut self, nonce: &Nonce) {
        let Some((owner, until)) = self.out.remove(nonce) else { return };
        self.lapses.remove(&(until, *nonce));
        if let Some(count) = self.of_node.get_mut(&owner) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.of_node.remove(&owner);
            }
        }
    }
}
