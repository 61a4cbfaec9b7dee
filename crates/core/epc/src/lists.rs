//! Intrusive lists over frames: links live in one table, made once.
//!
//! Every enclave has two lists, as each memory cgroup has under Linux: *active*,
//! for pages that proved they come back, and *inactive*, in the order of arrival.
//! Heads are the newest. Each entry carries the moment it was put in, so that the
//! oldest page of many enclaves is found by comparing their tails.

use alloc::vec::Vec;

use crate::{PageNo, Slot};

const NIL: u32 = u32::MAX;

/// One of an enclave's lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    head: u32,
    tail: u32,
    len: u32,
}

impl List {
    pub(crate) const EMPTY: Self = Self { head: NIL, tail: NIL, len: 0 };

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// The frame that was put in first.
    pub(crate) fn oldest(&self) -> Option<u32> {
        (self.tail != NIL).then_some(self.tail)
    }
}

/// What lies on a frame, and its neighbours in the list it is on.
#[derive(Clone, Copy, Debug)]
struct Link {
    newer: u32,
    older: u32,
    slot: Slot,
    page: PageNo,
    stamp: u64,
}

/// The links of every frame.
#[derive(Debug)]
pub(crate) struct Links {
    links: Vec<Link>,
    /// Entries made so far: the time on stamps.
    made: u64,
}

impl Links {
    pub(crate) fn new(frames: u32) -> Self {
        let empty = Link { newer: NIL, older: NIL, slot: Slot(0), page: PageNo(0), stamp: 0 };
        Self { links: alloc::vec![empty; frames as usize], made: 0 }
    }

    /// The page on a frame.
    pub(crate) fn page(&self, frame: u32) -> (Slot, PageNo) {
        let link = &self.links[frame as usize];
        (link.slot, link.page)
    }

    /// When the frame was put into its list.
    pub(crate) fn stamp(&self, frame: u32) -> u64 {
        self.links[frame as usize].stamp
    }

    /// Puts a frame, on which `page` lies, at the head of `list`.
    pub(crate) fn push(&mut self, list: &mut List, frame: u32, slot: Slot, page: PageNo) {
        self.made += 1;
        self.links[frame as usize] = Link { newer: NIL, older: list.head, slot, page, stamp: self.made };
        match list.head {
            NIL => list.tail = frame,
            head => self.links[head as usize].newer = frame,
        }
        list.head = frame;
        list.len += 1;
    }

    /// Takes the oldest frame off `list`.
    pub(crate) fn pop_oldest(&mut self, list: &mut List) -> Option<u32> {
        let frame = list.oldest()?;
        list.tail = self.links[frame as usize].newer;
        match list.tail {
            NIL => list.head = NIL,
            tail => self.links[tail as usize].older = NIL,
        }
        list.len -= 1;
        Some(frame)
    }

    /// The frames of a list from old to new.
    #[cfg(test)]
    pub(crate) fn iter(&self, list: &List) -> impl Iterator<Item = u32> {
        let first = list.oldest();
        core::iter::successors(first, |frame| {
            let newer = self.links[*frame as usize].newer;
            (newer != NIL).then_some(newer)
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use alloc::collections::VecDeque;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_is_a_queue(pushes in prop::collection::vec(any::<bool>(), 0..200)) {
            let (mut links, mut list) = (Links::new(200), List::EMPTY);
            let mut queue = VecDeque::new();
            for (frame, push) in (0..).zip(pushes) {
                if push {
                    links.push(&mut list, frame, Slot(1), PageNo(frame));
                    queue.push_back(frame);
                } else {
                    prop_assert_eq!(links.pop_oldest(&mut list), queue.pop_front());
                }
                prop_assert_eq!(list.len() as usize, queue.len());
                prop_assert!(links.iter(&list).eq(queue.iter().copied()));
                prop_assert!(queue.iter().map(|f| links.stamp(*f)).is_sorted());
            }
        }
    }
}
