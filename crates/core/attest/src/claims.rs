//! What verified evidence says.
//!
//! Plain data: anybody can write one down, so nothing accepts claims except inside
//! [`VerifiedEvidence`](crate::VerifiedEvidence). Names are the specifications'.

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::{Digest, Fingerprint, Measurement, ReportData, Tee, Timestamp};

use crate::dcap::Tcb;
use crate::roots::Product;
use crate::sgx::layout::ATTRIBUTE_DEBUG;
use crate::window::Window;

/// What evidence says, and what its endorsements add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The root of the chain that vouches for the rest. For Arm CCA the SHA-256 of the trust anchor's
    /// point.
    pub root: Fingerprint,
    /// When every endorsement in use is valid.
    pub window: Window,
    /// Which machine it is, where the evidence says so in a way that cannot be chosen.
    pub platform: Option<PlatformId>,
    /// Intel's verdict on the platform's security versions. For a vTPM, on those of the VM it is in.
    pub tcb: Option<Tcb>,
    /// What could not be looked at for want of an endorsement, and is not required.
    pub not_checked: BTreeSet<NotChecked>,
    /// What the TEE itself says.
    pub body: Body,
}

/// What the TEE itself says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// An Intel SGX enclave.
    Sgx(SgxBody),
    /// A software enclave, which has SGX's shape.
    Software(SgxBody),
    /// An Intel TDX trust domain.
    Tdx(Box<TdxBody>),
    /// An AMD SEV-SNP guest.
    Snp(Box<SnpBody>),
    /// An Arm CCA realm, and the platform it is on.
    Cca(Box<CcaBody>),
    /// An AWS Nitro enclave.
    Nitro(Box<NitroBody>),
    /// A vTPM, and the confidential VM it is in if it is in one.
    Vtpm(Box<VtpmBody>),
}

/// Which format evidence has, by the name programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Intel SGX.
    Sgx,
    /// Intel TDX.
    Tdx,
    /// AMD SEV-SNP.
    Snp,
    /// Arm CCA.
    Cca,
    /// AWS Nitro Enclaves.
    Nitro,
    /// A virtual TPM.
    Vtpm,
    /// A software enclave.
    Software,
}

impl Kind {
    /// Every kind, in the order tables list them.
    pub const ALL: [Self; 7] =
        [Self::Sgx, Self::Tdx, Self::Snp, Self::Cca, Self::Nitro, Self::Vtpm, Self::Software];

    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sgx => "sgx",
            Self::Tdx => "tdx",
            Self::Snp => "snp",
            Self::Cca => "cca",
            Self::Nitro => "nitro",
            Self::Vtpm => "vtpm",
            Self::Software => "software",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that was not looked at because what it takes was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotChecked {
    /// Freshness: no nonce was given.
    Nonce,
    /// What the TEE runs: no reference values were given.
    ReferenceValues,
    /// Whether AMD revoked a certificate.
    AmdCrl,
    /// Whether AWS revoked a certificate.
    AwsCrl,
    /// Whether Google revoked a certificate.
    GoogleCrl,
    /// Whether the event log explains the registers.
    EventLog,
}

impl NotChecked {
    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nonce => "nonce",
            Self::ReferenceValues => "reference values",
            Self::AmdCrl => "AMD revocation list",
            Self::AwsCrl => "AWS revocation list",
            Self::GoogleCrl => "Google revocation list",
            Self::EventLog => "event log",
        }
    }
}

/// Which machine evidence comes from, by something its vendor certified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlatformId {
    /// Intel's Platform Provisioning ID, from the PCK certificate.
    Ppid([u8; 16]),
    /// AMD's chip ID, from the VCEK certificate: 64 bytes, on Turin the 8 that are not padding.
    ChipId(Vec<u8>),
    /// The cloud provider whose key AMD certified (VLEK): not a machine, but whose machine.
    CloudProvider(String),
    /// Arm CCA's instance ID.
    CcaInstance(Vec<u8>),
    /// The EC2 instance and enclave, as the Nitro hypervisor names it.
    NitroModule(String),
    /// SHA-256 over the `SubjectPublicKeyInfo` of a vTPM's attestation key.
    VtpmKey([u8; 32]),
}

