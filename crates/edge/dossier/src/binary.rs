//! Evidence as bare bytes, told by its fixed fields.
//!
//! Enough of the fixed fields has to be right for something to be called evidence; whether the rest
//! is, verification says. So a truncated quote is a malformed quote, and noise is no quote.

use casemate_attest::Evidence;
use casemate_attest::claims::Kind;

use crate::content::{Content, Unsupported, Unusable};
use crate::{cbor, der, protobuf};

/// Intel's quoting enclaves: the vendor id in a quote's header, at offset 12.
const INTEL_QE: [u8; 16] =
    [0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07];
/// A TPMS_ATTEST begins so: TPM_GENERATED_VALUE.
const TPM_GENERATED: &[u8] = b"\xffTCG";
/// The magic of Azure's HCL reports.
const HCL_MAGIC: &[u8] = b"HCLA";
/// An SNP report (AMD 56860).
const SNP_REPORT_BYTES: usize = 1184;
/// What the guest device puts in front of a report (MSG_REPORT_RSP): status, size, reserved.
const SNP_RESPONSE_HEADER_BYTES: usize = 32;
/// The attestation report of plain SEV (SEV API specification, ATTESTATION).
const SEV_REPORT_BYTES: usize = 208;
/// PEK, which signs the attestation reports of plain SEV.
const SEV_USAGE_PEK: u32 = 0x1002;
/// An EPID quote without its signature: header and report body.
const EPID_QUOTE_MIN_BYTES: usize = 432;

/// What bytes are, `None` where they are nothing binary that is read here.
pub(crate) fn recognise(bytes: &[u8]) -> Result<Option<Vec<Content>>, Unusable> {
    if let Some(report) = snp_report(bytes) {
        return Ok(Some(report));
    }
    let one = if bytes.starts_with(HCL_MAGIC) {
        Content::HclReport(bytes.to_vec())
    } else if is_epid_quote(bytes) {
        Content::Unsupported(Unsupported {
            kind: Some(Kind::Sgx),
            what: "an EPID quote, which only Intel's attestation service (IAS) can verify",
            remedy: "IAS was shut down in April 2025: send an ECDSA quote (DCAP)",
            bytes: bytes.to_vec(),
        })
    } else if is_quote(bytes) {
        Content::Evidence(Evidence::quote(bytes))
    } else if is_sev_report(bytes) {
        Content::Unsupported(Unsupported {
            kind: None,
            what: "an attestation report of plain SEV or SEV-ES",
            remedy: "it shows neither integrity of memory nor a state of the guest: use SEV-SNP",
            bytes: bytes.to_vec(),
        })
    } else if is_nitro(bytes) {
        Content::Evidence(Evidence::NitroDocument(bytes.to_vec()))
    } else if cbor::is_cca_token(bytes) {
        Content::Evidence(Evidence::CcaToken(bytes.to_vec()))
    } else if cbor::is_unsigned_cca_claims(bytes) {
        Content::Unsupported(Unsupported {
            kind: Some(Kind::Cca),
            what: "claims of Arm CCA without a signature",
            remedy: "anybody can write them: send the signed token they are from",
            bytes: bytes.to_vec(),
        })
    } else {
        return Ok(der::recognise(bytes).or_else(|| protobuf::recognise(bytes)));
    };
    Ok(Some(vec![one]))
}

/// Whether it is a TPM's statement.
pub(crate) fn is_tpm_attest(bytes: &[u8]) -> bool {
    bytes.starts_with(TPM_GENERATED)
}

/// Whether it is a COSE_Sign1, tagged or not, over a Nitro document: its first key is `module_id`.
pub(crate) fn is_nitro(bytes: &[u8]) -> bool {
    let untagged = bytes.strip_prefix(&[0xd2]).unwrap_or(bytes);
    let head = untagged.get(..64).unwrap_or(untagged);
    head.first() == Some(&0x84) && head.windows(10).any(|it| it == b"\x69module_id")
}

