//! One thing a service of Intel or AMD is asked for, and where it stands there.
//!
//! Sources: Intel SGX and TDX Provisioning Certification Service API, version 4 (which a PCCS
//! repeats); AMD 57230, VCEK Certificate and KDS Interface Specification, revision 1.00.

use casemate_attest::inspect::hex;
use std::fmt::Write;

use casemate_attest::Product;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// The TCB Info of one FMSPC.
    TcbInfo {
        /// For SGX or for TDX.
        tee: IntelTee,
        /// Family, model, stepping, platform, custom SKU.
        fmspc: [u8; 6],
        /// Of which set.
        update: Update,
    },
    /// The identity of Intel's quoting enclave.
    QeIdentity {
        /// For SGX or for TDX.
        tee: IntelTee,
        /// Of which set.
        update: Update,
    },
    /// What an intermediate CA of Intel revoked.
    PckCrl {
        /// Which.
        ca: PckCa,
    },
    /// What Intel's root revoked.
    RootCaCrl,
    /// A chip's certificate.
    Vcek {
        /// The line of processors.
        product: Product,
        /// The chip: 64 bytes, on Turin the first 8.
        chip_id: Vec<u8>,
        /// The versions the key is derived from, in the order of AMD's query: name and number.
        tcb: Vec<(&'static str, u8)>,
    },
    /// The issuers of a product's certificates.
    AmdChain {
        /// The line of processors.
        product: Product,
        /// Which kind of key is certified.
        key: AmdKey,
    },
    /// What AMD revoked.
    AmdCrl {
        /// The line of processors.
        product: Product,
        /// Which kind of key is certified.
        key: AmdKey,
    },
}

/// Which of Intel's TEEs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntelTee {
    /// Enclaves.
    Sgx,
    /// Trust domains.
    Tdx,
}

impl IntelTee {
    /// As paths and file names spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sgx => "sgx",
            Self::Tdx => "tdx",
        }
    }
}

/// Which set of TCB levels: Intel publishes new ones early and enforces them about a year later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Update {
    /// What is enforced now.
    #[default]
    Standard,
    /// What will be.
    Early,
}

impl Update {
    /// As the query spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Early => "early",
        }
    }
}

/// Which CA of Intel issued a PCK certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PckCa {
    /// Of platforms with one processor package.
    Processor,
    /// Of platforms with several, and of all newer ones.
    Platform,
}

impl PckCa {
    /// As the query spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processor => "processor",
            Self::Platform => "platform",
        }
    }
}

/// Which key AMD certifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AmdKey {
    /// The chip's own.
    Vcek,
    /// A cloud provider's.
    Vlek,
}

impl AmdKey {
    /// As paths spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vcek => "vcek",
            Self::Vlek => "vlek",
        }
    }
}

/// Whose service has an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Issuer {
    /// Intel's PCS, or a PCCS.
    Intel,
    /// AMD's KDS.
    Amd,
}

impl Issuer {
    /// As metrics and logs spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intel => "pccs",
            Self::Amd => "kds",
        }
    }
}

impl Item {
    /// Whose service has it.
    #[must_use]
    pub const fn issuer(&self) -> Issuer {
        match self {
            Self::TcbInfo { .. } | Self::QeIdentity { .. } | Self::PckCrl { .. } | Self::RootCaCrl => {
                Issuer::Intel
            }
            Self::Vcek { .. } | Self::AmdChain { .. } | Self::AmdCrl { .. } => Issuer::Amd,
        }
    }

