//! The book of pages and frames. A frame is a residency token: a number, used by one page at a time.

use std::collections::BTreeMap;

use casemate_model::EnclaveId;

use crate::Rule;
use crate::judge::Limits;
use crate::record::Record;

/// Every live enclave's pages, and who uses which frame.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    enclaves: BTreeMap<EnclaveId, Residents>,
    users: BTreeMap<u64, (EnclaveId, u64)>,
    /// Frames taken from an enclave that then had fewer than guaranteed, until used again.
    owed: BTreeMap<u64, EnclaveId>,
    resident: u64,
    guaranteed: u128,
}

#[derive(Debug, Default)]
struct Residents {
    guaranteed: u64,
    resident: u64,
    /// Pages that went with the enclave's destruction, so far.
    removed: u64,
    pages: BTreeMap<u64, Page>,
}

/// A page that has been resident.
#[derive(Debug, Default)]
struct Page {
    frame: Option<u64>,
    sealed_version: Option<u64>,
}

impl Memory {
    pub(crate) fn create(&mut self, record: &mut Record, limits: &Limits, id: EnclaveId, guaranteed: u64) {
        let residents = self.enclaves.entry(id).or_default();
        let before = std::mem::replace(&mut residents.guaranteed, guaranteed);
        self.guaranteed += u128::from(guaranteed);
        self.guaranteed -= u128::from(before);
        if guaranteed > 0 && self.guaranteed > u128::from(limits.frames) {
            record.breach(
                Rule::GuaranteesOvercommitted,
                id,
                format_args!("{} pages guaranteed with this enclave's {guaranteed}", self.guaranteed),
                format_args!("{} frames", limits.frames),
            );
        }
    }

    pub(crate) fn page_in(
        &mut self,
        record: &mut Record,
        limits: &Limits,
        id: EnclaveId,
        number: u64,
        version: Option<u64>,
        frame: u64,
    ) {
        let Some(residents) = self.enclaves.get_mut(&id) else {
            record.breach(
                Rule::OutOfOrder,
                id,
                format_args!("page {number} loaded although the enclave is not alive"),
                format_args!("between creation and destruction"),
            );
            return;
        };
        let page = residents.pages.entry(number).or_default();
        match page.frame.replace(frame) {
            Some(other) => record.breach(
                Rule::PageResidentTwice,
                id,
                format_args!("page {number} loaded into frame {frame} and already in {other}"),
                format_args!("one residency"),
            ),
            None => {
                residents.resident += 1;
                self.resident += 1;
            }
        }
        if version != page.sealed_version {
            record.breach(
                Rule::PageReplayed,
                id,
                format_args!("page {number} came back as {}", Sealed(version)),
                format_args!("{}", Sealed(page.sealed_version)),
            );
        }
        if let Some((other, other_page)) = self.users.insert(frame, (id, number)) {
            record.breach(
                Rule::FrameUsedTwice,
                id,
                format_args!("frame {frame} given to page {number} and held by page {other_page} of {other}"),
                format_args!("one page a frame"),
            );
        }
        if self.resident > limits.frames {
            record.breach(
                Rule::PoolOverfull,
                id,
                format_args!("{} frames in use", self.resident),
                format_args!("{} frames", limits.frames),
            );
        }
        self.settle(record, id, frame);
    }

    /// A frame that an enclave gave up below its guarantee is owed to it until it has its guarantee again.
    fn settle(&mut self, record: &mut Record, taker: EnclaveId, frame: u64) {
        let Some(creditor) = self.owed.remove(&frame).filter(|creditor| *creditor != taker) else { return };
        let Some(short) = self.enclaves.get(&creditor).filter(|r| r.resident < r.guaranteed) else { return };
        record.breach(
            Rule::GuaranteeBroken,
            creditor,
            format_args!("lost frame {frame} to {taker} and has {} resident", short.resident),
            format_args!("{} guaranteed", short.guaranteed),
        );
    }

