//! TPMS_ATTEST, what a TPM signs (TPM 2.0 library specification, part 2, 10.12.12), of the type quote.
//!
//! Refuses what the TPM did not make itself, every other type of attestation by name, banks of unknown
//! hashes, selections of more than 32 registers, and bytes after the last field. Allocates nothing.

use super::bank::KNOWN;
use super::reader::Reader;
use super::{TpmError, TpmFault};
use crate::claims::PcrBank;

/// `TPM_GENERATED_VALUE`: what no key of the kind that quotes signs unless the TPM made it.
const MAGIC: u32 = 0xff54_4347;
/// `TPM_ST_ATTEST_QUOTE`.
const TYPE_QUOTE: u16 = 0x8018;
/// Bytes of a `TPMU_NAME`: a hash's id and SHA-512.
const MAX_NAME: usize = 68;
/// Bytes of a `TPM2B_DATA`: a hash's id and SHA-512.
const MAX_DATA: usize = 66;
/// Bytes of the longest digest.
const MAX_DIGEST: usize = 64;
/// Banks a selection can name: one for each of [`PcrBank::ALL`].
const MAX_BANKS: usize = PcrBank::ALL.len();
/// Bytes of the longest bitmap: 32 registers. Every TPM for PCs has three.
const MAX_BITMAP: usize = 4;
/// The longest message looked at; with four banks it takes under 350 bytes.
const MAX_LEN: usize = 1024;

const STRUCTURE: &str = "TPMS_ATTEST";

/// A quote in the bytes received. Nothing in it is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attest<'a> {
    /// The qualified name of the key that signed.
    pub qualified_signer: &'a [u8],
    /// What the caller gave to be signed: the nonce.
    pub extra_data: &'a [u8],
    /// Milliseconds the TPM was powered.
    pub clock: u64,
    /// How often the TPM was reset.
    pub reset_count: u32,
    /// How often it was restarted or resumed since.
    pub restart_count: u32,
    /// Whether no greater clock was ever reported.
    pub safe: bool,
    /// Version of the firmware, as its vendor numbers it.
    pub firmware_version: u64,
    /// Which registers were quoted.
    pub selection: PcrSelection,
    /// The digest over their values.
    pub pcr_digest: &'a [u8],
}

impl<'a> Attest<'a> {
    /// Takes a message apart.
    ///
    /// # Errors
    ///
    /// What is malformed, or is no quote.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TpmError> {
        if bytes.len() > MAX_LEN {
            return Err(TpmError::TooLong { structure: STRUCTURE, limit: MAX_LEN, found: bytes.len() });
        }
        let mut reader = Reader::new(STRUCTURE, bytes);
        let magic = reader.u32_be("magic")?;
        if magic != MAGIC {
            return Err(reader.unknown("magic", 0, magic, "0xff544347, which a TPM writes itself"));
        }
        let kind = reader.u16_be("type")?;
        if kind != TYPE_QUOTE {
            return Err(reader.unknown("type", 4, kind, "0x8018, a quote"));
        }
        let attest = Self {
            qualified_signer: reader.sized("qualifiedSigner", MAX_NAME)?,
            extra_data: reader.sized("extraData", MAX_DATA)?,
            clock: reader.u64_be("clockInfo.clock")?,
            reset_count: reader.u32_be("clockInfo.resetCount")?,
            restart_count: reader.u32_be("clockInfo.restartCount")?,
            safe: read_safe(&mut reader)?,
            firmware_version: reader.u64_be("firmwareVersion")?,
            selection: PcrSelection::read(&mut reader)?,
            pcr_digest: reader.sized("attested.quote.pcrDigest", MAX_DIGEST)?,
        };
        reader.finish()?;
        Ok(attest)
    }
}

/// A `TPMI_YES_NO`.
fn read_safe(reader: &mut Reader<'_>) -> Result<bool, TpmError> {
    let offset = reader.offset();
    match reader.u8("clockInfo.safe")? {
        0 => Ok(false),
        1 => Ok(true),
        found => Err(reader.unknown("clockInfo.safe", offset, found, "0 or 1")),
    }
}

/// Which registers of which banks: a `TPML_PCR_SELECTION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PcrSelection {
    banks: [Option<(PcrBank, u32)>; MAX_BANKS],
}

impl PcrSelection {
    fn read(reader: &mut Reader<'_>) -> Result<Self, TpmError> {
        let offset = reader.offset();
        let count = reader.u32_be("pcrSelect.count")?;
        let mut banks = [None; MAX_BANKS];
        let used = usize::try_from(count).ok().and_then(|count| banks.get_mut(..count));
        let used = used.ok_or(reader.unknown("pcrSelect.count", offset, count, "at most four banks"))?;
        for bank in used {
            *bank = Some(read_bank(reader)?);
        }
        Ok(Self { banks })
    }

    /// Each bank and its bitmap, bit `n` for register `n`, in their order.
    pub fn banks(&self) -> impl Iterator<Item = (PcrBank, u32)> {
        self.banks.iter().flatten().copied()
    }

    /// Each register, in the order in which their values are hashed.
    pub fn registers(&self) -> impl Iterator<Item = (PcrBank, u8)> {
        self.banks().flat_map(|(bank, bitmap)| {
            (0..32_u8).filter(move |index| bitmap & (1 << index) != 0).map(move |index| (bank, index))
        })
    }

    /// That it selects something, and no bank twice.
    pub(super) fn check(&self) -> Result<(), TpmFault> {
        for (nth, (bank, _)) in self.banks().enumerate() {
            if self.banks().take(nth).any(|(earlier, _)| earlier == bank) {
                return Err(TpmFault::BankTwice(bank));
            }
        }
        if self.registers().next().is_none() { Err(TpmFault::NoRegister) } else { Ok(()) }
    }
}

/// A `TPMS_PCR_SELECTION`.
fn read_bank(reader: &mut Reader<'_>) -> Result<(PcrBank, u32), TpmError> {
    let offset = reader.offset();
    let id = reader.u16_be("pcrSelect.hash")?;
    let bank = PcrBank::from_algorithm_id(id).ok_or(reader.unknown("pcrSelect.hash", offset, id, KNOWN))?;
    let offset = reader.offset();
    let len = reader.u8("pcrSelect.sizeofSelect")?;
    let mut bitmap = [0; MAX_BITMAP];
    let used = bitmap.get_mut(..usize::from(len));
    let used =
        used.ok_or(reader.unknown("pcrSelect.sizeofSelect", offset, len, "at most 4, 32 registers"))?;
    used.copy_from_slice(reader.take("pcrSelect.pcrSelect", usize::from(len))?);
    Ok((bank, u32::from_le_bytes(bitmap)))
}
