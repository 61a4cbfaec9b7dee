//! An SGX quote of version 3 with an ECDSA P-256 attestation key: parsing, and the three
//! signatures inside it. The layout is in [`crate::sgx::layout`].
//!
//! Refuses every other version, key type, TEE, QE vendor and kind of certification data by name,
//! and signature data whose parts do not add up to its declared length.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use casemate_model::{Measurement, ReportData};

use super::{DcapFault, QuoteError};
use crate::MAX_EVIDENCE_BYTES;
use crate::claims::SgxBody;
use crate::sgx::layout::{
    ATTRIBUTE_DEBUG, ATTRIBUTES_AT, BODY_LEN, CERT_DATA_PCK_CHAIN, CPU_SVN_AT, HEADER_LEN, KEY_LEN,
    KEY_TYPE_ECDSA_P256, MISC_SELECT_AT, MRENCLAVE_AT, MRSIGNER_AT, PROD_ID_AT, QE_VENDOR_INTEL,
    REPORT_DATA_AT, SIGNATURE_LEN, SVN_AT, TEE_TYPE_SGX, VERSION, XFRM_AT,
};

/// A quote whose structure holds. Nothing in it is verified yet; it borrows the bytes received.
pub(crate) struct Quote<'a> {
    /// Header and body, which the attestation key signs.
    signed: &'a [u8; HEADER_LEN + BODY_LEN],
    signature: &'a [u8; SIGNATURE_LEN],
    attestation_key: &'a [u8; KEY_LEN],
    qe_report: ReportBody<'a>,
    qe_signature: &'a [u8; SIGNATURE_LEN],
    auth_data: &'a [u8],
    pck_chain: &'a [u8],
}

impl<'a> Quote<'a> {
    /// Takes the quote apart.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, QuoteError> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            return Err(QuoteError::TooLong { limit: MAX_EVIDENCE_BYTES, found: bytes.len() });
        }
        check_header(Reader { rest: bytes, offset: 0 })?;
        let mut reader = Reader { rest: bytes, offset: 0 };
        let signed = reader.array("quote header and report body")?;
        let declared = reader.u32("signature data length")?;
        let start = reader.offset;
        let mut reader = Reader { rest: reader.take("signature data", declared as usize)?, offset: start };

        let signature = reader.array("quote signature")?;
        let attestation_key = reader.array("attestation key")?;
        let qe_report = ReportBody(reader.array("QE report")?);
        let qe_signature = reader.array("QE report signature")?;
        let auth_len = reader.u16("QE authentication data length")?;
        let auth_data = reader.take("QE authentication data", auth_len.into())?;
        let kind_at = reader.offset;
        let kind = reader.u16("certification data type")?;
        if kind != CERT_DATA_PCK_CHAIN {
            return Err(QuoteError::CertDataType { offset: kind_at, found: kind });
        }
        let chain_len = reader.u32("certification data length")?;
        let pck_chain = reader.take("certification data", chain_len as usize)?;
        if !reader.rest.is_empty() {
            let (found, left) = (reader.offset, reader.rest.len());
            return Err(QuoteError::SignatureDataLength { expected: found + left, found });
        }
        Ok(Self { signed, signature, attestation_key, qe_report, qe_signature, auth_data, pck_chain })
    }

    /// The certification data: PEM, PCK certificate first.
    pub(crate) fn pck_chain(&self) -> &'a [u8] {
        self.pck_chain
    }

    /// The enclave's report.
    pub(crate) fn body(&self) -> ReportBody<'a> {
        let (_, body) = self.signed.split_last_chunk().expect("the body is the end of the signed part");
        ReportBody(body)
    }

    /// PCK signs QE report; QE report commits to the attestation key; that key signs the quote.
    ///
    /// `pck` is an uncompressed point, as SEC 1 writes it.
    pub(crate) fn verify_signatures(&self, pck: &[u8]) -> Result<(), DcapFault> {
        p256_verify(pck, self.qe_report.0, self.qe_signature).map_err(|_| DcapFault::QeReportSignature)?;

        if self.qe_report.attribute_flags() & ATTRIBUTE_DEBUG != 0 {
            return Err(DcapFault::QeDebug);
        }
        let committed = digest(&SHA256, &[self.attestation_key.as_slice(), self.auth_data].concat());
        let (vouched, tail) = self.qe_report.0[REPORT_DATA_AT..].split_at(committed.as_ref().len());
        if vouched != committed.as_ref() || tail.iter().any(|byte| *byte != 0) {
            return Err(DcapFault::AttestationKey);
        }

        let mut point = [0x04; 1 + KEY_LEN];
        point[1..].copy_from_slice(self.attestation_key);
        p256_verify(&point, self.signed, self.signature).map_err(|_| DcapFault::QuoteSignature)
    }
}

