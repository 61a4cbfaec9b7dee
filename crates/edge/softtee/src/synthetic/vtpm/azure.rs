//! vTPMs of Azure: an HCL report around evidence of the hardware, which another module makes, for the report
//! data that is asked for here.

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use base64ct::{Base64UrlUnpadded, Encoding};
use casemate_attest::claims::PcrBank;
use casemate_attest::{AzureVtpm, Evidence, TpmQuote};
use casemate_model::ReportData;

use super::tpm::{SyntheticTpm, TpmKeyKind};

/// One thing that is wrong with an HCL report. Everything else about the evidence is right, and the report
/// data asked for vouches for the claims as they are, unless the defect is that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AzureDefect {
    /// The claims hold no attestation key.
    KeyMissing,
    /// The claims hold two.
    KeyTwice,
    /// The claims' attestation key may encrypt only.
    KeyEncrypts,
    /// The claims' attestation key has the TPM's modulus and another exponent.
    KeyOtherExponent,
    /// The claims' attestation key is another TPM's.
    KeyOther,
    /// The claims are no JSON.
    NotJson,
    /// The claims were changed after the hardware vouched for them.
    ClaimsChanged,
    /// The hardware vouches for the claims, and for something behind their hash.
    ReportDataGoesOn,
    /// The report names another hash than the hardware's report holds.
    OtherHash,
    /// It does not begin with "HCLA".
    NotHcl,
    /// Its version is 3.
    UnknownVersion,
    /// It is of a VM that virtualisation alone protects.
    Vbs,
    /// It says that its claims are longer than it is.
    ClaimsTooLong,
    /// Something follows the claims.
    PaddingNotZero,
    /// The TDREPORT has another MRTD than the TD quote.
    TdReportDiffers,
    /// No quote of the vTPM was sent.
    NoQuote,
}

impl AzureDefect {
    /// Every defect, that of the TDREPORT last but one.
    pub const ALL: [Self; 16] = [
        Self::KeyMissing,
        Self::KeyTwice,
        Self::KeyEncrypts,
        Self::KeyOtherExponent,
        Self::KeyOther,
        Self::NotJson,
        Self::ClaimsChanged,
        Self::ReportDataGoesOn,
        Self::OtherHash,
        Self::NotHcl,
        Self::UnknownVersion,
        Self::Vbs,
        Self::ClaimsTooLong,
        Self::PaddingNotZero,
        Self::TdReportDiffers,
        Self::NoQuote,
    ];
}

/// An HCL and its vTPM.
#[derive(Debug)]
pub struct SyntheticHcl {
    /// What is wrong.
    pub defect: Option<AzureDefect>,
    /// The vTPM; a test may change what its quotes will say.
    pub tpm: SyntheticTpm,
    /// Version of the report's header: 0, 1 or 2.
    pub version: u32,
    /// Version of the request's data: 1, or 2, which has four more bytes.
    pub request_version: u32,
    /// How the claims are hashed: by a bank's hash, of which SHA-1 is none.
    pub hash: PcrBank,
    /// What the guest asked to be vouched for.
    pub user_data: Option<String>,
    /// Whether secure boot is on.
    pub secure_boot: bool,
}

