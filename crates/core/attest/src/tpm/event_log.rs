//! Event logs: what a firmware and boot loader say they measured, replayed to the registers it leads to.
//!
//! The format is the crypto-agile one (TCG PC Client platform firmware profile 1.06, 10.2): one event of
//! the old form that names the hashes, then `TCG_PCR_EVENT2`s. A TPM's log and the confidential computing
//! event log of a trust domain (CCEL: UEFI 2.10, 38.4) differ only in what an index means.
//!
//! Nobody signed a log. It is worth something where its replay gives registers that *were* signed.
//! Refuses logs of the old form only, unknown hashes, and what does not add up. Holds one digest a
//! register, whatever the log's length.

use std::collections::BTreeMap;

use aws_lc_rs::digest::Context;
use casemate_model::Digest;

use super::reader::Reader;
use super::{Registers, TpmError};
use crate::claims::PcrBank;

/// The longest log looked at. That of a trust domain on Google's cloud is an area of 256 KiB.
pub const MAX_EVENT_LOG_BYTES: usize = 512 * 1024;

/// Hashes one log can have: those registered by TCG are fewer.
const MAX_ALGORITHMS: usize = 8;
/// Bytes of the longest digest, of whatever hash.
const MAX_DIGEST: u16 = 64;
/// The registers a TPM can have here; see [`PcrSelection`](super::PcrSelection).
const MAX_REGISTER: u32 = 31;
/// `EV_NO_ACTION`: says something and extends nothing.
const EV_NO_ACTION: u32 = 3;
/// First bytes of the event that names the hashes.
const SPEC_ID: &[u8; 16] = b"Spec ID Event03\0";
/// First bytes of the event that says from which locality the TPM was started.
const STARTUP_LOCALITY: &[u8; 16] = b"StartupLocality\0";

const STRUCTURE: &str = "event log";

/// A log whose every event can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventLog<'a> {
    algorithms: Algorithms,
    events: &'a [u8],
    /// Of `events` in the log.
    offset: usize,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Where it begins in the log, in bytes.
    pub offset: usize,
    /// The register; in a CCEL the measurement register, of which 1 is RTMR0 and 0 MRTD.
    pub register: u32,
    /// What kind of event it is (`EV_SEPARATOR` is 4, ...).
    pub kind: u32,
    /// What describes it; nothing says that it is what was measured.
    pub data: &'a [u8],
    digests: [Option<(PcrBank, &'a [u8])>; PcrBank::ALL.len()],
}

impl<'a> Event<'a> {
    /// What was extended into this bank.
    #[must_use]
    pub fn digest(&self, bank: PcrBank) -> Option<&'a [u8]> {
        self.digests.iter().flatten().find(|(it, _)| *it == bank).map(|(_, digest)| *digest)
    }

    /// Whether it extends its register.
    #[must_use]
    pub const fn extends(&self) -> bool {
        self.kind != EV_NO_ACTION
    }
}

