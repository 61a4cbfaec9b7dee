//! TPMT_PUBLIC, the public area of a TPM's key (TPM 2.0 library specification, part 2, 12.2.4): RSA and ECC.
//!
//! Refuses other types, curves and schemes by name, and bytes after the last field.

use super::bank::KNOWN;
use super::reader::Reader;
use super::{TpmError, TpmFault, key};
use crate::claims::PcrBank;
use crate::x509::PublicKey;

/// `TPM_ALG_RSA` and `TPM_ALG_ECC`.
const RSA: u16 = 0x0001;
const ECC: u16 = 0x0023;
/// `TPM_ALG_NULL`: no algorithm.
const NULL: u16 = 0x0010;
/// Bytes of the longest digest.
const MAX_DIGEST: usize = 64;
/// Bytes of the longest modulus: 4,096 bits.
const MAX_MODULUS: usize = 512;
/// Bytes of the longest coordinate: P-521.
const MAX_COORDINATE: usize = 66;
/// The longest public area looked at.
const MAX_LEN: usize = 1024;
/// The exponent that zero stands for.
const DEFAULT_EXPONENT: u32 = 65_537;

const STRUCTURE: &str = "TPMT_PUBLIC";

/// A public area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public {
    /// The hash its name is made with.
    pub name_hash: PcrBank,
    /// What it may be used for (`TPMA_OBJECT`).
    pub attributes: ObjectAttributes,
    /// The key.
    pub key: PublicKey,
}

/// Attributes of an object (`TPMA_OBJECT`, part 2, 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectAttributes(pub u32);

impl ObjectAttributes {
    /// It can never leave its TPM.
    pub const FIXED_TPM: u32 = 1 << 1;
    /// It can never leave its parent.
    pub const FIXED_PARENT: u32 = 1 << 4;
    /// The TPM made its secret itself.
    pub const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
    /// It signs, or decrypts, only what the TPM made.
    pub const RESTRICTED: u32 = 1 << 16;
    /// It decrypts.
    pub const DECRYPT: u32 = 1 << 17;
    /// It signs.
    pub const SIGN: u32 = 1 << 18;

    /// Whether all of these are set.
    #[must_use]
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

impl Public {
    /// Takes a public area apart.
    ///
    /// # Errors
    ///
    /// What is malformed, or not known here.
    pub fn parse(bytes: &[u8]) -> Result<Self, TpmError> {
        if bytes.len() > MAX_LEN {
            return Err(TpmError::TooLong { structure: STRUCTURE, limit: MAX_LEN, found: bytes.len() });
        }
        let mut reader = Reader::new(STRUCTURE, bytes);
        let kind = reader.u16_be("type")?;
        let id = reader.u16_be("nameAlg")?;
        let name_hash = PcrBank::from_algorithm_id(id).ok_or(reader.unknown("nameAlg", 2, id, KNOWN))?;
        let attributes = ObjectAttributes(reader.u32_be("objectAttributes")?);
        reader.sized("authPolicy", MAX_DIGEST)?;
        let key = match kind {
            RSA => read_rsa(&mut reader)?,
            ECC => read_ecc(&mut reader)?,
            _ => return Err(reader.unknown("type", 0, kind, "RSA and ECC")),
        };
        reader.finish()?;
        Ok(Self { name_hash, attributes, key })
    }

    /// That it is an attestation key: made in its TPM, never to leave it, and signing only what the TPM
    /// itself made. A key without RESTRICTED would sign anything that looks like a quote.
    ///
    /// # Errors
    ///
    /// Which of that it is not.
    pub fn check_attests(&self) -> Result<(), TpmFault> {
        for (bits, what) in [
            (ObjectAttributes::RESTRICTED, "it is not restricted: it signs what the TPM did not make"),
            (ObjectAttributes::SIGN, "it does not sign"),
            (ObjectAttributes::FIXED_TPM, "it can leave its TPM"),
            (ObjectAttributes::FIXED_PARENT, "it can leave its TPM with its parent"),
            (ObjectAttributes::SENSITIVE_DATA_ORIGIN, "its secret was not made by its TPM"),
        ] {
            if !self.attributes.has(bits) {
                return Err(TpmFault::KeyAttributes(what));
            }
        }
        let decrypts = self.attributes.has(ObjectAttributes::DECRYPT);
        if decrypts { Err(TpmFault::KeyAttributes("it decrypts too")) } else { Ok(()) }
    }
}

/// `TPMS_RSA_PARMS` and the modulus.
fn read_rsa(reader: &mut Reader<'_>) -> Result<PublicKey, TpmError> {
    read_algorithms(reader)?;
    reader.u16_be("keyBits")?;
    let exponent = match reader.u32_be("exponent")? {
        0 => DEFAULT_EXPONENT,
        other => other,
    };
    let offset = reader.offset();
    let modulus = reader.sized("unique.rsa", MAX_MODULUS)?;
    let known = "a modulus of 2,048 to 4,096 bits with an odd exponent of at least 3";
    key::rsa(modulus, &exponent.to_be_bytes()).ok_or(reader.unknown("unique.rsa", offset, exponent, known))
}

/// `TPMS_ECC_PARMS` and the point.
fn read_ecc(reader: &mut Reader<'_>) -> Result<PublicKey, TpmError> {
    read_algorithms(reader)?;
    let offset = reader.offset();
    let curve = reader.u16_be("curveID")?;
    if reader.u16_be("kdf.scheme")? != NULL {
        reader.u16_be("kdf.hash")?;
    }
    let x = reader.sized("unique.x", MAX_COORDINATE)?;
    let y = reader.sized("unique.y", MAX_COORDINATE)?;
    let key = match curve {
        0x0003 => key::p256(x, y),
        0x0004 => key::p384(x, y),
        _ => None,
    };
    key.ok_or(reader.unknown("curveID", offset, curve, "P-256 and P-384, with coordinates of their length"))
}

/// How children are protected and how the key signs: neither decides anything here, a signature names its
/// own scheme.
fn read_algorithms(reader: &mut Reader<'_>) -> Result<(), TpmError> {
    if reader.u16_be("symmetric.algorithm")? != NULL {
        reader.u16_be("symmetric.keyBits")?;
        reader.u16_be("symmetric.mode")?;
    }
    if reader.u16_be("scheme.scheme")? != NULL {
        reader.u16_be("scheme.hash")?;
    }
    Ok(())
}