/// An SNP report, also with what the guest device or a host's certificate table adds to it.
fn snp_report(bytes: &[u8]) -> Option<Vec<Content>> {
    let of = |report: &[u8], certificates| {
        vec![Content::Evidence(Evidence::SnpReport { report: report.to_vec(), certificates })]
    };
    if let Some(rest) = bytes.get(SNP_RESPONSE_HEADER_BYTES..)
        && word(bytes, 0) == Some(0)
        && word(bytes, 4) == u32::try_from(SNP_REPORT_BYTES).ok()
        && is_snp_report(rest)
    {
        return Some(of(rest.get(..SNP_REPORT_BYTES)?, Vec::new()));
    }
    if !is_snp_report(bytes) {
        return None;
    }
    match bytes.split_at_checked(SNP_REPORT_BYTES) {
        Some((report, table)) if !table.is_empty() => match certificate_table(table) {
            Some(certificates) => Some(of(report, certificates)),
            None => Some(of(bytes, Vec::new())),
        },
        _ => Some(of(bytes, Vec::new())),
    }
}

/// The version is one that could be, the signature algorithm is ECDSA P-384, and bit 17 of the guest
/// policy is set, which is reserved and has to be.
fn is_snp_report(bytes: &[u8]) -> bool {
    let version = word(bytes, 0).is_some_and(|it| (1..=16).contains(&it));
    let policy = word(bytes, 8).is_some_and(|it| it & (1 << 17) != 0);
    version && policy && word(bytes, 0x34) == Some(1)
}

/// The certificates of a table as the host gives it to a guest (GHCB specification, SNP extended guest
/// request): entries of GUID, offset and length, ended by an entry of zeros.
fn certificate_table(table: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    for entry in table.as_chunks::<24>().0.iter().take(16) {
        if entry.iter().all(|byte| *byte == 0) {
            return Some(found);
        }
        let (start, length) =
            (usize::try_from(word(entry, 16)?).ok()?, usize::try_from(word(entry, 20)?).ok()?);
        let der = table.get(start..start.checked_add(length)?)?;
        found.extend(der::certificate(der).map(|_| der.to_vec()));
    }
    None
}

/// A version and an attestation key type that could be, and Intel's vendor id or one of the TEE types.
fn is_quote(bytes: &[u8]) -> bool {
    let Some((version, key_type)) = half(bytes, 0).zip(half(bytes, 2)) else { return false };
    let by_vendor = bytes.get(12..28) == Some(&INTEL_QE[..]);
    let tee_type = word(bytes, 4).is_some_and(|it| it == 0 || it == 0x81);
    by_vendor && (version <= 16 || tee_type)
        || (3..=5).contains(&version) && (2..=3).contains(&key_type) && tee_type
}

/// Version 1 or 2, an EPID signature, and at least a report body: its reserved fields are zero, and its
/// enclave was initialised.
fn is_epid_quote(bytes: &[u8]) -> bool {
    let version = half(bytes, 0).is_some_and(|it| (1..=2).contains(&it));
    let kind = half(bytes, 2).is_some_and(|it| it <= 1);
    // The body is at 48, its attributes at 48 in it.
    let initialised = bytes.get(96).is_some_and(|flags| flags & 1 != 0);
    let reserved = [68..80, 144..176]
        .into_iter()
        .all(|range| bytes.get(range).is_some_and(|field| field.iter().all(|byte| *byte == 0)));
    version && kind && initialised && reserved && bytes.len() >= EPID_QUOTE_MIN_BYTES
}

fn is_sev_report(bytes: &[u8]) -> bool {
    bytes.len() == SEV_REPORT_BYTES && word(bytes, 52) == Some(SEV_USAGE_PEK)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|it| u16::from_le_bytes(*it))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|it| u32::from_le_bytes(*it))
}
