//! userfaultfd by raw ioctls, in SIGBUS mode.
//!
//! In that mode the kernel tells the faulting thread itself, by SIGBUS, that a
//! registered page is missing; there is no other thread to wake and wait for.
//! Constants and layouts: Linux `include/uapi/linux/userfaultfd.h`.
//!
//! Kernel accesses to a missing page (`read(2)` into enclave memory and the like)
//! fail with EFAULT instead: host calls must go through memory of their own.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use libc::{c_int, c_ulong};

use super::mapping::Mapping;

const API: u64 = 0xAA;
const FEATURE_SIGBUS: u64 = 1 << 7;
const REGISTER_MISSING: u64 = 1 << 0;
const USER_MODE_ONLY: c_int = 1;

const fn ioc(direction: c_ulong, number: c_ulong, size: usize) -> c_ulong {
    (direction << 30) | ((size as c_ulong) << 16) | (0xAA << 8) | number
}
const READ_WRITE: c_ulong = 3;
const IOC_NEW: c_ulong = ioc(0, 0x00, 0);
const IOC_API: c_ulong = ioc(READ_WRITE, 0x3F, size_of::<ApiArgument>());
const IOC_REGISTER: c_ulong = ioc(READ_WRITE, 0x00, size_of::<RegisterArgument>());
const IOC_COPY: c_ulong = ioc(READ_WRITE, 0x03, size_of::<CopyArgument>());

#[repr(C)]
struct ApiArgument {
    api: u64,
    features: u64,
    ioctls: u64,
}

#[repr(C)]
struct RegisterArgument {
    start: u64,
    len: u64,
    mode: u64,
    ioctls: u64,
}

#[repr(C)]
struct CopyArgument {
    dst: u64,
    src: u64,
    len: u64,
    mode: u64,
    copied: i64,
}

/// An open userfaultfd in SIGBUS mode.
pub(crate) struct Userfaultfd {
    fd: OwnedFd,
}

impl Userfaultfd {
    /// Opens one: without privilege for user-mode faults, which is all there will
    /// be; else by the device, which an administrator may have opened to us.
    pub(crate) fn open() -> io::Result<Self> {
        let fd = from_syscall().or_else(|refused| from_device().map_err(|_| refused))?;
        let this = Self { fd };
        let mut api = ApiArgument { api: API, features: FEATURE_SIGBUS, ioctls: 0 };
        // SAFETY: the argument is the structure this request takes.
        unsafe { this.ioctl(IOC_API, &raw mut api) }?;
        Ok(this)
    }

    /// From now on missing pages of `mapping` raise SIGBUS. Pages may have any protection.
    pub(crate) fn register(&self, mapping: &Mapping) -> io::Result<()> {
        let mut register = RegisterArgument {
            start: mapping.base().addr() as u64,
            len: mapping.len() as u64,
            mode: REGISTER_MISSING,
            ioctls: 0,
        };
        // SAFETY: the argument is the structure this request takes; the range is a
        // mapping of ours.
        unsafe { self.ioctl(IOC_REGISTER, &raw mut register) }
    }

    /// Maps copies of the pages in `bytes` at `to`, atomically page by page. Pages that
    /// are there already stay.
    ///
    /// # Safety
    /// `to` and `bytes.len()` bytes on are registered and belong to the caller.
    pub(crate) unsafe fn copy(&self, to: *mut u8, bytes: &[u8]) -> io::Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            let mut copy = CopyArgument {
                dst: (to.addr() + done) as u64,
                src: (bytes.as_ptr().addr() + done) as u64,
                len: (bytes.len() - done) as u64,
                mode: 0,
                copied: 0,
            };
            // SAFETY: the argument is the structure this request takes, the source is
            // a live slice, the destination the caller's.
            match unsafe { self.ioctl(IOC_COPY, &raw mut copy) } {
                Ok(()) => return Ok(()),
                Err(error) => {
                    done += usize::try_from(copy.copied).unwrap_or(0);
                    match error.raw_os_error() {
                        // The address space changed meanwhile, or a part was copied.
                        Some(libc::EAGAIN) => {}
                        Some(libc::EEXIST) => done += super::arena::PAGE,
                        _ => return Err(error),
                    }
                }
            }
        }
        Ok(())
    }

    /// # Safety
    /// `argument` is what `request` takes, and what it names belongs to the caller.
    unsafe fn ioctl<T>(&self, request: c_ulong, argument: *mut T) -> io::Result<()> {
        // SAFETY: the caller's promise.
        match unsafe { libc::ioctl(self.fd.as_raw_fd(), request as _, argument) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn from_syscall() -> io::Result<OwnedFd> {
    let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | USER_MODE_ONLY;
    // SAFETY: takes flags, returns a descriptor or -1.
    owned(unsafe { libc::syscall(libc::SYS_userfaultfd, flags) } as c_int)
}

fn from_device() -> io::Result<OwnedFd> {
    let device = OpenOptions::new().read(true).write(true).open("/dev/userfaultfd")?;
    let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | USER_MODE_ONLY;
    // SAFETY: this request takes flags and returns a descriptor or -1.
    owned(unsafe { libc::ioctl(device.as_raw_fd(), IOC_NEW as _, flags) })
}

fn owned(fd: c_int) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