impl Claims {
    /// Which format the evidence has.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.body {
            Body::Sgx(_) => Kind::Sgx,
            Body::Software(_) => Kind::Software,
            Body::Tdx(_) => Kind::Tdx,
            Body::Snp(_) => Kind::Snp,
            Body::Cca(_) => Kind::Cca,
            Body::Nitro(_) => Kind::Nitro,
            Body::Vtpm(_) => Kind::Vtpm,
        }
    }

    /// The TEE that vouches. A vTPM outside a confidential VM is none.
    #[must_use]
    pub fn tee(&self) -> Option<Tee> {
        match &self.body {
            Body::Sgx(_) => Some(Tee::Sgx),
            Body::Software(_) => Some(Tee::Software),
            Body::Tdx(_) => Some(Tee::Tdx),
            Body::Snp(_) => Some(Tee::SevSnp),
            Body::Cca(_) => Some(Tee::Cca),
            Body::Nitro(_) => Some(Tee::Nitro),
            Body::Vtpm(body) => body.inner.as_ref().and_then(|inner| inner.tee()),
        }
    }

    /// The report of an enclave, hardware's or software's.
    #[must_use]
    pub const fn enclave(&self) -> Option<&SgxBody> {
        match &self.body {
            Body::Sgx(body) | Body::Software(body) => Some(body),
            _ => None,
        }
    }

    /// The one value that says what the TEE runs: MRENCLAVE, MRTD, MEASUREMENT, RIM, PCR0. A vTPM has
    /// that of the VM it is in; outside one it has none, its registers are many.
    #[must_use]
    pub fn measurement(&self) -> Option<Digest> {
        match &self.body {
            Body::Sgx(body) | Body::Software(body) => Some(body.mr_enclave.into()),
            Body::Tdx(body) => Some(body.mr_td),
            Body::Snp(body) => Some(body.measurement),
            Body::Cca(body) => Some(body.rim),
            Body::Nitro(body) => body.pcrs.get(&0).copied(),
            Body::Vtpm(body) => body.inner.as_ref().and_then(|inner| inner.measurement()),
        }
    }

    /// What the TEE was given to sign beside what it is: where a nonce has to be found. Report data,
    /// a realm's challenge, a Nitro document's nonce, a TPM quote's extraData.
    #[must_use]
    pub fn challenge(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Sgx(body) | Body::Software(body) => Some(&body.report_data.0),
            Body::Tdx(body) => Some(&body.report_data.0),
            Body::Snp(body) => Some(&body.report_data.0),
            Body::Cca(body) => Some(&body.challenge),
            Body::Nitro(body) => body.nonce.as_deref(),
            Body::Vtpm(body) => Some(&body.extra_data),
        }
    }

    /// Report data of the kinds that have exactly 64 bytes of it.
    #[must_use]
    pub fn report_data(&self) -> Option<ReportData> {
        match &self.body {
            Body::Sgx(body) | Body::Software(body) => Some(body.report_data),
            Body::Tdx(body) => Some(body.report_data),
            Body::Snp(body) => Some(body.report_data),
            Body::Cca(_) | Body::Nitro(_) | Body::Vtpm(_) => None,
        }
    }

    /// Whether the host can read and write what the TEE protects. For a vTPM, what the VM it is in says.
    #[must_use]
    pub fn debug(&self) -> bool {
        match &self.body {
            Body::Sgx(body) | Body::Software(body) => body.debug(),
            Body::Tdx(body) => body.debug(),
            Body::Snp(body) => body.debug(),
            Body::Cca(body) => body.debug(),
            Body::Nitro(body) => body.debug(),
            Body::Vtpm(body) => body.inner.as_ref().is_some_and(|inner| inner.debug()),
        }
    }

    /// The first instant at which every endorsement is valid.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.window.not_before()
    }

    /// The last one.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.window.not_after()
    }
}

