//! The report as it stands (AMD 56860, table ATTESTATION_REPORT). All numbers are little-endian.

use super::SnpFault;
use super::tcb;
use crate::claims::{SnpBody, SnpKey};
use crate::roots::Product;
use casemate_model::ReportData;

/// Bytes of a report.
pub const REPORT_LEN: usize = 1184;

/// Bytes the signature is over.
const SIGNED_LEN: usize = 0x2a0;
/// Bytes of the signature's two numbers. Nothing after them is looked at to verify it.
const SIGNATURE_LEN: usize = 2 * NUMBER_LEN;
/// Bytes of each of the signature's numbers, of which P-384 uses 48.
const NUMBER_LEN: usize = 72;
const P384_NUMBER_LEN: usize = 48;
/// Bytes of what plain SEV and SEV-ES report (AMD 55766, ATTESTATION).
const PLAIN_SEV_LEN: usize = 208;

/// ECDSA P-384 with SHA-384.
const ECDSA_P384_SHA384: u32 = 1;
const AUTHOR_KEY_EN: u32 = 1;
const MASK_CHIP_KEY: u32 = 1 << 1;

/// A report, borrowed. Nothing in it is verified.
///
/// Only the form is checked: length, version, signature algorithm, which key signed, and that no byte
/// is left that the signature does not determine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// VERSION: 2, 3 or 5.
    pub version: u32,
    /// GUEST_SVN.
    pub guest_svn: u32,
    /// POLICY.
    pub policy: u64,
    /// FAMILY_ID.
    pub family_id: &'a [u8; 16],
    /// IMAGE_ID.
    pub image_id: &'a [u8; 16],
    /// VMPL.
    pub vmpl: u32,
    /// CURRENT_TCB, undecoded: its layout depends on the product.
    pub current_tcb: &'a [u8; 8],
    /// PLATFORM_INFO.
    pub platform_info: u64,
    /// The word at 48h: AUTHOR_KEY_EN, MASK_CHIP_KEY, SIGNING_KEY.
    pub key_flags: u32,
    /// SIGNING_KEY, decoded.
    pub signing_key: SnpKey,
    /// REPORT_DATA.
    pub report_data: &'a [u8; 64],
    /// MEASUREMENT.
    pub measurement: &'a [u8; 48],
    /// HOST_DATA.
    pub host_data: &'a [u8; 32],
    /// ID_KEY_DIGEST.
    pub id_key_digest: &'a [u8; 48],
    /// AUTHOR_KEY_DIGEST.
    pub author_key_digest: &'a [u8; 48],
    /// REPORT_ID.
    pub report_id: &'a [u8; 32],
    /// REPORT_ID_MA.
    pub report_id_ma: &'a [u8; 32],
    /// REPORTED_TCB, undecoded.
    pub reported_tcb: &'a [u8; 8],
    /// CPUID_FAM_ID, CPUID_MOD_ID, CPUID_STEP; from version 3 on.
    pub cpuid: Option<[u8; 3]>,
    /// CHIP_ID.
    pub chip_id: &'a [u8; 64],
    /// COMMITTED_TCB, undecoded.
    pub committed_tcb: &'a [u8; 8],
    /// CURRENT_BUILD, CURRENT_MINOR, CURRENT_MAJOR.
    pub current_version: [u8; 3],
    /// COMMITTED_BUILD, COMMITTED_MINOR, COMMITTED_MAJOR.
    pub committed_version: [u8; 3],
    /// LAUNCH_TCB, undecoded.
    pub launch_tcb: &'a [u8; 8],
    /// LAUNCH_MIT_VECTOR; from version 5 on.
    pub launch_mit_vector: Option<u64>,
    /// CURRENT_MIT_VECTOR; from version 5 on.
    pub current_mit_vector: Option<u64>,
    /// What the signature is over.
    pub signed: &'a [u8; SIGNED_LEN],
    signature: &'a [u8; SIGNATURE_LEN],
}

