//! Quotes with an ECDSA P-256 attestation key, versions 3, 4 and 5: parsing only. Integers are
//! little-endian.
//!
//! | version | body | after its signature and attestation key |
//! |---|---|---|
//! | 3 | at 48: enclave report, 384 bytes | QE report, its signature, authentication data, PCK chain |
//! | 4 | at 48: by TEE type, enclave report or TD report of 584 bytes | the same, in certification data of type 6 |
//! | 5 | type at 48 (2), length at 50 (4), body at 54 | as version 4 |
//!
//! Source: Intel SGX ECDSA QuoteLibReference, A.4; Intel TDX DCAP Quoting Library API, A.3 and A.4.
//!
//! Every other version, key type, TEE, QE vendor and kind of certification data is refused by name, as
//! are parts that do not add up to their declared length. Bytes after the signature data occur in real
//! quotes, whose buffers are padded; they are not part of the quote ([`Quote::as_bytes`]).

use super::QuoteError;
use super::enclave_report::EnclaveReport;
use super::reader::Reader;
use super::td_report::{TD10_LEN, TD15_EX_LEN, TD15_LEN, TdReport};
use crate::MAX_EVIDENCE_BYTES;
use crate::claims::Body;
use crate::sgx::layout::{
    BODY_LEN, CERT_DATA_PCK_CHAIN, KEY_LEN, KEY_TYPE_ECDSA_P256, QE_VENDOR_INTEL, SIGNATURE_LEN, TEE_TYPE_SGX,
};

/// TEE type TDX, at offset 4.
pub const TEE_TYPE_TDX: u32 = 0x81;
/// Certification data that wraps the QE report and the certification data proper (versions 4 and 5).
pub const CERT_DATA_QE_REPORT: u16 = 6;

/// A quote whose structure holds. Nothing in it is verified yet; it borrows the bytes received.
#[derive(Clone, Copy, Debug)]
pub struct Quote<'a> {
    /// Without what follows the signature data.
    bytes: &'a [u8],
    version: u16,
    signed: &'a [u8],
    body: QuoteBody<'a>,
    signature: &'a [u8; SIGNATURE_LEN],
    attestation_key: &'a [u8; KEY_LEN],
    qe_report: EnclaveReport<'a>,
    qe_signature: &'a [u8; SIGNATURE_LEN],
    auth_data: &'a [u8],
    pck_chain: &'a [u8],
}

/// What a quote is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteBody<'a> {
    /// An enclave.
    Enclave(EnclaveReport<'a>),
    /// A trust domain.
    Td(TdReport<'a>),
}

impl<'a> Quote<'a> {
    /// Takes a quote apart. Allocates nothing.
    ///
    /// # Errors
    ///
    /// What is malformed or not known here, and where.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, QuoteError> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            return Err(QuoteError::TooLong { limit: MAX_EVIDENCE_BYTES, found: bytes.len() });
        }
        let mut reader = Reader::new(bytes);
        let header = Header::read(&mut reader)?;
        let body = header.read_body(&mut reader)?;
        let signed_len = reader.offset();
        let declared = reader.u32("signature data length")?;
        let mut data = reader.part("signature data", declared)?;
        let end = reader.offset();

        let signature = data.array("quote signature")?;
        let attestation_key = data.array("attestation key")?;
        let mut qe = if header.version == 3 {
            data
        } else {
            expect_cert_data(&mut data, CERT_DATA_QE_REPORT)?;
            let len = data.u32("certification data length")?;
            let part = data.part("certification data", len)?;
            data.finish("signature data")?;
            part
        };
        let qe_report = EnclaveReport::new(qe.array("QE report")?);
        let qe_signature = qe.array("QE report signature")?;
        let auth_len = qe.u16("QE authentication data length")?;
        let auth_data = qe.take("QE authentication data", auth_len.into())?;
        expect_cert_data(&mut qe, CERT_DATA_PCK_CHAIN)?;
        let chain_len = qe.u32("certification data length")?;
        let pck_chain = qe.take("PCK certificate chain", usize::try_from(chain_len).unwrap_or(usize::MAX))?;
        qe.finish(if header.version == 3 { "signature data" } else { "certification data" })?;

        let mut all = Reader::new(bytes);
        let signed = all.take("header and body", signed_len)?;
        let bytes = Reader::new(bytes).take("quote", end)?;
        Ok(Self {
            bytes,
            version: header.version,
            signed,
            body,
            signature,
            attestation_key,
            qe_report,
            qe_signature,
            auth_data,
            pck_chain,
        })
    }

    /// 3, 4 or 5.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// The quote without the bytes that may follow it.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many bytes of the evidence are the quote.
    #[must_use]
    pub const fn canonical_len(&self) -> usize {
        self.bytes.len()
    }

    /// Header and body, which the attestation key signs. Of everything in a quote it is this that makes
    /// the statement: the signature below it can be made anew by its signer, and the PEM of the chain can
    /// be written differently by anybody.
    #[must_use]
    pub const fn signed(&self) -> &'a [u8] {
        self.signed
    }

    /// What it is about.
    #[must_use]
    pub const fn body(&self) -> QuoteBody<'a> {
        self.body
    }

    /// r, then s, by the attestation key over [`signed`](Self::signed).
    #[must_use]
    pub const fn signature(&self) -> &'a [u8; SIGNATURE_LEN] {
        self.signature
    }

    /// The key that signed: x, then y.
    #[must_use]
    pub const fn attestation_key(&self) -> &'a [u8; KEY_LEN] {
        self.attestation_key
    }

    /// What the quoting enclave says of itself. Its report data vouches for the attestation key.
    #[must_use]
    pub const fn qe_report(&self) -> EnclaveReport<'a> {
        self.qe_report
    }

    /// r, then s, by the PCK over the QE report.
    #[must_use]
    pub const fn qe_signature(&self) -> &'a [u8; SIGNATURE_LEN] {
        self.qe_signature
    }

    /// What the QE report vouches for beside the attestation key.
    #[must_use]
    pub const fn auth_data(&self) -> &'a [u8] {
        self.auth_data
    }

    /// PEM, PCK certificate first.
    #[must_use]
    pub const fn pck_chain(&self) -> &'a [u8] {
        self.pck_chain
    }
}

