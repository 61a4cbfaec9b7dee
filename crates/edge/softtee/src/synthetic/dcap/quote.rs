//! Quotes: bytes, from a platform and what it quotes.

use casemate_attest::dcap::{CERT_DATA_QE_REPORT, TD10_LEN, TD15_EX_LEN, TD15_LEN, TEE_TYPE_TDX};
use casemate_attest::sgx::layout::{
    ATTRIBUTES_AT, BODY_LEN, CERT_DATA_PCK_CHAIN, HEADER_LEN, KEY_TYPE_ECDSA_P256, MISC_SELECT_AT,
    QE_VENDOR_INTEL, TEE_TYPE_SGX,
};
use casemate_model::{Measurement, ReportData};

use super::super::signed;
use super::{DcapDefect, DcapQuote, DcapRoot};
use crate::EnclaveReport;
use crate::key::sha256;
use crate::quote::{len_u32, put};

/// What is authenticated with the attestation key.
const AUTH_DATA: [u8; 32] = [0xad; 32];
/// MRSIGNER and ISVPRODID of the quoting enclave, as its identity has them.
pub(super) const QE_SIGNER: [u8; 32] = [0x0e; 32];
pub(super) const QE_PRODUCT: u16 = 1;

impl DcapRoot {
    /// The bytes of a quote of this kind.
    pub(super) fn quote(&self, kind: DcapQuote) -> Vec<u8> {
        let content = [self.header(kind), self.body(kind)].concat();
        let signer = if self.has(DcapDefect::QuoteForged) { &self.stranger } else { self.attestation_key() };
        let qe_report = self.qe_report();
        let qe_signer = if self.has(DcapDefect::QeReportForged) { &self.stranger } else { &self.pck_key };
        let chain = self.chain();
        let qe = [
            qe_report.as_slice(),
            &signed(qe_signer.sign(&qe_report)),
            &[AUTH_DATA.len() as u8, 0],
            &AUTH_DATA,
            &CERT_DATA_PCK_CHAIN.to_le_bytes(),
            &len_u32(chain.as_bytes()).to_le_bytes(),
            chain.as_bytes(),
        ]
        .concat();
        let wrapper = match version(kind) {
            3 => Vec::new(),
            _ => [&CERT_DATA_QE_REPORT.to_le_bytes()[..], &len_u32(&qe).to_le_bytes()].concat(),
        };
        let signature = signed(signer.sign(&content));
        let data = [&signature[..], &self.attestation_key().public_key(), &wrapper, &qe].concat();
        [content, len_u32(&data).to_le_bytes().to_vec(), data].concat()
    }

    fn attestation_key(&self) -> &crate::key::ReportKey {
        if self.has(DcapDefect::AttestationKeyNotVouched) { &self.stranger } else { &self.attestation_key }
    }

    fn header(&self, kind: DcapQuote) -> Vec<u8> {
        let tee_type = if kind.is_tdx() { TEE_TYPE_TDX } else { TEE_TYPE_SGX };
        let mut header = vec![0; HEADER_LEN];
        put(&mut header, 0, &version(kind).to_le_bytes());
        put(&mut header, 2, &KEY_TYPE_ECDSA_P256.to_le_bytes());
        put(&mut header, 4, &tee_type.to_le_bytes());
        put(&mut header, 12, &QE_VENDOR_INTEL);
        header
    }

    /// With its type and length in version 5.
    fn body(&self, kind: DcapQuote) -> Vec<u8> {
        let (body_type, body) = match kind {
            DcapQuote::SgxV3 | DcapQuote::SgxV4 | DcapQuote::SgxV5 => (1u16, self.enclave_report()),
            DcapQuote::TdxV4 | DcapQuote::Tdx10V5 => (2, self.td_report(TD10_LEN)),
            DcapQuote::Tdx15 => (3, self.td_report(TD15_LEN)),
            DcapQuote::Tdx15Ex => (4, self.td_report(TD15_EX_LEN)),
        };
        match version(kind) {
            5 => [body_type.to_le_bytes().to_vec(), len_u32(&body).to_le_bytes().to_vec(), body].concat(),
            _ => body,
        }
    }

    fn enclave_report(&self) -> Vec<u8> {
        let mut measurement = Measurement([0; 32]);
        measurement.0.copy_from_slice(&self.subject.measurement[..32]);
        let report = EnclaveReport {
            measurement,
            signer: Measurement(self.subject.signer),
            debug: self.subject.debug,
            prod_id: 7,
            svn: 3,
            report_data: ReportData(self.subject.report_data),
        };
        report.to_body().to_vec()
    }

    fn td_report(&self, len: usize) -> Vec<u8> {
        let subject = &self.subject;
        let mut body = vec![0; TD15_EX_LEN];
        put(&mut body, 0, &self.platform.tee_tcb_svn);
        put(&mut body, 16, &[0x5e; 48]);
        if self.has(DcapDefect::ModuleForeignSigner) {
            put(&mut body, 64, &[1; 48]);
        }
        if self.has(DcapDefect::ModuleForeignAttributes) {
            put(&mut body, 112, &[1]);
        }
        let attributes = subject.td_attributes | u64::from(subject.debug);
        put(&mut body, 120, &attributes.to_le_bytes());
        put(&mut body, 128, &0xe7_u64.to_le_bytes());
        put(&mut body, 136, &subject.measurement);
        for (at, rtmr) in (328..).step_by(48).zip(&subject.rtmr) {
            put(&mut body, at, rtmr);
        }
        put(&mut body, 520, &subject.report_data);
        put(&mut body, 584, &self.platform.tee_tcb_svn2);
        put(&mut body, 600, &subject.mr_service_td);
        put(&mut body, 829, &subject.current_service_td);
        body.truncate(len);
        body
    }

    fn qe_report(&self) -> [u8; BODY_LEN] {
        let mut report_data = ReportData([0; 64]);
        let vouched = [self.attestation_key.public_key().as_slice(), &AUTH_DATA].concat();
        report_data.0[..32].copy_from_slice(&sha256(&vouched));
        let foreign = |defect| self.has(defect);
        let report = EnclaveReport {
            measurement: Measurement([0x0d; 32]),
            signer: Measurement(if foreign(DcapDefect::QeForeignSigner) { [1; 32] } else { QE_SIGNER }),
            debug: foreign(DcapDefect::QeDebug),
            prod_id: if foreign(DcapDefect::QeForeignProduct) { 9 } else { QE_PRODUCT },
            svn: self.platform.qe_svn,
            report_data,
        };
        let mut body = report.to_body();
        if foreign(DcapDefect::QeForeignAttributes) {
            body[ATTRIBUTES_AT] |= 1 << 4;
        }
        if foreign(DcapDefect::QeForeignMiscSelect) {
            body[MISC_SELECT_AT] |= 1;
        }
        body
    }
}

const fn version(kind: DcapQuote) -> u16 {
    match kind {
        DcapQuote::SgxV3 => 3,
        DcapQuote::SgxV4 | DcapQuote::TdxV4 => 4,
        DcapQuote::SgxV5 | DcapQuote::Tdx10V5 | DcapQuote::Tdx15 | DcapQuote::Tdx15Ex => 5,
    }
}
