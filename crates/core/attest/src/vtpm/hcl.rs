//! The report of Azure's host compatibility layer (HCL): the hardware's report, and the claims for which it
//! vouches. The layout is that of OpenHCL's `igvm_attest` request. Little-endian.
//!
//! | part | offset (size) |
//! |---|---|
//! | header | "HCLA" 0(4), version 4(4), report size 8(4), request type 12(4), status 16(4), reserved 20(12) |
//! | hardware's report | 32(1184); a TDREPORT takes 1,024 of them, zeros follow |
//! | request data | size 1216(4), version 1220(4), report type 1224(4), hash 1228(4), claims' length 1232(4) |
//! | extension, version 2 only | capabilities 1236(4) |
//! | claims | JSON, to the end; zeros follow |
//!
//! Only the hardware's report is signed, and only the claims are vouched for by it. Everything else is
//! refused where it does not fit and believed nowhere; bytes that nobody vouches for have to be zero.
//! Refuses reports without hardware (VBS, trusted launch) by name.

use crate::MAX_EVIDENCE_BYTES;
use crate::claims::PcrBank;
use crate::tpm::TpmError;
use crate::tpm::reader::Reader;

/// "HCLA", as a little-endian integer.
const SIGNATURE: u32 = 0x414c_4348;
/// The newest version of the header. The layout is the same in all of them.
const MAX_VERSION: u32 = 2;
/// Bytes of a request's data before its extension.
const REQUEST_LEN: usize = 20;
/// Bytes of the extension in version 2.
const EXTENSION_LEN: usize = 4;
/// Bytes of the hardware's report; the longest is SEV-SNP's.
const REPORT_LEN: usize = 1184;

/// Where the hardware's report begins.
pub(crate) const HARDWARE_AT: usize = 32;
/// Bytes of a TDREPORT.
pub(crate) const TD_REPORT_LEN: usize = 1024;

const STRUCTURE: &str = "HCL report";

/// An HCL report in the bytes received. Nothing in it is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hcl<'a> {
    /// Version of the header.
    pub(crate) version: u32,
    /// What the hardware says.
    pub(crate) hardware: Hardware<'a>,
    /// How the claims are hashed.
    pub(crate) hash: PcrBank,
    /// The claims.
    pub(crate) var_data: &'a [u8],
    /// Where the claims begin, for people.
    pub(crate) var_data_at: usize,
}

/// The hardware's report in an HCL report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hardware<'a> {
    /// An attestation report of SEV-SNP.
    Snp(&'a [u8; REPORT_LEN]),
    /// A TDREPORT.
    Tdx(&'a [u8; TD_REPORT_LEN]),
}

impl<'a> Hcl<'a> {
    /// Takes a report apart.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, TpmError> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            let limit = MAX_EVIDENCE_BYTES;
            return Err(TpmError::TooLong { structure: STRUCTURE, limit, found: bytes.len() });
        }
        let mut reader = Reader::new(STRUCTURE, bytes);
        let signature = reader.u32_le("signature")?;
        if signature != SIGNATURE {
            return Err(reader.unknown("signature", 0, signature, "`HCLA`"));
        }
        let version = reader.u32_le("version")?;
        if version > MAX_VERSION {
            return Err(reader.unknown("version", 4, version, "0, 1 and 2"));
        }
        reader.take("report size, request type, status and reserved", 24)?;
        let report: &[u8; REPORT_LEN] = reader.array("hardware report")?;

        let size_at = reader.offset();
        let size = reader.u32_le("request data size")?;
        let offset = reader.offset();
        let extension = match reader.u32_le("request data version")? {
            1 => 0,
            2 => EXTENSION_LEN,
            found => return Err(reader.unknown("request data version", offset, found, "1 and 2")),
        };
        let offset = reader.offset();
        let hardware = match reader.u32_le("report type")? {
            2 => Hardware::Snp(report),
            4 => Hardware::Tdx(td_report(&reader, report)?),
            found => {
                let known = "2, SEV-SNP, and 4, TDX; in 1, VBS, and 3, trusted launch, no hardware vouches";
                return Err(reader.unknown("report type", offset, found, known));
            }
        };
        let offset = reader.offset();
        let hash = match reader.u32_le("report data hash type")? {
            1 => PcrBank::Sha256,
            2 => PcrBank::Sha384,
            3 => PcrBank::Sha512,
            found => {
                return Err(reader.unknown("report data hash type", offset, found, "1, 2 and 3, SHA-2"));
            }
        };
        let len = usize::try_from(reader.u32_le("claims' length")?).unwrap_or(usize::MAX);
        reader.take("capabilities", extension)?;
        let var_data_at = reader.offset();
        let var_data = reader.take("claims", len)?;
        if usize::try_from(size).ok() != len.checked_add(REQUEST_LEN + extension) {
            let known = "its own length and the claims'";
            return Err(reader.unknown("request data size", size_at, size, known));
        }
        let end = reader.offset();
        if let Some(byte) = reader.rest().iter().find(|byte| **byte != 0) {
            return Err(reader.unknown("padding", end, *byte, "zeros"));
        }
        Ok(Self { version, hardware, hash, var_data, var_data_at })
    }

    /// The report data with which the hardware's report vouches for the claims: their hash, then zeros.
    pub(crate) fn expected_report_data(&self) -> [u8; 64] {
        padded_digest(self.hash, self.var_data)
    }
}

/// A digest and zeros after it, as report data holds it.
pub(crate) fn padded_digest(hash: PcrBank, bytes: &[u8]) -> [u8; 64] {
    let mut padded = [0; 64];
    let digest = aws_lc_rs::digest::digest(hash.hash(), bytes);
    padded.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    padded
}

/// The SEV-SNP report in an HCL report, unverified: enough to look for what vouches for it. `None` where
/// there is none.
#[must_use]
pub fn snp_report(hcl: &[u8]) -> Option<&[u8; REPORT_LEN]> {
    match Hcl::parse(hcl).ok()?.hardware {
        Hardware::Snp(report) => Some(report),
        Hardware::Tdx(_) => None,
    }
}

fn td_report<'a>(
    reader: &Reader<'_>,
    report: &'a [u8; REPORT_LEN],
) -> Result<&'a [u8; TD_REPORT_LEN], TpmError> {
    let (td_report, padding) = report.split_first_chunk().ok_or(TpmError::Truncated {
        structure: STRUCTURE,
        field: "TDREPORT",
        offset: HARDWARE_AT,
        expected: TD_REPORT_LEN,
        found: REPORT_LEN,
    })?;
    match padding.iter().find(|byte| **byte != 0) {
        Some(byte) => Err(reader.unknown("padding", HARDWARE_AT + TD_REPORT_LEN, *byte, "zeros")),
        None => Ok(td_report),
    }
}
