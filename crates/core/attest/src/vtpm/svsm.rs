//! The vTPM of a secure VM service module (SVSM), which runs at VMPL 0 of an SEV-SNP guest (AMD 58019, Secure
//! VM Service Module for SEV-SNP Guests, 1.00, attestation protocol).
//!
//! The SVSM asks for a report whose report data is `SHA-512(nonce || manifest)`. Of one service the manifest is
//! the service's: of the vTPM the public area (TPMT_PUBLIC) of its endorsement key. Of all services it is a
//! table: GUID 63849ebb-3d92-4670-a1ff-58f9c94b87bb, its length and the number of services in four bytes each;
//! for each service its GUID, and where in the table its manifest begins and how long it is; then the
//! manifests. Integers are little-endian, GUIDs in the mixed order of UEFI.
//!
//! What is vouched for is an *endorsement* key: it decrypts and signs no quotes. That an attestation key is in
//! the same TPM is proved in an exchange with it (TPM2_MakeCredential, TPM2_ActivateCredential), which no
//! evidence can hold. So quotes of an SVSM's vTPM are not accepted here, unless the key vouched for signs
//! them itself.

use aws_lc_rs::digest::{Context, SHA512};

use super::VtpmFault;
use crate::claims::Body;
use crate::tpm::reader::Reader;
use crate::tpm::{Public, TpmError};
use crate::{Fault, MAX_EVIDENCE_BYTES, VerifiedEvidence};

/// Bytes of the nonce the SVSM is given.
pub const NONCE_LEN: usize = 64;

/// 63849ebb-3d92-4670-a1ff-58f9c94b87bb: all services.
const TABLE: [u8; 16] =
    [0xbb, 0x9e, 0x84, 0x63, 0x92, 0x3d, 0x70, 0x46, 0xa1, 0xff, 0x58, 0xf9, 0xc9, 0x4b, 0x87, 0xbb];
/// c476f1eb-0123-45a5-9641-b4e7dde5bfe3: the vTPM.
const VTPM: [u8; 16] =
    [0xeb, 0xf1, 0x76, 0xc4, 0x23, 0x01, 0xa5, 0x45, 0x96, 0x41, 0xb4, 0xe7, 0xdd, 0xe5, 0xbf, 0xe3];
/// Services of a table that are looked at.
const MAX_SERVICES: u32 = 64;

const STRUCTURE: &str = "SVSM services manifest";

/// The key of the vTPM for which an SVSM vouches: `evidence` is its verified report, made at VMPL 0 for
/// `nonce`, and `manifest` what came with it, of the vTPM alone or of all services.
///
/// # Errors
///
/// Where the evidence is no report made at VMPL 0, the report data is not that of nonce and manifest, or the
/// manifest holds no key.
pub fn vouched_key(
    evidence: &VerifiedEvidence,
    nonce: &[u8; NONCE_LEN],
    manifest: &[u8],
) -> Result<Public, Fault> {
    let Body::Snp(report) = &evidence.claims().body else {
        return Err(VtpmFault::Inner { expected: "an SEV-SNP report" }.into());
    };
    if report.vmpl != 0 {
        return Err(VtpmFault::Vmpl { vmpl: report.vmpl }.into());
    }
    if report.report_data.0 != report_data(nonce, manifest) {
        return Err(VtpmFault::ManifestBinding.into());
    }
    Ok(Public::parse(vtpm_manifest(manifest)?)?)
}

/// What the SVSM puts into the report.
fn report_data(nonce: &[u8; NONCE_LEN], manifest: &[u8]) -> [u8; 64] {
    let mut context = Context::new(&SHA512);
    context.update(nonce);
    context.update(manifest);
    let mut report_data = [0; 64];
    report_data.copy_from_slice(context.finish().as_ref());
    report_data
}

/// The vTPM's manifest: all of it, or that in a table of all services.
fn vtpm_manifest(manifest: &[u8]) -> Result<&[u8], Fault> {
    if manifest.len() > MAX_EVIDENCE_BYTES {
        let limit = MAX_EVIDENCE_BYTES;
        return Err(TpmError::TooLong { structure: STRUCTURE, limit, found: manifest.len() }.into());
    }
    if !manifest.starts_with(&TABLE) {
        return Ok(manifest);
    }
    let mut reader = Reader::new(STRUCTURE, manifest);
    reader.take("GUID", TABLE.len())?;
    let len = reader.u32_le("length")?;
    if usize::try_from(len).ok() != Some(manifest.len()) {
        return Err(reader.unknown("length", TABLE.len(), len, "its own length").into());
    }
    let offset = reader.offset();
    let count = reader.u32_le("number of services")?;
    if count > MAX_SERVICES {
        return Err(reader.unknown("number of services", offset, count, "at most 64").into());
    }
    let mut found = None;
    for _ in 0..count {
        let guid: &[u8; 16] = reader.array("service's GUID")?;
        let offset = reader.offset();
        let (at, len) = (reader.u32_le("manifest's offset")?, reader.u32_le("manifest's length")?);
        let (start, len) = (usize::try_from(at).ok(), usize::try_from(len).ok());
        let inside = start.zip(len).and_then(|(at, len)| manifest.get(at..at.checked_add(len)?));
        let inside = inside.ok_or(reader.unknown("manifest's offset", offset, at, "one inside the table"))?;
        if *guid == VTPM && found.replace(inside).is_some() {
            return Err(VtpmFault::Services { found: 2 }.into());
        }
    }
    found.ok_or(VtpmFault::Services { found: 0 }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(services: &[([u8; 16], &[u8])]) -> Vec<u8> {
        let header = 24 * (services.len() + 1);
        let len = header + services.iter().map(|(_, it)| it.len()).sum::<usize>();
        let word = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        let mut table = [&TABLE[..], &word(len), &word(services.len())].concat();
        let mut at = header;
        for (guid, manifest) in services {
            table.extend([&guid[..], &word(at), &word(manifest.len())].concat());
            at += manifest.len();
        }
        services.iter().for_each(|(_, it)| table.extend(*it));
        table
    }

    #[test]
    fn the_vtpms_manifest_is_found_alone_and_among_others() {
        assert_eq!(vtpm_manifest(b"key"), Ok(&b"key"[..]));
        let table = table(&[([7; 16], b"other"), (VTPM, b"key"), ([8; 16], b"")]);
        assert_eq!(vtpm_manifest(&table), Ok(&b"key"[..]));
    }

    #[test]
    fn no_vtpm_or_two_are_refused() {
        let none = vtpm_manifest(&table(&[([7; 16], b"other")])).map(<[u8]>::to_vec);
        assert_eq!(none, Err(VtpmFault::Services { found: 0 }.into()));
        let two = vtpm_manifest(&table(&[(VTPM, b"a"), (VTPM, b"b")])).map(<[u8]>::to_vec);
        assert_eq!(two, Err(VtpmFault::Services { found: 2 }.into()));
    }

    #[test]
    fn a_table_cut_anywhere_or_with_any_number_in_it_slices_nothing() {
        let whole = table(&[(VTPM, b"key")]);
        for len in TABLE.len()..whole.len() {
            assert!(vtpm_manifest(&whole[..len]).is_err(), "{len}");
        }
        for at in [16, 20, 40, 44] {
            for value in [u32::MAX, 0x8000_0000, 0x7fff_ffff, 65] {
                let mut changed = whole.clone();
                changed[at..at + 4].copy_from_slice(&value.to_le_bytes());
                assert!(vtpm_manifest(&changed).is_err(), "{at}: {value:#x}");
            }
        }
    }
}
