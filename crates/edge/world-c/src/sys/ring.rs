//! The queue of requests between the REE's tasks and its agents.

use casemate_world::{Full, Ring as Words};

use super::block::{Resident, put, together};
use super::pointer::Place;
use crate::{CASEMATE_WORLD_RING_WORDS, Status};

type Queue = Words<CASEMATE_WORLD_RING_WORDS>;

/// A queue of at most `RING_WORDS` words of 64 bits: the memory for it, zeroed at first. Many may push and
/// many pop at a time, without a lock.
#[repr(C)]
pub struct Ring {
    /// What is in it is the library's.
    pub opaque: [u64; 132],
}

impl Resident for Queue {
    type Memory = Ring;
    const SEAL: u32 = 0x0819_0601;
}

/// Begins with nothing in it.
///
/// # Safety
///
/// `ring` is null, misaligned, or memory that may be written, and no other call is at work on it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_ring_init(ring: *mut Ring) -> Status {
    // SAFETY: by this function's contract.
    unsafe { put(ring, Queue::new()) }.into()
}

/// Puts a word in. `rings` is told 1 if an agent sleeps and has to be woken, else 0. `FULL`.
///
/// # Safety
///
/// `ring` is null, misaligned, or memory that was zeroed or initialised; `rings` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_ring_push(ring: *const Ring, word: u64, rings: *mut u8) -> Status {
    let pushed = || {
        // SAFETY: by this function's contract.
        let place = unsafe { Place::at(rings) }?;
        let work = |queue: &Queue| queue.push(word).map_err(|Full| Status::Full);
        // SAFETY: as above.
        place.tell(u8::from(unsafe { together::<Queue, _>(ring, work) }?));
        Ok(())
    };
    pushed().into()
}

/// Takes the word that came first. `EMPTY`.
///
/// # Safety
///
/// `ring` is null, misaligned, or memory that was zeroed or initialised; `word` is null, misaligned, or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_ring_pop(ring: *const Ring, word: *mut u64) -> Status {
    let popped = || {
        // SAFETY: by this function's contract.
        let place = unsafe { Place::at(word) }?;
        let work = |queue: &Queue| queue.pop().ok_or(Status::Empty);
        // SAFETY: as above.
        place.tell(unsafe { together::<Queue, _>(ring, work) }?);
        Ok(())
    };
    popped().into()
}

/// An agent that found nothing is about to sleep. `OK`: a word came meanwhile, and it does not. `EMPTY`: it
/// sleeps until it is woken, and says so by `casemate_world_ring_woken`.
///
/// # Safety
///
/// `ring` is null, misaligned, or memory that was zeroed or initialised; `word` is null, misaligned, or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_ring_fall_asleep(ring: *const Ring, word: *mut u64) -> Status {
    let asleep = || {
        // SAFETY: by this function's contract.
        let place = unsafe { Place::at(word) }?;
        let work = |queue: &Queue| queue.fall_asleep().ok_or(Status::Empty);
        // SAFETY: as above.
        place.tell(unsafe { together::<Queue, _>(ring, work) }?);
        Ok(())
    };
    asleep().into()
}

/// An agent that slept is awake: once for each `EMPTY` of `casemate_world_ring_fall_asleep`.
///
/// # Safety
///
/// `ring` is null, misaligned, or memory that was zeroed or initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_ring_woken(ring: *const Ring) -> Status {
    let work = |queue: &Queue| {
        queue.woken();
        Ok(())
    };
    // SAFETY: by this function's contract.
    unsafe { together::<Queue, _>(ring, work) }.into()
}
