//! Why evidence was refused, where, and who erred.

use casemate_model::{Fingerprint, Timestamp};
use thiserror::Error;

/// Who has to act on a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Whoever sent the evidence: it is malformed, forged or of a kind not read here.
    Attester,
    /// Whoever issued the certificates: they are not valid now.
    Endorser,
    /// Whoever wrote the policy: it does not name the root.
    Operator,
}

/// Why [`crate::verify`] refused evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// The bytes are not a quote of the one kind read here.
    #[error("the quote cannot be read: {0}")]
    Quote(QuoteError),
    /// The certificates in the quote do not form a valid chain now.
    #[error("the PCK certificate chain is refused: {0}")]
    Chain(ChainError),
    /// The chain ends in a root nobody accepted.
    #[error(
        "the chain ends in the root {fingerprint}, which is not accepted; \
         if it is to be trusted, the policy must name it"
    )]
    UnknownRoot {
        /// SHA-256 over the root certificate's DER.
        fingerprint: Fingerprint,
    },
    /// The PCK did not sign the quoting enclave's report.
    #[error("the PCK certificate's key did not sign the QE report")]
    QeReportSignature,
    /// The quoting enclave is itself debuggable, so its attestation key is no secret.
    #[error("the quoting enclave runs in debug mode: the host can read its attestation key")]
    QeDebug,
    /// The quoting enclave's report vouches for another key than the quote carries.
    #[error(
        "the QE report vouches for another attestation key: its report data is not the SHA-256 of \
         the key and the authentication data in the quote, followed by zeros"
    )]
    AttestationKey,
    /// The attestation key did not sign header and enclave report.
    #[error("the attestation key did not sign this quote")]
    QuoteSignature,
}

impl VerifyError {
    /// Who has to act.
    #[must_use]
    pub const fn erred(&self) -> Party {
        match self {
            Self::Chain(ChainError::NotYetValid { .. } | ChainError::Expired { .. }) => Party::Endorser,
            Self::UnknownRoot { .. } => Party::Operator,
            Self::Quote(_)
            | Self::Chain(_)
            | Self::QeReportSignature
            | Self::QeDebug
            | Self::AttestationKey
            | Self::QuoteSignature => Party::Attester,
        }
    }
}

impl From<QuoteError> for VerifyError {
    fn from(cause: QuoteError) -> Self {
        Self::Quote(cause)
    }
}

impl From<ChainError> for VerifyError {
    fn from(cause: ChainError) -> Self {
        Self::Chain(cause)
    }
}

/// Why bytes are not a quote that is read here. Offsets are from the first byte of the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QuoteError {
    /// Longer than anything looked at.
    #[error("{found} bytes, more than the {limit} looked at")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// Bytes received.
        found: usize,
    },
    /// The bytes end within a field.
    #[error("{field} at offset {offset} needs {expected} bytes, {found} are left")]
    Truncated {
        /// The field's name in Intel's specification.
        field: &'static str,
        /// Where the field starts.
        offset: usize,
        /// Bytes the field takes.
        expected: usize,
        /// Bytes left.
        found: usize,
    },
    /// A quote version other than 3.
    #[error("version {found} at offset 0 is {}; only version 3 is read", version_name(*found))]
    Version {
        /// The version the quote states.
        found: u16,
    },
    /// An attestation key other than ECDSA over P-256.
    #[error("attestation key type {found} at offset 2 is {}; only 2, ECDSA P-256, is read", key_type_name(*found))]
    KeyType {
        /// The type the quote states.
        found: u16,
    },
    /// A TEE other than SGX.
    #[error("TEE type {found:#x} at offset 4 is {}; only 0, SGX, is read", tee_type_name(*found))]
    TeeType {
        /// The type the quote states.
        found: u32,
    },
    /// A quoting enclave of a vendor not known.
    #[error("QE vendor id {found:02x?} at offset 12 is not known")]
    QeVendor {
        /// The vendor id the quote states.
        found: [u8; 16],
    },
    /// The PCK certificate chain is not in the quote.
    #[error(
        "certification data type {found} at offset {offset} is {}; \
         only 5, a PCK certificate chain, is read",
        cert_data_name(*found)
    )]
    CertDataType {
        /// Where the type stands.
        offset: usize,
        /// The type the quote states.
        found: u16,
    },
    /// The parts of the signature data do not add up to its declared length.
    #[error("the signature data ends at offset {found}, its declared length at {expected}")]
    SignatureDataLength {
        /// Where it ends by its declared length.
        expected: usize,
        /// Where its last part ends.
        found: usize,
    },
}

fn version_name(version: u16) -> &'static str {
    match version {
        1 | 2 => "an EPID quote",
        4 => "a TDX-era quote (version 4)",
        5 => "a TDX 1.5 quote (version 5)",
        _ => "unknown",
    }
}

fn key_type_name(key_type: u16) -> &'static str {
    match key_type {
        0 => "EPID, unlinkable",
        1 => "EPID, linkable",
        3 => "ECDSA P-384",
        _ => "unknown",
    }
}

