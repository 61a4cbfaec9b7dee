//! Quotes of SGX and TDX, and the collateral that rates them, under a root such as Intel's.
//!
//! [`DcapRoot`] holds the keys; what quotes and collateral say are its public fields, which a test sets
//! before it asks for either. As made, everything is in order and `UpToDate`.

mod collateral;
mod extension;
mod quote;

use casemate_attest::dcap::TcbStatus;
use casemate_attest::{Evidence, Roots};
use casemate_model::{Fingerprint, Timestamp};
use rcgen::{CertificateParams, CustomExtension, SerialNumber};

use super::{new_key, new_report_key, signed, valid};
use crate::certificate::{ca_params, issued, pck_params, self_signed, to_pem};
use crate::key::{CertificateKey, ReportKey, sha256};

const PCK_SERIAL: u64 = 0x1001;
const CA_SERIAL: u64 = 0x1002;
const SIGNER_SERIAL: u64 = 0x1003;
const SGX_EXTENSION: &[u64] = &[1, 2, 840, 113741, 1, 13, 1];

/// Which kind of quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DcapQuote {
    /// SGX, version 3.
    SgxV3,
    /// SGX, version 4.
    SgxV4,
    /// SGX, version 5, body type 1.
    SgxV5,
    /// TDX 1.0, version 4.
    TdxV4,
    /// TDX 1.0, version 5, body type 2.
    Tdx10V5,
    /// TDX 1.5, version 5, body type 3.
    Tdx15,
    /// TDX 1.5 with its extension, version 5, body type 4.
    Tdx15Ex,
}

impl DcapQuote {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::SgxV3, Self::SgxV4, Self::SgxV5, Self::TdxV4, Self::Tdx10V5, Self::Tdx15, Self::Tdx15Ex];

    /// Whether it is of a trust domain.
    #[must_use]
    pub const fn is_tdx(self) -> bool {
        matches!(self, Self::TdxV4 | Self::Tdx10V5 | Self::Tdx15 | Self::Tdx15Ex)
    }
}

/// One thing that is wrong with quotes or collateral. Everything else about them is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DcapDefect {
    /// The PCK certificate is on its issuer's list.
    PckRevoked,
    /// The PCK CA is on the root's list.
    PckCaRevoked,
    /// The TCB signing certificate is on the root's list.
    SignerRevoked,
    /// The PCK certificate has no SGX extension.
    PckWithoutExtension,
    /// The TCB signing certificate was issued by the PCK CA, not by the root.
    SignerUnderPckCa,
    /// TCB Info is signed by a stranger.
    TcbInfoForged,
    /// QE Identity is signed by a stranger.
    QeIdentityForged,
    /// The root's list is signed by a stranger.
    RootCrlForged,
    /// The PCK CA's list is signed by a stranger.
    PckCrlForged,
    /// TCB Info is there for SGX only.
    TcbInfoOfSgxOnly,
    /// QE Identity is there for SGX only.
    QeIdentityOfSgxOnly,
    /// TCB Info was due an hour ago.
    TcbInfoExpired,
    /// QE Identity was due an hour ago.
    QeIdentityExpired,
    /// Both lists were due an hour ago.
    CrlsExpired,
    /// The quoting enclave is signed by another than QE Identity names.
    QeForeignSigner,
    /// The quoting enclave is another product than QE Identity names.
    QeForeignProduct,
    /// The quoting enclave has attributes that QE Identity does not allow.
    QeForeignAttributes,
    /// The quoting enclave saves state that QE Identity does not allow.
    QeForeignMiscSelect,
    /// The TDX module is signed by another than TCB Info names.
    ModuleForeignSigner,
    /// The TDX module has attributes that TCB Info does not allow.
    ModuleForeignAttributes,
    /// The quoting enclave is debuggable.
    QeDebug,
    /// The QE report is signed by another key than the PCK's.
    QeReportForged,
    /// The quote carries, and is signed by, a key for which the QE does not vouch.
    AttestationKeyNotVouched,
    /// The quote is signed by another key than it carries.
    QuoteForged,
}

