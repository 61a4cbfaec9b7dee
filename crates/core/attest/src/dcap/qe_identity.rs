//! QE Identity: what Intel's quoting enclaves are, and which of their security versions are worth what.
//!
//! Source: Intel SGX and TDX Provisioning Certification Service, enclave identity version 2.

use casemate_model::Timestamp;
use serde::Deserialize;

use super::enclave_report::EnclaveReport;
use super::json::{Hex, Instant};
use super::svns::QeFacts;
use super::tcb_info::{SvnLevel, SvnLevelJson, read_svn_levels};
use super::{TcbStatus, TeeType};

/// One document. Parsing verifies nothing.
#[derive(Clone, Debug)]
pub(super) struct QeIdentity {
    pub(super) tee: TeeType,
    pub(super) evaluation_number: u32,
    pub(super) issued: Timestamp,
    pub(super) next_update: Timestamp,
    misc_select: [u8; 4],
    misc_select_mask: [u8; 4],
    attributes: [u8; 16],
    attributes_mask: [u8; 16],
    mr_signer: [u8; 32],
    isv_prod_id: u16,
    /// Best first, as in the document.
    pub(super) levels: Vec<SvnLevel>,
}

impl QeIdentity {
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let tee = match (document.version, document.id.as_str()) {
            (2, "QE") => TeeType::Sgx,
            (2, "TD_QE") => TeeType::Tdx,
            (version, id) => return Err(format!("version {version} with id {id:.16} is not known")),
        };
        Ok(Self {
            tee,
            evaluation_number: document.tcb_evaluation_data_number,
            issued: document.issue_date.0,
            next_update: document.next_update.0,
            misc_select: document.miscselect.0,
            misc_select_mask: document.miscselect_mask.0,
            attributes: document.attributes.0,
            attributes_mask: document.attributes_mask.0,
            mr_signer: document.mrsigner.0,
            isv_prod_id: document.isvprodid,
            levels: read_svn_levels(document.tcb_levels, &QE_STATUSES)?,
        })
    }

    /// The first field in which a quoting enclave differs from this identity.
    pub(super) fn difference(&self, qe: &QeFacts) -> Option<&'static str> {
        if masked(qe.misc_select, self.misc_select_mask) != self.misc_select {
            Some("MISCSELECT")
        } else if masked(qe.attributes, self.attributes_mask) != self.attributes {
            Some("ATTRIBUTES")
        } else if qe.mr_signer != self.mr_signer {
            Some("MRSIGNER")
        } else if qe.isv_prod_id != self.isv_prod_id {
            Some("ISVPRODID")
        } else {
            None
        }
    }
}

/// The bits of `value` that `mask` has.
pub(super) fn masked<const LEN: usize>(value: [u8; LEN], mask: [u8; LEN]) -> [u8; LEN] {
    let mut masked = value;
    masked.iter_mut().zip(mask).for_each(|(byte, mask)| *byte &= mask);
    masked
}

/// Statuses a quoting enclave's level may have.
const QE_STATUSES: [TcbStatus; 5] = [
    TcbStatus::UpToDate,
    TcbStatus::ConfigurationNeeded,
    TcbStatus::OutOfDate,
    TcbStatus::OutOfDateConfigurationNeeded,
    TcbStatus::Revoked,
];

impl QeFacts {
    pub(super) fn of(report: EnclaveReport<'_>) -> Self {
        Self {
            misc_select: report.misc_select(),
            attributes: report.attributes(),
            mr_signer: report.mr_signer(),
            isv_prod_id: report.prod_id(),
            isv_svn: report.svn(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    id: String,
    version: u32,
    issue_date: Instant,
    next_update: Instant,
    tcb_evaluation_data_number: u32,
    miscselect: Hex<4>,
    miscselect_mask: Hex<4>,
    attributes: Hex<16>,
    attributes_mask: Hex<16>,
    mrsigner: Hex<32>,
    isvprodid: u16,
    tcb_levels: Vec<SvnLevelJson>,
}
