//! The capabilities of each TEE, a row each, with its sources.
//!
//! Extends CC 6.1. Where a maker documents no number, none stands here: what a given machine
//! has is read on the machine ([`NumberFrom`]), and what a cloud sells stands in the
//! catalogue of instance types.

use super::capability::{
    Capabilities, Cost, Host, Memory, MemoryFrom, Migration, NumberFrom, Overhead, Partition, Partitions,
    Route, Slot, Slots, Source, Unit,
};
use super::{Tee, TeeVariant};
use crate::Bytes;

impl TeeVariant {
    /// What it can do.
    #[must_use]
    pub const fn capabilities(self) -> &'static Capabilities {
        match self {
            Self::Sgx1 => &SGX1,
            Self::Sgx2 => &SGX2,
            Self::Tdx => &TDX,
            Self::Sev => &SEV,
            Self::SevEs => &SEV_ES,
            Self::SevSnp => &SEV_SNP,
            Self::Cca => &CCA,
            Self::Nitro => &NITRO,
            Self::TrustZone => &TRUST_ZONE,
            Self::Software => &SOFTWARE,
        }
    }

    /// The TEEs whose instances can run inside one of this TEE; both are charged then.
    pub fn holds(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |it| it.capabilities().runs_in.contains(&Host::Tee(self)))
    }
}

impl Tee {
    /// How an instance of it gets to another machine.
    #[must_use]
    pub const fn migration(self) -> Migration {
        self.least_variant().capabilities().migration
    }
}

const CC: Source = Source { document: "CC", section: "6.1" };
const SDM: Source = Source {
    document: "Intel SDM, vol. 3D",
    section: "Introduction to Intel SGX; Enclave Operation; Enclave Exiting Events",
};
const SGX_PLUGIN: Source = Source { document: "Intel SGX device plugin for Kubernetes", section: "README" };
const APM: Source = Source {
    document: "AMD64 APM, vol. 2 (24593)",
    section: "Secure Encrypted Virtualization, 15.34 to 15.36; vol. 3 (24594), CPUID Fn8000_001F",
};
const MISC: Source = Source {
    document: "Linux admin guide, cgroup v2",
    section: "Misc; names of resources: sev, sev_es, tdx",
};

/// EPC up to 128 MiB at first, up to 512 MiB on the last of these processors; what a node can
/// hand out is less (93 to 94 MiB of 128). It is lost in every power state below S1, and
/// sealed pages open in the same boot only, so that an enclave does not move.
const SGX1: Capabilities = Capabilities {
    variant: TeeVariant::Sgx1,
    unit: Unit::ProcessEnclave,
    memory: Memory {
        from: MemoryFrom::PageCache,
        least: None,
        most: Some(Bytes::mib(512)),
        number: NumberFrom::CpuidPageCache,
        is_paged: true,
    },
    attestation: &[Route::Dcap, Route::Epid],
    slots: Slots { kind: Slot::PluginDevice, number: NumberFrom::PluginFlags, cgroup: None },
    migration: Migration::Restart,
    runs_in: &[Host::BareMetal, Host::Vm],
    partitions: None,
    costs: &[Cost::Transitions, Cost::Paging, Cost::MemoryEncryption],
    overhead: Some(Overhead::Medium),
    sources: &[SDM, SGX_PLUGIN, CC],
};

/// With EDMM; as sold with large page caches, up to 512 GiB a socket. A guest's share of the
/// page cache is lost when the guest is moved (Linux, KVM).
const SGX2: Capabilities = Capabilities {
    variant: TeeVariant::Sgx2,
    memory: Memory { most: Some(Bytes::mib(512 * 1024)), ..SGX1.memory },
    attestation: &[Route::Dcap],
    sources: &[
        SDM,
        Source {
            document: "Linux, Documentation/arch/x86/sgx.rst",
            section: "Launch Control; EPC; Virtual EPC",
        },
        Source {
            document: "3rd Gen Intel Xeon Scalable product brief",
            section: "Intel SGX: up to 512 GB of enclave page cache a processor",
        },
        SGX_PLUGIN,
        CC,
    ],
    ..SGX1
};

/// Guests that are measured by the TDX module; quotes are made by an enclave of SGX on the
/// host, and SGX is not offered to the guest. Live migration needs a service TD (MigTD) and a host that drives it.
const TDX: Capabilities = Capabilities {
    variant: TeeVariant::Tdx,
    unit: Unit::ConfidentialVm,
    memory: Memory {
        from: MemoryFrom::Machine,
        least: None,
        most: None,
        number: NumberFrom::MachineMemory,
        is_paged: false,
    },
    attestation: &[Route::TdQuote, Route::Vtpm],
    slots: Slots { kind: Slot::KeyId, number: NumberFrom::KeyIdPartitioning, cgroup: Some("tdx") },
    migration: Migration::LiveWhereOffered,
    runs_in: &[Host::BareMetal],
    partitions: Some(Partitions { kind: Partition::L2Vm, most: Some(3) }),
    costs: &[Cost::MemoryEncryption, Cost::MonitoredExits, Cost::BounceBuffers],
    overhead: Some(Overhead::Low),
    sources: &[
        Source {
            document: "Intel TDX Module 1.5 Base Architecture Specification",
            section: "Memory Encryption Key Management; Measurement and Attestation",
        },
        Source {
            document: "Intel TDX Module 1.5 TD Migration Architecture Specification",
            section: "Overview",
        },
        Source {
            document: "Intel TDX Module 1.5 TD Partitioning Architecture Specification",
            section: "Overview",
        },
        MISC,
        CC,
    ],
};

