//! Nonces: each is good once, and for a short time.
//!
//! A nonce says itself until when it is good, under a key of this process (HMAC-SHA-256): issuing
//! one takes no memory, however many are asked for. Only those that were used are remembered, until
//! they would have expired. After a restart, those issued before are strangers'.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use casemate_model::{Nanos, Timestamp};
use thiserror::Error;

/// Bytes of a nonce: 12 random, 4 of the second at which it expires, 16 that only we can make.
pub(crate) const LEN: usize = 32;
const RANDOM: usize = 12;
const SIGNED: usize = 16;
/// Used ones that are remembered.
const MAX_USED: usize = 1 << 18;

/// Why a nonce does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NonceError {
    /// Its time is up.
    #[error("the nonce expired at {at}; ask for a new one")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was good once.
    #[error("the nonce was used before; ask for a new one")]
    Used,
    /// More are in use than are remembered.
    #[error("more nonces are in use than are remembered")]
    Full,
}

/// Issues nonces and takes them back.
pub(crate) struct Nonces {
    key: hmac::Key,
    life: Nanos,
    used: Mutex<BTreeMap<[u8; LEN], Timestamp>>,
}

impl Nonces {
    /// A new key.
    ///
    /// # Errors
    ///
    /// Where the system has no randomness.
    pub(crate) fn new(life: Nanos) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())?;
        Ok(Self { key, life, used: Mutex::default() })
    }

    /// A new nonce, and the last instant at which it is good.
    ///
    /// # Errors
    ///
    /// Where the system has no randomness.
    pub(crate) fn issue(
        &self,
        now: Timestamp,
    ) -> Result<([u8; LEN], Timestamp), aws_lc_rs::error::Unspecified> {
        let seconds = u32::try_from(now.after(self.life).as_unix_secs()).unwrap_or(u32::MAX);
        let mut nonce = [0; LEN];
        let (signed, tag) = nonce.split_at_mut(SIGNED);
        let (random, expiry) = signed.split_at_mut(RANDOM);
        SystemRandom::new().fill(random)?;
        expiry.copy_from_slice(&seconds.to_be_bytes());
        for (byte, made) in tag.iter_mut().zip(hmac::sign(&self.key, signed).as_ref()) {
            *byte = *made;
        }
        Ok((nonce, Timestamp::from_unix_secs(u64::from(seconds))))
    }

    /// Uses a nonce up. `Ok(false)` where it was not issued here: then it is the caller's own, and so
    /// is its freshness.
    pub(crate) fn consume(&self, nonce: &[u8], now: Timestamp) -> Result<bool, NonceError> {
        let Ok(nonce) = <[u8; LEN]>::try_from(nonce) else { return Ok(false) };
        let (signed, tag) = nonce.split_at(SIGNED);
        let made = hmac::sign(&self.key, signed);
        let made = made.as_ref().get(..tag.len()).unwrap_or_default();
        if aws_lc_rs::constant_time::verify_slices_are_equal(made, tag).is_err() {
            return Ok(false);
        }
        let expiry = signed.get(RANDOM..).and_then(|it| it.try_into().ok()).map_or(0, u32::from_be_bytes);
        let at = Timestamp::from_unix_secs(u64::from(expiry));
        if now > at {
            return Err(NonceError::Expired { at });
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MAX_USED {
            used.retain(|_, expires| *expires >= now);
        }
        if used.len() >= MAX_USED {
            return Err(NonceError::Full);
        }
        match used.insert(nonce, at) {
            None => Ok(true),
            Some(_) => Err(NonceError::Used),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);
    const MINUTE: Nanos = Nanos::from_secs(60);

    #[test]
    fn a_nonce_is_good_once() {
        let nonces = Nonces::new(MINUTE).expect("randomness");
        let (nonce, _) = nonces.issue(NOW).expect("randomness");
        assert_eq!(nonces.consume(&nonce, NOW), Ok(true));
        assert_eq!(nonces.consume(&nonce, NOW), Err(NonceError::Used));
    }

    #[test]
    fn a_nonce_is_good_for_a_while() {
        let nonces = Nonces::new(MINUTE).expect("randomness");
        let (nonce, at) = nonces.issue(NOW).expect("randomness");
        assert_eq!(at, NOW.after(MINUTE));
        let late = at.after(Nanos::from_secs(1));
        assert_eq!(nonces.consume(&nonce, late), Err(NonceError::Expired { at }));
        assert_eq!(nonces.consume(&nonce, at), Ok(true), "and not used up by having been too late");
    }

    #[test]
    fn nobody_else_makes_one_or_makes_one_last() {
        let nonces = Nonces::new(MINUTE).expect("randomness");
        let (nonce, _) = nonces.issue(NOW).expect("randomness");
        for bit in 0..LEN * 8 {
            let mut other = nonce;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(nonces.consume(&other, NOW), Ok(false), "bit {bit}");
        }
        let stranger = Nonces::new(MINUTE).expect("randomness");
        assert_eq!(stranger.consume(&nonce, NOW), Ok(false));
        assert_eq!(nonces.consume(b"short", NOW), Ok(false));
    }
}
