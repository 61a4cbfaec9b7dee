//! TDREPORT (Intel TDX module 1.5 ABI specification, TDREPORT_STRUCT), of which a TD quote is made.
//!
//! Its MAC can be checked on the same machine only, so it proves nothing here. It is compared with the TD
//! quote that came along: where both state something they have to state the same.

use super::VtpmFault;
use super::hcl::TD_REPORT_LEN;
use crate::claims::TdxBody;

/// Offsets: REPORTMACSTRUCT at 0, TEE_TCB_INFO at 256, TDINFO at 512.
const REPORT_DATA: usize = 128;
const TEE_TCB_SVN: usize = 264;
const MR_SEAM: usize = 280;
const MR_SIGNER_SEAM: usize = 328;
const SEAM_ATTRIBUTES: usize = 376;
const TD_ATTRIBUTES: usize = 512;
const XFAM: usize = 520;
const MR_TD: usize = 528;
const MR_CONFIG_ID: usize = 576;
const MR_OWNER: usize = 624;
const MR_OWNER_CONFIG: usize = 672;
const RTMR: usize = 720;

/// That a verified TD quote states what the TDREPORT states.
pub(crate) fn check_same(report: &[u8; TD_REPORT_LEN], quoted: &TdxBody) -> Result<(), VtpmFault> {
    let [rtmr0, rtmr1, rtmr2, rtmr3] = &quoted.rtmr;
    let (seam, td, xfam) = (quoted.seam_attributes, quoted.td_attributes, quoted.xfam);
    let fields: [(&'static str, usize, &[u8]); 15] = [
        ("REPORTDATA", REPORT_DATA, &quoted.report_data.0),
        ("TEE_TCB_SVN", TEE_TCB_SVN, &quoted.tee_tcb_svn),
        ("MRSEAM", MR_SEAM, quoted.mr_seam.as_bytes()),
        ("MRSIGNERSEAM", MR_SIGNER_SEAM, quoted.mr_signer_seam.as_bytes()),
        ("SEAMATTRIBUTES", SEAM_ATTRIBUTES, &seam.to_le_bytes()),
        ("TDATTRIBUTES", TD_ATTRIBUTES, &td.to_le_bytes()),
        ("XFAM", XFAM, &xfam.to_le_bytes()),
        ("MRTD", MR_TD, quoted.mr_td.as_bytes()),
        ("MRCONFIGID", MR_CONFIG_ID, quoted.mr_config_id.as_bytes()),
        ("MROWNER", MR_OWNER, quoted.mr_owner.as_bytes()),
        ("MROWNERCONFIG", MR_OWNER_CONFIG, quoted.mr_owner_config.as_bytes()),
        ("RTMR0", RTMR, rtmr0.as_bytes()),
        ("RTMR1", RTMR + 48, rtmr1.as_bytes()),
        ("RTMR2", RTMR + 96, rtmr2.as_bytes()),
        ("RTMR3", RTMR + 144, rtmr3.as_bytes()),
    ];
    for (field, at, expected) in fields {
        if !report.get(at..).is_some_and(|rest| rest.starts_with(expected)) {
            return Err(VtpmFault::TdReportDiffers { field });
        }
    }
    Ok(())
}
