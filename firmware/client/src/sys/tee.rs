//! The TEE's device: requests of `include/uapi/linux/tee.h`.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use casemate_metal_abi::apps::Uuid;

use crate::tee::Parameter;

const MAGIC: u32 = 0xa4;
/// Parameters of an invocation.
const PARAMETERS: usize = 4;

/// Direction bits, size, magic number and number (`asm-generic/ioctl.h`).
const fn request(direction: u32, number: u32, size: usize) -> u32 {
    direction << 30 | (size as u32) << 16 | MAGIC << 8 | number
}

const READ: u32 = 2;
const SHM_ALLOC: u32 = request(READ | 1, 1, size_of::<ShmAlloc>());
const OPEN_SESSION: u32 = request(READ, 2, size_of::<Buffer>());
const INVOKE: u32 = request(READ, 3, size_of::<Buffer>());
const CANCEL: u32 = request(READ, 4, size_of::<[u32; 2]>());
const CLOSE_SESSION: u32 = request(READ, 5, size_of::<u32>());

const VALUE_INOUT: u64 = 3;
const MEMORY_INOUT: u64 = 7;

#[repr(C)]
struct Buffer {
    at: u64,
    len: u64,
}

#[repr(C)]
#[derive(Default)]
struct ShmAlloc {
    size: u64,
    flags: u32,
    id: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Raw {
    attributes: u64,
    words: [u64; 3],
}

#[repr(C)]
struct Open {
    uuid: Uuid,
    client: Uuid,
    login: u32,
    cancel_id: u32,
    session: u32,
    result: u32,
    origin: u32,
    count: u32,
}

#[repr(C)]
struct Invoke {
    function: u32,
    session: u32,
    cancel_id: u32,
    result: u32,
    origin: u32,
    count: u32,
    parameters: [Raw; PARAMETERS],
}

/// The device, opened. Its sessions end with it.
pub(crate) struct Device(File);

impl Device {
    /// Opens it.
    pub(crate) fn open() -> io::Result<Self> {
        OpenOptions::new().read(true).write(true).open("/dev/tee0").map(Self)
    }
}

fn ask<T>(device: &Device, request: u32, what: &mut T) -> io::Result<i32> {
    // SAFETY: each request is handed what it is defined with, which lives until it is answered.
    let done = unsafe { libc::ioctl(device.0.as_raw_fd(), request as _, std::ptr::from_mut(what)) };
    if done >= 0 { Ok(done) } else { Err(io::Error::last_os_error()) }
}

fn ask_by_buffer<T>(device: &Device, request: u32, what: &mut T, len: usize) -> io::Result<()> {
    let mut buffer = Buffer { at: std::ptr::from_mut(what) as u64, len: len as u64 };
    ask(device, request, &mut buffer).map(drop)
}

/// Opens a session: its number, and the TEE's result.
pub(crate) fn open_session(device: &Device, uuid: &Uuid) -> io::Result<(u32, u32)> {
    let mut open = Open {
        uuid: *uuid,
        client: [0; 16],
        login: 0,
        cancel_id: 0,
        session: 0,
        result: u32::MAX,
        origin: 0,
        count: 0,
    };
    ask_by_buffer(device, OPEN_SESSION, &mut open, size_of::<Open>())?;
    Ok((open.session, open.result))
}

/// Invokes a function: parameters afterwards, and the TEE's result.
pub(crate) fn invoke(
    device: &Device,
    session: u32,
    function: u32,
    cancel_id: u32,
    parameters: &[Parameter],
) -> io::Result<(Vec<Parameter>, u32)> {
    let count = parameters.len().min(PARAMETERS);
    let mut raw = [Raw::default(); PARAMETERS];
    for (to, from) in raw.iter_mut().zip(parameters) {
        *to = match *from {
            Parameter::Value(a, b) => Raw { attributes: VALUE_INOUT, words: [a, b, 0] },
            Parameter::Memory(id, len) => Raw { attributes: MEMORY_INOUT, words: [0, len, id as u64] },
        };
    }
    let mut invoke = Invoke {
        function,
        session,
        cancel_id,
        result: u32::MAX,
        origin: 0,
        count: count as u32,
        parameters: raw,
    };
    let len = size_of::<Invoke>() - (PARAMETERS - count) * size_of::<Raw>();
    ask_by_buffer(device, INVOKE, &mut invoke, len)?;
    let after = invoke.parameters.iter().take(count).map(|it| match it.attributes {
        VALUE_INOUT => Parameter::Value(it.words[0], it.words[1]),
        _ => Parameter::Memory(it.words[2] as i32, it.words[1]),
    });
    Ok((after.collect(), invoke.result))
}

/// Asks that what was invoked by this number ends.
pub(crate) fn cancel(device: &Device, session: u32, cancel_id: u32) -> io::Result<()> {
    ask(device, CANCEL, &mut [cancel_id, session]).map(drop)
}

/// Closes a session.
pub(crate) fn close_session(device: &Device, session: u32) -> io::Result<()> {
    ask(device, CLOSE_SESSION, &mut { session }).map(drop)
}

/// Memory that is shared with the TEE.
pub(crate) struct Shared {
    id: i32,
    _file: OwnedFd,
    at: *mut u8,
    len: usize,
}

// SAFETY: the mapping belongs to this value alone; it is reached by references to it.
unsafe impl Send for Shared {}

impl Shared {
    /// So many bytes, all 0.
    pub(crate) fn new(device: &Device, len: usize) -> io::Result<Self> {
        let mut alloc = ShmAlloc { size: len as u64, ..ShmAlloc::default() };
        let file = ask(device, SHM_ALLOC, &mut alloc)?;
        // SAFETY: the driver has just opened it for this process.
        let file = unsafe { OwnedFd::from_raw_fd(file) };
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a mapping where nothing is, of the length that was asked for.
        let at = unsafe {
            libc::mmap(std::ptr::null_mut(), len, protection, libc::MAP_SHARED, file.as_raw_fd(), 0)
        };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { id: alloc.id, _file: file, at: at.cast(), len })
    }

    /// As a parameter.
    pub(crate) const fn parameter(&self) -> Parameter {
        Parameter::Memory(self.id, self.len as u64)
    }

    /// What is in it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        // SAFETY: mapped, and of this length; each byte is read once.
        (0..self.len).map(|at| unsafe { self.at.add(at).read_volatile() }).collect()
    }

    /// Writes to it from its beginning.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        for (at, byte) in (0..self.len).zip(bytes) {
            // SAFETY: mapped, and of this length.
            unsafe { self.at.add(at).write_volatile(*byte) };
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and nobody has it any more.
        unsafe { libc::munmap(self.at.cast(), self.len) };
    }
}
