//! One instance type: what is sold, under one of the TEEs it is sold with.

use std::fmt;
use std::sync::Arc;

use casemate_model::tee::Route;
use casemate_model::{Bytes, Tee, TeeVariant};
use jiff::civil::Date;

use crate::Source;

/// An instance type under one TEE. A type that is sold with two has two rows.
///
/// `None` says that the sources do not say, never that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// Whose it is.
    pub provider: Provider,
    /// Its name, as the provider writes it.
    pub name: String,
    /// The TEE it is sold with.
    pub tee: Sold,
    /// What of it the TEE protects.
    pub covers: Covers,
    /// CPUs of the whole instance, as its provider counts them.
    pub vcpus: u32,
    /// Memory of the whole instance.
    pub memory: Bytes,
    /// Encrypted memory that enclaves share. At most `memory`.
    pub epc: Option<Bytes>,
    /// NUMA nodes the guest sees.
    pub numa_nodes: Option<u32>,
    /// The most enclaves at a time.
    pub enclaves_max: Option<u32>,
    /// CPUs that the parent of an enclave keeps for itself.
    pub parent_vcpus: Option<u32>,
    /// GPUs that take part in confidential computing.
    pub gpus: Option<Gpus>,
    /// What it can show a verifier. Empty: the sources do not say.
    pub evidence: Vec<Route>,
    /// Whether everybody can have it.
    pub status: Status,
    /// The day it is taken off the market, where one is announced.
    pub retires: Option<Date>,
    /// Where all this is written. Never empty.
    pub sources: Vec<Arc<Source>>,
}

/// A TEE, as closely as the sources tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sold {
    /// Only the kind is known.
    Kind(Tee),
    /// The variant is known.
    Variant(TeeVariant),
}

impl Sold {
    /// The kind that workloads ask for. `None`: no evidence of it is accepted.
    #[must_use]
    pub const fn tee(self) -> Option<Tee> {
        match self {
            Self::Kind(tee) => Some(tee),
            Self::Variant(variant) => variant.tee(),
        }
    }

    /// What may be counted on: the variant, or the least of the kind.
    #[must_use]
    pub const fn least_variant(self) -> TeeVariant {
        match self {
            Self::Kind(tee) => tee.least_variant(),
            Self::Variant(variant) => variant,
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        let kind = Tee::ALL.into_iter().find(|it| it.as_str() == word).map(Self::Kind);
        kind.or_else(|| word.parse().ok().map(Self::Variant))
    }
}

impl fmt::Display for Sold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(tee) => tee.fmt(f),
            Self::Variant(variant) => variant.fmt(f),
        }
    }
}

/// GPUs of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpus {
    /// How many. Never zero.
    pub count: u32,
    /// Their model.
    pub model: String,
}

impl fmt::Display for Gpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.count, self.model)
    }
}

/// Enums whose values are words of the file.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident => $word:literal),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
            pub enum $name {
                $($(#[$value_doc])* $value),*
            }

            impl $name {
                /// Every value.
                pub const ALL: &[Self] = &[$(Self::$value),*];

                /// The name programs read.
                #[must_use]
                pub const fn as_str(self) -> &'static str {
                    match self { $(Self::$value => $word),* }
                }

                pub(crate) fn parse(word: &str) -> Option<Self> {
                    Self::ALL.iter().copied().find(|it| it.as_str() == word)
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.as_str())
                }
            }
        )*
    };
}

words! {
    /// Who sells an instance type.
    Provider {
        /// Microsoft Azure.
        Azure => "azure",
        /// Amazon Web Services.
        Aws => "aws",
        /// Google Cloud.
        Google => "google",
        /// Alibaba Cloud.
        Alibaba => "alibaba",
        /// IBM Cloud.
        Ibm => "ibm",
    }
    /// What of an instance its TEE protects.
    Covers {
        /// All of it: the instance is a confidential VM.
        Instance => "instance",
        /// Enclaves that are started in or beside it.
        Enclaves => "enclaves",
        /// Confidential VMs that it starts out of its own memory.
        ChildVms => "child-vms",
    }
    /// Who can have an instance type.
    Status {
        /// Everybody.
        Available => "available",
        /// Whoever takes part in a preview.
        Preview => "preview",
        /// Perhaps nobody any more: the provider's list of its family no longer names it.
        Unlisted => "unlisted",
    }
}

impl InstanceType {
    /// The name without its size: what types of several sizes have in common.
    #[must_use]
    pub fn series(&self) -> String {
        let name = self.name.as_str();
        match self.provider {
            Provider::Azure => {
                let name = name.strip_prefix("Standard_").unwrap_or(name);
                let size = name.find(|it: char| it.is_ascii_digit()).unwrap_or(name.len());
                let (family, rest) = name.split_at(size);
                format!("{family}{}", rest.trim_start_matches(|it: char| it.is_ascii_digit()))
            }
            Provider::Aws | Provider::Alibaba => before_last(name, '.'),
            Provider::Google | Provider::Ibm => before_last(name, '-'),
        }
    }
}

impl fmt::Display for InstanceType {
    /// In a line: `azure Standard_DC4s_v3 (sgx2, 4 vCPUs, 32Gi, EPC 16Gi)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, name, tee, vcpus, memory, .. } = self;
        write!(f, "{provider} {name} ({tee}, {vcpus} vCPUs, {memory}")?;
        if let Some(epc) = self.epc {
            write!(f, ", EPC {epc}")?;
        }
        if let Some(gpus) = &self.gpus {
            write!(f, ", {gpus}")?;
        }
        f.write_str(")")
    }
}

fn before_last(name: &str, separator: char) -> String {
    name.rsplit_once(separator).map_or(name, |(before, _)| before).to_owned()
}
