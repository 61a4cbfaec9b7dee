//! What stands between a program and its TEE.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::TeeVariant;

/// The layer that gives a program its calls inside a TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runtime {
    /// Trusted functions linked with Intel's SGX SDK, called from an ordinary process.
    SgxSdk,
    /// A Linux program on the Gramine library OS, in an enclave.
    Gramine,
    /// A guest operating system that is the confidential VM's own.
    Guest,
    /// A pod in a confidential VM, run by Kata Containers.
    Kata,
    /// An enclave image of AWS: a kernel and a RAM disk.
    EnclaveImage,
    /// A trusted application on OP-TEE.
    OpTee,
    /// A WebAssembly program with WASI preview 1 in Casemate's software enclave.
    Wasi,
}

impl Runtime {
    /// Every runtime, in the order tables list them.
    pub const ALL: [Self; 7] =
        [Self::SgxSdk, Self::Gramine, Self::Guest, Self::Kata, Self::EnclaveImage, Self::OpTee, Self::Wasi];

    /// The TEEs it runs on.
    #[must_use]
    pub const fn runs_on(self) -> &'static [TeeVariant] {
        use TeeVariant::{Cca, Nitro, Sev, SevEs, SevSnp, Sgx1, Sgx2, Software, Tdx, TrustZone};
        match self {
            Self::SgxSdk | Self::Gramine => &[Sgx1, Sgx2],
            Self::Guest => &[Tdx, Sev, SevEs, SevSnp, Cca],
            // The classes that kata-deploy installs: `kata-qemu-tdx`, `kata-qemu-snp` and theirs with GPUs.
            Self::Kata => &[Tdx, SevSnp],
            Self::EnclaveImage => &[Nitro],
            Self::OpTee => &[TrustZone],
            Self::Wasi => &[Software],
        }
    }

    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SgxSdk => "sgx-sdk",
            Self::Gramine => "gramine",
            Self::Guest => "guest",
            Self::Kata => "kata",
            Self::EnclaveImage => "enclave-image",
            Self::OpTee => "op-tee",
            Self::Wasi => "wasi",
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRuntime(pub String);

impl fmt::Display for UnknownRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no runtime; known are ", self.0)?;
        super::write_list(f, Runtime::ALL)
    }
}

impl core::error::Error for UnknownRuntime {}

impl FromStr for Runtime {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or_else(|| UnknownRuntime(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for runtime in Runtime::ALL {
            assert_eq!(runtime.as_str().parse(), Ok(runtime));
        }
        assert_eq!("jvm".parse::<Runtime>(), Err(UnknownRuntime("jvm".into())));
    }

    #[test]
    fn every_tee_has_a_runtime() {
        for variant in TeeVariant::ALL {
            assert!(Runtime::ALL.iter().any(|it| it.runs_on().contains(&variant)), "{variant}");
        }
    }
}
