//! What only the first process asks for, and a few more.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

/// Mounts a file system without a device. Where it is mounted already, it stays.
pub(crate) fn mount(kind: &CStr, at: &CStr) {
    // SAFETY: three strings that end with a 0, and no data.
    unsafe { libc::mount(kind.as_ptr(), at.as_ptr(), kind.as_ptr(), 0, std::ptr::null()) };
}

/// Loads a module from its file.
pub(crate) fn load_module(file: &File) -> io::Result<()> {
    // SAFETY: a file that is open, no arguments, no flags.
    let done = unsafe { libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), c"".as_ptr(), 0) };
    let error = io::Error::last_os_error();
    if done == 0 || error.raw_os_error() == Some(libc::EEXIST) { Ok(()) } else { Err(error) }
}

/// Switches the machine off.
pub(crate) fn off() -> ! {
    loop {
        // SAFETY: no memory is handed over.
        unsafe {
            libc::sync();
            libc::reboot(libc::RB_POWER_OFF);
        }
    }
}

/// Nanoseconds since Linux began.
pub(crate) fn monotonic_nanos() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it is written to `time`.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The counter (CNTVCT_EL0). There is no hypervisor that would set its offset.
#[cfg(target_arch = "aarch64")]
pub(crate) fn counter() -> u64 {
    let counter: u64;
    // SAFETY: a register that every program may read.
    unsafe { std::arch::asm!("isb", "mrs {}, cntvct_el0", out(reg) counter, options(nomem, nostack)) };
    counter
}

/// Where tests run there may be none that is the TEE's too.
#[cfg(not(target_arch = "aarch64"))]
pub(crate) fn counter() -> u64 {
    0
}

/// The calling thread stays on this CPU.
pub(crate) fn stay_on(cpu: usize) -> io::Result<()> {
    // SAFETY: a set is bits; `cpu` is less than there are, or refused.
    let done = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu % libc::CPU_SETSIZE as usize, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Runs this in a process of its own; its number.
pub(crate) fn fork(child: impl FnOnce()) -> io::Result<i32> {
    // SAFETY: called while there is no other thread: the child goes on with a whole copy.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            child();
            // SAFETY: ends the child, and nothing else.
            unsafe { libc::_exit(0) }
        }
        number => Ok(number),
    }
}

/// Kills a process of ours, and waits for its end.
pub(crate) fn kill(process: i32) {
    // SAFETY: a child of this process, by its number.
    unsafe {
        libc::kill(process, libc::SIGKILL);
        libc::waitpid(process, std::ptr::null_mut(), 0);
    }
}

/// What the kernel's log has.
pub(crate) fn kernel_log() -> String {
    // SYSLOG_ACTION_SIZE_BUFFER and SYSLOG_ACTION_READ_ALL.
    const SIZE: i32 = 10;
    const READ_ALL: i32 = 3;
    // SAFETY: no memory is handed over; then a buffer with its length.
    let bytes = unsafe {
        let size = libc::klogctl(SIZE, std::ptr::null_mut(), 0).clamp(0, 1 << 24);
        let mut bytes = vec![0_u8; size as usize];
        let read = libc::klogctl(READ_ALL, bytes.as_mut_ptr().cast(), size);
        bytes.truncate(read.max(0) as usize);
        bytes
    };
    String::from_utf8_lossy(&bytes).into_owned()
}
