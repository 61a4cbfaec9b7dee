//! Evidence as received.

use std::fmt;

/// The longest evidence that is looked at. Real quotes with their chain are under 8 KiB, Azure's and
/// Google's with their event logs under 64 KiB.
pub const MAX_EVIDENCE_BYTES: usize = 64 * 1024;

/// Bytes somebody sent as evidence, and what they are sent as.
///
/// Holding one proves nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A DCAP quote: SGX version 3, TDX version 4, either of version 5, or a software TEE's.
    Quote(Vec<u8>),
    /// An AMD SEV-SNP attestation report, and whatever certificates came with it (DER).
    SnpReport {
        /// 1,184 bytes.
        report: Vec<u8>,
        /// As sent along, in no order.
        certificates: Vec<Vec<u8>>,
    },
    /// An Arm CCA attestation token.
    CcaToken(Vec<u8>),
    /// An AWS Nitro attestation document.
    NitroDocument(Vec<u8>),
    /// A vTPM of an Azure confidential VM.
    AzureVtpm(Box<AzureVtpm>),
    /// A vTPM of a Google Compute Engine VM.
    GceVtpm(Box<GceVtpm>),
    /// Quotes of some TPM by a key that nobody certified.
    Tpm {
        /// The key: DER of a SubjectPublicKeyInfo.
        ak_public: Vec<u8>,
        /// What it signed.
        quotes: Vec<TpmQuote>,
    },
}

/// What a vTPM of Azure sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureVtpm {
    /// The report of the host compatibility layer (HCL), which holds the hardware's.
    pub hcl_report: Vec<u8>,
    /// The TPM's quote. `None` where only the HCL report was sent.
    pub quote: Option<TpmQuote>,
    /// On TDX, the TD quote over the TDREPORT in the HCL report.
    pub td_quote: Option<Vec<u8>>,
    /// On SEV-SNP, certificates that were sent along (DER).
    pub certificates: Vec<Vec<u8>>,
}

/// What a vTPM of Google sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GceVtpm {
    /// The attestation key: a TPMT_PUBLIC.
    pub ak_public: Vec<u8>,
    /// The key's certificate (DER), if it was sent.
    pub ak_certificate: Option<Vec<u8>>,
    /// Intermediates that were sent along (DER).
    pub certificates: Vec<Vec<u8>>,
    /// One quote a PCR bank.
    pub quotes: Vec<TpmQuote>,
    /// The event log as measured by the firmware (TCG PC Client), if it was sent.
    pub event_log: Option<Vec<u8>>,
    /// The report or quote of the confidential VM that the vTPM is in, if there is one.
    pub inner: Option<Box<Evidence>>,
}

/// A quote of a TPM (TPM 2.0 library specification, part 2, 10.12.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TpmQuote {
    /// A TPMS_ATTEST, which is what was signed.
    pub message: Vec<u8>,
    /// A TPMT_SIGNATURE, or the bare RSASSA-PKCS1-v1_5 signature.
    pub signature: Vec<u8>,
    /// The registers quoted, in the order of their index, as the sender gives them: index and value.
    /// `None` for an index where the sender lists values only.
    pub pcrs: Vec<(Option<u8>, Vec<u8>)>,
}

impl Evidence {
    /// Takes the bytes of a quote as they came. They are looked at by [`verify`](crate::verify) only.
    #[must_use]
    pub fn quote(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Quote(bytes.into())
    }

    /// The bytes that hold the TEE's own statement: quote, report, token or document; of a vTPM the
    /// HCL report, or the first quote's message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Quote(bytes) | Self::CcaToken(bytes) | Self::NitroDocument(bytes) => bytes,
            Self::SnpReport { report, .. } => report,
            Self::AzureVtpm(it) => &it.hcl_report,
            Self::GceVtpm(it) => it.quotes.first().map_or(&[], |it| it.message.as_slice()),
            Self::Tpm { quotes, .. } => quotes.first().map_or(&[], |it| it.message.as_slice()),
        }
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quote(bytes) => write!(f, "Quote({} bytes)", bytes.len()),
            Self::SnpReport { report, .. } => write!(f, "SnpReport({} bytes)", report.len()),
            Self::CcaToken(bytes) => write!(f, "CcaToken({} bytes)", bytes.len()),
            Self::NitroDocument(bytes) => write!(f, "NitroDocument({} bytes)", bytes.len()),
            Self::AzureVtpm(it) => write!(f, "AzureVtpm({} bytes)", it.hcl_report.len()),
            Self::GceVtpm(it) => write!(f, "GceVtpm({} quotes)", it.quotes.len()),
            Self::Tpm { quotes, .. } => write!(f, "Tpm({} quotes)", quotes.len()),
        }
    }
}
