//! The quoting enclave in software: reports in, quotes in SGX's version 3 format out.
//!
//! The layout is in [`casemate_attest::sgx::layout`]. What hardware would measure of a quoting
//! enclave is a constant here: it names this code and measures nothing.

use casemate_attest::Evidence;
use casemate_attest::sgx::layout::{
    ATTRIBUTE_DEBUG, ATTRIBUTE_INIT, ATTRIBUTE_MODE64, ATTRIBUTES_AT, BODY_LEN, CERT_DATA_PCK_CHAIN,
    HEADER_LEN, KEY_LEN, KEY_TYPE_ECDSA_P256, MRENCLAVE_AT, MRSIGNER_AT, PROD_ID_AT, QE_VENDOR_INTEL,
    REPORT_DATA_AT, SIGNATURE_LEN, SVN_AT, TEE_TYPE_SGX, VERSION,
};
use casemate_model::{Measurement, ReportData, Timestamp};

use crate::SigningError;
use crate::key::{ReportKey, sha256};

/// What is authenticated with the attestation key, in plain text.
pub(crate) const AUTH_DATA: &[u8] = b"software TEE: protects nothing from the host's owner";

const QE_NAME: &[u8] = b"casemate software quoting enclave, version 1";
const QE_SVN: u16 = 1;
/// x87 and SSE state, which every enclave has (XFRM, the second half of the attributes).
const XFRM_LEGACY: u64 = 3;

/// What an enclave says of itself, to be quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnclaveReport {
    /// What the enclave is (MRENCLAVE).
    pub measurement: Measurement,
    /// Who signed it (MRSIGNER).
    pub signer: Measurement,
    /// Whether the host may debug it.
    pub debug: bool,
    /// The signer's number for the product (ISVPRODID).
    pub prod_id: u16,
    /// The signer's security version of the product (ISVSVN).
    pub svn: u16,
    /// What is to be bound to the quote.
    pub report_data: ReportData,
}

impl EnclaveReport {
    /// The report body as SGX lays it out.
    pub(crate) fn to_body(&self) -> [u8; BODY_LEN] {
        let debug = if self.debug { ATTRIBUTE_DEBUG } else { 0 };
        let flags = ATTRIBUTE_INIT | ATTRIBUTE_MODE64 | debug;
        let mut body = [0; BODY_LEN];
        put(&mut body, ATTRIBUTES_AT, &flags.to_le_bytes());
        put(&mut body, ATTRIBUTES_AT + 8, &XFRM_LEGACY.to_le_bytes());
        put(&mut body, MRENCLAVE_AT, &self.measurement.0);
        put(&mut body, MRSIGNER_AT, &self.signer.0);
        put(&mut body, PROD_ID_AT, &self.prod_id.to_le_bytes());
        put(&mut body, SVN_AT, &self.svn.to_le_bytes());
        put(&mut body, REPORT_DATA_AT, &self.report_data.0);
        body
    }
}

/// Signs quotes with an attestation key of its own, which a PCK vouched for.
///
/// One belongs to one process and is never stored. Once its certificate has expired its quotes
/// are refused; the root makes another.
#[derive(Debug)]
pub struct QuotingEnclave {
    pub(crate) attestation_key: ReportKey,
    pub(crate) qe_report: [u8; BODY_LEN],
    pub(crate) qe_signature: [u8; SIGNATURE_LEN],
    pub(crate) auth_data: Vec<u8>,
    /// PEM, PCK first.
    pub(crate) chain: String,
    pub(crate) not_after: Timestamp,
}

impl QuotingEnclave {
    /// An enclave with a new attestation key, vouched for by `pck`, whose certificate leads `chain`.
    pub(crate) fn new(pck: &ReportKey, chain: String, not_after: Timestamp) -> Result<Self, SigningError> {
        let attestation_key = ReportKey::generate()?;
        let qe_report = qe_report(&attestation_key.public_key(), AUTH_DATA).to_body();
        let qe_signature = pck.sign(&qe_report)?;
        Ok(Self { attestation_key, qe_report, qe_signature, auth_data: AUTH_DATA.to_vec(), chain, not_after })
    }

    /// When its certificate expires, and its quotes with it.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// A quote over this report.
    ///
    /// # Errors
    ///
    /// Where the crypto library cannot sign.
    pub fn quote(&self, report: &EnclaveReport) -> Result<Evidence, SigningError> {
        let signed = self.signed_part(report);
        let signature = self.attestation_key.sign(&signed)?;
        Ok(Evidence::quote(self.assemble(&signed, &signature)))
    }

    /// Header and body, which the attestation key signs.
    pub(crate) fn signed_part(&self, report: &EnclaveReport) -> Vec<u8> {
        [self.header().as_slice(), &report.to_body()].concat()
    }

    fn header(&self) -> [u8; HEADER_LEN] {
        let qe_id = sha256(&self.attestation_key.public_key());
        let mut header = [0; HEADER_LEN];
        put(&mut header, 0, &VERSION.to_le_bytes());
        put(&mut header, 2, &KEY_TYPE_ECDSA_P256.to_le_bytes());
        put(&mut header, 4, &TEE_TYPE_SGX.to_le_bytes());
        put(&mut header, 8, &QE_SVN.to_le_bytes());
        put(&mut header, 12, &QE_VENDOR_INTEL);
        put(&mut header, 28, &qe_id[..16]);
        header
    }

    /// The whole quote, from what was signed and the signature over it.
    pub(crate) fn assemble(&self, signed: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Vec<u8> {
        let auth_len = u16::try_from(self.auth_data.len()).expect("authentication data is short");
        let mut data = Vec::new();
        data.extend_from_slice(signature);
        data.extend_from_slice(&self.attestation_key.public_key());
        data.extend_from_slice(&self.qe_report);
        data.extend_from_slice(&self.qe_signature);
        data.extend_from_slice(&auth_len.to_le_bytes());
        data.extend_from_slice(&self.auth_data);
        data.extend_from_slice(&CERT_DATA_PCK_CHAIN.to_le_bytes());
        data.extend_from_slice(&len_u32(self.chain.as_bytes()).to_le_bytes());
        data.extend_from_slice(self.chain.as_bytes());
        [signed, &len_u32(&data).to_le_bytes(), &data].concat()
    }
}

/// What the quoting enclave says of itself: it vouches for an attestation key.
pub(crate) fn qe_report(attestation_key: &[u8; KEY_LEN], auth_data: &[u8]) -> EnclaveReport {
    let mut report_data = ReportData([0; 64]);
    report_data.0[..32].copy_from_slice(&sha256(&[attestation_key, auth_data].concat()));
    let name = Measurement(sha256(QE_NAME));
    EnclaveReport { measurement: name, signer: name, debug: false, prod_id: 1, svn: QE_SVN, report_data }
}

pub(crate) fn put(target: &mut [u8], at: usize, bytes: &[u8]) {
    target[at..at + bytes.len()].copy_from_slice(bytes);
}

pub(crate) fn len_u32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a chain is a few KiB")
}