fn tee_type_name(tee_type: u32) -> &'static str {
    match tee_type {
        0x81 => "TDX",
        _ => "unknown",
    }
}

fn cert_data_name(kind: u16) -> &'static str {
    match kind {
        1 => "a PPID in plain text, without any certificate",
        2 => "a PPID encrypted with RSA-2048, without any certificate",
        3 => "a PPID encrypted with RSA-3072, without any certificate",
        4 => "a PCK certificate without its chain",
        6 => "the wrapped QE report of a version 4 quote",
        7 => "a platform manifest",
        _ => "unknown",
    }
}

/// Why certificates do not form a valid chain. `index` 0 is the PCK certificate itself, the last
/// one the root.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChainError {
    /// Not a run of PEM blocks labelled CERTIFICATE.
    #[error("not PEM certificates at byte {offset} of the chain: {what}")]
    Pem {
        /// Where in the certification data.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// Fewer certificates than a PCK and a root, or more than are looked at.
    #[error("{found} certificates, expected {min} to {max}")]
    Count {
        /// The fewest that can be a chain.
        min: usize,
        /// The most that are looked at.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// Not a DER certificate of X.509 version 3.
    #[error("certificate {index} is not strict DER of an X.509 v3 certificate: {what}")]
    Der {
        /// Which certificate.
        index: usize,
        /// What is wrong with it.
        what: String,
    },
    /// A key or signature algorithm other than ECDSA over P-256 with SHA-256.
    #[error("certificate {index} has a {what} other than ECDSA P-256 with SHA-256")]
    Algorithm {
        /// Which certificate.
        index: usize,
        /// `key` or `signature`.
        what: &'static str,
    },
    /// More extensions than are looked at, or one of them twice.
    #[error("certificate {index}: {what}")]
    Extensions {
        /// Which certificate.
        index: usize,
        /// What is wrong with them.
        what: &'static str,
    },
    /// A critical extension this verifier does not act on (RFC 5280, 4.2).
    #[error("certificate {index} has the critical extension {oid}, which is not known")]
    CriticalExtension {
        /// Which certificate.
        index: usize,
        /// Its object identifier, in dots.
        oid: String,
    },
    /// An issuer that may not issue.
    #[error("certificate {index} issues others but is not a CA certificate")]
    NotCa {
        /// Which certificate.
        index: usize,
    },
    /// A CA where the platform's own certificate belongs.
    #[error("the PCK certificate is a CA certificate: it may issue, so it must not sign reports")]
    LeafIsCa,
    /// A key used for what its certificate does not allow.
    #[error("certificate {index} lacks the key usage {expected}")]
    KeyUsage {
        /// Which certificate.
        index: usize,
        /// The usage needed, as RFC 5280 spells it.
        expected: &'static str,
    },
    /// More intermediates below a CA than it allows.
    #[error("certificate {index} allows {allowed} CA certificates below it, there are {found}")]
    PathLength {
        /// Which certificate.
        index: usize,
        /// Its path length constraint.
        allowed: u8,
        /// Intermediates between it and the PCK certificate.
        found: usize,
    },
    /// A certificate that the next one did not issue, by name.
    #[error("certificate {index} names another issuer than the certificate after it")]
    Issuer {
        /// Which certificate.
        index: usize,
    },
    /// The last certificate is not a root.
    #[error("the chain is not complete: its last certificate, {index}, was issued by another")]
    NoRoot {
        /// Which certificate.
        index: usize,
    },
    /// A certificate that its issuer's key did not sign.
    #[error("the signature of certificate {index} is not its issuer's")]
    Signature {
        /// Which certificate.
        index: usize,
    },
    /// Used before its time.
    #[error("certificate {index} is not valid before {not_before}, and it is {now}; is the clock right?")]
    NotYetValid {
        /// Which certificate.
        index: usize,
        /// When its validity begins.
        not_before: Timestamp,
        /// The instant of verification.
        now: Timestamp,
    },
    /// Used after its time.
    #[error("certificate {index} expired at {not_after}, and it is {now}; the platform needs a new one")]
    Expired {
        /// Which certificate.
        index: usize,
        /// When its validity ended.
        not_after: Timestamp,
        /// The instant of verification.
        now: Timestamp,
    },
}

/// Why an enclave's layout cannot be measured: hardware would refuse it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// The enclave's size is not a power of two of at least two pages.
    #[error("an enclave's size must be a power of two of at least 8192 bytes, this is {size}")]
    Size {
        /// The size asked for, in bytes.
        size: u64,
    },
    /// No page for the state an asynchronous exit saves.
    #[error("an SSA frame takes at least one page")]
    SsaFrame,
    /// Misaligned, or outside the enclave.
    #[error("{unit} at offset {offset:#x} is misaligned or outside the enclave's {size} bytes")]
    Offset {
        /// `a page` or `a chunk`.
        unit: &'static str,
        /// The offset asked for, in bytes from the enclave's base.
        offset: u64,
        /// The enclave's size in bytes.
        size: u64,
    },
}