impl DcapDefect {
    /// Every defect.
    pub const ALL: [Self; 24] = [
        Self::PckRevoked,
        Self::PckCaRevoked,
        Self::SignerRevoked,
        Self::PckWithoutExtension,
        Self::SignerUnderPckCa,
        Self::TcbInfoForged,
        Self::QeIdentityForged,
        Self::RootCrlForged,
        Self::PckCrlForged,
        Self::TcbInfoOfSgxOnly,
        Self::QeIdentityOfSgxOnly,
        Self::TcbInfoExpired,
        Self::QeIdentityExpired,
        Self::CrlsExpired,
        Self::QeForeignSigner,
        Self::QeForeignProduct,
        Self::QeForeignAttributes,
        Self::QeForeignMiscSelect,
        Self::ModuleForeignSigner,
        Self::ModuleForeignAttributes,
        Self::QeDebug,
        Self::QeReportForged,
        Self::AttestationKeyNotVouched,
        Self::QuoteForged,
    ];
}

/// What the platform is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DcapPlatform {
    /// Its family (FMSPC).
    pub fmspc: [u8; 6],
    /// Its id (PPID).
    pub ppid: [u8; 16],
    /// Its components' security versions.
    pub tcb_components: [u8; 16],
    /// Its provisioning certification enclave's security version.
    pub pce_svn: u16,
    /// Its quoting enclave's security version.
    pub qe_svn: u16,
    /// The TDX module's and the processor's at launch. Byte 1 is the module's version.
    pub tee_tcb_svn: [u8; 16],
    /// The same now (TDX 1.5).
    pub tee_tcb_svn2: [u8; 16],
    /// `smtEnabled` of a multi-package platform; `None` leaves the configuration out.
    pub smt_enabled: Option<bool>,
}

/// What the enclave or trust domain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DcapSubject {
    /// MRENCLAVE is its first 32 bytes, MRTD all of it.
    pub measurement: [u8; 48],
    /// MRSIGNER.
    pub signer: [u8; 32],
    /// REPORTDATA.
    pub report_data: [u8; 64],
    /// Whether the host may debug it.
    pub debug: bool,
    /// TDATTRIBUTES without DEBUG.
    pub td_attributes: u64,
    /// RTMR0 to RTMR3.
    pub rtmr: [[u8; 48]; 4],
    /// MRSERVICETD (TDX 1.5).
    pub mr_service_td: [u8; 48],
    /// CUR_SERVTD_HASH (the extension).
    pub current_service_td: [u8; 48],
}

/// A level of TCB Info.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DcapLevel {
    /// Least security versions of the platform's components.
    pub sgx: [u8; 16],
    /// Least TEE_TCB_SVN.
    pub tdx: [u8; 16],
    /// Least PCESVN.
    pub pce_svn: u16,
    /// What having them is worth.
    pub status: TcbStatus,
    /// What advisories then apply.
    pub advisories: Vec<String>,
}

/// A level of a quoting enclave or a TDX module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DcapSvnLevel {
    /// The least security version.
    pub isv_svn: u16,
    /// What having it is worth.
    pub status: TcbStatus,
    /// What advisories then apply.
    pub advisories: Vec<String>,
}

/// What collateral says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DcapLevels {
    /// Of TCB Info for SGX: 2 or 3.
    pub tcb_info_version: u32,
    /// TCB Info's evaluation number.
    pub evaluation_number: u32,
    /// QE Identity's.
    pub qe_evaluation_number: u32,
    /// The platform's levels, best first.
    pub platform: Vec<DcapLevel>,
    /// Version and levels of each TDX module that has a version.
    pub modules: Vec<(u8, Vec<DcapSvnLevel>)>,
    /// The quoting enclave's levels, best first.
    pub qe: Vec<DcapSvnLevel>,
}

/// A root for one test, everything below it, and the instant at which all of it is good.
#[derive(Debug)]
pub struct DcapRoot {
    /// The platform.
    pub platform: DcapPlatform,
    /// What it quotes.
    pub subject: DcapSubject,
    /// How platforms are rated.
    pub levels: DcapLevels,
    /// What is wrong.
    pub defect: Option<DcapDefect>,
    now: Timestamp,
    key: CertificateKey,
    params: CertificateParams,
    certificate: Vec<u8>,
    ca_key: CertificateKey,
    ca_params: CertificateParams,
    ca_certificate: Vec<u8>,
    signer_key: ReportKey,
    pck_key: ReportKey,
    attestation_key: ReportKey,
    stranger: ReportKey,
}

