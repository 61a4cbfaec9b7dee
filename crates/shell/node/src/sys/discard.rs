//! Giving pages back to the kernel.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use casemate_epc::{MAX_BATCH, Victims};
use libc::{c_int, c_void, iovec};

use super::arena::{Arena, PAGE};

/// Drops pages, many at once where the kernel can.
///
/// Method: one `process_madvise(2)` on this process for a whole batch, which
/// flushes other CPUs' TLBs once (Linux 6.13 and later allow MADV_DONTNEED
/// there), else `madvise(2)` a page.
pub(crate) struct Discarder {
    this_process: Option<OwnedFd>,
}

impl Discarder {
    pub(crate) fn new() -> Self {
        let probed = this_process().filter(|fd| {
            let nothing = [iovec { iov_base: ptr::null_mut(), iov_len: 0 }];
            // SAFETY: advises an empty range.
            unsafe { process_madvise(fd, &nothing) }.is_ok()
        });
        Self { this_process: probed }
    }

    /// Drops the victims' pages: they are missing afterwards.
    pub(crate) fn discard(&self, arena: &Arena, victims: &Victims) -> io::Result<()> {
        let mut ranges = [iovec { iov_base: ptr::null_mut(), iov_len: 0 }; MAX_BATCH];
        let mut count = 0;
        for (range, victim) in ranges.iter_mut().zip(victims.iter()) {
            let at = arena.page_at(victim.slot(), victim.page(), 1);
            *range = iovec { iov_base: at.cast::<c_void>(), iov_len: PAGE };
            count += 1;
        }
        let ranges = &ranges[..count];
        let done = match &self.this_process {
            // SAFETY: whole pages of the arena that the victims' holder may drop.
            Some(fd) => unsafe { process_madvise(fd, ranges) }.unwrap_or(0),
            None => 0,
        };
        for range in &ranges[done / PAGE..] {
            // SAFETY: as above.
            if unsafe { libc::madvise(range.iov_base, range.iov_len, libc::MADV_DONTNEED) } != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }
}

fn this_process() -> Option<OwnedFd> {
    // SAFETY: takes a process id and flags, returns a descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0) } as c_int;
    // SAFETY: the kernel has just made it for us.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Drops the pages of `ranges`; returns how many bytes it got through.
///
/// # Safety
/// The ranges are the caller's to drop.
unsafe fn process_madvise(fd: &OwnedFd, ranges: &[iovec]) -> io::Result<usize> {
    // SAFETY: the caller's promise.
    let done = unsafe {
        libc::syscall(
            libc::SYS_process_madvise,
            fd.as_raw_fd(),
            ranges.as_ptr(),
            ranges.len(),
            libc::MADV_DONTNEED,
            0,
        )
    };
    usize::try_from(done).map_err(|_| io::Error::last_os_error())
}
