//! The queue of requests between the REE's tasks and its agent (SSRQ, RT 2.1), and how the agent sleeps beside
//! it without missing one.
//!
//! Many may push and many pop. Each slot has a number that says whose turn it is (Vyukov, "Bounded MPMC queue",
//! 1024cores): who has the turn writes or reads it alone. An agent that finds nothing says that it sleeps and looks
//! once more; who pushes looks whether somebody sleeps, and has to ring. Either sees the other.
//!
//! Words of 64 bits go through it, no memory: what they mean is the caller's, and the far side is not trusted.
//! `tests/loom.rs` explores every interleaving of this file's code.

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

/// A queue of at most `N` words; `N` is a power of two, at least 2.
pub struct Ring<const N: usize> {
    slots: [Slot; N],
    /// Where the next is pushed, and where it is popped; they run on for ever.
    push_at: AtomicU32,
    pop_at: AtomicU32,
    /// How many sleep beside it.
    sleepers: AtomicU32,
}

struct Slot {
    turn: AtomicU32,
    word: AtomicU64,
}

/// There is no room: the request may come again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<const N: usize> Ring<N> {
    const MASK: u32 = {
        assert!(N.is_power_of_two() && N >= 2 && N <= 1 << 16, "a power of two from 2 to 2^16");
        #[expect(clippy::cast_possible_truncation, reason = "at most 2^16")]
        let mask = N as u32 - 1;
        mask
    };

    /// Nothing is in it.
    #[must_use]
    pub fn new() -> Self {
        let slot = |at: usize| Slot {
            turn: AtomicU32::new(u32::try_from(at).unwrap_or(0)),
            word: AtomicU64::new(0),
        };
        Self {
            slots: core::array::from_fn(slot),
            push_at: AtomicU32::new(0),
            pop_at: AtomicU32::new(0),
            sleepers: AtomicU32::new(0),
        }
    }

    /// Puts a word in. `true`: somebody sleeps and has to be rung.
    ///
    /// # Errors
    ///
    /// [`Full`].
    pub fn push(&self, word: u64) -> Result<bool, Full> {
        let mut at = self.push_at.load(Ordering::Relaxed);
        loop {
            let slot = self.slot(at);
            let turn = slot.turn.load(Ordering::Acquire);
            if turn == at {
                let next = at.wrapping_add(1);
                match self.push_at.compare_exchange_weak(at, next, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {
                        slot.word.store(word, Ordering::Relaxed);
                        slot.turn.store(next, Ordering::Release);
                        // Before it is looked whether somebody sleeps, the word is there for him to find.
                        fence(Ordering::SeqCst);
                        return Ok(self.sleepers.load(Ordering::Relaxed) > 0);
                    }
                    Err(now) => at = now,
                }
            } else if turn.wrapping_sub(at) > u32::MAX / 2 {
                return Err(Full);
            } else {
                at = Self::later(at, &self.push_at).ok_or(Full)?;
            }
        }
    }

    /// Takes the word that came first.
    pub fn pop(&self) -> Option<u64> {
        let mut at = self.pop_at.load(Ordering::Relaxed);
        loop {
            let slot = self.slot(at);
            let turn = slot.turn.load(Ordering::Acquire);
            let filled = at.wrapping_add(1);
            if turn == filled {
                match self.pop_at.compare_exchange_weak(at, filled, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {
                        let word = slot.word.load(Ordering::Relaxed);
                        let again = at.wrapping_add(Self::MASK).wrapping_add(1);
                        slot.turn.store(again, Ordering::Release);
                        return Some(word);
                    }
                    Err(now) => at = now,
                }
            } else if turn.wrapping_sub(filled) > u32::MAX / 2 {
                return None;
            } else {
                at = Self::later(at, &self.pop_at)?;
            }
        }
    }

    /// An agent that found nothing is about to sleep. A word that came meanwhile is its answer, and it does not;
    /// with `None` it sleeps until it is rung, and says [`woken`](Self::woken) then.
    pub fn fall_asleep(&self) -> Option<u64> {
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        // Before it is looked once more, whoever pushes can see that somebody sleeps.
        fence(Ordering::SeqCst);
        let word = self.pop();
        if word.is_some() {
            self.woken();
        }
        word
    }

    /// An agent that slept is awake.
    pub fn woken(&self) {
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
    }

    /// Where it goes on after somebody else was faster: whoever took the turn has moved on before. `None`: nobody
    /// was, so the far side has written what no push or pop writes, and would have this CPU look for ever.
    fn later(than: u32, next: &AtomicU32) -> Option<u32> {
        Some(next.load(Ordering::Relaxed)).filter(|now| *now != than)
    }

    fn slot(&self, at: u32) -> &Slot {
        // The mask is one less than the number of slots.
        &self.slots[(at & Self::MASK) as usize]
    }
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> core::fmt::Debug for Ring<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Ring").field("slots", &N).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn words_come_out_in_the_order_they_went_in_round_and_round() {
        let ring = Ring::<4>::new();
        for round in 0..10_u64 {
            for word in 0..4 {
                assert_eq!(ring.push(round * 4 + word), Ok(false));
            }
            assert_eq!(ring.push(99), Err(Full));
            for word in 0..4 {
                assert_eq!(ring.pop(), Some(round * 4 + word));
            }
            assert_eq!(ring.pop(), None);
        }
    }

    #[test]
    fn turns_that_nobody_took_are_no_reason_to_look_for_ever() {
        let ring = Ring::<2>::new();
        ring.slots[0].turn.store(1 << 30, Ordering::Relaxed);
        assert_eq!((ring.push(1), ring.pop()), (Err(Full), None));
    }

    #[test]
    fn who_pushes_beside_a_sleeper_has_to_ring() {
        let ring = Ring::<2>::new();
        assert_eq!(ring.fall_asleep(), None);
        assert_eq!(ring.push(1), Ok(true));
        ring.woken();
        assert_eq!(ring.pop(), Some(1));
        assert_eq!(ring.push(2), Ok(false));
        assert_eq!(ring.fall_asleep(), Some(2));
    }
}