impl<'a> EventLog<'a> {
    /// Takes a log apart, every event of it. What follows the last is to be all zeros or all ones, as
    /// firmware leaves the rest of the area.
    ///
    /// # Errors
    ///
    /// What is malformed, or not known here.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TpmError> {
        if bytes.len() > MAX_EVENT_LOG_BYTES {
            let limit = MAX_EVENT_LOG_BYTES;
            return Err(TpmError::TooLong { structure: STRUCTURE, limit, found: bytes.len() });
        }
        let mut reader = Reader::new(STRUCTURE, bytes);
        let algorithms = read_header(&mut reader)?;
        let log = Self { algorithms, events: reader.rest(), offset: reader.offset() };
        log.walk().try_for_each(|event| event.map(drop))?;
        Ok(log)
    }

    /// The banks it says it extended.
    pub fn banks(&self) -> impl Iterator<Item = PcrBank> + use<> {
        self.algorithms.0.into_iter().flatten().filter_map(|(id, _)| PcrBank::from_algorithm_id(id))
    }

    /// Every event but the one that names the hashes.
    pub fn events(&self) -> impl Iterator<Item = Event<'a>> + use<'a> {
        self.walk().filter_map(Result::ok)
    }

    /// The registers it leads to, those that some event extends, for each of its banks.
    #[must_use]
    pub fn replay(&self) -> Registers {
        let mut registers: BTreeMap<_, _> = self.banks().map(|bank| (bank, BTreeMap::new())).collect();
        let locality = self.events().find_map(|it| startup_locality(&it)).unwrap_or(0);
        for event in self.events().filter(Event::extends) {
            let Ok(index) = u8::try_from(event.register) else { continue };
            for (bank, values) in &mut registers {
                let Some(measured) = event.digest(*bank) else { continue };
                let initial = || reset_value(*bank, if index == 0 { locality } else { 0 });
                let value = values.entry(index).or_insert_with(initial);
                *value = extended(*bank, value, measured);
            }
        }
        registers
    }

    /// RTMR0 to RTMR3 that a trust domain's log leads to: zero where no event extends one.
    #[must_use]
    pub fn replay_rtmrs(&self) -> [Digest; 4] {
        let registers = self.replay().remove(&PcrBank::Sha384).unwrap_or_default();
        [1, 2, 3, 4].map(|index| registers.get(&index).copied().unwrap_or_else(|| [0; 48].into()))
    }

    fn walk(&self) -> Walk<'a> {
        let reader = Some(Reader::new(STRUCTURE, self.events));
        Walk { reader, algorithms: self.algorithms, start: self.offset }
    }
}

/// The hashes of a log: id, and bytes of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Algorithms([Option<(u16, u16)>; MAX_ALGORITHMS]);

impl Algorithms {
    fn len_of(&self, id: u16) -> Option<u16> {
        self.0.iter().flatten().find(|(it, _)| *it == id).map(|(_, len)| *len)
    }
}

/// The first event, of the old form: `TCG_PCClientPCREvent` with a `TCG_EfiSpecIDEvent`.
fn read_header(reader: &mut Reader<'_>) -> Result<Algorithms, TpmError> {
    reader.u32_le("header.pcrIndex")?;
    let kind = reader.u32_le("header.eventType")?;
    if kind != EV_NO_ACTION {
        return Err(reader.unknown("header.eventType", 4, kind, "3, of a crypto-agile log"));
    }
    reader.take("header.digest", 20)?;
    let len = reader.u32_le("header.eventSize")?;
    let event = reader.take("header.event", usize::try_from(len).unwrap_or(usize::MAX))?;
    let mut event = Reader::new("event log's TCG_EfiSpecIDEvent", event);
    let signature: &[u8; 16] = event.array("signature")?;
    if signature != SPEC_ID {
        let (found, _) = signature.split_first_chunk().unwrap_or((&[0; 8], &[]));
        return Err(event.unknown(
            "signature",
            0,
            u64::from_be_bytes(*found),
            "`Spec ID Event03`, of a crypto-agile log",
        ));
    }
    event.take("platformClass, version and uintnSize", 8)?;
    let offset = event.offset();
    let count = event.u32_le("numberOfAlgorithms")?;
    let mut algorithms = [None; MAX_ALGORITHMS];
    let used = usize::try_from(count).ok().and_then(|count| algorithms.get_mut(..count));
    let used = used.ok_or(event.unknown("numberOfAlgorithms", offset, count, "at most 8"))?;
    for algorithm in used {
        let id = event.u16_le("algorithmId")?;
        let offset = event.offset();
        let len = event.u16_le("digestSize")?;
        let is_known =
            PcrBank::from_algorithm_id(id).is_none_or(|bank| bank.digest_len() == usize::from(len));
        if len > MAX_DIGEST || !is_known {
            return Err(event.unknown("digestSize", offset, len, "the length of the hash"));
        }
        *algorithm = Some((id, len));
    }
    let len = event.u8("vendorInfoSize")?;
    event.take("vendorInfo", usize::from(len))?;
    event.finish()?;
    Ok(Algorithms(algorithms))
}