impl<'a> Report<'a> {
    /// Takes a report apart. Allocates nothing.
    ///
    /// # Errors
    ///
    /// What about its form is not known here.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SnpFault> {
        let wrong_length = match bytes.len() {
            PLAIN_SEV_LEN => SnpFault::PlainSev,
            found => SnpFault::Length { found },
        };
        let whole: &[u8; REPORT_LEN] = bytes.try_into().map_err(|_| wrong_length)?;
        Self::fields(whole).ok_or(SnpFault::Length { found: bytes.len() })?
    }

    /// The outer `None` would be a layout longer than the report.
    fn fields(whole: &'a [u8; REPORT_LEN]) -> Option<Result<Self, SnpFault>> {
        let mut rest = Fields(whole);
        let version = rest.u32()?;
        if !matches!(version, 2 | 3 | 5) {
            return Some(Err(SnpFault::Version { found: version }));
        }
        let guest_svn = rest.u32()?;
        let policy = rest.u64()?;
        let (family_id, image_id) = (rest.array()?, rest.array()?);
        let vmpl = rest.u32()?;
        let algorithm = rest.u32()?;
        if algorithm != ECDSA_P384_SHA384 {
            return Some(Err(SnpFault::SignatureAlgorithm { found: algorithm }));
        }
        let current_tcb = rest.array()?;
        let platform_info = rest.u64()?;
        let key_flags = rest.u32()?;
        let signing_key = match signing_key(key_flags) {
            Ok(key) => key,
            Err(fault) => return Some(Err(fault)),
        };
        let _reserved: &[u8; 4] = rest.array()?;
        let (report_data, measurement, host_data) = (rest.array()?, rest.array()?, rest.array()?);
        let (id_key_digest, author_key_digest) = (rest.array()?, rest.array()?);
        let (report_id, report_id_ma) = (rest.array()?, rest.array()?);
        let reported_tcb = rest.array()?;
        let cpuid: &[u8; 3] = rest.array()?;
        let _reserved: &[u8; 21] = rest.array()?;
        let chip_id = rest.array()?;
        let committed_tcb = rest.array()?;
        let [current @ .., _] = rest.array::<4>()?;
        let [committed @ .., _] = rest.array::<4>()?;
        let launch_tcb = rest.array()?;
        let (launch_mit_vector, current_mit_vector) = (rest.u64()?, rest.u64()?);

        let (signed, after) = whole.split_first_chunk()?;
        let (signature, _) = after.split_first_chunk()?;
        let is_unused = |(at, byte): &(usize, &u8)| {
            **byte != 0 && (*at >= SIGNATURE_LEN || at % NUMBER_LEN >= P384_NUMBER_LEN)
        };
        if let Some((at, _)) = after.iter().enumerate().find(is_unused) {
            return Some(Err(SnpFault::UnsignedBytes { offset: SIGNED_LEN.saturating_add(at) }));
        }
        Some(Ok(Self {
            version,
            guest_svn,
            policy,
            family_id,
            image_id,
            vmpl,
            current_tcb,
            platform_info,
            key_flags,
            signing_key,
            report_data,
            measurement,
            host_data,
            id_key_digest,
            author_key_digest,
            report_id,
            report_id_ma,
            reported_tcb,
            cpuid: (version >= 3).then_some(*cpuid),
            chip_id,
            committed_tcb,
            current_version: *current,
            committed_version: *committed,
            launch_tcb,
            launch_mit_vector: (version >= 5).then_some(launch_mit_vector),
            current_mit_vector: (version >= 5).then_some(current_mit_vector),
            signed,
            signature,
        }))
    }

    /// AUTHOR_KEY_EN: whether the author's key digest is there.
    #[must_use]
    pub const fn author_key_enabled(&self) -> bool {
        self.key_flags & AUTHOR_KEY_EN != 0
    }

    /// MASK_CHIP_KEY: whether the firmware may not sign with the VCEK.
    #[must_use]
    pub const fn chip_key_masked(&self) -> bool {
        self.key_flags & MASK_CHIP_KEY != 0
    }

    /// Whether the processor was told to withhold its chip ID.
    #[must_use]
    pub fn is_chip_id_withheld(&self) -> bool {
        self.chip_id.iter().all(|byte| *byte == 0)
    }

    /// The signature as r, then s, big-endian, 48 bytes each.
    #[must_use]
    pub fn signature(&self) -> [u8; 2 * P384_NUMBER_LEN] {
        let mut fixed = [0; 2 * P384_NUMBER_LEN];
        let numbers = self.signature.chunks_exact(NUMBER_LEN);
        for (into, number) in fixed.chunks_exact_mut(P384_NUMBER_LEN).zip(numbers) {
            let used = number.iter().take(P384_NUMBER_LEN);
            into.iter_mut().rev().zip(used).for_each(|(into, byte)| *into = *byte);
        }
        fixed
    }

    /// What it says, as a processor of this product means it.
    #[must_use]
    pub fn body(&self, product: Product) -> SnpBody {
        SnpBody {
            version: self.version,
            product,
            signing_key: self.signing_key,
            guest_svn: self.guest_svn,
            policy: self.policy,
            family_id: *self.family_id,
            image_id: *self.image_id,
            vmpl: self.vmpl,
            current_tcb: tcb::decode(self.current_tcb, product),
            platform_info: self.platform_info,
            author_key_enabled: self.author_key_enabled(),
            chip_key_masked: self.chip_key_masked(),
            report_data: ReportData(*self.report_data),
            measurement: (*self.measurement).into(),
            host_data: (*self.host_data).into(),
            id_key_digest: (*self.id_key_digest).into(),
            author_key_digest: (*self.author_key_digest).into(),
            report_id: *self.report_id,
            report_id_ma: *self.report_id_ma,
            reported_tcb: tcb::decode(self.reported_tcb, product),
            cpuid: self.cpuid,
            chip_id: *self.chip_id,
            committed_tcb: tcb::decode(self.committed_tcb, product),
            current_version: self.current_version,
            committed_version: self.committed_version,
            launch_tcb: tcb::decode(self.launch_tcb, product),
            launch_mit_vector: self.launch_mit_vector,
            current_mit_vector: self.current_mit_vector,
        }
    }
}

/// SIGNING_KEY, bits 4:2.
const fn signing_key(key_flags: u32) -> Result<SnpKey, SnpFault> {
    match (key_flags >> 2) & 7 {
        0 => Ok(SnpKey::Vcek),
        1 => Ok(SnpKey::Vlek),
        7 => Err(SnpFault::Unsigned),
        found => Err(SnpFault::SigningKey { found: found as u8 }),
    }
}

/// What is left of a report.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn array<const LEN: usize>(&mut self) -> Option<&'a [u8; LEN]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }
}
