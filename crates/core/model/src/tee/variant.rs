//! The variants of each TEE that differ in what they can do.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::Tee;

/// A TEE as its maker sells it: finer than [`Tee`], which is what workloads ask for.
///
/// Two processors with SGX answer to the same request and differ in what their enclaves can
/// do; plain SEV encrypts like SEV-SNP, and no evidence of it is accepted anywhere here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TeeVariant {
    /// Intel SGX whose enclaves are fixed once they are initialised.
    Sgx1,
    /// Intel SGX with dynamic memory management (EDMM).
    Sgx2,
    /// Intel Trust Domain Extensions.
    Tdx,
    /// AMD SEV: memory is encrypted; registers are not, and nothing is checked for integrity.
    Sev,
    /// AMD SEV with Encrypted State: registers are encrypted too.
    SevEs,
    /// AMD SEV with Secure Nested Paging: memory has integrity.
    SevSnp,
    /// Arm Confidential Compute Architecture.
    Cca,
    /// AWS Nitro Enclaves.
    Nitro,
    /// Arm TrustZone.
    TrustZone,
    /// Casemate's software enclaves.
    Software,
}

impl TeeVariant {
    /// Every variant, in the order tables list them.
    pub const ALL: [Self; 10] = [
        Self::Sgx1,
        Self::Sgx2,
        Self::Tdx,
        Self::Sev,
        Self::SevEs,
        Self::SevSnp,
        Self::Cca,
        Self::Nitro,
        Self::TrustZone,
        Self::Software,
    ];

    /// The kind that workloads ask for. `None`: no evidence of it is accepted, so nothing
    /// confidential is placed on it.
    #[must_use]
    pub const fn tee(self) -> Option<Tee> {
        match self {
            Self::Sgx1 | Self::Sgx2 => Some(Tee::Sgx),
            Self::Tdx => Some(Tee::Tdx),
            Self::SevSnp => Some(Tee::SevSnp),
            Self::Cca => Some(Tee::Cca),
            Self::Nitro => Some(Tee::Nitro),
            Self::TrustZone => Some(Tee::TrustZone),
            Self::Software => Some(Tee::Software),
            Self::Sev | Self::SevEs => None,
        }
    }

    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sgx1 => "sgx1",
            Self::Sgx2 => "sgx2",
            Self::Tdx => "tdx",
            Self::Sev => "sev",
            Self::SevEs => "sev-es",
            Self::SevSnp => "sev-snp",
            Self::Cca => "cca",
            Self::Nitro => "nitro",
            Self::TrustZone => "trustzone",
            Self::Software => "software",
        }
    }
}

impl Tee {
    /// The variant that can do the least: what may be counted on where only the kind is known.
    #[must_use]
    pub const fn least_variant(self) -> TeeVariant {
        match self {
            Self::Sgx => TeeVariant::Sgx1,
            Self::Tdx => TeeVariant::Tdx,
            Self::SevSnp => TeeVariant::SevSnp,
            Self::Cca => TeeVariant::Cca,
            Self::Nitro => TeeVariant::Nitro,
            Self::TrustZone => TeeVariant::TrustZone,
            Self::Software => TeeVariant::Software,
        }
    }
}

impl fmt::Display for TeeVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no variant of a TEE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTeeVariant(pub String);

impl fmt::Display for UnknownTeeVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no TEE; known are ", self.0)?;
        super::write_list(f, TeeVariant::ALL)
    }
}

impl core::error::Error for UnknownTeeVariant {}

impl FromStr for TeeVariant {
    type Err = UnknownTeeVariant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or_else(|| UnknownTeeVariant(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_variant_and_the_least_is_one_of_its_own() {
        for tee in Tee::ALL {
            assert_eq!(tee.least_variant().tee(), Some(tee));
        }
    }

    #[test]
    fn a_kind_with_one_variant_lends_it_its_name() {
        for variant in TeeVariant::ALL {
            let Some(tee) = variant.tee() else { continue };
            let alone = TeeVariant::ALL.iter().filter(|it| it.tee() == Some(tee)).count() == 1;
            assert_eq!(alone, variant.as_str() == tee.as_str(), "{variant}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for variant in TeeVariant::ALL {
            assert_eq!(variant.as_str().parse(), Ok(variant));
        }
        assert_eq!("sgx".parse::<TeeVariant>(), Err(UnknownTeeVariant("sgx".into())));
    }
}
