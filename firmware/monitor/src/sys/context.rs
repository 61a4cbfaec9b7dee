//! What a CPU has at EL3, and how it changes worlds.

use casemate_machine::{read, write};
use casemate_metal_abi::map;

/// SCR_EL3 of the TEE: AArch64 below (RW), its timer is its own (ST); interrupts of the REE come to it as FIQ.
pub(crate) const SCR_TEE: u64 = 1 << 4 | 1 << 5 | 1 << 10 | 1 << 11;
/// SCR_EL3 of the REE: not secure (NS), and secure interrupts come to EL3 (FIQ).
pub(crate) const SCR_REE: u64 = SCR_TEE | 1 | 1 << 2;

/// EL1 with its own stack, everything masked.
const EL1_MASKED: u64 = 0x3c5;
/// SCTLR_EL1 after reset: what is 1 always.
const SCTLR_RESET: u64 = 0x30d0_0800;

/// Registers of EL1 that the kernel changes and the REE keeps. Those that the kernel never touches stay the REE's:
/// TTBR1, PAR, TPIDR_EL0, TPIDRRO_EL0, CONTEXTIDR, CNTKCTL, AMAIR, AFSR, ACTLR, the debug registers and the counters'.
const KEPT: usize = 12;

/// A CPU at EL3. While a lower level runs SP_EL3 points here: the vectors know the offsets.
#[repr(C, align(16))]
pub(crate) struct Cpu {
    /// The REE's x0 to x30.
    pub(crate) ree: [u64; 31],
    sp_el0: u64,
    elr: u64,
    spsr: u64,
    /// Where the stack of this level begins.
    stack: u64,
    /// Where the kernel is entered.
    pub(crate) kernel: u64,
    /// x0 to x8 of the kernel's call.
    pub(crate) asked: [u64; 9],
    _even: u64,
    system: [u64; KEPT],
    /// The first of the same registers, and the eighth, as the kernel had them when it was ready.
    kernels: [u64; 6],
    /// Its number.
    pub(crate) number: usize,
}

/// Byte offsets in [`Cpu`], for the vectors.
pub(crate) mod at {
    use core::mem::offset_of;

    use super::Cpu;

    pub(crate) const ELR: usize = offset_of!(Cpu, elr);
    pub(crate) const STACK: usize = offset_of!(Cpu, stack);
    pub(crate) const KERNEL: usize = offset_of!(Cpu, kernel);
    pub(crate) const ASKED: usize = offset_of!(Cpu, asked);
}

/// Where a CPU goes from EL3: 0 to the REE, otherwise to the kernel, one more than why.
#[repr(transparent)]
pub(crate) struct Next(u64);

#[expect(non_upper_case_globals, reason = "read as a variant where calls are answered")]
impl Next {
    /// Back to the REE that called.
    pub(crate) const Ree: Self = Self(0);
}

macro_rules! each_kept {
    ($do:ident) => {
        $do!(0, "sctlr_el1");
        $do!(1, "ttbr0_el1");
        $do!(2, "tcr_el1");
        $do!(3, "mair_el1");
        $do!(4, "vbar_el1");
        $do!(5, "cpacr_el1");
        $do!(6, "sp_el1");
        $do!(7, "tpidr_el1");
        $do!(8, "elr_el1");
        $do!(9, "spsr_el1");
        $do!(10, "esr_el1");
        $do!(11, "far_el1");
    };
}

impl Cpu {
    /// As after reset.
    pub(crate) const fn new(number: usize) -> Self {
        let mut system = [0; KEPT];
        system[0] = SCTLR_RESET;
        Self {
            ree: [0; 31],
            sp_el0: 0,
            elr: map::REE,
            spsr: EL1_MASKED,
            stack: 0,
            kernel: 0,
            asked: [0; 9],
            _even: 0,
            system,
            kernels: [SCTLR_RESET, 0, 0, 0, 0, 0],
            number,
        }
    }

    /// Its stack at EL3.
    pub(crate) fn set_stack(&mut self, top: u64) {
        self.stack = top;
    }

    /// The REE begins here, with these in x0 to x3.
    pub(crate) fn begin_ree(&mut self, entry: u64, arguments: [u64; 4]) {
        let fresh = Self::new(self.number);
        (self.ree, self.sp_el0, self.system) = (fresh.ree, fresh.sp_el0, fresh.system);
        (self.elr, self.spsr) = (entry, EL1_MASKED);
        self.ree[..4].copy_from_slice(&arguments);
    }

    /// From the REE to the kernel.
    #[inline(always)]
    pub(crate) fn enter_tee(&mut self, why: u64) -> Next {
        macro_rules! keep {
            ($at:literal, $register:literal) => {
                self.system[$at] = read!($register);
            };
        }
        each_kept!(keep);
        self.enter_tee_again(why)
    }

    /// To the kernel, from where it came.
    #[inline(always)]
    pub(crate) fn enter_tee_again(&mut self, why: u64) -> Next {
        // They are the same at each entry; its stack it sets itself. FP and SIMD registers are the REE's until a
        // thread wants them: CPACR lets nobody use them.
        let [sctlr, ttbr0, tcr, mair, vbar, tpidr] = self.kernels;
        write!("sctlr_el1", sctlr);
        write!("ttbr0_el1", ttbr0);
        write!("tcr_el1", tcr);
        write!("mair_el1", mair);
        write!("vbar_el1", vbar);
        write!("tpidr_el1", tpidr);
        write!("cpacr_el1", 0);
        write!("scr_el3", SCR_TEE);
        Next(why + 1)
    }

    /// Into the kernel for the first time.
    pub(crate) fn begin_kernel(&mut self, entry: u64) -> Next {
        self.kernel = entry;
        self.enter_tee_again(0)
    }

    /// The kernel is ready, and is entered here, with the registers that it has now.
    pub(crate) fn kernel_is_ready(&mut self, entry: u64) {
        self.kernel = entry;
        self.kernels = [
            read!("sctlr_el1"),
            read!("ttbr0_el1"),
            read!("tcr_el1"),
            read!("mair_el1"),
            read!("vbar_el1"),
            read!("tpidr_el1"),
        ];
    }

    /// From the kernel to the REE.
    #[inline(always)]
    pub(crate) fn enter_ree(&mut self) -> Next {
        macro_rules! give_back {
            ($at:literal, $register:literal) => {
                write!($register, self.system[$at]);
            };
        }
        each_kept!(give_back);
        write!("scr_el3", SCR_REE);
        Next::Ree
    }
}
