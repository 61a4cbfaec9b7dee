//! What of a platform decides which TCB level it has: plain values, compared without allocation.

/// Which of Intel's TEEs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TeeType {
    /// Enclaves.
    Sgx,
    /// Trust domains.
    Tdx,
}

impl TeeType {
    /// The id of TCB Infos for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sgx => "SGX",
            Self::Tdx => "TDX",
        }
    }

    /// The id of its quoting enclave's identity.
    #[must_use]
    pub const fn quoting_enclave(self) -> &'static str {
        match self {
            Self::Sgx => "QE",
            Self::Tdx => "TD_QE",
        }
    }
}

/// The security versions of a platform and of what vouches on it. Two platforms that are equal in these
/// have the same rating, revocation aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Svns {
    /// The family of platforms (FMSPC).
    pub fmspc: [u8; 6],
    /// The provisioning certification enclave (PCE-ID).
    pub pce_id: [u8; 2],
    /// The security version of each component of the platform, from the PCK certificate.
    pub cpu_svn: [u8; 16],
    /// The provisioning certification enclave's security version.
    pub pce_svn: u16,
    /// The quoting enclave.
    pub qe: QeFacts,
    /// The TDX module, in a TD's quote.
    pub tdx: Option<TdxFacts>,
}

impl Svns {
    /// Which TEE's collateral rates them.
    #[must_use]
    pub const fn tee(&self) -> TeeType {
        if self.tdx.is_some() { TeeType::Tdx } else { TeeType::Sgx }
    }
}

/// What QE Identity speaks of, from the QE report; bytes in the report's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QeFacts {
    /// MISCSELECT.
    pub misc_select: [u8; 4],
    /// ATTRIBUTES: flags, then XFRM.
    pub attributes: [u8; 16],
    /// MRSIGNER.
    pub mr_signer: [u8; 32],
    /// ISVPRODID.
    pub isv_prod_id: u16,
    /// ISVSVN.
    pub isv_svn: u16,
}

/// What TCB Info says of the TDX module, from the TD report; bytes in the report's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TdxFacts {
    /// TEE_TCB_SVN: at the launch of the trust domain.
    pub tee_tcb_svn: [u8; 16],
    /// TEE_TCB_SVN2: now (TDX 1.5).
    pub tee_tcb_svn2: Option<[u8; 16]>,
    /// MRSIGNERSEAM.
    pub mr_signer_seam: [u8; 48],
    /// SEAMATTRIBUTES.
    pub seam_attributes: [u8; 8],
}
