//! The report body of an enclave: the body of an SGX quote, and what a quoting enclave says of itself.

use casemate_model::{Measurement, ReportData};

use crate::claims::SgxBody;
use crate::sgx::layout::{
    ATTRIBUTES_AT, BODY_LEN, CPU_SVN_AT, MISC_SELECT_AT, MRENCLAVE_AT, MRSIGNER_AT, PROD_ID_AT,
    REPORT_DATA_AT, SVN_AT, XFRM_AT,
};

/// An enclave report body, in the bytes received (SDM vol. 3D, table 39-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnclaveReport<'a>(&'a [u8; BODY_LEN]);

impl<'a> EnclaveReport<'a> {
    /// A view of these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8; BODY_LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes as received.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8; BODY_LEN] {
        self.0
    }

    /// Every field.
    #[must_use]
    pub fn claims(self) -> SgxBody {
        SgxBody {
            cpu_svn: self.field::<CPU_SVN_AT, 16>(),
            misc_select: u32::from_le_bytes(self.misc_select()),
            isv_ext_prod_id: self.field::<32, 16>(),
            attribute_flags: self.attribute_flags(),
            xfrm: u64::from_le_bytes(self.field::<XFRM_AT, 8>()),
            mr_enclave: Measurement(self.field::<MRENCLAVE_AT, 32>()),
            mr_signer: Measurement(self.mr_signer()),
            config_id: ReportData(self.field::<192, 64>()),
            isv_prod_id: self.prod_id(),
            isv_svn: self.svn(),
            config_svn: u16::from_le_bytes(self.field::<260, 2>()),
            isv_family_id: self.field::<304, 16>(),
            report_data: ReportData(self.report_data()),
        }
    }

    /// ATTRIBUTES.FLAGS.
    #[must_use]
    pub fn attribute_flags(self) -> u64 {
        u64::from_le_bytes(self.field::<ATTRIBUTES_AT, 8>())
    }

    /// REPORTDATA.
    #[must_use]
    pub fn report_data(self) -> [u8; 64] {
        self.field::<REPORT_DATA_AT, 64>()
    }

    pub(super) fn misc_select(self) -> [u8; 4] {
        self.field::<MISC_SELECT_AT, 4>()
    }

    /// Flags, then XFRM.
    pub(super) fn attributes(self) -> [u8; 16] {
        self.field::<ATTRIBUTES_AT, 16>()
    }

    pub(super) fn mr_signer(self) -> [u8; 32] {
        self.field::<MRSIGNER_AT, 32>()
    }

    pub(super) fn prod_id(self) -> u16 {
        u16::from_le_bytes(self.field::<PROD_ID_AT, 2>())
    }

    pub(super) fn svn(self) -> u16 {
        u16::from_le_bytes(self.field::<SVN_AT, 2>())
    }

    /// That every field lies inside the body is checked when this is compiled.
    fn field<const AT: usize, const LEN: usize>(self) -> [u8; LEN] {
        const { assert!(AT + LEN <= BODY_LEN) };
        let mut field = [0; LEN];
        field.copy_from_slice(&self.0[AT..AT + LEN]);
        field
    }
}
