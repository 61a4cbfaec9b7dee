//! Structures of C's, read and written through pointers.

use crate::{Config, CpuView, Durations, Event, Outcome, Reason, Request, Status, Supply, Task, ThreadView};

/// What C may put any bytes into.
///
/// # Safety
///
/// Every pattern of bits is a value of the type.
pub(super) unsafe trait Numbers: Copy {}

// SAFETY: numbers, and structures of numbers without anything else between or after them.
unsafe impl Numbers for u8 {}
// SAFETY: as above.
unsafe impl Numbers for u64 {}
// SAFETY: as above.
unsafe impl Numbers for usize {}
// SAFETY: as above.
unsafe impl Numbers for Config {}
// SAFETY: as above.
unsafe impl Numbers for Durations {}
// SAFETY: as above.
unsafe impl Numbers for Event {}
// SAFETY: as above.
unsafe impl Numbers for Request {}
// SAFETY: as above.
unsafe impl Numbers for Supply {}
// SAFETY: as above.
unsafe impl Numbers for Task {}

/// What is written for C to read.
pub(super) trait Told: Copy {}

impl Told for u8 {}
impl Told for u32 {}
impl Told for u64 {}
impl Told for usize {}
impl Told for Config {}
impl Told for CpuView {}
impl Told for Outcome {}
impl Told for Reason {}
impl Told for Supply {}
impl Told for ThreadView {}

/// A pointer that is there and aligned.
pub(super) fn sound<T>(at: *const T) -> Result<(), Status> {
    if at.is_null() {
        Err(Status::NullPointer)
    } else if !at.is_aligned() {
        Err(Status::Misaligned)
    } else {
        Ok(())
    }
}

/// Reads a structure.
///
/// # Safety
///
/// A pointer that is neither null nor misaligned is to memory that may be read.
pub(super) unsafe fn read<T: Numbers>(at: *const T) -> Result<T, Status> {
    sound(at)?;
    // SAFETY: it is there and aligned, may be read by what the caller holds, and any bits are a value.
    Ok(unsafe { at.read() })
}

/// A place that can be written to, seen to be so before anything is done that would have to be told there.
#[derive(Clone, Copy)]
pub(super) struct Place<T>(*mut T);

impl<T: Told> Place<T> {
    /// The place at a pointer.
    ///
    /// # Safety
    ///
    /// A pointer that is neither null nor misaligned is to memory that may be written until the call returns.
    pub(super) unsafe fn at(at: *mut T) -> Result<Self, Status> {
        sound(at)?;
        Ok(Self(at))
    }

    /// Tells a value there.
    pub(super) fn tell(self, value: T) {
        // SAFETY: `at` has seen that it is there and aligned, and its caller holds that it may be written.
        unsafe { self.0.write(value) }
    }
}
