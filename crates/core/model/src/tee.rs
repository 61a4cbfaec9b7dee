//! The kinds of trusted execution environment, and what each can do.
//!
//! [`Tee`] is what workloads ask for and nodes have. Beside it stands what each can do, as
//! data: [`TeeVariant`] tells generations apart, and [`Feature`] names what programs need.

mod capabilities;
mod capability;
mod feature;
mod gap;
mod lack;
mod runtime;
mod table;
mod variant;

use core::fmt;

pub use capability::{
    Capabilities, Cost, Host, Memory, MemoryFrom, Migration, NumberFrom, Overhead, Partition, Partitions,
    Route, Slot, Slots, Source, Unit,
};
pub use feature::{Feature, Features, UnknownFeature};
pub use gap::{Gap, Why};
pub use lack::{Lack, lacking, offered};
pub use runtime::{Runtime, UnknownRuntime};
pub use table::{Table, capability_table, feature_table};
pub use variant::{TeeVariant, UnknownTeeVariant};

/// A kind of trusted execution environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tee {
    /// Intel Software Guard Extensions: enclaves inside a process.
    Sgx,
    /// Intel Trust Domain Extensions: confidential VMs.
    Tdx,
    /// AMD Secure Encrypted Virtualization, Secure Nested Paging: confidential VMs.
    SevSnp,
    /// Arm Confidential Compute Architecture: realms.
    Cca,
    /// AWS Nitro Enclaves.
    Nitro,
    /// Arm TrustZone: one secure world a machine.
    TrustZone,
    /// Enclaves in software, shaped like SGX's. Protects nothing from the host's owner.
    Software,
}

/// What one TEE instance protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// Part of a process.
    Process,
    /// A virtual machine.
    Vm,
    /// A whole world of the machine.
    World,
}

impl Tee {
    /// Every kind, in the order tables list them.
    pub const ALL: [Self; 7] =
        [Self::Sgx, Self::Tdx, Self::SevSnp, Self::Cca, Self::Nitro, Self::TrustZone, Self::Software];

    /// What one instance of this TEE protects.
    #[must_use]
    pub const fn granularity(self) -> Granularity {
        match self {
            Self::Sgx | Self::Software => Granularity::Process,
            Self::Tdx | Self::SevSnp | Self::Cca | Self::Nitro => Granularity::Vm,
            Self::TrustZone => Granularity::World,
        }
    }

    /// Whether a node with this TEE can take a workload that asks for `wanted`.
    ///
    /// Software enclaves stand in for SGX, whose shape they have: that is what they are
    /// for. Whether they may is the policy's choice, made by naming a software root.
    #[must_use]
    pub fn satisfies(self, wanted: Self) -> bool {
        self == wanted || (self == Self::Software && wanted == Self::Sgx)
    }

    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sgx => "sgx",
            Self::Tdx => "tdx",
            Self::SevSnp => "sev-snp",
            Self::Cca => "cca",
            Self::Nitro => "nitro",
            Self::TrustZone => "trustzone",
            Self::Software => "software",
        }
    }
}

impl fmt::Display for Tee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Writes `items` with commas between them.
fn write_list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_software_stands_in_for_another_tee_and_only_for_sgx() {
        for node in Tee::ALL {
            for wanted in Tee::ALL {
                let stands_in = node == Tee::Software && wanted == Tee::Sgx;
                assert_eq!(node.satisfies(wanted), node == wanted || stands_in, "{node} for {wanted}");
            }
        }
    }
}
