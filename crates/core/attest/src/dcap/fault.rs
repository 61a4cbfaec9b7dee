//! Why evidence by Intel's DCAP was refused.

use thiserror::Error;

use super::collateral::CollateralError;
use super::pck::PckError;
use crate::Party;

/// What is wrong with a quote that can be read, or with what vouches for its platform.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DcapFault {
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
    /// The PCK is on another curve than P-256, or on none.
    #[error("the PCK certificate's key is not on P-256")]
    PckKey,
    /// The attestation key is no point on P-256.
    #[error("the attestation key is not on P-256")]
    KeyNotOnCurve,
    /// The attestation key did not sign header and body.
    #[error("the attestation key did not sign this quote")]
    QuoteSignature,
    /// A software TEE has enclaves only.
    #[error("a software root vouches for a quote that is not an SGX quote of version 3")]
    SoftwareQuote,
    /// What Intel certified of the platform cannot be read.
    #[error("the SGX extension of the PCK certificate: {0}")]
    Pck(#[from] PckError),
    /// A piece of collateral that is not accepted.
    #[error("{what}: {cause}")]
    Collateral {
        /// `TCB Info`, `QE Identity` or a revocation list.
        what: &'static str,
        /// Why not.
        cause: CollateralError,
    },
    /// No TCB Info for this platform.
    #[error(
        "no TCB Info for {tee} on platforms with FMSPC {fmspc} and PCE ID {pce_id} that Intel signed was \
         supplied; have it fetched from Intel's provisioning certification service"
    )]
    NoTcbInfo {
        /// `SGX` or `TDX`.
        tee: &'static str,
        /// The family of platforms, in hex.
        fmspc: String,
        /// The provisioning certification enclave, in hex.
        pce_id: String,
    },
    /// No identity of the quoting enclave.
    #[error(
        "no QE Identity {id} that Intel signed was supplied; have it fetched from Intel's provisioning \
         certification service"
    )]
    NoQeIdentity {
        /// `QE` or `TD_QE`.
        id: &'static str,
    },
    /// No revocation list by an issuer.
    #[error(
        "no revocation list by the {issuer} that it signed was supplied; have it fetched from Intel's \
         provisioning certification service"
    )]
    NoCrl {
        /// Which CA.
        issuer: &'static str,
    },
    /// A quoting enclave other than Intel's.
    #[error("the quoting enclave is not the one Intel names: its {field} differs from QE Identity's")]
    QeIdentity {
        /// The field that differs.
        field: &'static str,
    },
    /// A TDX module other than Intel's.
    #[error("the TDX module is not one Intel names: its {field} differs from TCB Info's")]
    TdxModule {
        /// The field that differs.
        field: &'static str,
    },
}

impl DcapFault {
    /// Who has to act.
    #[must_use]
    pub const fn erred(&self) -> Party {
        match self {
            Self::NoTcbInfo { .. } | Self::NoQeIdentity { .. } | Self::NoCrl { .. } => Party::Operator,
            Self::Collateral { .. } => Party::Endorser,
            _ => Party::Attester,
        }
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
    /// A quote version that is not read.
    #[error("version {found} at offset 0 is {}; versions 3, 4 and 5 are read", version_name(*found))]
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
    /// A TEE that quotes of this version are not made for.
    #[error("TEE type {found:#x} at offset 4 is {}; in version {version} it has to be {}",
        tee_type_name(*found), tee_types(*version))]
    TeeType {
        /// The quote's version.
        version: u16,
        /// The type the quote states.
        found: u32,
    },
    /// A quoting enclave of a vendor not known.
    #[error("QE vendor id {found:02x?} at offset 12 is not known; only Intel's is")]
    QeVendor {
        /// The vendor id the quote states.
        found: [u8; 16],
    },
    /// A body that is not known, or not of the TEE.
    #[error("body type {found} at offset 48 is {}, and the TEE is {}", body_name(*found), tee_type_name(*tee_type))]
    BodyType {
        /// The type the quote states.
        found: u16,
        /// The TEE type it states.
        tee_type: u32,
    },
    /// A body whose length is not its type's.
    #[error("body length {found} at offset 50; a body of type {body_type} has {expected} bytes")]
    BodyLength {
        /// The body's type.
        body_type: u16,
        /// Bytes such a body has.
        expected: usize,
        /// Bytes the quote states.
        found: u32,
    },
    /// The PCK certificate chain is not in the quote, or not where it has to be.
    #[error(
        "certification data type {found} at offset {offset} is {}; \
         only {expected}, {}, is read there",
        cert_data_name(*found), cert_data_name(*expected)
    )]
    CertDataType {
        /// Where the type stands.
        offset: usize,
        /// The type that has to stand there.
        expected: u16,
        /// The type the quote states.
        found: u16,
    },
    /// The fields of a part do not add up to its declared length.
    #[error("the {part} ends at offset {found}, its declared length at {expected}")]
    PartLength {
        /// `signature data` or `certification data`.
        part: &'static str,
        /// Where it ends by its declared length.
        expected: usize,
        /// Where its last field ends.
        found: usize,
    },
}

fn version_name(version: u16) -> &'static str {
    match version {
        1 => "an EPID quote, unlinkable, for Intel's attestation service (IAS), which no longer exists",
        2 => "an EPID quote, linkable, for Intel's attestation service (IAS), which no longer exists",
        _ => "unknown",
    }
}

pub(super) fn key_type_name(key_type: u16) -> &'static str {
    match key_type {
        0 => "EPID, unlinkable (IAS)",
        1 => "EPID, linkable (IAS)",
        2 => "ECDSA P-256",
        3 => "ECDSA P-384",
        _ => "unknown",
    }
}

pub(super) fn tee_type_name(tee_type: u32) -> &'static str {
    match tee_type {
        0 => "SGX",
        0x81 => "TDX",
        _ => "unknown",
    }
}

fn tee_types(version: u16) -> &'static str {
    if version == 3 { "0, SGX" } else { "0, SGX, or 0x81, TDX" }
}

pub(super) fn body_name(body_type: u16) -> &'static str {
    match body_type {
        1 => "an SGX enclave report",
        2 => "a TD report of TDX 1.0",
        3 => "a TD report of TDX 1.5",
        4 => "a TD report of TDX 1.5, extended",
        _ => "unknown",
    }
}

pub(super) fn cert_data_name(kind: u16) -> &'static str {
    match kind {
        1 => "a PPID in plain text, without any certificate",
        2 => "a PPID encrypted with RSA-2048, without any certificate",
        3 => "a PPID encrypted with RSA-3072, without any certificate",
        4 => "a PCK certificate without its chain",
        5 => "a PCK certificate chain",
        6 => "a QE report with its own certification data",
        7 => "a platform manifest",
        _ => "unknown",
    }
}
