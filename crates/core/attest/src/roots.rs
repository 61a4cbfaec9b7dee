//! The roots a verifier accepts.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::Fingerprint;

/// A line of AMD processors: each has roots of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Third generation EPYC.
    Milan,
    /// Fourth generation EPYC, with its variants Bergamo and Siena.
    Genoa,
    /// Fifth generation EPYC.
    Turin,
}

impl Product {
    /// Every product, oldest first.
    pub const ALL: [Self; 3] = [Self::Milan, Self::Genoa, Self::Turin];

    /// The name in AMD's certificates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Milan => "Milan",
            Self::Genoa => "Genoa",
            Self::Turin => "Turin",
        }
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Intel SGX Root CA.
const INTEL: &str = "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3";
/// AMD's ARKs.
const AMD: [(Product, &str); 3] = [
    (Product::Milan, "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd"),
    (Product::Genoa, "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1"),
    (Product::Turin, "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a"),
];
/// AWS Nitro Enclaves root G1.
const AWS: &str = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";
/// Google's root for the certificates of vTPM keys.
const GOOGLE: &str = "9bd5285f8fb18502a7947e621ffd470266f49fcd3b73e19a190f690ad32a7caf";

/// The roots that are accepted, each named by the SHA-256 of its certificate's DER, and for what.
///
/// A root is accepted for its own kind of evidence only: AMD's for Milan says nothing of Turin, and
/// a software root says nothing of hardware. What is not accepted is refused by its fingerprint.
/// Arm CCA has no root here: its trust anchors are keys, and are endorsements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    software: BTreeSet<Fingerprint>,
    intel: BTreeSet<Fingerprint>,
    amd: BTreeMap<Product, BTreeSet<Fingerprint>>,
    aws: BTreeSet<Fingerprint>,
    google: BTreeSet<Fingerprint>,
}

impl Roots {
    /// No root: everything is refused.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The vendors' roots, as published by them.
    #[must_use]
    pub fn production() -> Self {
        let root = |hex: &str| hex.parse().expect("a constant of 64 hex digits");
        let mut roots = Self::none().with_intel(root(INTEL)).with_aws(root(AWS)).with_google(root(GOOGLE));
        for (product, hex) in AMD {
            roots = roots.with_amd(product, root(hex));
        }
        roots
    }

    /// These software roots and no others.
    #[must_use]
    pub fn software(fingerprints: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self { software: fingerprints.into_iter().collect(), ..Self::none() }
    }

    /// Software roots besides.
    #[must_use]
    pub fn with_software(mut self, fingerprints: impl IntoIterator<Item = Fingerprint>) -> Self {
        self.software.extend(fingerprints);
        self
    }

    /// A root for SGX and TDX besides.
    #[must_use]
    pub fn with_intel(mut self, fingerprint: Fingerprint) -> Self {
        self.intel.insert(fingerprint);
        self
    }

    /// A root for SEV-SNP of one product besides.
    #[must_use]
    pub fn with_amd(mut self, product: Product, fingerprint: Fingerprint) -> Self {
        self.amd.entry(product).or_default().insert(fingerprint);
        self
    }

    /// A root for Nitro documents besides.
    #[must_use]
    pub fn with_aws(mut self, fingerprint: Fingerprint) -> Self {
        self.aws.insert(fingerprint);
        self
    }

    /// A root for certificates of vTPM keys besides.
    #[must_use]
    pub fn with_google(mut self, fingerprint: Fingerprint) -> Self {
        self.google.insert(fingerprint);
        self
    }

    /// Whether it is the root of a software TEE.
    #[must_use]
    pub fn is_software(&self, root: &Fingerprint) -> bool {
        self.software.contains(root)
    }

    /// Whether SGX and TDX evidence may chain to it.
    #[must_use]
    pub fn is_intel(&self, root: &Fingerprint) -> bool {
        self.intel.contains(root)
    }

    /// The product whose SEV-SNP evidence may chain to it.
    #[must_use]
    pub fn amd_product(&self, root: &Fingerprint) -> Option<Product> {
        self.amd.iter().find(|(_, roots)| roots.contains(root)).map(|(product, _)| *product)
    }

    /// Whether Nitro documents may chain to it.
    #[must_use]
    pub fn is_aws(&self, root: &Fingerprint) -> bool {
        self.aws.contains(root)
    }

    /// Whether a vTPM key's certificate may chain to it.
    #[must_use]
    pub fn is_google(&self, root: &Fingerprint) -> bool {
        self.google.contains(root)
    }
}
