//! The TEEs that manifests name.

use std::fmt;

use casemate_model::Tee;

/// A TEE as manifests name it: those of the model, and two that manifests ask for but
/// whose evidence nothing here verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Technology {
    /// Intel Software Guard Extensions.
    Sgx,
    /// Intel Trust Domain Extensions.
    Tdx,
    /// AMD SEV with Secure Nested Paging.
    SevSnp,
    /// AMD SEV or SEV-ES: encrypted memory without integrity.
    Sev,
    /// Arm Confidential Compute Architecture.
    Cca,
    /// AWS Nitro Enclaves.
    Nitro,
    /// IBM Secure Execution for Linux.
    SecureExecution,
}

impl Technology {
    /// Every kind, in the order tables list them.
    pub const ALL: [Self; 7] =
        [Self::Sgx, Self::Tdx, Self::SevSnp, Self::Sev, Self::Cca, Self::Nitro, Self::SecureExecution];

    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sgx => "sgx",
            Self::Tdx => "tdx",
            Self::SevSnp => "sev-snp",
            Self::Sev => "sev",
            Self::Cca => "cca",
            Self::Nitro => "nitro",
            Self::SecureExecution => "secure-execution",
        }
    }

    /// The model's kind, where the model has one: only these can be placed and run.
    #[must_use]
    pub const fn tee(self) -> Option<Tee> {
        match self {
            Self::Sgx => Some(Tee::Sgx),
            Self::Tdx => Some(Tee::Tdx),
            Self::SevSnp => Some(Tee::SevSnp),
            Self::Cca => Some(Tee::Cca),
            Self::Nitro => Some(Tee::Nitro),
            Self::Sev | Self::SecureExecution => None,
        }
    }
}

impl fmt::Display for Technology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_model_has_the_kind_the_names_agree() {
        for technology in Technology::ALL {
            if let Some(tee) = technology.tee() {
                assert_eq!(technology.as_str(), tee.as_str());
            }
        }
    }
}
