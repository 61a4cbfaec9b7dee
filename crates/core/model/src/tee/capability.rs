//! What is known of a TEE besides calls: where its memory and its numbers come from, how it
//! is attested, whether it moves, and what it can be inside.

use core::fmt;

use super::TeeVariant;
use crate::Bytes;

/// What each TEE can do: one row of the table of CC 6.1, with more columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Of which TEE.
    pub variant: TeeVariant,
    /// What one instance is.
    pub unit: Unit,
    /// Where protected memory comes from, and what bounds it.
    pub memory: Memory,
    /// Ways to evidence, best known first. Never empty.
    pub attestation: &'static [Route],
    /// What runs out before memory does.
    pub slots: Slots,
    /// How an instance gets to another machine.
    pub migration: Migration,
    /// What it can run on or in.
    pub runs_in: &'static [Host],
    /// Levels of privilege it has inside, besides user and kernel.
    pub partitions: Option<Partitions>,
    /// Where its time goes.
    pub costs: &'static [Cost],
    /// How much that is, as CC 6.1 rates it. `None`: not rated there.
    pub overhead: Option<Overhead>,
    /// Where all this is written.
    pub sources: &'static [Source],
}

/// What one instance of a TEE is, in its makers' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Part of a process's address space.
    ProcessEnclave,
    /// A virtual machine with encrypted memory.
    ConfidentialVm,
    /// A realm: a virtual machine under the Realm Management Monitor.
    Realm,
    /// A virtual machine carved out of another one.
    CarvedVm,
    /// A trusted application in the secure world.
    TrustedApplication,
}

/// Where protected memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Out of what it is handed out.
    pub from: MemoryFrom,
    /// The least an instance can have, where a least is documented.
    pub least: Option<Bytes>,
    /// The most a processor protects for all instances together, where that is documented.
    pub most: Option<Bytes>,
    /// Where a machine says how much it has.
    pub number: NumberFrom,
    /// Whether an instance can have more than is resident, the rest being sealed outside.
    pub is_paged: bool,
}

/// Out of what protected memory is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryFrom {
    /// Memory that firmware reserves at boot: the enclave page cache.
    PageCache,
    /// Any memory of the machine.
    Machine,
    /// Granules of the machine's memory that the host gives up.
    Granules,
    /// Huge pages of the parent instance.
    Parent,
    /// Memory that the address space controller keeps from the normal world.
    SecureRam,
    /// The node's pool of frames.
    Pool,
}

/// What a host runs out of, one for each instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// What it is.
    pub kind: Slot,
    /// Where its number comes from.
    pub number: NumberFrom,
    /// Its name in the cgroup controller `misc`, where it has one.
    pub cgroup: Option<&'static str>,
}

/// What an instance holds one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A device handed out by a plug-in: no limit of the hardware.
    PluginDevice,
    /// A memory-encryption key.
    KeyId,
    /// An address space identifier, which selects the memory-encryption key.
    Asid,
    /// A virtual machine identifier.
    Vmid,
    /// One of the enclaves a parent may have.
    Enclave,
    /// A session with a trusted application.
    Session,
    /// An entry of the node's pool.
    PoolEntry,
}

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFrom {
    /// CPUID leaf 12H, subleaves from 2 on: one section of the page cache each.
    CpuidPageCache,
    /// Flags of the SGX device plugin (`-enclave-limit`, `-provision-limit`).
    PluginFlags,
    /// Upper half of `IA32_MKTME_KEYID_PARTITIONING` (MSR 87H), less the module's own key.
    KeyIdPartitioning,
    /// CPUID `8000_001F`: from EDX, the least ASID of plain SEV, to ECX, the last of all.
    AsidsFromLeast,
    /// CPUID `8000_001F`: below EDX, the least ASID of plain SEV.
    AsidsBelowLeast,
    /// `ID_AA64MMFR1_EL1.VMIDBits`.
    VmidBits,
    /// Memory the machine has.
    MachineMemory,
    /// What the parent instance allots (`allocator.yaml`).
    ParentAllocation,
    /// A number that is the same everywhere.
    Fixed(u32),
    /// Set when the firmware or the trusted OS is built.
    Build,
    /// A flag of the node (`--epc`).
    NodeFlag,
}

/// A way to evidence that a verifier takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// Intel's attestation service for EPID; ended on 2 April 2025.
    Epid,
    /// ECDSA quotes of SGX (DCAP).
    Dcap,
    /// ECDSA quotes of TDX.
    TdQuote,
    /// The measurement that the platform shows the guest's owner when the guest is launched.
    LaunchMeasurement,
    /// Reports of SEV-SNP, signed by VCEK or VLEK.
    SnpReport,
    /// CCA attestation tokens.
    CcaToken,
    /// Attestation documents of the Nitro security module.
    NitroDocument,
    /// Quotes of a virtual TPM, which the provider or a paravisor runs.
    Vtpm,
    /// A report signed with a key of the device, for a verifier that knows its key.
    DeviceKey,
    /// Quotes under this machine's own software root.
    SoftwareQuote,
}