/// The hypervisor sees registers and can replay memory; evidence is the launch measurement,
/// which none of the verifiers here accepts.
const SEV: Capabilities = Capabilities {
    variant: TeeVariant::Sev,
    unit: Unit::ConfidentialVm,
    memory: Memory {
        from: MemoryFrom::Machine,
        least: None,
        most: None,
        number: NumberFrom::MachineMemory,
        is_paged: false,
    },
    attestation: &[Route::LaunchMeasurement, Route::Vtpm],
    slots: Slots { kind: Slot::Asid, number: NumberFrom::AsidsFromLeast, cgroup: Some("sev") },
    migration: Migration::LiveWhereOffered,
    runs_in: &[Host::BareMetal],
    partitions: None,
    costs: &[Cost::MemoryEncryption, Cost::BounceBuffers],
    overhead: Some(Overhead::Low),
    sources: &[
        APM,
        Source { document: "SEV API (55766)", section: "LAUNCH_MEASURE; SEND_START to RECEIVE_FINISH" },
        MISC,
        CC,
    ],
};

/// As SEV, with registers encrypted. Its ASIDs lie below those of plain SEV.
const SEV_ES: Capabilities = Capabilities {
    variant: TeeVariant::SevEs,
    slots: Slots { kind: Slot::Asid, number: NumberFrom::AsidsBelowLeast, cgroup: Some("sev_es") },
    costs: &[Cost::MemoryEncryption, Cost::MonitoredExits, Cost::BounceBuffers],
    ..SEV
};

/// As SEV-ES, with integrity; shares its ASIDs. Live migration needs a migration agent and a
/// host that drives it. Azure's child-capable sizes start such guests from inside a VM.
const SEV_SNP: Capabilities = Capabilities {
    variant: TeeVariant::SevSnp,
    attestation: &[Route::SnpReport, Route::Vtpm],
    runs_in: &[Host::BareMetal, Host::Vm],
    partitions: Some(Partitions { kind: Partition::Vmpl, most: Some(4) }),
    sources: &[
        APM,
        Source {
            document: "SEV Secure Nested Paging Firmware ABI (56860)",
            section: "Attestation; Migration Agent; Guest Messages",
        },
        Source {
            document: "Azure ECas_cc_v5 and ECads_cc_v5-series",
            section: "confidential child capable VMs",
        },
        MISC,
        CC,
    ],
    ..SEV_ES
};

/// Realms of Realm Management Monitor 1.0, which has no migration; planes came with 1.1.
const CCA: Capabilities = Capabilities {
    variant: TeeVariant::Cca,
    unit: Unit::Realm,
    memory: Memory {
        from: MemoryFrom::Granules,
        least: None,
        most: None,
        number: NumberFrom::MachineMemory,
        is_paged: false,
    },
    attestation: &[Route::CcaToken],
    slots: Slots { kind: Slot::Vmid, number: NumberFrom::VmidBits, cgroup: None },
    migration: Migration::Restart,
    runs_in: &[Host::BareMetal],
    partitions: Some(Partitions { kind: Partition::Plane, most: None }),
    costs: &[Cost::MemoryEncryption, Cost::MonitoredExits, Cost::BounceBuffers],
    overhead: Some(Overhead::Low),
    sources: &[
        Source {
            document: "Arm DEN0137, Realm Management Monitor 1.0",
            section: "Granule lifecycle; RmiRealmParams; Realm attestation token",
        },
        Source { document: "Arm DDI0615, Realm Management Extension", section: "physical address spaces" },
        CC,
    ],
};

/// An enclave ends with its parent, so it moves by being started beside another one.
const NITRO: Capabilities = Capabilities {
    variant: TeeVariant::Nitro,
    unit: Unit::CarvedVm,
    memory: Memory {
        from: MemoryFrom::Parent,
        least: Some(Bytes::mib(64)),
        most: None,
        number: NumberFrom::ParentAllocation,
        is_paged: false,
    },
    attestation: &[Route::NitroDocument],
    slots: Slots { kind: Slot::Enclave, number: NumberFrom::Fixed(4), cgroup: None },
    migration: Migration::Restart,
    runs_in: &[Host::Vm],
    partitions: None,
    costs: &[Cost::WholeCores, Cost::BounceBuffers],
    overhead: None,
    sources: &[Source {
        document: "AWS Nitro Enclaves User Guide",
        section: "What is Nitro Enclaves?, Considerations; Working with multiple enclaves; nitro-cli run-enclave",
    }],
};

