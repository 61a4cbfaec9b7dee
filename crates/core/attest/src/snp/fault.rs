//! Why an SEV-SNP attestation report was refused.

use thiserror::Error;

use super::REPORT_LEN;
use crate::claims::SnpKey;
use crate::roots::Product;

/// What is wrong with a report, or with the certificate of the key that signed it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnpFault {
    /// Not the length of a report.
    #[error("the SEV-SNP report has {found} bytes; one has {REPORT_LEN}")]
    Length {
        /// Bytes received.
        found: usize,
    },
    /// A report of SEV or SEV-ES.
    #[error(
        "this is an attestation report of plain SEV or SEV-ES, which does not protect a guest's memory \
         from being replaced; only SEV-SNP is accepted"
    )]
    PlainSev,
    /// A version that is not read here.
    #[error("the SEV-SNP report has version {found}; 2, 3 and 5 are known")]
    Version {
        /// What it states.
        found: u32,
    },
    /// Signed by another algorithm.
    #[error("the SEV-SNP report states signature algorithm {found}; 1 (ECDSA P-384 with SHA-384) is known")]
    SignatureAlgorithm {
        /// What it states.
        found: u32,
    },
    /// The firmware was told not to sign.
    #[error("the SEV-SNP report is signed by no key: the host told the firmware not to sign reports")]
    Unsigned,
    /// A key that is not known.
    #[error("the SEV-SNP report states signing key {found}; 0 (VCEK) and 1 (VLEK) are known")]
    SigningKey {
        /// What it states.
        found: u8,
    },
    /// Bytes that the signature does not determine, which are zero in every report: they would make copies
    /// of it.
    #[error("byte {offset:#x} of the SEV-SNP report is neither signed nor of the signature, and is not zero")]
    UnsignedBytes {
        /// The first of them.
        offset: usize,
    },
    /// No certificate of the signing key.
    #[error("no certificate of the {} that signed the report was supplied; {remedy}", key_name(*.key))]
    NoVek {
        /// Which key.
        key: SnpKey,
        /// Where it is to be had.
        remedy: String,
    },
    /// No certificate of the signing key's issuer, or of that one's.
    #[error("no certificate of {issuer}, which issued {subject}, was supplied; {remedy}")]
    NoIssuer {
        /// Who issued it, by common name where its certificate says one.
        issuer: &'static str,
        /// What it issued.
        subject: &'static str,
        /// Where it is to be had.
        remedy: String,
    },
    /// A certificate of one kind in the place of the other.
    #[error("the report is signed by a {}, the certificate is of a {}", key_name(*.report), key_name(*.certificate))]
    Role {
        /// Which key the report names.
        report: SnpKey,
        /// Whose certificate it is.
        certificate: SnpKey,
    },
    /// A certificate whose issuer issues none of its kind.
    #[error("the certificate of the {} was issued by {issuer:?}, expected {expected:?}", key_name(*.key))]
    IssuerRole {
        /// What the certificate says it is.
        key: SnpKey,
        /// The common name of its issuer.
        issuer: String,
        /// The common name of the one that may.
        expected: String,
    },
    /// An extension of AMD's is missing, malformed, or where it does not belong.
    #[error("extension {name} of the certificate of the {}: {what}", key_name(*.key))]
    Extension {
        /// Whose certificate.
        key: SnpKey,
        /// The extension, as AMD names it.
        name: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// A certificate for another product than its root's.
    #[error("the certificate is for {found:?}, its root is that of {root}")]
    CertificateProduct {
        /// What the certificate states.
        found: String,
        /// The root's.
        root: Product,
    },
    /// A key on another curve.
    #[error("the certificate's key is not on P-384")]
    Key,
    /// A processor of another product than the certificate's.
    #[error(
        "the report is of a processor of family {family:#x}, model {model:#x}, which is no {expected}; \
         the certificate is for {expected}"
    )]
    Processor {
        /// CPUID_FAM_ID.
        family: u8,
        /// CPUID_MOD_ID.
        model: u8,
        /// The certificate's.
        expected: Product,
    },
    /// A key derived for other security versions.
    #[error(
        "the certificate is for {component} version {certificate}, the report states {report} \
         (REPORTED_TCB)"
    )]
    Tcb {
        /// Which component.
        component: &'static str,
        /// What the certificate states.
        certificate: u8,
        /// What the report states.
        report: u8,
    },
    /// A key of another chip.
    #[error("the certificate is another chip's than the report's (hwID and CHIP_ID differ)")]
    ChipId,
    /// Security versions in an order no firmware lets them have.
    #[error("{component} version {lower_value} of {lower} is above {higher_value} of {higher}")]
    TcbOrder {
        /// Which component.
        component: &'static str,
        /// The one that should be lower.
        lower: &'static str,
        /// Its version.
        lower_value: u8,
        /// The one that should be higher.
        higher: &'static str,
        /// Its version.
        higher_value: u8,
    },
    /// Signed by another key.
    #[error("the report's signature is not that of the certificate's key")]
    Signature,
}

impl SnpFault {
    /// Whether the bytes are at fault.
    pub(crate) const fn is_malformed(&self) -> bool {
        matches!(self, Self::Length { .. })
    }

    /// Whether an endorsement is missing.
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self, Self::NoVek { .. } | Self::NoIssuer { .. })
    }
}

pub(super) const fn key_name(key: SnpKey) -> &'static str {
    match key {
        SnpKey::Vcek => "VCEK",
        SnpKey::Vlek => "VLEK",
    }
}
