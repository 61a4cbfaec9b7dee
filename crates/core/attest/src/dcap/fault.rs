//! Why a quote by Intel's DCAP was refused.

use thiserror::Error;

/// What is wrong with a quote that can be read.
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
    /// The attestation key did not sign header and body.
    #[error("the attestation key did not sign this quote")]
    QuoteSignature,
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
