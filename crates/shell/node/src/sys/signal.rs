//! The fault handlers, and which pool a faulting address belongs to.
//!
//! SIGBUS is raised by userfaultfd pools, SIGSEGV by mprotect pools. What is not
//! ours goes to whoever handled the signal before. A handler allocates nothing,
//! takes only [`SpinLock`](super::lock::SpinLock)s and leaves `errno` as it was.

use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use libc::{c_int, c_void, sigaction, siginfo_t};

use super::arena::ARENA_BYTES;
use super::lock::SpinLock;
use crate::pager::Pool;

/// Pools of one process at the same moment. Address space for 64 arenas is half of
/// what 47 bits have.
pub(crate) const POOLS: usize = 64;
/// The address does not exist (`siginfo.h`).
const BUS_ADRERR: c_int = 2;
/// The address may not be accessed like that (`siginfo.h`).
const SEGV_ACCERR: c_int = 2;

struct Entry {
    /// Where the pool's arena begins; 0 where there is no pool.
    base: AtomicUsize,
    pool: AtomicPtr<Pool>,
}

static REGISTRY: [Entry; POOLS] =
    [const { Entry { base: AtomicUsize::new(0), pool: AtomicPtr::new(ptr::null_mut()) } }; POOLS];
static REGISTERING: SpinLock<()> = SpinLock::new(());
static BEFORE_SIGBUS: OnceLock<sigaction> = OnceLock::new();
static BEFORE_SIGSEGV: OnceLock<sigaction> = OnceLock::new();

/// Installs the fault handlers in front of those there are now, once a process. Making
/// the first memory in a pool calls it at the latest.
///
/// wasmtime takes every SIGSEGV of compiled code for a trap, so it must be asked after
/// us, so its handlers are installed before ours.
pub fn install_handlers() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // The first engine of a process installs wasmtime's. Where none can be made there
        // is no compiled code either.
        drop(wasmtime::Engine::new(&wasmtime::Config::new()));
        install(libc::SIGBUS, &BEFORE_SIGBUS);
        install(libc::SIGSEGV, &BEFORE_SIGSEGV);
    });
}

/// Lets the handlers find `pool` by addresses from `base` on. `false`: too many pools.
/// The pool stays where it is until [`unregister`].
pub(crate) fn register(base: usize, pool: *const Pool) -> bool {
    let _held = REGISTERING.lock();
    let Some(entry) = REGISTRY.iter().find(|entry| entry.base.load(Ordering::Relaxed) == 0) else {
        return false;
    };
    entry.pool.store(pool.cast_mut(), Ordering::Relaxed);
    entry.base.store(base, Ordering::Release);
    true
}

/// Undoes [`register`].
pub(crate) fn unregister(base: usize) {
    if let Some(entry) = REGISTRY.iter().find(|entry| entry.base.load(Ordering::Relaxed) == base) {
        entry.base.store(0, Ordering::Release);
    }
}

/// Says why on standard error and ends the process: for when a handler can go
/// neither on nor back.
pub(crate) fn die(doing: &str, error: &std::io::Error) -> ! {
    let mut line = Line { bytes: [0; 160], len: 0 };
    // A line that is too long is cut.
    let _ = std::fmt::Write::write_fmt(
        &mut line,
        format_args!("casemate: cannot {doing} (errno {}); giving up\n", error.raw_os_error().unwrap_or(0)),
    );
    // SAFETY: writes bytes of ours; `abort` is meant for handlers.
    unsafe {
        libc::write(libc::STDERR_FILENO, line.bytes.as_ptr().cast(), line.len);
        libc::abort()
    }
}

struct Line {
    bytes: [u8; 160],
    len: usize,
}

impl std::fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for (to, byte) in self.bytes[self.len..].iter_mut().zip(text.bytes()) {
            *to = byte;
            self.len += 1;
        }
        Ok(())
    }
}

fn install(signal: c_int, before: &OnceLock<sigaction>) {
    before.get_or_init(|| {
        // Read first: a fault right after ours is installed must find what was before.
        let previous = current(signal);
        // SAFETY: all zeroes is a valid sigaction: default action, empty mask.
        let mut ours: sigaction = unsafe { mem::zeroed() };
        ours.sa_sigaction = (on_fault as extern "C" fn(c_int, *mut siginfo_t, *mut c_void)) as usize;
        // NODEFER: a fault in a handler is a fault, not a hang. ONSTACK: see `stack`.
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER | libc::SA_RESTART;
        // SAFETY: a complete sigaction with a handler of the right type. The only way
        // this fails is an invalid signal number.
        unsafe { libc::sigaction(signal, &raw const ours, ptr::null_mut()) };
        previous
    });
}

fn current(signal: c_int) -> sigaction {
    let mut now = MaybeUninit::<sigaction>::zeroed();
    // SAFETY: reads the setting into a structure of ours, which is valid even if untouched.
    unsafe {
        libc::sigaction(signal, ptr::null(), now.as_mut_ptr());
        now.assume_init()
    }
}

extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: this thread's errno; the kernel passes valid information.
    let (errno, code, address) =
        unsafe { (*libc::__errno_location(), (*info).si_code, (*info).si_addr().addr()) };
    let expected = if signal == libc::SIGBUS { BUS_ADRERR } else { SEGV_ACCERR };
    let resolved = code == expected && pool_at(address).is_some_and(|pool| pool.resolve(signal, address));
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
    if !resolved {
        forward(signal, info, context);
    }
}

/// The pool whose arena an address lies in.
fn pool_at(address: usize) -> Option<&'static Pool> {
    let entry = REGISTRY.iter().find(|entry| {
        let base = entry.base.load(Ordering::Acquire);
        base != 0 && address.checked_sub(base).is_some_and(|offset| offset < ARENA_BYTES)
    })?;
    // SAFETY: whoever faults at an address of the arena holds one of its memories, and
    // each of them keeps the pool alive. The reference does not outlive the handler.
    unsafe { entry.pool.load(Ordering::Relaxed).as_ref() }
}

/// Does what would have happened without us.
fn forward(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let before = if signal == libc::SIGBUS { &BEFORE_SIGBUS } else { &BEFORE_SIGSEGV };
    let Some(before) = before.get() else { return };
    let handler = before.sa_sigaction;
    if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
        // The kernel does not ignore a real fault either. With the default restored it is
        // raised again on return, or right here where somebody sent it.
        // SAFETY: restores a setting that was in force; re-raises for this thread.
        unsafe {
            let mut default: sigaction = mem::zeroed();
            default.sa_sigaction = libc::SIG_DFL;
            libc::sigaction(signal, &raw const default, ptr::null_mut());
            if (*info).si_code <= 0 {
                libc::raise(signal);
            }
        }
    } else if before.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: with this flag set, this is the handler's type.
        let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = unsafe { mem::transmute(handler) };
        handler(signal, info, context);
    } else {
        // SAFETY: without it, this is.
        let handler: extern "C" fn(c_int) = unsafe { mem::transmute(handler) };
        handler(signal);
    }
}