/// The report of an enclave (SDM vol. 3D, table 39-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SgxBody {
    /// The platform's security versions, one byte a component (CPUSVN).
    pub cpu_svn: [u8; 16],
    /// What else is written to the state-save area (MISCSELECT).
    pub misc_select: u32,
    /// The product's extended number (ISVEXTPRODID).
    pub isv_ext_prod_id: [u8; 16],
    /// Attribute flags (ATTRIBUTES.FLAGS), of which DEBUG is one.
    pub attribute_flags: u64,
    /// Features of the processor's state that the enclave may use (ATTRIBUTES.XFRM).
    pub xfrm: u64,
    /// What the enclave is (MRENCLAVE).
    pub mr_enclave: Measurement,
    /// Who signed the enclave (MRSIGNER).
    pub mr_signer: Measurement,
    /// What it is configured with (CONFIGID).
    pub config_id: ReportData,
    /// The signer's number for the product (ISVPRODID).
    pub isv_prod_id: u16,
    /// The signer's security version of the product (ISVSVN).
    pub isv_svn: u16,
    /// The security version of the configuration (CONFIGSVN).
    pub config_svn: u16,
    /// The family of products (ISVFAMILYID).
    pub isv_family_id: [u8; 16],
    /// What the enclave asked to be signed beside its measurement.
    pub report_data: ReportData,
}

impl SgxBody {
    /// Whether the host can read and write the enclave through debug instructions.
    #[must_use]
    pub const fn debug(&self) -> bool {
        self.attribute_flags & ATTRIBUTE_DEBUG != 0
    }
}

/// The report of a trust domain (Intel TDX module: TDREPORT, TDINFO; DCAP quote library, TD quote body).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TdxBody {
    /// The body's type: 2 is TDX 1.0, 3 TDX 1.5, 4 TDX 1.5 with its extension.
    pub body_type: u16,
    /// The module's and the CPU's security versions (TEE_TCB_SVN).
    pub tee_tcb_svn: [u8; 16],
    /// What the TDX module is.
    pub mr_seam: Digest,
    /// Who signed the TDX module; zero is Intel.
    pub mr_signer_seam: Digest,
    /// Attributes of the TDX module.
    pub seam_attributes: u64,
    /// Attributes of the trust domain; bit 0 is DEBUG.
    pub td_attributes: u64,
    /// Features of the processor's state that the trust domain may use.
    pub xfam: u64,
    /// What the trust domain was built from (MRTD).
    pub mr_td: Digest,
    /// What it is configured with.
    pub mr_config_id: Digest,
    /// Whom it belongs to.
    pub mr_owner: Digest,
    /// What its owner configured.
    pub mr_owner_config: Digest,
    /// What was measured at run time.
    pub rtmr: [Digest; 4],
    /// What the trust domain asked to be signed.
    pub report_data: ReportData,
    /// The security versions after the module was updated without a reboot (TDX 1.5).
    pub tee_tcb_svn2: Option<[u8; 16]>,
    /// The service trust domains bound to it (TDX 1.5); zero is none.
    pub mr_service_td: Option<Digest>,
}

impl TdxBody {
    /// Whether the host can read and write the trust domain (TUD byte: any bit of it makes it untrusted).
    #[must_use]
    pub const fn debug(&self) -> bool {
        self.td_attributes & 0xff != 0
    }
}