impl DcapRoot {
    /// A new root with a platform that is up to date at `now` and in the day after it.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let (key, ca_key) = (new_key(), new_key());
        let params = ca_params("Test SGX Root CA", 1, valid(now));
        let certificate = signed(self_signed(&params, &key));
        let mut intermediate = ca_params("Test SGX PCK Platform CA", 0, valid(now));
        intermediate.serial_number = Some(SerialNumber::from(CA_SERIAL));
        let ca_certificate = signed(issued(&intermediate, &ca_key, &params, &key));
        Self {
            platform: DcapPlatform::up_to_date(),
            subject: DcapSubject::unremarkable(),
            levels: DcapLevels::current(),
            defect: None,
            now,
            key,
            params,
            certificate,
            ca_key,
            ca_params: intermediate,
            ca_certificate,
            signer_key: new_report_key(),
            pck_key: new_report_key(),
            attestation_key: new_report_key(),
            stranger: new_report_key(),
        }
    }

    /// The same with one thing wrong.
    #[must_use]
    pub fn with_defect(now: Timestamp, defect: DcapDefect) -> Self {
        Self { defect: Some(defect), ..Self::new(now) }
    }

    /// The instant at which all of it is good.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What the root is named by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(sha256(&self.certificate))
    }

    /// This root and no other, accepted as Intel's is.
    #[must_use]
    pub fn roots(&self) -> Roots {
        Roots::none().with_intel(self.fingerprint())
    }

    /// A quote of this kind.
    #[must_use]
    pub fn evidence(&self, kind: DcapQuote) -> Evidence {
        Evidence::quote(self.quote(kind))
    }

    /// The PCK certificate's chain in PEM.
    fn chain(&self) -> String {
        let mut params = pck_params("Test SGX PCK Certificate", valid(self.now));
        params.serial_number = Some(SerialNumber::from(PCK_SERIAL));
        if !self.has(DcapDefect::PckWithoutExtension) {
            let content = extension::sgx_extension(&self.platform);
            params.custom_extensions.push(CustomExtension::from_oid_content(SGX_EXTENSION, content));
        }
        let pck = signed(issued(&params, &self.pck_key, &self.ca_params, &self.ca_key));
        signed(to_pem([pck.as_slice(), &self.ca_certificate, &self.certificate]))
    }

    fn has(&self, defect: DcapDefect) -> bool {
        self.defect == Some(defect)
    }
}

impl DcapPlatform {
    fn up_to_date() -> Self {
        let mut tee_tcb_svn = [0; 16];
        tee_tcb_svn[..3].copy_from_slice(&[5, 1, 4]);
        Self {
            fmspc: [0xb0, 0xc0, 0x6f, 0, 0, 0],
            ppid: [0x9d; 16],
            tcb_components: [4; 16],
            pce_svn: 11,
            qe_svn: 8,
            tee_tcb_svn,
            tee_tcb_svn2: tee_tcb_svn,
            smt_enabled: Some(true),
        }
    }
}

impl DcapSubject {
    fn unremarkable() -> Self {
        Self {
            measurement: [0xe1; 48],
            signer: [0x51; 32],
            report_data: [0xd4; 64],
            debug: false,
            td_attributes: 1 << 28,
            rtmr: [[1; 48], [2; 48], [3; 48], [0; 48]],
            mr_service_td: [0; 48],
            current_service_td: [0; 48],
        }
    }
}

impl DcapLevels {
    fn current() -> Self {
        let level = |svn: u8, pce_svn, status, advisories: &[&str]| {
            let mut tdx = [0; 16];
            tdx[2] = svn;
            let advisories = advisories.iter().map(|it| (*it).to_owned()).collect();
            DcapLevel { sgx: [svn; 16], tdx, pce_svn, status, advisories }
        };
        let svn_level = |isv_svn, status, advisories: &[&str]| {
            let advisories = advisories.iter().map(|it| (*it).to_owned()).collect();
            DcapSvnLevel { isv_svn, status, advisories }
        };
        Self {
            tcb_info_version: 3,
            evaluation_number: 20,
            qe_evaluation_number: 21,
            platform: vec![
                level(4, 11, TcbStatus::UpToDate, &[]),
                level(3, 11, TcbStatus::SwHardeningNeeded, &["INTEL-SA-00001"]),
                level(2, 10, TcbStatus::OutOfDate, &["INTEL-SA-00001", "INTEL-SA-00002"]),
            ],
            modules: vec![(
                1,
                vec![
                    svn_level(5, TcbStatus::UpToDate, &[]),
                    svn_level(3, TcbStatus::OutOfDate, &["INTEL-SA-00003"]),
                ],
            )],
            qe: vec![
                svn_level(8, TcbStatus::UpToDate, &[]),
                svn_level(6, TcbStatus::OutOfDate, &["INTEL-SA-00004"]),
            ],
        }
    }
}
