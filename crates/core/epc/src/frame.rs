//! Residency tokens out of a fixed count.

use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

static LOST: AtomicU64 = AtomicU64::new(0);
static POOLS: AtomicU32 = AtomicU32::new(0);

/// Frames dropped outside the protocol since the program started, over all pools.
///
/// Anything but zero is a bug of whoever held them: the pool has shrunk for good.
#[must_use]
pub fn lost_frames() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// The right to keep one page of plaintext resident. Not an address.
///
/// Owned once: there is no way to copy one, and it comes from and goes back to its
/// [`FramePool`] only. Dropping it loses it, which [`lost_frames`] counts.
#[must_use = "a frame that is dropped is lost to its pool"]
pub struct Frame {
    pool: u32,
    index: u32,
}

impl Frame {
    /// Which of its pool's it is, from 0.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        LOST.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({})", self.index)
    }
}

/// Where a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the pool, for anyone.
    Free,
    /// In the pool, under a resident page.
    Parked,
    /// Out, as a [`Frame`].
    Out,
}

/// The fixed number of frames there is.
///
/// Dropping the pool ends its frames; that loses none.
#[derive(Debug)]
pub struct FramePool {
    id: u32,
    places: Vec<Place>,
    free: Vec<u32>,
    parked: u32,
}

impl FramePool {
    /// A pool of `frames`, all free.
    #[must_use]
    pub fn new(frames: u32) -> Self {
        Self {
            id: POOLS.fetch_add(1, Ordering::Relaxed),
            places: (0..frames).map(|_| Place::Free).collect(),
            free: (0..frames).rev().collect(),
            parked: 0,
        }
    }

    /// Takes a free frame out, where there is one.
    pub fn take(&mut self) -> Option<Frame> {
        let index = self.free.pop()?;
        self.places[index as usize] = Place::Out;
        Some(Frame { pool: self.id, index })
    }

    /// Puts a frame back for anyone to take.
    ///
    /// # Panics
    /// The frame is another pool's.
    pub fn give(&mut self, frame: Frame) {
        let index = self.admit(frame, Place::Free);
        // Never grows: every frame is in at most once.
        self.free.push(index);
    }

    /// Frames in all.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        self.places.len() as u32
    }

    /// Frames anyone may take.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.free.len() as u32
    }

    /// Frames out as tokens, lost ones included.
    #[must_use]
    pub fn out(&self) -> u32 {
        self.capacity() - self.free() - self.parked
    }

    /// Puts a frame under a resident page and says which it is.
    pub(crate) fn park(&mut self, frame: Frame) -> u32 {
        self.parked += 1;
        self.admit(frame, Place::Parked)
    }

    /// Takes the frame from under a resident page.
    pub(crate) fn unpark(&mut self, index: u32) -> Frame {
        assert_eq!(self.places[index as usize], Place::Parked, "no page lies on frame {index}");
        self.places[index as usize] = Place::Out;
        self.parked -= 1;
        Frame { pool: self.id, index }
    }

    fn admit(&mut self, frame: Frame, place: Place) -> u32 {
        let index = frame.index;
        assert_eq!(frame.pool, self.id, "the frame belongs to another pool");
        assert_eq!(self.places[index as usize], Place::Out, "two tokens for frame {index}");
        core::mem::forget(frame);
        self.places[index as usize] = place;
        index
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_pool_never_hands_out_more_than_it_has() {
        let mut pool = FramePool::new(2);
        let (first, second) = (pool.take().expect("two are free"), pool.take().expect("one is free"));
        assert!(pool.take().is_none());
        assert_eq!((pool.capacity(), pool.free(), pool.out()), (2, 0, 2));
        pool.give(second);
        let index = pool.park(first);
        assert_eq!((pool.free(), pool.out()), (1, 0));
        let frame = pool.unpark(index);
        pool.give(frame);
        assert_eq!((pool.free(), pool.out()), (2, 0));
    }

    #[test]
    #[should_panic(expected = "belongs to another pool")]
    fn a_frame_goes_back_to_its_own_pool_only() {
        let (mut one, mut other) = (FramePool::new(1), FramePool::new(1));
        let frame = one.take().expect("it is free");
        other.give(frame);
    }
}