    /// Path and query at the service.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::TcbInfo { tee, fmspc, update } => {
                let (tee, fmspc, update) = (tee.as_str(), hex(fmspc), update.as_str());
                format!("/{tee}/certification/v4/tcb?fmspc={fmspc}&update={update}")
            }
            Self::QeIdentity { tee, update } => {
                format!("/{}/certification/v4/qe/identity?update={}", tee.as_str(), update.as_str())
            }
            Self::PckCrl { ca } => {
                format!("/sgx/certification/v4/pckcrl?ca={}&encoding=der", ca.as_str())
            }
            Self::RootCaCrl => "/sgx/certification/v4/rootcacrl".to_owned(),
            Self::Vcek { product, chip_id, tcb } => {
                let mut path = format!("/vcek/v1/{product}/{}", hex(chip_id));
                for (nth, (name, number)) in tcb.iter().enumerate() {
                    let separator = if nth == 0 { '?' } else { '&' };
                    let _ = write!(path, "{separator}{name}={number:02}");
                }
                path
            }
            Self::AmdChain { product, key } => format!("/{}/v1/{product}/cert_chain", key.as_str()),
            Self::AmdCrl { product, key } => format!("/{}/v1/{product}/crl", key.as_str()),
        }
    }

    /// The name of its file in a cache: letters, digits, dots and dashes only.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self {
            Self::TcbInfo { tee, fmspc, update } => {
                format!("tcb-{}-{}-{}.json", tee.as_str(), hex(fmspc), update.as_str())
            }
            Self::QeIdentity { tee, update } => {
                format!("qe-identity-{}-{}.json", tee.as_str(), update.as_str())
            }
            Self::PckCrl { ca } => format!("pck-crl-{}.der", ca.as_str()),
            Self::RootCaCrl => "root-ca-crl.der".to_owned(),
            Self::Vcek { product, chip_id, tcb } => {
                let mut name = format!("vcek-{product}-{}", hex(chip_id));
                for (_, number) in tcb {
                    let _ = write!(name, "-{number}");
                }
                name + ".der"
            }
            Self::AmdChain { product, key } => format!("{}-{product}-chain.pem", key.as_str()),
            Self::AmdCrl { product, key } => format!("{}-{product}-crl.der", key.as_str()),
        }
    }
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TcbInfo { tee, fmspc, update } => {
                write!(f, "the {} TCB Info of FMSPC {} ({})", tee.as_str(), hex(fmspc), update.as_str())
            }
            Self::QeIdentity { tee, update } => {
                write!(f, "the {} QE identity ({})", tee.as_str(), update.as_str())
            }
            Self::PckCrl { ca } => write!(f, "the revocation list of Intel's {} CA", ca.as_str()),
            Self::RootCaCrl => f.write_str("the revocation list of Intel's root CA"),
            // A chip's ID identifies a machine: its beginning is enough to find it in a log.
            Self::Vcek { product, chip_id, .. } => {
                write!(f, "the VCEK of the {product} chip {}…", hex(&chip_id[..chip_id.len().min(4)]))
            }
            Self::AmdChain { product, key } => write!(f, "the {} chain of {product}", key.as_str()),
            Self::AmdCrl { product, key } => write!(f, "the {} revocation list of {product}", key.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_services() {
        let fmspc = [0x00, 0x90, 0x6e, 0xd5, 0x00, 0x00];
        let path = |item: Item| item.path();
        assert_eq!(
            path(Item::TcbInfo { tee: IntelTee::Tdx, fmspc, update: Update::Early }),
            "/tdx/certification/v4/tcb?fmspc=00906ed50000&update=early"
        );
        assert_eq!(
            path(Item::QeIdentity { tee: IntelTee::Sgx, update: Update::Standard }),
            "/sgx/certification/v4/qe/identity?update=standard"
        );
        assert_eq!(
            path(Item::PckCrl { ca: PckCa::Platform }),
            "/sgx/certification/v4/pckcrl?ca=platform&encoding=der"
        );
        assert_eq!(path(Item::RootCaCrl), "/sgx/certification/v4/rootcacrl");
        let tcb = vec![("blSPL", 3), ("teeSPL", 0), ("snpSPL", 8), ("ucodeSPL", 115)];
        assert_eq!(
            path(Item::Vcek { product: Product::Milan, chip_id: vec![0xab, 0x01], tcb }),
            "/vcek/v1/Milan/ab01?blSPL=03&teeSPL=00&snpSPL=08&ucodeSPL=115"
        );
        assert_eq!(
            path(Item::AmdChain { product: Product::Genoa, key: AmdKey::Vlek }),
            "/vlek/v1/Genoa/cert_chain"
        );
        assert_eq!(path(Item::AmdCrl { product: Product::Turin, key: AmdKey::Vcek }), "/vcek/v1/Turin/crl");
    }

    #[test]
    fn two_items_never_share_a_file() {
        let fmspc = [1; 6];
        let mut names = std::collections::BTreeSet::new();
        for update in [Update::Standard, Update::Early] {
            for tee in [IntelTee::Sgx, IntelTee::Tdx] {
                assert!(names.insert(Item::TcbInfo { tee, fmspc, update }.file_name()));
                assert!(names.insert(Item::QeIdentity { tee, update }.file_name()));
            }
        }
        for numbers in [[1, 11], [11, 1]] {
            let tcb = numbers.iter().map(|it| ("blSPL", *it)).collect();
            let item = Item::Vcek { product: Product::Milan, chip_id: vec![7], tcb };
            assert!(names.insert(item.file_name()));
        }
        let plain = |it: &char| it.is_ascii_alphanumeric() || ".-".contains(*it);
        assert!(names.iter().all(|it| it.chars().all(|c| plain(&c))), "{names:?}");
    }
}
