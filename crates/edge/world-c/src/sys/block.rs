//! Memory of the caller's with a thing of ours in it.
//!
//! Its first word says which thing it is and whether a call is at work on it. It is taken by one atomic
//! exchange: who comes in between, an interrupt on the same CPU or another CPU without the caller's lock, is
//! told so and does no harm. It is not the lock: nobody waits here.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering};

use super::pointer::sound;
use crate::Status;

/// A thing that lives in memory of the caller's.
pub(super) trait Resident: Sized {
    /// What the caller takes the memory for.
    type Memory;
    /// The first word while it is there and nobody is at work on it; odd, and different for each.
    const SEAL: u32;
    /// The memory is large enough, and aligned enough.
    const FITS: () = assert!(
        size_of::<Block<Self>>() <= size_of::<Self::Memory>()
            && align_of::<Block<Self>>() <= align_of::<Self::Memory>()
            && Self::SEAL % 2 == 1
    );
}

/// How it lies there.
#[repr(C)]
struct Block<T> {
    word: AtomicU32,
    thing: UnsafeCell<MaybeUninit<T>>,
}

/// Puts a thing into memory. What was there is gone.
///
/// # Safety
///
/// A pointer that is neither null nor misaligned is to memory that may be written, and that no other call is
/// at work on.
pub(super) unsafe fn put<T: Resident>(at: *mut T::Memory, thing: T) -> Result<(), Status> {
    const { T::FITS };
    sound(at)?;
    let block = Block { word: AtomicU32::new(T::SEAL), thing: UnsafeCell::new(MaybeUninit::new(thing)) };
    // SAFETY: it is there, aligned and large enough, and may be written by what the caller holds.
    unsafe { at.cast::<Block<T>>().write(block) };
    Ok(())
}

/// Works on a thing, alone.
///
/// # Safety
///
/// A pointer that is neither null nor misaligned is to memory that may be read and written, whose first word
/// was written to at some time; if that word is the seal, [`put`] has put it there.
pub(super) unsafe fn alone<T: Resident, R>(
    at: *mut T::Memory,
    work: impl FnOnce(&mut T) -> Result<R, Status>,
) -> Result<R, Status> {
    const { T::FITS };
    sound(at)?;
    // SAFETY: it is there, aligned and large enough. Only shared parts are used through this reference: an
    // atomic word, and a cell of which nothing is assumed.
    let block = unsafe { &*at.cast::<Block<T>>() };
    let in_use = T::SEAL.wrapping_add(1);
    match block.word.compare_exchange(T::SEAL, in_use, Ordering::Acquire, Ordering::Relaxed) {
        Ok(_) => {}
        Err(word) if word == in_use => return Err(Status::InUse),
        Err(_) => return Err(Status::NotInitialised),
    }
    // SAFETY: the seal says that the thing was put here; whoever changes the word to `in_use` is alone with
    // it until the word is changed back, below, after the reference's last use.
    let result = work(unsafe { (*block.thing.get()).assume_init_mut() });
    block.word.store(T::SEAL, Ordering::Release);
    result
}

/// Looks at a thing that many may look at, and change through what is atomic in it.
///
/// # Safety
///
/// As of [`alone`], which is never used on such a thing.
pub(super) unsafe fn together<T: Resident + Sync, R>(
    at: *const T::Memory,
    work: impl FnOnce(&T) -> Result<R, Status>,
) -> Result<R, Status> {
    const { T::FITS };
    sound(at)?;
    // SAFETY: as in `alone`.
    let block = unsafe { &*at.cast::<Block<T>>() };
    if block.word.load(Ordering::Acquire) != T::SEAL {
        return Err(Status::NotInitialised);
    }
    // SAFETY: the seal says that the thing was put here, and nobody has it alone.
    work(unsafe { (*block.thing.get()).assume_init_ref() })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(u32);

    #[repr(align(8))]
    struct Memory([u8; 16]);

    impl Resident for Count {
        type Memory = Memory;
        const SEAL: u32 = 0x1234_5671;
    }

    /// What a call says, made in the middle of another.
    fn interrupted(memory: *mut Memory) -> Result<Result<u32, Status>, Status> {
        // SAFETY: the memory is the test's own.
        unsafe { alone::<Count, _>(memory, |_| Ok(alone::<Count, _>(memory, |count| Ok(count.0)))) }
    }

    #[test]
    fn a_call_in_the_middle_of_another_is_told_so_and_the_next_is_not() {
        let mut memory = Memory([0; 16]);
        let at: *mut Memory = &raw mut memory;
        // SAFETY: the memory is the test's own.
        unsafe { put(at, Count(3)) }.unwrap();
        assert_eq!(interrupted(at), Ok(Err(Status::InUse)));
        // SAFETY: as above.
        assert_eq!(unsafe { alone::<Count, _>(at, |count| Ok(count.0)) }, Ok(3));
    }

    #[test]
    fn what_fails_lets_go_as_well() {
        let mut memory = Memory([0; 16]);
        let at: *mut Memory = &raw mut memory;
        // SAFETY: the memory is the test's own.
        unsafe {
            put(at, Count(3)).unwrap();
            assert_eq!(alone::<Count, ()>(at, |_| Err(Status::Full)), Err(Status::Full));
            assert_eq!(alone::<Count, _>(at, |_| Ok(())), Ok(()));
        }
    }

    #[test]
    fn memory_with_nothing_in_it_is_refused() {
        for byte in [0, 0xff, 0x71] {
            let mut memory = Memory([byte; 16]);
            // SAFETY: the memory is the test's own.
            let result = unsafe { alone::<Count, _>(&raw mut memory, |_| Ok(())) };
            assert_eq!(result, Err(Status::NotInitialised));
            assert_eq!(memory.0, [byte; 16]);
        }
    }
}