impl Route {
    /// Every route, in the order tables list them.
    pub const ALL: [Self; 10] = [
        Self::Epid,
        Self::Dcap,
        Self::TdQuote,
        Self::LaunchMeasurement,
        Self::SnpReport,
        Self::CcaToken,
        Self::NitroDocument,
        Self::Vtpm,
        Self::DeviceKey,
        Self::SoftwareQuote,
    ];

    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Epid => "epid",
            Self::Dcap => "dcap",
            Self::TdQuote => "td-quote",
            Self::LaunchMeasurement => "launch-measurement",
            Self::SnpReport => "snp-report",
            Self::CcaToken => "cca-token",
            Self::NitroDocument => "nitro-document",
            Self::Vtpm => "vtpm",
            Self::DeviceKey => "device-key",
            Self::SoftwareQuote => "software-quote",
        }
    }
}

/// How an instance gets to another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migration {
    /// Not at all: what it keeps is bound to the device.
    None,
    /// It ends and is started there anew.
    Restart,
    /// Running, on platforms that say they can; elsewhere as [`Migration::Restart`].
    LiveWhereOffered,
}

/// What an instance can run on or in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// The machine itself.
    BareMetal,
    /// An ordinary virtual machine.
    Vm,
    /// An instance of another TEE: both are charged.
    Tee(TeeVariant),
}

/// Levels of privilege inside an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partitions {
    /// What they are.
    pub kind: Partition,
    /// The most there can be, where it is the same everywhere.
    pub most: Option<u8>,
}

/// A level of privilege inside an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Virtual machines within a trust domain (TD partitioning).
    L2Vm,
    /// Virtual machine privilege levels.
    Vmpl,
    /// Planes of a realm.
    Plane,
}

/// Where a TEE's time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Entering and leaving the instance.
    Transitions,
    /// Sealing and opening pages.
    Paging,
    /// Every access to memory passes the encryption engine.
    MemoryEncryption,
    /// Exits go through a monitor between guest and hypervisor.
    MonitoredExits,
    /// Data for devices is copied through shared memory.
    BounceBuffers,
    /// CPU and memory are set aside whole.
    WholeCores,
    /// The CPU changes worlds.
    WorldSwitches,
    /// Programs are compiled for a sandbox.
    Sandbox,
}

/// CC 6.1's rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Overhead {
    /// Low.
    Low,
    /// Medium.
    Medium,
}

/// Where something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The document, with its number or version.
    pub document: &'static str,
    /// Where in it. Chapters by name, since editions number them anew.
    pub section: &'static str,
}

/// Writes a fixed phrase for each value.
macro_rules! phrases {
    ($($of:ident { $($value:pat => $phrase:literal),* $(,)? })*) => {
        $(impl fmt::Display for $of {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($value => $phrase),* })
            }
        })*
    };
}

phrases! {
    Unit {
        Self::ProcessEnclave => "enclave in a process",
        Self::ConfidentialVm => "confidential VM",
        Self::Realm => "realm",
        Self::CarvedVm => "VM carved out of its parent",
        Self::TrustedApplication => "trusted application",
    }
    MemoryFrom {
        Self::PageCache => "page cache reserved at boot",
        Self::Machine => "any memory of the machine",
        Self::Granules => "granules given up by the host",
        Self::Parent => "huge pages of the parent",
        Self::SecureRam => "secure RAM",
        Self::Pool => "the node's pool",
    }
    Slot {
        Self::PluginDevice => "device of the plug-in",
        Self::KeyId => "key ID",
        Self::Asid => "ASID",
        Self::Vmid => "VMID",
        Self::Enclave => "enclave of the parent",
        Self::Session => "session",
        Self::PoolEntry => "entry of the pool",
    }
    Route {
        Self::Epid => "EPID (ended 2025-04-02)",
        Self::Dcap => "DCAP quote",
        Self::TdQuote => "TD quote",
        Self::LaunchMeasurement => "launch measurement",
        Self::SnpReport => "SNP report",
        Self::CcaToken => "CCA token",
        Self::NitroDocument => "NSM document",
        Self::Vtpm => "vTPM quote",
        Self::DeviceKey => "device key",
        Self::SoftwareQuote => "software quote",
    }
    Migration {
        Self::None => "none",
        Self::Restart => "restart only",
        Self::LiveWhereOffered => "live where the platform says so",
    }
    Partition {
        Self::L2Vm => "L2 VMs",
        Self::Vmpl => "VMPLs",
        Self::Plane => "planes",
    }
    Cost {
        Self::Transitions => "transitions",
        Self::Paging => "paging",
        Self::MemoryEncryption => "memory encryption",
        Self::MonitoredExits => "monitored exits",
        Self::BounceBuffers => "bounce buffers",
        Self::WholeCores => "whole cores",
        Self::WorldSwitches => "world switches",
        Self::Sandbox => "sandbox",
    }
    Overhead {
        Self::Low => "low",
        Self::Medium => "medium",
    }
}

impl fmt::Display for NumberFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(number) => return write!(f, "{number}"),
            Self::CpuidPageCache => "CPUID 12H, subleaves 2…",
            Self::PluginFlags => "flags of the device plugin",
            Self::KeyIdPartitioning => "MSR 87H, bits 63:32, less 1",
            Self::AsidsFromLeast => "CPUID 8000_001F, EDX to ECX",
            Self::AsidsBelowLeast => "CPUID 8000_001F, below EDX",
            Self::VmidBits => "ID_AA64MMFR1_EL1.VMIDBits",
            Self::MachineMemory => "memory of the machine",
            Self::ParentAllocation => "the parent's allocator.yaml",
            Self::Build => "fixed when built",
            Self::NodeFlag => "--epc",
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BareMetal => f.write_str("bare metal"),
            Self::Vm => f.write_str("VM"),
            Self::Tee(variant) => write!(f, "{variant}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.document, self.section)
    }
}
