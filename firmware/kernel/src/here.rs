//! What a CPU has alone.

use casemate_world::{Answer, CpuId, ThreadId};

use crate::deadlines::Deadlines;
use crate::sys::context::Context;
use crate::sys::fp::{self, Registers};

/// How the REE left the CPU to the kernel: so it is told what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// A secure interrupt came: it is told nothing.
    Interrupt,
    /// It suspended the CPU: it has slept.
    Suspend,
    /// It switched the CPU off, which did not come about.
    Off,
    /// It called as OP-TEE's driver does, for this request.
    OpTee(ThreadId),
    /// It called by a direct message, for this request.
    Ffa(ThreadId),
    /// It called as the bare REE does, for this request if for one.
    Own(Option<ThreadId>),
}

/// A CPU's place. The vectors know where the first two are.
#[repr(C)]
pub(crate) struct Here {
    /// Where the registers of the thread that runs are kept.
    current: u64,
    /// Where the stack begins.
    top: u64,
    /// Its number.
    pub(crate) cpu: CpuId,
    /// How the REE left it.
    pub(crate) via: Via,
    /// What the steps have answered since then.
    pub(crate) answer: Answer,
    /// When something is due here.
    pub(crate) deadlines: Deadlines,
    /// The REE's FP and SIMD registers, while a thread has them.
    ree_fp: Registers,
    /// Whether they are kept there.
    fp_taken: bool,
    /// Whose are in the registers.
    fp_of: Option<ThreadId>,
}

/// Where in [`Here`] the vectors find the stack.
pub(crate) const TOP: usize = core::mem::offset_of!(Here, top);
/// Where in [`Here`] the vectors find the registers of the thread that runs.
pub(crate) const CURRENT: usize = core::mem::offset_of!(Here, current);

impl Here {
    /// Before the CPU comes up.
    pub(crate) const NEW: Self = Self {
        current: 0,
        top: 0,
        cpu: match CpuId::new(0) {
            Some(cpu) => cpu,
            None => panic!("there is a CPU 0"),
        },
        via: Via::Interrupt,
        answer: Answer::Nothing,
        deadlines: Deadlines::NONE,
        ree_fp: Registers::ZERO,
        fp_taken: false,
        fp_of: None,
    };

    /// The CPU comes up.
    pub(crate) fn begin(&mut self, cpu: CpuId, top: u64) {
        *self = Self { cpu, top, ..Self::NEW };
    }

    /// The REE has left the CPU.
    #[inline(always)]
    pub(crate) fn entered(&mut self, via: Via) {
        (self.via, self.answer) = (via, Answer::Nothing);
    }

    /// A thread wants its FP and SIMD registers.
    pub(crate) fn give_fp(&mut self, thread: ThreadId, registers: &mut Registers) {
        fp::allow();
        if !self.fp_taken {
            fp::save(&mut self.ree_fp);
            self.fp_taken = true;
        }
        fp::load(registers);
        self.fp_of = Some(thread);
    }

    /// The thread that runs has come to the kernel, and may go on elsewhere: what it has in them is kept.
    #[inline(always)]
    pub(crate) fn keep_fp(&mut self, thread: ThreadId, context: &mut Context) {
        if self.fp_of == Some(thread) {
            fp::save(context.fp_registers());
        }
    }

    /// This thread goes on here.
    #[inline(always)]
    pub(crate) fn fp_goes_with(&mut self, thread: ThreadId) {
        if self.fp_of.is_some_and(|it| it != thread) {
            self.fp_of = None;
            fp::trap();
        }
    }

    /// The CPU sleeps: the thread whose registers these are may run elsewhere meanwhile, and come back with others.
    pub(crate) fn fp_is_nobodys(&mut self) {
        if self.fp_of.take().is_some() {
            fp::trap();
        }
    }

    /// The REE goes on here: it has its registers back.
    #[inline(always)]
    pub(crate) fn give_fp_back(&mut self) {
        if self.fp_taken {
            self.give_fp_back_at_last();
        }
    }

    #[inline(never)]
    fn give_fp_back_at_last(&mut self) {
        fp::allow();
        fp::load(&self.ree_fp);
        (self.fp_taken, self.fp_of) = (false, None);
    }
}
