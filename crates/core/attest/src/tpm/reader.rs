//! Takes fields off the front of a structure and says where one was cut short.
//!
//! A TPM writes big-endian, its event log and Azure's HCL little-endian: each integer is named for its
//! order. Nothing is allocated, and no length is followed that is not there.

use super::TpmError;

/// What is left of one structure.
pub(crate) struct Reader<'a> {
    /// The specification's name of the structure.
    structure: &'static str,
    rest: &'a [u8],
    /// Of `rest` in the structure.
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(structure: &'static str, bytes: &'a [u8]) -> Self {
        Self { structure, rest: bytes, offset: 0 }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], TpmError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(self.truncated(field, len))?;
        self.advance(len, rest);
        Ok(taken)
    }

    pub(crate) fn array<const LEN: usize>(&mut self, field: &'static str) -> Result<&'a [u8; LEN], TpmError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.truncated(field, LEN))?;
        self.advance(LEN, rest);
        Ok(taken)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, TpmError> {
        self.array(field).map(|[byte]| *byte)
    }

    pub(crate) fn u16_be(&mut self, field: &'static str) -> Result<u16, TpmError> {
        self.array(field).map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(crate) fn u32_be(&mut self, field: &'static str) -> Result<u32, TpmError> {
        self.array(field).map(|bytes| u32::from_be_bytes(*bytes))
    }

    pub(crate) fn u64_be(&mut self, field: &'static str) -> Result<u64, TpmError> {
        self.array(field).map(|bytes| u64::from_be_bytes(*bytes))
    }

    pub(crate) fn u16_le(&mut self, field: &'static str) -> Result<u16, TpmError> {
        self.array(field).map(|bytes| u16::from_le_bytes(*bytes))
    }

    pub(crate) fn u32_le(&mut self, field: &'static str) -> Result<u32, TpmError> {
        self.array(field).map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// A `TPM2B`: its length in two bytes, at most `max`, then that many.
    pub(crate) fn sized(&mut self, field: &'static str, max: usize) -> Result<&'a [u8], TpmError> {
        let offset = self.offset;
        let len = usize::from(self.u16_be(field)?);
        if len > max {
            let structure = self.structure;
            return Err(TpmError::Length { structure, field, offset, limit: max, found: len });
        }
        self.take(field, len)
    }

    /// That a field just read, which began at `offset`, has a value that is not known here.
    pub(crate) fn unknown(
        &self,
        field: &'static str,
        offset: usize,
        found: impl Into<u64>,
        known: &'static str,
    ) -> TpmError {
        TpmError::Unknown { structure: self.structure, field, offset, found: found.into(), known }
    }

    /// That nothing is left.
    pub(crate) fn finish(self) -> Result<(), TpmError> {
        match self.rest.len() {
            0 => Ok(()),
            found => Err(TpmError::Trailing { structure: self.structure, offset: self.offset, found }),
        }
    }

    fn advance(&mut self, len: usize, rest: &'a [u8]) {
        self.offset += len;
        self.rest = rest;
    }

    fn truncated(&self, field: &'static str, expected: usize) -> TpmError {
        let (structure, offset, found) = (self.structure, self.offset, self.rest.len());
        TpmError::Truncated { structure, field, offset, expected, found }
    }
}
