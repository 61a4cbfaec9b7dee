//! Anonymous memory straight from the kernel.

use std::io;
use std::ptr::{self, NonNull};

use libc::c_int;

/// Private anonymous memory, unmapped when dropped. Touched pages only cost memory.
pub(crate) struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping is an address range. Who may access which part when is the
// business of the types built on it.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

/// What may be done with a mapping's pages at first.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    None,
    ReadWrite,
}

impl Access {
    pub(crate) fn prot(self) -> c_int {
        match self {
            Self::None => libc::PROT_NONE,
            Self::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        }
    }
}

impl Mapping {
    /// `len` bytes, a multiple of the page size. Never in huge pages: a page is
    /// what moves. Not inherited by children and not written to core dumps, because
    /// plaintext may be in it.
    pub(crate) fn new(len: usize, access: Access) -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: asks for a fresh range wherever there is room; nothing is replaced.
        let base = unsafe { libc::mmap(ptr::null_mut(), len, access.prot(), flags, -1, 0) };
        let base = match NonNull::new(base.cast::<u8>()) {
            Some(base) if base.as_ptr().cast() != libc::MAP_FAILED => base,
            _ => return Err(io::Error::last_os_error()),
        };
        let mapping = Self { base, len };
        for advice in [libc::MADV_NOHUGEPAGE, libc::MADV_DONTFORK, libc::MADV_DONTDUMP] {
            // SAFETY: the range is ours, and these change no content. A kernel built
            // without one of them refuses it, which costs nothing but the advice.
            unsafe { libc::madvise(mapping.base.as_ptr().cast(), len, advice) };
        }
        Ok(mapping)
    }

    pub(crate) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Where the byte at `offset` is. It and `len` bytes on are inside.
    pub(crate) fn at(&self, offset: usize, len: usize) -> *mut u8 {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.len), "outside the mapping");
        self.base.as_ptr().wrapping_add(offset)
    }

    /// Changes what may be done with a part.
    pub(crate) fn protect(&self, offset: usize, len: usize, access: Access) -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        let at = self.at(offset, len);
        // SAFETY: the range is inside this mapping; taking access away can only turn
        // an access into a fault.
        match unsafe { libc::mprotect(at.cast(), len, access.prot()) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is ours and its owner, the only one who could name it, is gone.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}
