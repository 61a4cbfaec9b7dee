//! What CPUs share, and what each has alone.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};

use casemate_machine::sys::cpu;
use casemate_world::{Held, Lock};

/// A value that whoever takes its lock has alone.
pub(crate) struct Locked<T> {
    lock: Lock,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by `lock` only, which lets one at a time.
unsafe impl<T: Send> Sync for Locked<T> {}

/// It is held until this is dropped. Interrupts are masked in the kernel, so no holder is interrupted.
pub(crate) struct Guard<'a, T> {
    _held: Held<'a>,
    value: &'a UnsafeCell<T>,
}

impl<T> Locked<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { lock: Lock::new(), value: UnsafeCell::new(value) }
    }

    #[inline(always)]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        Guard { _held: self.lock.take(cpu::pause), value: &self.value }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held.
        unsafe { &mut *self.value.get() }
    }
}

/// A place of which the scheduler says who has it: a CPU its own, a thread its own while it runs, and whoever holds the
/// kernel's lock that of a thread that does not run.
#[repr(C, align(16))]
pub(crate) struct Own<T>(UnsafeCell<T>);

// SAFETY: see `get`.
unsafe impl<T: Send> Sync for Own<T> {}

impl<T> Own<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Where it is.
    pub(crate) const fn address(&self) -> *mut T {
        self.0.get()
    }

    /// Takes it.
    ///
    /// # Safety
    ///
    /// Nobody else has it, as the type says, until the reference is gone.
    #[expect(clippy::mut_from_ref, reason = "who has it is the scheduler's, not the compiler's, to know")]
    #[inline(always)]
    pub(crate) unsafe fn get(&self) -> &mut T {
        // SAFETY: promised by the caller.
        unsafe { &mut *self.0.get() }
    }
}