/// The attestation report of an SNP guest (AMD 56860, ATTESTATION_REPORT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnpBody {
    /// The report's version.
    pub version: u32,
    /// The line of processors, by the root that vouches.
    pub product: Product,
    /// Which key signed.
    pub signing_key: SnpKey,
    /// The guest's security version.
    pub guest_svn: u32,
    /// The guest policy; bit 16 is SMT, 18 migration agent, 19 debug.
    pub policy: u64,
    /// The guest's family, as its owner numbers it.
    pub family_id: [u8; 16],
    /// The guest's image, as its owner numbers it.
    pub image_id: [u8; 16],
    /// The virtual machine privilege level that asked.
    pub vmpl: u32,
    /// What the processor is patched to now.
    pub current_tcb: SnpTcb,
    /// Facts of the platform: bit 0 SMT enabled, 5 alias check complete.
    pub platform_info: u64,
    /// Whether the author's key digest is there (AUTHOR_KEY_EN).
    pub author_key_enabled: bool,
    /// Whether the chip ID is withheld (MASK_CHIP_KEY).
    pub chip_key_masked: bool,
    /// What the guest asked to be signed.
    pub report_data: ReportData,
    /// What the guest was launched from.
    pub measurement: Digest,
    /// What the hypervisor gave at launch.
    pub host_data: Digest,
    /// Who signed the guest's identity block.
    pub id_key_digest: Digest,
    /// Who vouched for that key.
    pub author_key_digest: Digest,
    /// This guest, until it is migrated.
    pub report_id: [u8; 32],
    /// Its migration agent; all ones is none.
    pub report_id_ma: [u8; 32],
    /// The versions the signing key is derived from.
    pub reported_tcb: SnpTcb,
    /// Family, model, stepping (version 3 and later).
    pub cpuid: Option<[u8; 3]>,
    /// The chip; zero where it is withheld.
    pub chip_id: [u8; 64],
    /// The versions that cannot be rolled back.
    pub committed_tcb: SnpTcb,
    /// Build, minor and major version of the firmware now.
    pub current_version: [u8; 3],
    /// Build, minor and major version of the firmware that is committed.
    pub committed_version: [u8; 3],
    /// The versions at the guest's launch.
    pub launch_tcb: SnpTcb,
    /// Mitigations at launch (version 5).
    pub launch_mit_vector: Option<u64>,
    /// Mitigations now (version 5).
    pub current_mit_vector: Option<u64>,
}

impl SnpBody {
    /// Whether the policy lets the host debug the guest (bit 19).
    #[must_use]
    pub const fn debug(&self) -> bool {
        self.policy & (1 << 19) != 0
    }

    /// Whether the policy lets a migration agent take the guest elsewhere (bit 18).
    #[must_use]
    pub const fn may_migrate(&self) -> bool {
        self.policy & (1 << 18) != 0
    }

    /// Whether the policy lets the guest run beside other threads of its core (bit 16).
    #[must_use]
    pub const fn smt_allowed(&self) -> bool {
        self.policy & (1 << 16) != 0
    }
}

/// The key an SNP report is signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SnpKey {
    /// The chip's own: Versioned Chip Endorsement Key.
    Vcek,
    /// A cloud provider's: Versioned Loaded Endorsement Key.
    Vlek,
}

/// Security versions of an SNP platform, one component each. Never compared as one integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnpTcb {
    /// The firmware of the management controller (Turin only).
    pub fmc: Option<u8>,
    /// The boot loader.
    pub boot_loader: u8,
    /// The TEE's operating system.
    pub tee: u8,
    /// The SNP firmware.
    pub snp: u8,
    /// The microcode.
    pub microcode: u8,
}

impl SnpTcb {
    /// Whether every component is at least the other's. One that only one of them has counts as zero
    /// where it is missing.
    #[must_use]
    pub fn is_at_least(&self, other: &Self) -> bool {
        self.fmc.unwrap_or(0) >= other.fmc.unwrap_or(0)
            && self.boot_loader >= other.boot_loader
            && self.tee >= other.tee
            && self.snp >= other.snp
            && self.microcode >= other.microcode
    }
}

/// An Arm CCA attestation token (draft-ffm-rats-cca-token; RMM specification, A7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcaBody {
    /// The platform token's profile.
    pub platform_profile: String,
    /// The platform's implementation (claim 2396).
    pub implementation_id: Vec<u8>,
    /// The platform itself (claim 256).
    pub instance_id: Vec<u8>,
    /// Its security life cycle (claim 2395).
    pub lifecycle: u16,
    /// Its configuration (claim 2401).
    pub config: Vec<u8>,
    /// The algorithm its components are measured with (claim 2402).
    pub platform_hash: String,
    /// Where its certificates are to be asked for (claim 2400).
    pub verification_service: Option<String>,
    /// Its software (claim 2399).
    pub components: Vec<CcaComponent>,
    /// The realm token's profile, if it names one.
    pub realm_profile: Option<String>,
    /// The realm's challenge (claim 10), 64 bytes.
    pub challenge: Vec<u8>,
    /// The algorithm the realm is measured with (claim 44236).
    pub realm_hash: String,
    /// What the realm was built from (claim 44238).
    pub rim: Digest,
    /// What was measured at run time (claim 44239).
    pub rem: Vec<Digest>,
    /// The realm's personalisation value (claim 44235), 64 bytes.
    pub personalization: Vec<u8>,
}

