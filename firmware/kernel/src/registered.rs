//! Memory of the REE's: pieces of it that were registered, and what may be touched.
//!
//! Whatever the REE says of memory is believed only as far as it lies in the memory of both worlds; nothing that is
//! there is believed twice.

use casemate_metal_abi::message::PAGE;

use crate::sys::shared::{Dram, Outside};

/// Pieces that may be registered at a time.
const PIECES: usize = 64;
/// Pages of a piece.
const PAGES: usize = 16;
/// Addresses in a page of a list, before the address of the next page of it.
const LISTED: usize = PAGE / 8 - 1;

/// Memory of the REE's, page by page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer {
    pages: [u64; PAGES],
    /// Where it begins in the first page.
    offset: usize,
    /// How many bytes it has.
    pub(crate) len: usize,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is not the REE's memory, or not aligned.
    Outside,
    /// It has more pages than are kept, or there are too many pieces.
    TooMuch,
    /// There is no such piece, or it is shorter.
    Unknown,
    /// There is one of this number.
    Twice,
}

impl From<Outside> for Refused {
    fn from(_: Outside) -> Self {
        Self::Outside
    }
}

impl Buffer {
    /// One piece of memory from a physical address.
    pub(crate) fn contiguous(dram: Dram, address: u64, len: u64) -> Result<Self, Refused> {
        dram.check(address, len)?;
        let page = PAGE as u64;
        let (offset, first) = ((address % page) as usize, address & !(page - 1));
        let count = len.saturating_add(offset as u64).div_ceil(page);
        if count > PAGES as u64 {
            return Err(Refused::TooMuch);
        }
        let mut pages = [0; PAGES];
        (0..count).zip(&mut pages).for_each(|(at, it)| *it = first + at * page);
        Ok(Self { pages, offset, len: len as usize })
    }

    /// Pages from a list in memory of the REE's, each of which is read once.
    fn listed(dram: Dram, list: u64, len: u64) -> Result<Self, Refused> {
        let page = PAGE as u64;
        let (offset, mut at) = ((list % page) as usize, list & !(page - 1));
        let count = len.checked_add(offset as u64).ok_or(Refused::Outside)?.div_ceil(page);
        if count > PAGES.min(LISTED) as u64 {
            return Err(Refused::TooMuch);
        }
        let mut pages = [0; PAGES];
        for it in pages.iter_mut().take(count as usize) {
            *it = dram.read64(at)?;
            if !it.is_multiple_of(page) {
                return Err(Refused::Outside);
            }
            dram.check(*it, page)?;
            at += 8;
        }
        Ok(Self { pages, offset, len: len as usize })
    }

    /// A part of it.
    fn part(&self, from: u64, len: u64) -> Result<Self, Refused> {
        let end = from.checked_add(len).ok_or(Refused::Unknown)?;
        if end > self.len as u64 {
            return Err(Refused::Unknown);
        }
        let begin = self.offset + from as usize;
        let (skipped, offset) = (begin / PAGE, begin % PAGE);
        let mut pages = [0; PAGES];
        for (to, from) in pages.iter_mut().zip(self.pages.iter().skip(skipped)) {
            *to = *from;
        }
        Ok(Self { pages, offset, len: len as usize })
    }

    /// Where a byte of it is.
    fn address(&self, at: usize) -> u64 {
        let at = self.offset + at;
        self.pages.get(at / PAGE).map_or(0, |page| page + (at % PAGE) as u64)
    }

    /// Reads from it; at most what there is.
    pub(crate) fn read(&self, from: usize, to: &mut [u8]) -> Result<(), Refused> {
        for (at, byte) in (from..self.len).zip(to) {
            *byte = Dram::get().read8(self.address(at))?;
        }
        Ok(())
    }

    /// Writes to it; at most what there is.
    pub(crate) fn write(&self, to: usize, bytes: &[u8]) -> Result<(), Refused> {
        for (at, byte) in (to..self.len).zip(bytes) {
            Dram::get().write8(self.address(at), *byte)?;
        }
        Ok(())
    }

    /// The address of a message of so many bytes in it, which lies within a page.
    pub(crate) fn message(&self, at: u64, len: usize) -> Result<u64, Refused> {
        let part = self.part(at, len as u64)?;
        if part.offset + len > PAGE { Err(Refused::Outside) } else { Ok(part.address(0)) }
    }
}

/// Pieces by the REE's numbers.
pub(crate) struct Registered {
    pieces: [Option<(u64, Buffer)>; PIECES],
}

impl Registered {
    /// None.
    pub(crate) const NONE: Self = Self { pieces: [None; PIECES] };

    /// Registers pages from a list.
    pub(crate) fn register(&mut self, dram: Dram, number: u64, list: u64, len: u64) -> Result<(), Refused> {
        if self.pieces.iter().flatten().any(|it| it.0 == number) {
            return Err(Refused::Twice);
        }
        let place = self.pieces.iter_mut().find(|it| it.is_none()).ok_or(Refused::TooMuch)?;
        *place = Some((number, Buffer::listed(dram, list, len)?));
        Ok(())
    }

    /// Gives a piece back.
    pub(crate) fn unregister(&mut self, number: u64) -> Result<(), Refused> {
        let is_it = |it: &&mut Option<(u64, Buffer)>| it.is_some_and(|it| it.0 == number);
        *self.pieces.iter_mut().find(is_it).ok_or(Refused::Unknown)? = None;
        Ok(())
    }

    /// A piece.
    pub(crate) fn piece(&self, number: u64) -> Result<&Buffer, Refused> {
        let found = self.pieces.iter().flatten().find(|it| it.0 == number);
        found.map(|it| &it.1).ok_or(Refused::Unknown)
    }

    /// A part of a piece.
    pub(crate) fn part(&self, number: u64, from: u64, len: u64) -> Result<Buffer, Refused> {
        self.piece(number)?.part(from, len)
    }
}
