//! Which enclaves were seen, in the order they were first seen, and whose they are.

use std::collections::BTreeMap;

use casemate_model::{ContainerKey, EnclaveId, PodKey};

use super::Reading;
use super::events::clip;

/// The longest part of a name that is kept, in bytes. Kubernetes allows 253.
const NAME_BYTES_MAX: usize = 256;

/// Enclaves and their numbers in this recording.
#[derive(Clone, Debug)]
pub(crate) struct Enclaves {
    room: usize,
    left_out: u64,
    numbers: BTreeMap<EnclaveId, u32>,
    entries: Vec<Entry>,
}

/// One enclave.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Which instance.
    pub(crate) id: EnclaveId,
    /// Whose; not known where only its stays were seen.
    pub(crate) container: Option<ContainerKey>,
    /// The latest reading of any sample, also of one that was thinned out.
    pub(crate) latest: Option<Reading>,
}

impl Enclaves {
    pub(super) fn new(room: usize) -> Self {
        Self { room, left_out: 0, numbers: BTreeMap::new(), entries: Vec::new() }
    }

    /// The enclave's number, given out at first sight; `None` where there is no room for another.
    pub(super) fn index(&mut self, id: EnclaveId) -> Option<u32> {
        if let Some(number) = self.numbers.get(&id) {
            return Some(*number);
        }
        let number = u32::try_from(self.entries.len()).ok().filter(|_| self.entries.len() < self.room);
        match number {
            Some(number) => {
                self.numbers.insert(id, number);
                self.entries.push(Entry { id, container: None, latest: None });
            }
            None => self.left_out = self.left_out.saturating_add(1),
        }
        number
    }

    /// As [`Enclaves::index`], and says whose the enclave is.
    pub(super) fn name(&mut self, id: EnclaveId, container: &ContainerKey) -> Option<u32> {
        let number = self.index(id)?;
        if let Some(entry) = self.entries.get_mut(number as usize) {
            entry.container.get_or_insert_with(|| clipped(container));
        }
        Some(number)
    }

    pub(super) fn read(&mut self, reading: Reading) {
        if let Some(entry) = self.entries.get_mut(reading.enclave as usize) {
            entry.latest = Some(reading);
        }
    }

    /// How many are told apart.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How often an enclave was seen for which there was no room.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Entry> {
        self.entries.get(number as usize)
    }

    /// Every enclave with its number, in the order they were first seen.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        (0..).zip(&self.entries)
    }
}

/// The key with each part no longer than [`NAME_BYTES_MAX`].
pub(crate) fn clipped(key: &ContainerKey) -> ContainerKey {
    let part = |text: &str| clip(text, NAME_BYTES_MAX);
    let pod = PodKey { namespace: part(&key.pod.namespace), name: part(&key.pod.name) };
    ContainerKey { pod, container: part(&key.container) }
}
