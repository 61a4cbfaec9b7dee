//! The stack fault handlers run on.
//!
//! A guest's own stack may be all but used up, so handlers run on an alternate one.
//! Rust gives its threads one of a few KiB, of which the saved registers of a CPU
//! with wide vectors take most: threads that run enclaves get a larger one.

use std::cell::RefCell;
use std::io;
use std::ptr;

use super::arena::PAGE;
use super::mapping::{Access, Mapping};

/// Bytes of the stack. wasmtime keeps a stack of this size and replaces smaller ones.
const STACK_BYTES: usize = 256 * 1024;
/// A stack of this size is left as it is.
const ENOUGH_BYTES: usize = 64 * 1024;

thread_local! {
    static STACK: RefCell<Option<SignalStack>> = const { RefCell::new(None) };
}

struct SignalStack {
    /// An inaccessible page, then the stack.
    memory: Mapping,
}

/// Makes sure that this thread's fault handlers have room. Not for use in one.
pub(crate) fn ensure() -> io::Result<()> {
    STACK.with_borrow_mut(|stack| {
        if stack.is_none() && current()?.ss_size < ENOUGH_BYTES {
            *stack = Some(SignalStack::install()?);
        }
        Ok(())
    })
}

impl SignalStack {
    fn install() -> io::Result<Self> {
        let memory = Mapping::new(PAGE + STACK_BYTES, Access::None)?;
        memory.protect(PAGE, STACK_BYTES, Access::ReadWrite)?;
        let stack =
            libc::stack_t { ss_sp: memory.at(PAGE, STACK_BYTES).cast(), ss_flags: 0, ss_size: STACK_BYTES };
        // SAFETY: the memory is accessible and stays until this value is dropped.
        match unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) } {
            0 => Ok(Self { memory }),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        let ours = self.memory.at(PAGE, STACK_BYTES);
        if current().is_ok_and(|now| now.ss_sp == ours.cast()) {
            let none =
                libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: STACK_BYTES };
            // SAFETY: takes this thread's alternate stack away before it is unmapped.
            unsafe { libc::sigaltstack(&raw const none, ptr::null_mut()) };
        }
    }
}

/// This thread's alternate stack; of size zero where it has none.
fn current() -> io::Result<libc::stack_t> {
    let mut now = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: reads the setting into a structure of ours.
    match unsafe { libc::sigaltstack(ptr::null(), &raw mut now) } {
        0 if now.ss_flags & libc::SS_DISABLE != 0 => Ok(libc::stack_t { ss_size: 0, ..now }),
        0 => Ok(now),
        _ => Err(io::Error::last_os_error()),
    }
}
