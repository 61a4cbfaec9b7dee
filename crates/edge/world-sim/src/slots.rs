//! What is due next: a time for each of a fixed number of sources.
//!
//! Every source of events has one slot, so nothing is ever allocated. The slots are the leaves of a tournament
//! tree (Knuth, The Art of Computer Programming 3, 5.4.1): the earliest is known at once, and a change costs the
//! logarithm of their number. Among equal times the lower slot goes first.

/// No time.
pub(crate) const NEVER: u64 = u64::MAX;

/// Times of sources.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    times: Vec<u64>,
    /// The earlier slot of each pair, the root at 1; half as many as there are times.
    winners: Vec<u16>,
}

impl Slots {
    /// So many slots, none of them due.
    pub(crate) fn new(count: u16) -> Self {
        let leaves = usize::from(count).next_power_of_two().max(2);
        let mut slots = Self { times: vec![NEVER; leaves], winners: vec![0; leaves] };
        for node in (1..leaves).rev() {
            slots.winners[node] = slots.left_of(node);
        }
        slots
    }

    fn left_of(&self, node: usize) -> u16 {
        let half = self.times.len() / 2;
        if node >= half { u16::try_from((node - half) * 2).unwrap_or(0) } else { self.winners[node * 2] }
    }

    fn right_of(&self, node: usize) -> u16 {
        let half = self.times.len() / 2;
        if node >= half { self.left_of(node) + 1 } else { self.winners[node * 2 + 1] }
    }

    /// When a slot is due.
    pub(crate) fn time(&self, slot: u16) -> u64 {
        self.times[usize::from(slot)]
    }

    /// Says when a slot is due.
    pub(crate) fn set(&mut self, slot: u16, time: u64) {
        let at = usize::from(slot);
        if self.times[at] == time {
            return;
        }
        self.times[at] = time;
        let mut node = (self.times.len() + at) / 2;
        while node > 0 {
            let (left, right) = (self.left_of(node), self.right_of(node));
            let later = self.times[usize::from(right)] < self.times[usize::from(left)];
            self.winners[node] = if later { right } else { left };
            node /= 2;
        }
    }

    /// The slot that is due next, and when.
    pub(crate) fn first(&self) -> (u16, u64) {
        let slot = self.winners[1];
        (slot, self.times[usize::from(slot)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn the_earliest_is_first_whatever_changes() {
        for count in [1, 2, 3, 7, 64, 100] {
            let mut slots = Slots::new(count);
            let mut times = vec![NEVER; usize::from(count)];
            let mut random = Random::new(u64::from(count));
            for _ in 0..2_000 {
                let at = random.around(500_000, 100) % u64::from(count);
                let time = if random.around(100, 100) < 40 { NEVER } else { random.around(50, 100) };
                slots.set(u16::try_from(at).unwrap(), time);
                times[usize::try_from(at).unwrap()] = time;
                let (at, earliest) = times.iter().enumerate().min_by_key(|(at, it)| (**it, *at)).unwrap();
                assert_eq!(slots.first(), (u16::try_from(at).unwrap(), *earliest));
            }
        }
    }
}
