//! What each TEE and each runtime lacks, and why.
//!
//! Only what is lacking is written down; everything else is offered. What a TEE lacks, no
//! runtime on it can make up for; what a runtime lacks, another one may have. Where makers
//! differ, or a revision is too new to be counted on, the feature counts as lacking.

use core::fmt;

use super::{Feature, Runtime, TeeVariant};

/// Why a feature is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It runs in user mode, where instructions of kernels fault.
    UserMode,
    /// Each page of encrypted memory belongs to one instance.
    OneOwner,
    /// Its pages and their permissions are fixed once it is initialised.
    FixedOnceInitialised,
    /// Devices cannot reach its memory, and none is its own.
    NoDevice,
    /// It cannot run virtual machines.
    NoVirtualization,
    /// It gives out no key that is bound to what runs.
    NoSealingKey,
    /// No debugger is let in from outside.
    NoDebugger,
    /// Its only connection is a local socket to its parent instance.
    LocalSocketOnly,
    /// What it writes is gone when it ends.
    NothingKept,
    /// The runtime has no call for it.
    NoCall,
    /// Programs are written, or compiled, for the runtime's own interface.
    OwnInterface,
    /// All code is measured or signed before it starts, and none is added.
    CodeIsFixed,
    /// One thread at a time is in an instance.
    OneThread,
    /// The kernel is the sandbox's, not the program's.
    KernelIsNotItsOwn,
}

impl fmt::Display for Why {
    /// A clause that can follow "because".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserMode => "it runs in user mode, where a kernel's instructions fault",
            Self::OneOwner => "each page of encrypted memory belongs to one instance",
            Self::FixedOnceInitialised => "its pages are fixed once it is initialised",
            Self::NoDevice => "devices cannot reach its memory",
            Self::NoVirtualization => "it cannot run virtual machines",
            Self::NoSealingKey => "it gives out no key that is bound to what runs",
            Self::NoDebugger => "no debugger is let in from outside",
            Self::LocalSocketOnly => "its only connection is a local socket to its parent instance",
            Self::NothingKept => "what it writes is gone when it ends",
            Self::NoCall => "there is no call for it",
            Self::OwnInterface => "programs are made for its own interface",
            Self::CodeIsFixed => "code is measured or signed before it starts, and none is added",
            Self::OneThread => "one thread at a time is in an instance",
            Self::KernelIsNotItsOwn => "the kernel is the sandbox's",
        })
    }
}

/// A feature that is lacking, and why.
pub type Gap = (Feature, Why);

impl TeeVariant {
    /// What no runtime on this TEE can offer, in the order of [`Feature::ALL`].
    #[must_use]
    pub const fn gaps(self) -> &'static [Gap] {
        match self {
            Self::Sgx1 => SGX1,
            Self::Sgx2 => SGX2,
            Self::Tdx | Self::Sev | Self::SevEs => VM_WITHOUT_SEALING,
            Self::SevSnp => SEV_SNP,
            Self::Cca => CCA,
            Self::Nitro => NITRO,
            Self::TrustZone | Self::Software => &[],
        }
    }
}

impl Runtime {
    /// What this runtime does not offer, whatever it runs on, in the order of [`Feature::ALL`].
    #[must_use]
    pub const fn gaps(self) -> &'static [Gap] {
        match self {
            Self::SgxSdk => SGX_SDK,
            Self::Gramine | Self::Guest | Self::EnclaveImage => &[],
            Self::Kata => KATA,
            Self::OpTee => OP_TEE,
            Self::Wasi => WASI,
        }
    }
}

/// Intel SDM vol. 3D: "Intel SGX Interactions with IA32 and Intel 64 Architecture" (illegal
/// instructions, DMA), "Enclave Access Control and Data Structures" (the EPCM's owner).
const SGX2: &[Gap] = &[
    (Feature::SharedMemory, Why::OneOwner),
    (Feature::Gpu, Why::NoDevice),
    (Feature::Devices, Why::NoDevice),
    (Feature::KernelModules, Why::UserMode),
    (Feature::NestedVirtualization, Why::UserMode),
];

/// As [`SGX2`]; and without EAUG and EMODPR (SDM vol. 3D, "Enclave Operation", dynamic
/// memory management) nothing about its pages changes after EINIT.
const SGX1: &[Gap] = &[
    (Feature::SharedMemory, Why::OneOwner),
    (Feature::MemoryGrowth, Why::FixedOnceInitialised),
    (Feature::Gpu, Why::NoDevice),
    (Feature::Devices, Why::NoDevice),
    (Feature::KernelModules, Why::UserMode),
    (Feature::NestedVirtualization, Why::UserMode),
];

/// Intel TDX Module 1.5 Base Architecture Specification: VMX is not offered to a TD. Keys
/// bound to a TD came with release 2.0.18 of the module only. AMD APM vol. 2, 15.34 and 15.35:
/// SEV and SEV-ES give the guest neither; Linux offers neither nested SVM.
const VM_WITHOUT_SEALING: &[Gap] =
    &[(Feature::Sealing, Why::NoSealingKey), (Feature::NestedVirtualization, Why::NoVirtualization)];