impl SyntheticHcl {
    /// An HCL with nothing wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::build(None)
    }

    /// An HCL with this wrong.
    #[must_use]
    pub fn with_defect(defect: AzureDefect) -> Self {
        Self::build(Some(defect))
    }

    /// What the hardware's report has to hold.
    #[must_use]
    pub fn report_data(&self) -> ReportData {
        let hash = match self.hash {
            PcrBank::Sha1 | PcrBank::Sha256 => digest(&SHA256, &self.claims()),
            PcrBank::Sha384 => digest(&SHA384, &self.claims()),
            PcrBank::Sha512 => digest(&SHA512, &self.claims()),
        };
        let mut report_data = ReportData([0; 64]);
        report_data.0.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        if self.has(AzureDefect::ReportDataGoesOn) {
            report_data.0[63] ^= 1;
        }
        report_data
    }

    /// The evidence of a VM on SEV-SNP, whose report holds [`SyntheticHcl::report_data`].
    ///
    /// # Panics
    ///
    /// Where the report has not 1,184 bytes.
    #[must_use]
    pub fn on_snp(&self, report: &[u8], certificates: Vec<Vec<u8>>) -> AzureVtpm {
        assert_eq!(report.len(), 1184, "a report of SEV-SNP");
        AzureVtpm {
            hcl_report: self.hcl_report(2, report),
            quote: self.quote(),
            td_quote: None,
            certificates,
        }
    }

    /// The evidence of a VM on TDX, whose quote of version 4 or 5 holds [`SyntheticHcl::report_data`].
    ///
    /// # Panics
    ///
    /// Where the quote is shorter than its body.
    #[must_use]
    pub fn on_tdx(&self, td_quote: &[u8]) -> AzureVtpm {
        let body = if td_quote[0] == 5 { &td_quote[54..638] } else { &td_quote[48..632] };
        let mut report = self.td_report(body);
        report.resize(1184, 0);
        AzureVtpm {
            hcl_report: self.hcl_report(4, &report),
            quote: self.quote(),
            td_quote: Some(td_quote.to_vec()),
            certificates: Vec::new(),
        }
    }

    /// The same as evidence.
    #[must_use]
    pub fn evidence(azure: AzureVtpm) -> Evidence {
        Evidence::AzureVtpm(Box::new(azure))
    }

    fn build(defect: Option<AzureDefect>) -> Self {
        Self {
            defect,
            tpm: SyntheticTpm::new(TpmKeyKind::RsaSsa),
            version: 2,
            request_version: 1,
            hash: PcrBank::Sha256,
            user_data: Some("00".repeat(64)),
            secure_boot: true,
        }
    }

    fn has(&self, defect: AzureDefect) -> bool {
        self.defect == Some(defect)
    }

    fn quote(&self) -> Option<TpmQuote> {
        (!self.has(AzureDefect::NoQuote)).then(|| self.tpm.quote(PcrBank::Sha256))
    }

    /// The claims' JSON.
    fn claims(&self) -> Vec<u8> {
        if self.has(AzureDefect::NotJson) {
            return b"{\"keys\":[}".to_vec();
        }
        let (modulus, exponent) = match self.defect {
            Some(AzureDefect::KeyOther) => SyntheticTpm::stranger(TpmKeyKind::RsaSsa).rsa_numbers(),
            Some(AzureDefect::KeyOtherExponent) => (self.tpm.rsa_numbers().0, vec![3]),
            _ => self.tpm.rsa_numbers(),
        };
        let (n, e) =
            (Base64UrlUnpadded::encode_string(&modulus), Base64UrlUnpadded::encode_string(&exponent));
        let operation = if self.has(AzureDefect::KeyEncrypts) { "encrypt" } else { "sign" };
        let key = |kid: &str, operation: &str| {
            format!(r#"{{"kid":"{kid}","key_ops":["{operation}"],"kty":"RSA","e":"{e}","n":"{n}"}}"#)
        };
        let ak = key("HCLAkPub", operation);
        let ek = key("HCLEkPub", "encrypt");
        let keys = match self.defect {
            Some(AzureDefect::KeyMissing) => ek,
            Some(AzureDefect::KeyTwice) => format!("{ak},{ak}"),
            _ => format!("{ak},{ek}"),
        };
        let secure_boot = self.secure_boot;
        let user_data =
            self.user_data.as_ref().map(|it| format!(r#","user-data":"{it}""#)).unwrap_or_default();
        let vm = format!(r#""console-enabled":true,"secure-boot":{secure_boot},"tpm-enabled":true"#);
        let claims =
            format!(r#"{{"keys":[{keys}],"vm-configuration":{{{vm},"vmUniqueId":"TEST-VM"}}{user_data}}}"#);
        claims.into_bytes()
    }

    fn hcl_report(&self, report_type: u32, report: &[u8]) -> Vec<u8> {
        let mut claims = self.claims();
        if self.has(AzureDefect::ClaimsChanged) {
            claims.push(b' ');
        }
        let extension: &[u8] = if self.request_version == 2 { &[1, 0, 0, 0] } else { &[] };
        let len = claims.len() as u32;
        let size = len + 20 + extension.len() as u32;
        let version = if self.has(AzureDefect::UnknownVersion) { 3 } else { self.version };
        let report_type = if self.has(AzureDefect::Vbs) { 1 } else { report_type };
        let hash: u32 = match self.hash {
            PcrBank::Sha1 | PcrBank::Sha256 => 1,
            PcrBank::Sha384 => 2,
            PcrBank::Sha512 => 3,
        };
        let hash = if self.has(AzureDefect::OtherHash) { hash % 3 + 1 } else { hash };
        let len = if self.has(AzureDefect::ClaimsTooLong) { u32::MAX } else { len };

        let magic = if self.has(AzureDefect::NotHcl) { b"HCLB" } else { b"HCLA" };
        let mut bytes = [&magic[..], &version.to_le_bytes(), &(size + 1216).to_le_bytes()].concat();
        bytes.extend([2, 0, 0, 0]);
        bytes.extend([0; 16]);
        bytes.extend(report);
        for word in [size, self.request_version, report_type, hash, len] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(extension);
        bytes.extend(claims);
        bytes.resize(bytes.len().max(2600), 0);
        if let (true, Some(last)) = (self.has(AzureDefect::PaddingNotZero), bytes.last_mut()) {
            *last = 1;
        }
        bytes
    }

    /// The TDREPORT of which this body of a quote was made; its MAC is zero.
    fn td_report(&self, body: &[u8]) -> Vec<u8> {
        let mut report = vec![0; 1024];
        let mut put = |at: usize, from: std::ops::Range<usize>| {
            let len = from.len();
            report[at..at + len].copy_from_slice(&body[from]);
        };
        put(128, 520..584);
        put(264, 0..120);
        put(512, 120..520);
        report[0] = 0x81;
        if self.has(AzureDefect::TdReportDiffers) {
            report[528] ^= 1;
        }
        report
    }
}

impl Default for SyntheticHcl {
    fn default() -> Self {
        Self::new()
    }
}