impl QuoteBody<'_> {
    /// Every field, as claims of hardware have it.
    #[must_use]
    pub fn claims(self) -> Body {
        match self {
            Self::Enclave(report) => Body::Sgx(report.claims()),
            Self::Td(report) => Body::Tdx(Box::new(report.claims())),
        }
    }
}

/// What says how the rest is to be read.
struct Header {
    version: u16,
    tee_type: u32,
}

impl Header {
    /// The SVNs and the user data in it are not looked at: the QE report and collateral say what they
    /// would.
    fn read(reader: &mut Reader<'_>) -> Result<Self, QuoteError> {
        let version = reader.u16("version")?;
        if !(3..=5).contains(&version) {
            return Err(QuoteError::Version { found: version });
        }
        let key_type = reader.u16("attestation key type")?;
        if key_type != KEY_TYPE_ECDSA_P256 {
            return Err(QuoteError::KeyType { found: key_type });
        }
        let tee_type = reader.u32("TEE type")?;
        if !(tee_type == TEE_TYPE_SGX || version > 3 && tee_type == TEE_TYPE_TDX) {
            return Err(QuoteError::TeeType { version, found: tee_type });
        }
        reader.u32("QE SVN and PCE SVN")?;
        let vendor: &[u8; 16] = reader.array("QE vendor id")?;
        if *vendor != QE_VENDOR_INTEL {
            return Err(QuoteError::QeVendor { found: *vendor });
        }
        reader.take("user data", 20)?;
        Ok(Self { version, tee_type })
    }

    fn read_body<'a>(&self, reader: &mut Reader<'a>) -> Result<QuoteBody<'a>, QuoteError> {
        let body_type = match (self.version, self.tee_type) {
            (5, tee_type) => {
                let found = reader.u16("body type")?;
                let of_td = (2..=4).contains(&found);
                if found != 1 && !of_td || of_td != (tee_type == TEE_TYPE_TDX) {
                    return Err(QuoteError::BodyType { found, tee_type });
                }
                found
            }
            (_, TEE_TYPE_TDX) => 2,
            _ => 1,
        };
        let (name, expected) = match body_type {
            1 => ("enclave report", BODY_LEN),
            2 => ("TD report", TD10_LEN),
            3 => ("TD 1.5 report", TD15_LEN),
            _ => ("TD 1.5 extended report", TD15_EX_LEN),
        };
        if self.version == 5 {
            let found = reader.u32("body length")?;
            if usize::try_from(found) != Ok(expected) {
                return Err(QuoteError::BodyLength { body_type, expected, found });
            }
        }
        if body_type == 1 {
            return Ok(QuoteBody::Enclave(EnclaveReport::new(reader.array(name)?)));
        }
        let offset = reader.offset();
        let body = TdReport::new(reader.take(name, expected)?).map(QuoteBody::Td);
        body.ok_or(QuoteError::Truncated { field: name, offset, expected, found: 0 })
    }
}

/// That the certification data is of this type.
fn expect_cert_data(reader: &mut Reader<'_>, expected: u16) -> Result<(), QuoteError> {
    let offset = reader.offset();
    match reader.u16("certification data type")? {
        found if found == expected => Ok(()),
        found => Err(QuoteError::CertDataType { offset, expected, found }),
    }
}
