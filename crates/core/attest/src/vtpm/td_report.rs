//! TDREPORT (Intel TDX module 1.5 ABI specification, TDREPORT_STRUCT), of which a TD quote is made.
//!
//! Its MAC can be checked on the same machine only, so it proves nothing here. It is compared with the TD
//! quote that came along: where both state something they have to state the same.

use super::VtpmFault;
use super::hcl::TD_REPORT_LEN;
use crate::claims::TdxBody;
use crate::inspect::Field;

/// Name, offset and bytes of each field that a TD quote has too. REPORTMACSTRUCT is at 0, TEE_TCB_INFO at
/// 256, TDINFO at 512.
const FIELDS: [(&str, usize, usize); 15] = [
    ("REPORTDATA", 128, 64),
    ("TEE_TCB_SVN", 264, 16),
    ("MRSEAM", 280, 48),
    ("MRSIGNERSEAM", 328, 48),
    ("SEAMATTRIBUTES", 376, 8),
    ("TDATTRIBUTES", 512, 8),
    ("XFAM", 520, 8),
    ("MRTD", 528, 48),
    ("MRCONFIGID", 576, 48),
    ("MROWNER", 624, 48),
    ("MROWNERCONFIG", 672, 48),
    ("RTMR0", 720, 48),
    ("RTMR1", 768, 48),
    ("RTMR2", 816, 48),
    ("RTMR3", 864, 48),
];

/// That a verified TD quote states what the TDREPORT states.
pub(crate) fn check_same(report: &[u8; TD_REPORT_LEN], quoted: &TdxBody) -> Result<(), VtpmFault> {
    let [rtmr0, rtmr1, rtmr2, rtmr3] = &quoted.rtmr;
    let (seam, td) = (quoted.seam_attributes.to_le_bytes(), quoted.td_attributes.to_le_bytes());
    let xfam = quoted.xfam.to_le_bytes();
    let expected: [&[u8]; FIELDS.len()] = [
        &quoted.report_data.0,
        &quoted.tee_tcb_svn,
        quoted.mr_seam.as_bytes(),
        quoted.mr_signer_seam.as_bytes(),
        &seam,
        &td,
        &xfam,
        quoted.mr_td.as_bytes(),
        quoted.mr_config_id.as_bytes(),
        quoted.mr_owner.as_bytes(),
        quoted.mr_owner_config.as_bytes(),
        rtmr0.as_bytes(),
        rtmr1.as_bytes(),
        rtmr2.as_bytes(),
        rtmr3.as_bytes(),
    ];
    for ((field, at, len), expected) in FIELDS.into_iter().zip(expected) {
        if slice(report, at, len) != expected {
            return Err(VtpmFault::TdReportDiffers { field });
        }
    }
    Ok(())
}

/// The fields as people read them, of a TDREPORT that begins at `start`.
pub(crate) fn fields(report: &[u8; TD_REPORT_LEN], start: usize) -> Vec<Field> {
    let field = |(name, at, len)| Field::hex(name, slice(report, at, len)).at(start.saturating_add(at));
    let mut fields = vec![Field::hex("REPORTTYPE", slice(report, 0, 4)).at(start)];
    fields.push(field(("CPUSVN", 16, 16)));
    fields.extend(FIELDS.into_iter().map(field));
    fields.push(field(("MAC", 224, 32)).meaning("checked on the same machine only"));
    fields
}

fn slice(report: &[u8; TD_REPORT_LEN], at: usize, len: usize) -> &[u8] {
    report.get(at..at.saturating_add(len)).unwrap_or_default()
}