/// What a trusted application stores is bound to the device's own key, and nothing is
/// specified by which a stranger could verify the device.
const TRUST_ZONE: Capabilities = Capabilities {
    variant: TeeVariant::TrustZone,
    unit: Unit::TrustedApplication,
    memory: Memory {
        from: MemoryFrom::SecureRam,
        least: None,
        most: None,
        number: NumberFrom::Build,
        is_paged: true,
    },
    attestation: &[Route::DeviceKey],
    slots: Slots { kind: Slot::Session, number: NumberFrom::Build, cgroup: None },
    migration: Migration::None,
    runs_in: &[Host::BareMetal],
    partitions: None,
    costs: &[Cost::WorldSwitches],
    overhead: None,
    sources: &[
        Source {
            document: "GlobalPlatform GPD_SPE_010, TEE Internal Core API 1.3.1",
            section: "Sessions; Trusted Storage",
        },
        Source { document: "OP-TEE documentation", section: "Pager; Secure storage; Attestation" },
    ],
};

/// SGX in shape. Runs wherever Linux does, so also inside every confidential VM.
const SOFTWARE: Capabilities = Capabilities {
    variant: TeeVariant::Software,
    unit: Unit::ProcessEnclave,
    memory: Memory {
        from: MemoryFrom::Pool,
        least: None,
        most: None,
        number: NumberFrom::NodeFlag,
        is_paged: true,
    },
    attestation: &[Route::SoftwareQuote],
    slots: Slots { kind: Slot::PoolEntry, number: NumberFrom::Build, cgroup: None },
    migration: Migration::Restart,
    runs_in: &[
        Host::BareMetal,
        Host::Vm,
        Host::Tee(TeeVariant::Tdx),
        Host::Tee(TeeVariant::Sev),
        Host::Tee(TeeVariant::SevEs),
        Host::Tee(TeeVariant::SevSnp),
        Host::Tee(TeeVariant::Cca),
    ],
    partitions: None,
    costs: &[Cost::Transitions, Cost::Paging, Cost::Sandbox],
    overhead: None,
    sources: &[Source { document: "docs/run.md", section: "Encrypted memory" }],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tee::Granularity;
    use alloc::vec::Vec;

    #[test]
    fn every_row_is_of_its_variant_and_has_sources_and_evidence() {
        for variant in TeeVariant::ALL {
            let row = variant.capabilities();
            assert_eq!(row.variant, variant);
            assert!(
                !row.attestation.is_empty() && !row.sources.is_empty() && !row.runs_in.is_empty(),
                "{variant}"
            );
            assert!(row.sources.iter().all(|it| !it.document.is_empty() && !it.section.is_empty()));
        }
    }

    #[test]
    fn the_unit_agrees_with_what_the_kind_protects() {
        for variant in TeeVariant::ALL {
            let Some(tee) = variant.tee() else { continue };
            let expected = match variant.capabilities().unit {
                Unit::ProcessEnclave => Granularity::Process,
                Unit::ConfidentialVm | Unit::Realm | Unit::CarvedVm => Granularity::Vm,
                Unit::TrustedApplication => Granularity::World,
            };
            assert_eq!(tee.granularity(), expected, "{variant}");
        }
    }

    #[test]
    fn variants_of_one_kind_move_alike() {
        for variant in TeeVariant::ALL {
            let Some(tee) = variant.tee() else { continue };
            assert_eq!(variant.capabilities().migration, tee.migration(), "{variant}");
        }
    }

    #[test]
    fn no_tee_is_inside_itself_and_sgx_is_inside_no_trust_domain() {
        for variant in TeeVariant::ALL {
            assert!(!variant.holds().any(|it| it == variant), "{variant}");
        }
        assert_eq!(TeeVariant::Tdx.holds().collect::<Vec<_>>(), [TeeVariant::Software]);
        assert_eq!(TeeVariant::Sgx2.holds().count(), 0);
    }

    #[test]
    fn bounds_on_memory_are_in_order() {
        for variant in TeeVariant::ALL {
            let Memory { least, most, .. } = variant.capabilities().memory;
            if let (Some(least), Some(most)) = (least, most) {
                assert!(least <= most, "{variant}");
            }
        }
    }

    #[test]
    fn only_process_enclaves_and_the_secure_world_page() {
        for variant in TeeVariant::ALL {
            let row = variant.capabilities();
            let may = matches!(row.unit, Unit::ProcessEnclave | Unit::TrustedApplication);
            assert_eq!(row.memory.is_paged, may, "{variant}");
        }
    }
}