fn p256_verify(point: &[u8], message: &[u8], signature: &[u8]) -> Result<(), aws_lc_rs::error::Unspecified> {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
}

/// Refuses a header that is not SGX, version 3, ECDSA P-256, by Intel's quoting enclave or one
/// of its shape. The SVNs and user data that follow are not looked at: collateral and the QE's
/// own identifier give them a meaning.
fn check_header(mut reader: Reader<'_>) -> Result<(), QuoteError> {
    let version = reader.u16("version")?;
    if version != VERSION {
        return Err(QuoteError::Version { found: version });
    }
    let key_type = reader.u16("attestation key type")?;
    if key_type != KEY_TYPE_ECDSA_P256 {
        return Err(QuoteError::KeyType { found: key_type });
    }
    let tee_type = reader.u32("TEE type")?;
    if tee_type != TEE_TYPE_SGX {
        return Err(QuoteError::TeeType { found: tee_type });
    }
    reader.u32("QE SVN and PCE SVN")?;
    let vendor: &[u8; 16] = reader.array("QE vendor id")?;
    if *vendor != QE_VENDOR_INTEL {
        return Err(QuoteError::QeVendor { found: *vendor });
    }
    Ok(())
}

/// An enclave report body, in the bytes received.
#[derive(Clone, Copy)]
pub(crate) struct ReportBody<'a>(&'a [u8; BODY_LEN]);

impl ReportBody<'_> {
    /// Every field.
    pub(crate) fn claims(self) -> SgxBody {
        SgxBody {
            cpu_svn: self.cpu_svn(),
            misc_select: self.misc_select(),
            isv_ext_prod_id: self.field::<32, 16>(),
            attribute_flags: self.attribute_flags(),
            xfrm: self.xfrm(),
            mr_enclave: self.measurement(),
            mr_signer: self.signer(),
            config_id: ReportData(self.field::<192, 64>()),
            isv_prod_id: self.prod_id(),
            isv_svn: self.svn(),
            config_svn: u16::from_le_bytes(self.field::<260, 2>()),
            isv_family_id: self.field::<304, 16>(),
            report_data: self.report_data(),
        }
    }

    pub(crate) fn cpu_svn(self) -> [u8; 16] {
        self.field::<CPU_SVN_AT, 16>()
    }

    pub(crate) fn misc_select(self) -> u32 {
        u32::from_le_bytes(self.field::<MISC_SELECT_AT, 4>())
    }

    pub(crate) fn xfrm(self) -> u64 {
        u64::from_le_bytes(self.field::<XFRM_AT, 8>())
    }

    pub(crate) fn attribute_flags(self) -> u64 {
        u64::from_le_bytes(self.field::<ATTRIBUTES_AT, 8>())
    }

    pub(crate) fn measurement(self) -> Measurement {
        Measurement(self.field::<MRENCLAVE_AT, 32>())
    }

    pub(crate) fn signer(self) -> Measurement {
        Measurement(self.field::<MRSIGNER_AT, 32>())
    }

    pub(crate) fn prod_id(self) -> u16 {
        u16::from_le_bytes(self.field::<PROD_ID_AT, 2>())
    }

    pub(crate) fn svn(self) -> u16 {
        u16::from_le_bytes(self.field::<SVN_AT, 2>())
    }

    pub(crate) fn report_data(self) -> ReportData {
        ReportData(self.field::<REPORT_DATA_AT, 64>())
    }

    /// That every field lies inside the body is checked when this is compiled.
    fn field<const AT: usize, const LEN: usize>(self) -> [u8; LEN] {
        const { assert!(AT + LEN <= BODY_LEN) };
        let mut field = [0; LEN];
        field.copy_from_slice(&self.0[AT..AT + LEN]);
        field
    }
}

/// Takes fields off the front and says where one was cut short.
struct Reader<'a> {
    rest: &'a [u8],
    /// Of `rest` in the evidence.
    offset: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], QuoteError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(self.truncated(field, len))?;
        self.advance(len, rest);
        Ok(taken)
    }

    fn array<const LEN: usize>(&mut self, field: &'static str) -> Result<&'a [u8; LEN], QuoteError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.truncated(field, LEN))?;
        self.advance(LEN, rest);
        Ok(taken)
    }

    fn u16(&mut self, field: &'static str) -> Result<u16, QuoteError> {
        self.array(field).map(|bytes| u16::from_le_bytes(*bytes))
    }

    fn u32(&mut self, field: &'static str) -> Result<u32, QuoteError> {
        self.array(field).map(|bytes| u32::from_le_bytes(*bytes))
    }

    fn advance(&mut self, len: usize, rest: &'a [u8]) {
        self.offset += len;
        self.rest = rest;
    }

    fn truncated(&self, field: &'static str, expected: usize) -> QuoteError {
        QuoteError::Truncated { field, offset: self.offset, expected, found: self.rest.len() }
    }
}