    pub(crate) fn page_out(
        &mut self,
        record: &mut Record,
        id: EnclaveId,
        number: u64,
        version: u64,
        frame: u64,
    ) {
        let page = self.enclaves.get_mut(&id).and_then(|residents| residents.pages.get_mut(&number));
        let Some(page) = page.filter(|page| page.frame == Some(frame)) else {
            record.breach(
                Rule::EvictedNotResident,
                id,
                format_args!("page {number} evicted from frame {frame}"),
                format_args!("a resident page, from the frame that holds it"),
            );
            return;
        };
        page.frame = None;
        if let Some(last) = page.sealed_version.replace(version).filter(|last| version <= *last) {
            record.breach(
                Rule::VersionNotGrowing,
                id,
                format_args!("page {number} sealed as version {version}"),
                format_args!("above {last}"),
            );
        }
        self.resident -= 1;
        if self.users.get(&frame) == Some(&(id, number)) {
            self.users.remove(&frame);
        }
        if let Some(residents) = self.enclaves.get_mut(&id) {
            residents.resident -= 1;
            if residents.resident < residents.guaranteed {
                self.owed.insert(frame, id);
            }
        }
    }

    pub(crate) fn page_removed(&mut self, record: &mut Record, id: EnclaveId, number: u64, frame: u64) {
        let residents = self.enclaves.get_mut(&id);
        let Some(residents) = residents.filter(|r| r.pages.get(&number).and_then(|p| p.frame) == Some(frame))
        else {
            record.breach(
                Rule::EvictedNotResident,
                id,
                format_args!("page {number} removed from frame {frame}"),
                format_args!("a resident page, from the frame that holds it"),
            );
            return;
        };
        residents.pages.remove(&number);
        residents.resident -= 1;
        residents.removed += 1;
        self.resident -= 1;
        if self.users.get(&frame) == Some(&(id, number)) {
            self.users.remove(&frame);
        }
    }

    pub(crate) fn pool(&self, record: &mut Record, limits: &Limits, capacity: u64, resident: u64) {
        if capacity != limits.frames || resident != self.resident {
            record.breach(
                Rule::PoolMiscounted,
                "pool",
                format_args!("says {resident} of {capacity} frames in use"),
                format_args!("{} of {}", self.resident, limits.frames),
            );
        }
    }

    pub(crate) fn destroy(
        &mut self,
        record: &mut Record,
        id: EnclaveId,
        frames_returned: u64,
        frames_zeroed: u64,
        keys_zeroed: bool,
    ) {
        let Some(residents) = self.enclaves.remove(&id) else { return };
        let had = residents.resident + residents.removed;
        if frames_returned != had {
            record.breach(
                Rule::FrameNotReturned,
                id,
                format_args!("{frames_returned} frames returned"),
                format_args!("{had}, all it had"),
            );
        }
        if frames_zeroed < had {
            record.breach(
                Rule::FrameNotZeroed,
                id,
                format_args!("{frames_zeroed} frames zeroed"),
                format_args!("{had}, all it had"),
            );
        }
        if !keys_zeroed {
            record.breach(
                Rule::KeyNotZeroed,
                id,
                format_args!("its sealing key was left in memory"),
                format_args!("overwritten"),
            );
        }
        self.resident -= residents.resident;
        self.guaranteed -= u128::from(residents.guaranteed);
        for (number, frame) in residents.pages.iter().filter_map(|(n, page)| page.frame.map(|f| (*n, f))) {
            if self.users.get(&frame) == Some(&(id, number)) {
                self.users.remove(&frame);
            }
        }
        self.owed.retain(|_, creditor| *creditor != id);
    }
}

/// A sealed version, or none, in words.
struct Sealed(Option<u64>);

impl std::fmt::Display for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(version) => write!(f, "sealed version {version}"),
            None => f.write_str("fresh contents"),
        }
    }
}

#[cfg(test)]
mod tests;