/// Goes through the events, and ends after an error.
struct Walk<'a> {
    reader: Option<Reader<'a>>,
    algorithms: Algorithms,
    start: usize,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<Event<'a>, TpmError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut reader = self.reader.take()?;
        if is_unused(reader.rest()) {
            return None;
        }
        let event = read_event(&mut reader, &self.algorithms, self.start);
        self.reader = event.is_ok().then_some(reader);
        Some(event)
    }
}

/// What firmware leaves behind the last event. That no event is taken for it follows from its count of
/// digests, which is not zero.
fn is_unused(rest: &[u8]) -> bool {
    // Of a real event the first sixteen bytes are enough, so that a log is not read once for each event.
    let (front, _) = rest.split_at_checked(16).unwrap_or((rest, &[]));
    let all = |bytes: &[u8], value: u8| bytes.iter().all(|byte| *byte == value);
    (all(front, 0) && all(rest, 0)) || (all(front, 0xff) && all(rest, 0xff))
}

/// A `TCG_PCR_EVENT2`.
fn read_event<'a>(
    reader: &mut Reader<'a>,
    algorithms: &Algorithms,
    start: usize,
) -> Result<Event<'a>, TpmError> {
    let begin = reader.offset();
    let register = reader.u32_le("event.pcrIndex")?;
    let kind = reader.u32_le("event.eventType")?;
    if register > MAX_REGISTER && kind != EV_NO_ACTION {
        return Err(reader.unknown("event.pcrIndex", begin, register, "0 to 31"));
    }
    let offset = reader.offset();
    let count = reader.u32_le("event.digests.count")?;
    if count == 0 || usize::try_from(count).is_ok_and(|count| count > MAX_ALGORITHMS) {
        return Err(reader.unknown("event.digests.count", offset, count, "1 to 8"));
    }
    let mut digests = [None; PcrBank::ALL.len()];
    for _ in 0..count {
        let offset = reader.offset();
        let id = reader.u16_le("event.digests.hashAlg")?;
        let len = algorithms.len_of(id);
        let len = len.ok_or(reader.unknown("event.digests.hashAlg", offset, id, "a hash of its header"))?;
        let digest = reader.take("event.digests.digest", usize::from(len))?;
        let Some(bank) = PcrBank::from_algorithm_id(id) else { continue };
        if digests.iter().flatten().any(|(it, _)| *it == bank) {
            return Err(reader.unknown("event.digests.hashAlg", offset, id, "each hash once"));
        }
        if let Some(free) = digests.iter_mut().find(|it| it.is_none()) {
            *free = Some((bank, digest));
        }
    }
    let len = reader.u32_le("event.eventSize")?;
    let data = reader.take("event.event", usize::try_from(len).unwrap_or(usize::MAX))?;
    Ok(Event { offset: start.saturating_add(begin), register, kind, data, digests })
}

/// The locality from which the TPM was started, with which PCR 0 then begins.
fn startup_locality(event: &Event<'_>) -> Option<u8> {
    if event.extends() || event.register != 0 {
        return None;
    }
    match event.data.split_first_chunk() {
        Some((STARTUP_LOCALITY, [locality])) => Some(*locality),
        _ => None,
    }
}

fn reset_value(bank: PcrBank, locality: u8) -> Digest {
    let mut value = [0; 64];
    let value = value.get_mut(..bank.digest_len()).unwrap_or_default();
    if let Some(last) = value.last_mut() {
        *last = locality;
    }
    Digest::new(value).unwrap_or_else(|| [0; 64].into())
}

/// `H(old || measured)`.
fn extended(bank: PcrBank, old: &Digest, measured: &[u8]) -> Digest {
    let mut context = Context::new(bank.hash());
    context.update(old.as_bytes());
    context.update(measured);
    Digest::new(context.finish().as_ref()).unwrap_or(*old)
}
