//! Where things stand in an SGX quote of version 3. Integers are little-endian; key halves and
//! signature halves are 32 bytes big-endian.
//!
//! | part | offset | bytes |
//! |---|---|---|
//! | header | 0 | 48 |
//! | enclave report (body) | 48 | 384 |
//! | length of the signature data | 432 | 4 |
//! | signature over bytes 0..432, r and s | 436 | 64 |
//! | attestation key, x and y | 500 | 64 |
//! | QE report, laid out as the body | 564 | 384 |
//! | signature over the QE report, r and s | 948 | 64 |
//! | length of the authentication data, then that data | 1012 | 2 + n |
//! | certification data: type, length, data | 1014 + n | 2 + 4 + m |
//!
//! Source: Intel SGX ECDSA QuoteLibReference, appendix A.4; the body: SDM vol. 3D, table 39-21.

/// Bytes of the quote header.
pub const HEADER_LEN: usize = 48;
/// Bytes of an enclave report body.
pub const BODY_LEN: usize = 384;
/// Bytes of an ECDSA P-256 signature: r, then s.
pub const SIGNATURE_LEN: usize = 64;
/// Bytes of a P-256 public key: x, then y.
pub const KEY_LEN: usize = 64;
/// Bytes of the report data.
pub const REPORT_DATA_LEN: usize = 64;

/// The quote version read here, at offset 0 (2 bytes).
pub const VERSION: u16 = 3;
/// Attestation key type ECDSA over P-256, at offset 2 (2 bytes).
pub const KEY_TYPE_ECDSA_P256: u16 = 2;
/// TEE type SGX, at offset 4 (4 bytes; version 3 calls them reserved).
pub const TEE_TYPE_SGX: u32 = 0;
/// Intel's quoting-enclave vendor id, at offset 12.
pub const QE_VENDOR_INTEL: [u8; 16] =
    [0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07];
/// Certification data that is a PEM chain from the PCK certificate to the root.
pub const CERT_DATA_PCK_CHAIN: u16 = 5;

/// In a body: CPUSVN (16 bytes).
pub const CPU_SVN_AT: usize = 0;
/// In a body: MISCSELECT (4 bytes).
pub const MISC_SELECT_AT: usize = 16;
/// In a body: attribute flags (8 bytes), followed by XFRM.
pub const ATTRIBUTES_AT: usize = 48;
/// In a body: XFRM (8 bytes).
pub const XFRM_AT: usize = 56;
/// In a body: MRENCLAVE (32 bytes).
pub const MRENCLAVE_AT: usize = 64;
/// In a body: MRSIGNER (32 bytes).
pub const MRSIGNER_AT: usize = 128;
/// In a body: ISVPRODID (2 bytes).
pub const PROD_ID_AT: usize = 256;
/// In a body: ISVSVN (2 bytes).
pub const SVN_AT: usize = 258;
/// In a body: REPORTDATA (64 bytes).
pub const REPORT_DATA_AT: usize = 320;

/// Attribute flag: the enclave is initialised.
pub const ATTRIBUTE_INIT: u64 = 1;
/// Attribute flag: the host may debug the enclave.
pub const ATTRIBUTE_DEBUG: u64 = 1 << 1;
/// Attribute flag: the enclave runs in 64-bit mode.
pub const ATTRIBUTE_MODE64: u64 = 1 << 2;
