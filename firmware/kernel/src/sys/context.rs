//! What a thread and a CPU have of registers and stacks.

use casemate_metal_abi::map;
use casemate_world::{CPUS, CpuId, THREADS, ThreadId};

use crate::here::Here;
use crate::job::Job;
use crate::sys::cell::Own;
use crate::sys::fp::Registers;
use crate::sys::{leave, supervisor};

/// Bytes of a stack, and of the page before it that nobody has.
const STACK: usize = 16384;
const GUARD: usize = 4096;

/// EL1 on the thread's stack (EL1t), with interrupts of both worlds coming to the kernel.
const EL1_THREAD: u64 = 0b0100 | 1 << 9 | 1 << 8;
/// The REE's interrupts, which come as FIQ, are masked.
const FIQ_MASKED: u64 = 1 << 6;

/// A thread's registers while it does not run. The vectors know the offsets of all but the last two.
#[repr(C, align(16))]
pub(crate) struct Context {
    x: [u64; 31],
    sp: u64,
    pc: u64,
    pstate: u64,
    fp: Registers,
    /// It has not used FP or SIMD registers yet.
    no_fp: bool,
    /// The REE's interrupts are masked by the kernel, not by the thread.
    holds_back: bool,
}

impl Context {
    const fn new() -> Self {
        Self { x: [0; 31], sp: 0, pc: 0, pstate: 0, fp: Registers::ZERO, no_fp: true, holds_back: false }
    }

    /// What the thread asks for: x0 to x2.
    pub(crate) const fn asked(&self) -> [u64; 3] {
        [self.x[0], self.x[1], self.x[2]]
    }

    /// What the thread is told: x0 and x1.
    pub(crate) const fn tell(&mut self, [a, b]: [u64; 2]) {
        (self.x[0], self.x[1]) = (a, b);
    }

    /// Its FP and SIMD registers; the first time all are 0.
    pub(crate) fn fp_registers(&mut self) -> &mut Registers {
        if core::mem::take(&mut self.no_fp) {
            self.fp = Registers::ZERO;
        }
        &mut self.fp
    }

    /// Where it is.
    pub(crate) const fn pc(&self) -> u64 {
        self.pc
    }

    /// Whether the REE's interrupts come while it runs. What the thread masks itself stays masked.
    #[inline(always)]
    pub(crate) const fn hold_back(&mut self, holds_back: bool) {
        if holds_back && self.pstate & FIQ_MASKED == 0 {
            (self.pstate, self.holds_back) = (self.pstate | FIQ_MASKED, true);
        } else if !holds_back && self.holds_back {
            (self.pstate, self.holds_back) = (self.pstate & !FIQ_MASKED, false);
        }
    }
}

/// A stack with a page before it on which whoever overflows it stops.
#[repr(C, align(4096))]
pub(crate) struct Stack {
    guard: [u8; GUARD],
    bytes: [u8; STACK],
}

impl Stack {
    const EMPTY: Self = Self { guard: [0; GUARD], bytes: [0; STACK] };
}

static THREAD_STACKS: [Own<Stack>; THREADS] = [const { Own::new(Stack::EMPTY) }; THREADS];
pub(crate) static CPU_STACKS: [Own<Stack>; CPUS] = [const { Own::new(Stack::EMPTY) }; CPUS];
static CONTEXTS: [Own<Context>; THREADS] = [const { Own::new(Context::new()) }; THREADS];
static JOBS: [Own<Job>; THREADS] = [const { Own::new(Job::NONE) }; THREADS];
static PLACES: [Own<Here>; CPUS] = [const { Own::new(Here::NEW) }; CPUS];

/// Bytes of a stack with the page before it.
pub(crate) const STACK_LEN: usize = size_of::<Stack>();

fn top(stack: &Own<Stack>) -> u64 {
    stack.address() as u64 + STACK_LEN as u64
}

/// The pages that are to have no translation.
pub(crate) fn guards() -> impl Iterator<Item = u64> {
    THREAD_STACKS.iter().chain(&CPU_STACKS).map(|it| it.address() as u64)
}

/// A thread's registers.
///
/// # Safety
///
/// The thread runs on this CPU, which is in the kernel now; or it does not run and the kernel's lock is held.
#[inline(always)]
pub(crate) unsafe fn of(thread: ThreadId) -> &'static mut Context {
    // SAFETY: promised by the caller.
    unsafe { CONTEXTS[thread.index()].get() }
}

/// What a thread has to do.
///
/// # Safety
///
/// As for [`of`]; or the caller is the thread.
#[inline(always)]
pub(crate) unsafe fn job(thread: ThreadId) -> &'static mut Job {
    // SAFETY: promised by the caller.
    unsafe { JOBS[thread.index()].get() }
}

/// A thread begins what it has to do; with the lock held.
pub(crate) fn begin(thread: ThreadId) {
    let number = thread.index();
    // SAFETY: the thread is not ready for anybody before the lock is let go of.
    let context = unsafe { of(thread) };
    // Nothing of whoever had the place before; FP and SIMD registers when it uses them.
    leave::clear(&mut context.x);
    context.sp = top(&THREAD_STACKS[number]);
    context.pc = supervisor::thread_main as *const () as u64;
    context.pstate = EL1_THREAD;
    (context.no_fp, context.holds_back) = (true, false);
    context.x[0] = number as u64;
}

/// This CPU's place.
#[inline(always)]
pub(crate) fn here() -> &'static mut Here {
    let place = casemate_machine::read!("tpidr_el1") as *mut Here;
    // SAFETY: set by `come_up` on this CPU; only its kernel takes it, which nothing interrupts, and nobody keeps it over
    // a call that takes it again.
    unsafe { &mut *place }
}

/// The CPU gets its place, and its stack there.
pub(crate) fn come_up(cpu: CpuId) {
    let place = &PLACES[cpu.index()];
    // SAFETY: nobody else takes this CPU's place.
    let here = unsafe { place.get() };
    here.begin(cpu, top(&CPU_STACKS[cpu.index()]));
    casemate_machine::write!("tpidr_el1", place.address() as u64);
}

const _: () = assert!(map::KERNEL.is_multiple_of(GUARD as u64), "stacks are aligned to pages");
