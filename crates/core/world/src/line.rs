//! Who waits, in the order in which they came.

use crate::{THREADS, ThreadId};

/// Threads that are queued or ready, those that came first in front.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    /// Beyond the length all are alike, so that equal lines are equal.
    places: [Option<ThreadId>; THREADS],
    len: u8,
}

impl Line {
    pub(crate) const EMPTY: Self = Self { places: [None; THREADS], len: 0 };

    /// In order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = ThreadId> {
        self.places.iter().flatten().copied()
    }

    /// To the end.
    pub(crate) fn join(&mut self, thread: ThreadId) {
        self.leave(thread);
        if let Some(place) = self.places.get_mut(usize::from(self.len)) {
            *place = Some(thread);
            self.len += 1;
        }
    }

    /// To the front.
    pub(crate) fn return_to(&mut self, thread: ThreadId) {
        self.leave(thread);
        let len = usize::from(self.len);
        if len < THREADS {
            self.places.copy_within(..len, 1);
            self.places[0] = Some(thread);
            self.len += 1;
        }
    }

    /// Out of it, if it is in.
    pub(crate) fn leave(&mut self, thread: ThreadId) {
        let Some(at) = self.places.iter().position(|it| *it == Some(thread)) else { return };
        self.places.copy_within(at + 1.., at);
        self.places[THREADS - 1] = None;
        self.len -= 1;
    }
}

impl core::fmt::Debug for Line {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter().map(ThreadId::index)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_first_is_in_front_unless_somebody_returns() {
        let [a, b, c] = [1, 2, 3].map(|it| ThreadId::new(it).unwrap());
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
}
