//! The payload of a Nitro attestation document (aws-nitro-enclaves-nsm-api, attestation_process, 3.1).

use std::collections::BTreeMap;

use casemate_model::{Digest, Timestamp};
use ciborium::Value;

use super::NitroFault;
use crate::cbor::{CborError, Key, Lengths, Map, Part, bytes_of};

/// The registers' algorithm, and the length it gives them.
const SHA384: &str = "SHA384";
const REGISTER: Lengths = Lengths::OneOf(&[48]);
/// Registers are numbered below this.
const REGISTERS: i128 = 32;
const CERTIFICATE_LEN: Lengths = Lengths::Range(1, 1024);
/// Of what the enclave asks to be signed. AWS's documents say 512 for the last two; the hypervisor takes
/// 1,024.
const PUBLIC_KEY_LEN: Lengths = Lengths::Range(1, 1024);
const DATA_LEN: Lengths = Lengths::Range(0, 1024);
const NANOS_PER_MILLI: u64 = 1_000_000;

const MODULE_ID: Part<&str> = part("module_id");
const DIGEST: Part<&str> = part("digest");
const TIMESTAMP: Part<&str> = part("timestamp");
const PCRS: Part<&str> = part("pcrs");
const CERTIFICATE: Part<&str> = part("certificate");
const CABUNDLE: Part<&str> = part("cabundle");
const PUBLIC_KEY: Part<&str> = part("public_key");
const USER_DATA: Part<&str> = part("user_data");
const NONCE: Part<&str> = part("nonce");

const fn part(name: &'static str) -> Part<&'static str> {
    Part { key: name, name }
}

/// A document, decoded and not verified.
pub(super) struct Document {
    pub(super) module_id: String,
    pub(super) timestamp: Timestamp,
    pub(super) pcrs: BTreeMap<u8, Digest>,
    pub(super) certificate: Vec<u8>,
    /// Root first. `None` where it is null.
    pub(super) cabundle: Option<Vec<Vec<u8>>>,
    pub(super) public_key: Option<Vec<u8>>,
    pub(super) user_data: Option<Vec<u8>>,
    pub(super) nonce: Option<Vec<u8>>,
}

impl Document {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NitroFault> {
        let mut parts = Map::decode(bytes, "payload")?;
        let digest = parts.text(DIGEST)?;
        if digest != SHA384 {
            return Err(NitroFault::Digest { found: digest });
        }
        Ok(Self::read(parts)?)
    }

    fn read(mut parts: Map) -> Result<Self, CborError> {
        let module_id = parts.text(MODULE_ID)?;
        if module_id.is_empty() {
            return Err(CborError::Type { name: MODULE_ID.name, expected: "text of at least one character" });
        }
        let expected = "a number of milliseconds after 1970";
        let millis: u64 = parts.unsigned(TIMESTAMP, expected)?;
        let nanos = millis.checked_mul(NANOS_PER_MILLI).filter(|it| *it > 0);
        let nanos = nanos.ok_or(CborError::Type { name: TIMESTAMP.name, expected })?;
        Ok(Self {
            module_id,
            timestamp: Timestamp(nanos),
            pcrs: registers(parts.require(PCRS)?)?,
            certificate: parts.bytes(CERTIFICATE, CERTIFICATE_LEN)?,
            cabundle: bundle(parts.require(CABUNDLE)?)?,
            public_key: optional_bytes(&mut parts, PUBLIC_KEY, PUBLIC_KEY_LEN)?,
            user_data: optional_bytes(&mut parts, USER_DATA, DATA_LEN)?,
            nonce: optional_bytes(&mut parts, NONCE, DATA_LEN)?,
        })
    }
}

fn registers(value: Value) -> Result<BTreeMap<u8, Digest>, CborError> {
    let not = |expected| CborError::Type { name: PCRS.name, expected };
    let entries = Map::of(value, PCRS.name)?.into_entries();
    if entries.len() == 0 {
        return Err(not("a map of at least one register"));
    }
    let register = |(key, value)| {
        let index = match key {
            Key::Integer(index) if index < REGISTERS => u8::try_from(index).ok(),
            Key::Integer(_) | Key::Text(_) => None,
        };
        let index = index.ok_or(not("a map of registers 0 to 31"))?;
        let bytes = bytes_of(value, PCRS.name, REGISTER)?;
        let unlike = CborError::Length { name: PCRS.name, expected: REGISTER, found: bytes.len() };
        Ok((index, Digest::new(&bytes).ok_or(unlike)?))
    };
    entries.map(register).collect()
}

fn bundle(value: Value) -> Result<Option<Vec<Vec<u8>>>, CborError> {
    match value {
        Value::Null => Ok(None),
        Value::Array(items) => {
            let certificates = items.into_iter().map(|it| bytes_of(it, CABUNDLE.name, CERTIFICATE_LEN));
            certificates.collect::<Result<_, _>>().map(Some)
        }
        _ => Err(CborError::Type { name: CABUNDLE.name, expected: "an array or null" }),
    }
}

/// Absent and null are the same; empty is neither.
fn optional_bytes(
    parts: &mut Map,
    part: Part<&'static str>,
    lengths: Lengths,
) -> Result<Option<Vec<u8>>, CborError> {
    match parts.take(part) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => bytes_of(value, part.name, lengths).map(Some),
    }
}
