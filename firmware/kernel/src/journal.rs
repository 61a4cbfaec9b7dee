//! The log of steps: records wait in secure memory, and go to a file of the host's when there are many.

use casemate_machine::sys::semihosting;
use casemate_world::{CpuId, Event, Outcome};
use casemate_world_log::{Decided, Note, Record, Setup, What};

use crate::sys::memory;

/// The log.
pub(crate) struct Journal {
    room: Option<&'static mut [u8]>,
    used: usize,
    file: Option<u64>,
}

impl Journal {
    /// Begins, with the set-up in front, if there is to be one.
    pub(crate) fn begin(logs: bool) -> Self {
        let file = if logs { semihosting::create(c"world.log") } else { None };
        if let Some(file) = file {
            semihosting::write(file, memory::set_up().get(..Setup::BYTES).unwrap_or(&[]));
        }
        Self { room: file.map(|_| memory::journal()), used: 0, file }
    }

    /// Something was decided.
    #[inline(always)]
    pub(crate) fn step(&mut self, time: u64, cpu: CpuId, event: &Event, outcome: &Outcome) {
        if self.room.is_some() {
            self.add(&Record { time, cpu, what: What::Step(*event, Decided::from(outcome)) });
        }
    }

    /// Something else that whoever reads it wants to know.
    #[inline(always)]
    pub(crate) fn note(&mut self, time: u64, cpu: CpuId, note: Note) {
        if self.room.is_some() {
            self.add(&Record { time, cpu, what: What::Note(note) });
        }
    }

    // Apart: whoever keeps no log does not pay for it.
    #[cold]
    #[inline(never)]
    fn add(&mut self, record: &Record) {
        let Some(room) = &mut self.room else { return };
        let end = self.used + Record::BYTES;
        if let Some(place) = room.get_mut(self.used..end) {
            place.copy_from_slice(&record.encode());
        }
        self.used = end;
        if end + Record::BYTES > room.len() {
            self.flush();
        }
    }

    /// What waits goes to the host.
    #[inline(never)]
    pub(crate) fn flush(&mut self) {
        if let (Some(file), Some(room)) = (self.file, &self.room) {
            semihosting::write(file, room.get(..self.used).unwrap_or(&[]));
        }
        self.used = 0;
    }
}
