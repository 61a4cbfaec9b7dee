//! The report body of a trust domain.
//!
//! | field | offset | bytes |
//! |---|---|---|
//! | TEE_TCB_SVN | 0 | 16 |
//! | MRSEAM, MRSIGNERSEAM | 16, 64 | 48 each |
//! | SEAMATTRIBUTES, TDATTRIBUTES, XFAM | 112, 120, 128 | 8 each |
//! | MRTD, MRCONFIGID, MROWNER, MROWNERCONFIG | 136, 184, 232, 280 | 48 each |
//! | RTMR0 to RTMR3 | 328 | 48 each |
//! | REPORTDATA | 520 | 64 |
//! | *TDX 1.5:* TEE_TCB_SVN2, MRSERVICETD | 584, 600 | 16, 48 |
//! | *its extension:* VMID, TD_ID | 648, 649 | 1, 32 |
//! | DEVINFO, INIT_SERVTD_HASH | 681, 729 | 48 each |
//! | INIT_SERVTD_ATTRIBUTES, INIT_CPUSVN, INIT_TEE_TCB_SVN | 777, 785, 801 | 8, 16, 16 |
//! | INIT_TEE_FMSPC, CUR_SERVTD_HASH, CUR_SERVTD_ATTRIBUTES | 817, 829, 877 | 12, 48, 8 |
//!
//! Source: Intel TDX DCAP Quoting Library API, A.3.2 and A.4; `sgx_quote_5.h` for the extension.

use casemate_model::{Digest, ReportData};

use crate::claims::TdxBody;

/// Bytes of a body of type 2: TDX 1.0.
pub const TD10_LEN: usize = 584;
/// Bytes of a body of type 3: TDX 1.5.
pub const TD15_LEN: usize = 648;
/// Bytes of a body of type 4: TDX 1.5 with its extension.
pub const TD15_EX_LEN: usize = 885;

/// Offset and length of CUR_SERVTD_HASH.
const CURRENT_SERVICE_TD: (usize, usize) = (829, 48);

/// A TD report body, in the bytes received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TdReport<'a> {
    /// What all three versions have.
    base: &'a [u8; TD10_LEN],
    /// What TDX 1.5 appends, and what its extension appends to that.
    rest: &'a [u8],
    body_type: u16,
}

impl<'a> TdReport<'a> {
    /// `None` where these are not as many bytes as one of the types has.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let body_type = match bytes.len() {
            TD10_LEN => 2,
            TD15_LEN => 3,
            TD15_EX_LEN => 4,
            _ => return None,
        };
        let (base, rest) = bytes.split_first_chunk()?;
        Some(Self { base, rest, body_type })
    }

    /// 2, 3 or 4, also in a quote of version 4, which has no room for it.
    #[must_use]
    pub const fn body_type(self) -> u16 {
        self.body_type
    }

    /// Every field that claims have a place for.
    #[must_use]
    pub fn claims(self) -> TdxBody {
        TdxBody {
            body_type: self.body_type,
            tee_tcb_svn: self.tee_tcb_svn(),
            mr_seam: self.digest::<16>(),
            mr_signer_seam: self.digest::<64>(),
            seam_attributes: u64::from_le_bytes(self.seam_attributes()),
            td_attributes: u64::from_le_bytes(self.field::<120, 8>()),
            xfam: u64::from_le_bytes(self.field::<128, 8>()),
            mr_td: self.digest::<136>(),
            mr_config_id: self.digest::<184>(),
            mr_owner: self.digest::<232>(),
            mr_owner_config: self.digest::<280>(),
            rtmr: [self.digest::<328>(), self.digest::<376>(), self.digest::<424>(), self.digest::<472>()],
            report_data: ReportData(self.field::<520, 64>()),
            tee_tcb_svn2: self.tee_tcb_svn2(),
            mr_service_td: self.mr_service_td(),
        }
    }

    pub(super) fn tee_tcb_svn(self) -> [u8; 16] {
        self.field::<0, 16>()
    }

    pub(super) fn tee_tcb_svn2(self) -> Option<[u8; 16]> {
        self.rest.first_chunk().copied()
    }

    pub(super) fn mr_signer_seam(self) -> [u8; 48] {
        self.field::<64, 48>()
    }

    pub(super) fn seam_attributes(self) -> [u8; 8] {
        self.field::<112, 8>()
    }

    /// Which service TDs are bound. MRSERVICETD is what it was at the TD's creation; the extension also
    /// says what it is now, which counts where there is one: a service TD bound later is bound.
    fn mr_service_td(self) -> Option<Digest> {
        let initial: [u8; 48] = *self.rest.get(16..)?.first_chunk()?;
        let (at, len) = CURRENT_SERVICE_TD;
        let from = at - TD10_LEN;
        let current = self.rest.get(from..from + len).and_then(|it| it.first_chunk::<48>());
        Some(current.filter(|it| **it != [0; 48]).map_or(initial, |it| *it).into())
    }

    fn digest<const AT: usize>(self) -> Digest {
        self.field::<AT, 48>().into()
    }

    /// That every field lies inside the body is checked when this is compiled.
    fn field<const AT: usize, const LEN: usize>(self) -> [u8; LEN] {
        const { assert!(AT + LEN <= TD10_LEN) };
        let mut field = [0; LEN];
        field.copy_from_slice(&self.base[AT..AT + LEN]);
        field
    }
}
