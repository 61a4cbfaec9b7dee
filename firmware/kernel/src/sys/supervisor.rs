//! What a thread asks of the kernel.

use core::arch::asm;

use casemate_world::{THREADS, ThreadId};

use crate::sys::context;
use crate::trap::ask;

macro_rules! supervisor_call {
    ($number:expr, $a:expr, $b:expr) => {{
        let (mut a, mut b): (u64, u64) = ($a, $b);
        // SAFETY: the kernel changes x0 and x1 and nothing else of the thread's.
        unsafe { asm!("svc #{}", const $number, inlateout("x0") a, inlateout("x1") b, options(nostack)) };
        [a, b]
    }};
}

/// Where every thread begins.
pub(crate) extern "C" fn thread_main(number: usize) -> ! {
    let Some(me) = ThreadId::new(number % THREADS) else { fault() };
    loop {
        // SAFETY: the caller is the thread.
        let job = unsafe { context::job(me) };
        crate::apps::run(job);
        supervisor_call!(ask::FINISH, 0, 0);
    }
}

/// Waits for a secure interrupt.
pub(crate) fn block() {
    supervisor_call!(ask::BLOCK, 0, 0);
}

/// Calls a service. `None`: it waits for the one that calls, or there is none.
pub(crate) fn call(service: ThreadId, argument: u64) -> Option<u64> {
    let [answer, known] = supervisor_call!(ask::CALL, service.index() as u64, argument);
    (known == 1).then_some(answer)
}

/// What a service was called with.
pub(crate) fn argument() -> u64 {
    supervisor_call!(ask::ARGUMENT, 0, 0)[0]
}

/// Whether the thread is to end.
pub(crate) fn is_cancelled() -> bool {
    supervisor_call!(ask::CANCELLED, 0, 0)[0] == 1
}

/// The test device, which the kernel drives, is to raise its interrupt after so long.
pub(crate) fn device_after(nanos: u64) {
    supervisor_call!(ask::DEVICE, nanos, 0);
}

/// Masks the REE's interrupts.
pub(crate) fn mask() {
    // SAFETY: a flag of the thread's own.
    unsafe { asm!("msr daifset, #1", options(nostack)) }
}

/// Lets them come again.
pub(crate) fn unmask() {
    // SAFETY: a flag of the thread's own.
    unsafe { asm!("msr daifclr, #1", options(nostack)) }
}

/// Stops the thread where it is.
pub(crate) fn fault() -> ! {
    // SAFETY: an instruction that is none.
    unsafe { asm!("udf #0", options(noreturn, nostack)) }
}