/// As SEV-ES; the firmware derives keys for the guest (SEV Secure Nested Paging Firmware ABI,
/// `MSG_KEY_REQ`).
const SEV_SNP: &[Gap] = &[(Feature::NestedVirtualization, Why::NoVirtualization)];

/// Arm DEN0137, Realm Management Monitor 1.0: neither devices of its own, nor sealing keys,
/// nor external debug, nor EL2 in a realm.
const CCA: &[Gap] = &[
    (Feature::Gpu, Why::NoDevice),
    (Feature::Devices, Why::NoDevice),
    (Feature::Sealing, Why::NoSealingKey),
    (Feature::Debug, Why::NoDebugger),
    (Feature::NestedVirtualization, Why::NoVirtualization),
];

/// AWS Nitro Enclaves User Guide, "What is Nitro Enclaves?" and "Nitro Enclaves concepts": no
/// storage that lasts, no interactive access, no network but vsock. Debug mode shows a console.
const NITRO: &[Gap] = &[
    (Feature::NetworkSockets, Why::LocalSocketOnly),
    (Feature::PersistentStorage, Why::NothingKept),
    (Feature::Gpu, Why::NoDevice),
    (Feature::Devices, Why::NoDevice),
    (Feature::Sealing, Why::NoSealingKey),
    (Feature::Debug, Why::NoDebugger),
    (Feature::NestedVirtualization, Why::NoVirtualization),
];

/// Intel SGX SDK Developer Reference for Linux: "Enclave Definition Language Syntax",
/// "Trusted Libraries". Files are those of the Protected File System Library.
const SGX_SDK: &[Gap] = &[
    (Feature::UnmodifiedPrograms, Why::OwnInterface),
    (Feature::NetworkSockets, Why::NoCall),
    (Feature::Fork, Why::NoCall),
    (Feature::Signals, Why::NoCall),
    (Feature::DynamicCode, Why::CodeIsFixed),
    (Feature::Time, Why::NoCall),
];

/// Kata Containers, "Virtualization in Kata Containers": a pod shares the guest's kernel.
const KATA: &[Gap] = &[(Feature::KernelModules, Why::KernelIsNotItsOwn)];

/// GlobalPlatform TEE Internal Core API 1.3.1 (GPD_SPE_010): instances, sessions and what a
/// trusted application may call. Sockets are those of the TEE Sockets API (GPD_SPE_100),
/// storage that of persistent objects. OP-TEE documentation, "Trusted Applications": signed
/// whole, heap and stack of a size set when built.
const OP_TEE: &[Gap] = &[
    (Feature::UnmodifiedPrograms, Why::OwnInterface),
    (Feature::FileSystem, Why::NoCall),
    (Feature::Threads, Why::OneThread),
    (Feature::Fork, Why::NoCall),
    (Feature::Signals, Why::NoCall),
    (Feature::SharedMemory, Why::NoCall),
    (Feature::MemoryGrowth, Why::FixedOnceInitialised),
    (Feature::DynamicCode, Why::CodeIsFixed),
    (Feature::Gpu, Why::NoCall),
    (Feature::Devices, Why::NoCall),
    (Feature::Debug, Why::NoDebugger),
    (Feature::KernelModules, Why::KernelIsNotItsOwn),
    (Feature::NestedVirtualization, Why::NoVirtualization),
];

/// WASI preview 1, without its socket calls, as `docs/run.md` describes. What is mounted is
/// read only, or gone with the pod.
const WASI: &[Gap] = &[
    (Feature::UnmodifiedPrograms, Why::OwnInterface),
    (Feature::NetworkSockets, Why::NoCall),
    (Feature::PersistentStorage, Why::NothingKept),
    (Feature::Threads, Why::OneThread),
    (Feature::Fork, Why::NoCall),
    (Feature::Signals, Why::NoCall),
    (Feature::SharedMemory, Why::OneOwner),
    (Feature::DynamicCode, Why::CodeIsFixed),
    (Feature::Gpu, Why::NoCall),
    (Feature::Devices, Why::NoCall),
    (Feature::Sealing, Why::NoSealingKey),
    (Feature::Debug, Why::NoDebugger),
    (Feature::KernelModules, Why::NoCall),
    (Feature::NestedVirtualization, Why::NoVirtualization),
];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn each_gap_stands_once_and_in_the_order_of_tables() {
        let variants = TeeVariant::ALL.map(TeeVariant::gaps);
        let runtimes = Runtime::ALL.map(Runtime::gaps);
        for gaps in variants.into_iter().chain(runtimes) {
            let features: Vec<_> = gaps.iter().map(|(feature, _)| *feature).collect();
            assert!(features.is_sorted_by(|a, b| a < b), "{features:?}");
        }
    }

    #[test]
    fn the_second_generation_lacks_what_the_first_lacks_but_growth() {
        let rest: Vec<_> = SGX1.iter().filter(|(feature, _)| *feature != Feature::MemoryGrowth).collect();
        assert_eq!(rest, SGX2.iter().collect::<Vec<_>>());
    }
}