impl CcaBody {
    /// Whether the platform is in another state than secured (0x3000 to 0x30ff): anything may then be read.
    #[must_use]
    pub const fn debug(&self) -> bool {
        self.lifecycle >> 8 != 0x30
    }
}

/// One piece of a CCA platform's software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcaComponent {
    /// What it is, e.g. BL or M1.
    pub component_type: Option<String>,
    /// What was measured.
    pub measurement: Digest,
    /// Its version.
    pub version: Option<String>,
    /// Who signed it.
    pub signer_id: Vec<u8>,
    /// The algorithm it is measured with, if another than the platform's.
    pub hash: Option<String>,
}

/// An AWS Nitro attestation document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NitroBody {
    /// The instance and the enclave in it.
    pub module_id: String,
    /// When it was made.
    pub timestamp: Timestamp,
    /// The registers. 0 is the image, 1 kernel and boot ramdisk, 2 the application, 3 the instance's IAM
    /// role, 4 the instance, 8 who signed the image.
    pub pcrs: BTreeMap<u8, Digest>,
    /// A key the enclave asked to be signed.
    pub public_key: Option<Vec<u8>>,
    /// Data the enclave asked to be signed.
    pub user_data: Option<Vec<u8>>,
    /// The nonce it was given.
    pub nonce: Option<Vec<u8>>,
}

impl NitroBody {
    /// Whether the enclave runs in debug mode: PCR 0, 1 and 2 are zero.
    #[must_use]
    pub fn debug(&self) -> bool {
        [0, 1, 2].iter().all(|index| self.pcrs.get(index).is_none_or(Digest::is_zero))
    }
}

/// What a vTPM's quotes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VtpmBody {
    /// Whose it is.
    pub provider: VtpmProvider,
    /// What the verifier gave to be signed.
    pub extra_data: Vec<u8>,
    /// Version of the TPM's firmware.
    pub firmware_version: u64,
    /// How often the TPM was reset, and restarted since.
    pub reset_count: u32,
    /// How often it was restarted since the last reset.
    pub restart_count: u32,
    /// The registers quoted, by bank.
    pub pcrs: BTreeMap<PcrBank, BTreeMap<u8, Digest>>,
    /// What Azure's HCL adds.
    pub azure: Option<AzureBody>,
    /// What Google's certificate of the key says of the VM.
    pub gce: Option<GceBody>,
    /// The confidential VM the vTPM is in, verified; its report data holds the vTPM's key.
    pub inner: Option<Box<Claims>>,
}

/// Whose vTPM it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VtpmProvider {
    /// Microsoft Azure.
    Azure,
    /// Google Compute Engine.
    Gce,
}

/// A bank of platform configuration registers, by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PcrBank {
    /// TPM_ALG_SHA1.
    Sha1,
    /// TPM_ALG_SHA256.
    Sha256,
    /// TPM_ALG_SHA384.
    Sha384,
    /// TPM_ALG_SHA512.
    Sha512,
}

/// What Azure's HCL report says beside the hardware's report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureBody {
    /// Whether secure boot is on.
    pub secure_boot: Option<bool>,
    /// Whether the virtual TPM's state is kept.
    pub tpm_enabled: Option<bool>,
    /// Whether the VM's console is open.
    pub console_enabled: Option<bool>,
    /// The VM's unique id.
    pub vm_unique_id: Option<String>,
    /// What the guest asked to be signed, in hex.
    pub user_data: Option<String>,
}

/// What Google's certificate of a vTPM key says of its VM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GceBody {
    /// The zone.
    pub zone: String,
    /// The project's number.
    pub project_number: u64,
    /// The project.
    pub project_id: String,
    /// The instance's number.
    pub instance_id: u64,
    /// The instance.
    pub instance_name: String,
}
