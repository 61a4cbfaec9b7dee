//! Who waits, in the order in which they came.
//!
//! A word holds it, a hexadecimal digit for each place: nothing here loops, however many wait.

use crate::{THREADS, ThreadId, ThreadSet};

/// Threads that are queued or ready, those that came first in front.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    /// The first in the lowest digit. Beyond the last all are 0, so that equal lines are equal.
    places: u64,
    /// Who is in, and how many they are.
    members: ThreadSet,
    len: u8,
}

/// Bits of a place.
const PLACE: u32 = 4;
/// All of a place's bits.
const DIGIT: u64 = (1 << PLACE) - 1;
/// A 1 in each place.
const ONES: u64 = u64::MAX / DIGIT;

const _: () = assert!(THREADS <= 1 << PLACE && THREADS * PLACE as usize <= u64::BITS as usize);

impl Line {
    pub(crate) const EMPTY: Self = Self { places: 0, members: ThreadSet::EMPTY, len: 0 };

    /// Who is in.
    pub(crate) const fn members(&self) -> ThreadSet {
        self.members
    }

    /// In order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = ThreadId> + use<> {
        let (mut places, mut left) = (self.places, self.len);
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let thread = ThreadId::from_digit(places);
            places >>= PLACE;
            Some(thread)
        })
    }

    /// The first of these.
    pub(crate) fn first_of(&self, asked: ThreadSet) -> Option<ThreadId> {
        let mut places = self.places;
        for _ in 0..self.len {
            if asked.bits() >> (places & DIGIT) & 1 != 0 {
                return Some(ThreadId::from_digit(places));
            }
            places >>= PLACE;
        }
        None
    }

    /// To the end.
    pub(crate) fn join(&mut self, thread: ThreadId) {
        self.leave(thread);
        // There is room for everybody once, so never more than all but one are before the last.
        self.places |= digit(thread).wrapping_shl(PLACE.wrapping_mul(u32::from(self.len)));
        self.members.insert(thread);
        self.len = self.len.wrapping_add(1);
    }

    /// To the front.
    pub(crate) fn return_to(&mut self, thread: ThreadId) {
        self.leave(thread);
        self.places = self.places << PLACE | digit(thread);
        self.members.insert(thread);
        self.len = self.len.wrapping_add(1);
    }

    /// Out of it, if it is in.
    pub(crate) fn leave(&mut self, thread: ThreadId) {
        if !self.members.contains(thread) {
            return;
        }
        self.members.remove(thread);
        self.len = self.len.wrapping_sub(1);
        // Digits that are the thread's become 0, and the lowest 0 borrows where 1 is taken from each. What is
        // beyond the last may look like thread 0, but is above the place where it is.
        let others = self.places ^ digit(thread).wrapping_mul(ONES);
        let found = others.wrapping_sub(ONES) & !others & ONES << (PLACE - 1);
        let before = (found & found.wrapping_neg()).wrapping_sub(1) >> (PLACE - 1);
        self.places = self.places & before | (self.places >> PLACE) & !before;
    }
}

fn digit(thread: ThreadId) -> u64 {
    thread.index() as u64
}

impl core::fmt::Debug for Line {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter().map(ThreadId::index)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn thread(number: usize) -> ThreadId {
        ThreadId::new(number).unwrap()
    }

    #[test]
    fn who_came_first_is_in_front_unless_somebody_returns() {
        let [a, b, c] = [1, 2, 3].map(thread);
        let mut line = Line::EMPTY;
        line.join(a);
        line.join(b);
        line.return_to(c);
        assert!(line.iter().eq([c, a, b]));
        line.join(c);
        line.leave(a);
        assert!(line.iter().eq([b, c]));
        line.leave(b);
        line.leave(c);
        assert_eq!(line, Line::EMPTY);
    }

    #[test]
    fn there_is_room_for_everybody() {
        let mut line = Line::EMPTY;
        ThreadId::all().for_each(|it| line.join(it));
        ThreadId::all().for_each(|it| line.return_to(it));
        assert!(line.iter().count() == THREADS && line.iter().next() == ThreadId::new(THREADS - 1));
    }

    proptest! {
        #[test]
        fn it_is_a_queue_whatever_happens(what in prop::collection::vec((0..3, 0..THREADS), 0..200)) {
            let mut line = Line::EMPTY;
            let mut queue = VecDeque::new();
            for (what, number) in what {
                queue.retain(|it| *it != number);
                match what {
                    0 => {
                        queue.push_back(number);
                        line.join(thread(number));
                    }
                    1 => {
                        queue.push_front(number);
                        line.return_to(thread(number));
                    }
                    _ => line.leave(thread(number)),
                }
                prop_assert!(line.iter().map(ThreadId::index).eq(queue.iter().copied()));
            }
            queue.into_iter().for_each(|it| line.leave(thread(it)));
            prop_assert_eq!(line, Line::EMPTY);
        }
    }
}
