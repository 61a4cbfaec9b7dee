//! Takes fields off the front of a quote and says where one was cut short.
//!
//! Nothing is allocated, and no length is followed that is not there.

use super::QuoteError;

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// Of `rest` in the evidence.
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn take(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], QuoteError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(self.truncated(field, len))?;
        self.advance(len, rest);
        Ok(taken)
    }

    pub(super) fn array<const LEN: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [u8; LEN], QuoteError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.truncated(field, LEN))?;
        self.advance(LEN, rest);
        Ok(taken)
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, QuoteError> {
        self.array(field).map(|bytes| u16::from_le_bytes(*bytes))
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, QuoteError> {
        self.array(field).map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// A reader of the next `len` bytes only, past which this one goes on.
    pub(super) fn part(&mut self, field: &'static str, len: u32) -> Result<Self, QuoteError> {
        let offset = self.offset;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        self.take(field, len).map(|rest| Self { rest, offset })
    }

    /// That this part ends where its declared length says.
    pub(super) fn finish(self, part: &'static str) -> Result<(), QuoteError> {
        match self.rest.len() {
            0 => Ok(()),
            left => {
                let found = self.offset;
                Err(QuoteError::PartLength { part, expected: found.saturating_add(left), found })
            }
        }
    }

    fn advance(&mut self, len: usize, rest: &'a [u8]) {
        self.offset = self.offset.saturating_add(len);
        self.rest = rest;
    }

    fn truncated(&self, field: &'static str, expected: usize) -> QuoteError {
        QuoteError::Truncated { field, offset: self.offset, expected, found: self.rest.len() }
    }
}
