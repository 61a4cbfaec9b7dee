//! Bytes in order.

use core::fmt;

/// Why bytes are not what they should be, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// They do not begin as a set-up does.
    Magic,
    /// They are of a version that is not known.
    Version(u32),
    /// They end too soon.
    TooShort,
    /// This field has a value that it cannot have.
    Field(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("it does not begin as a set-up does"),
            Self::Version(version) => write!(f, "version {version} is not known"),
            Self::TooShort => f.write_str("it ends too soon"),
            Self::Field(field) => write!(f, "`{field}` has a value that it cannot have"),
        }
    }
}

impl core::error::Error for Malformed {}

/// Reads bytes in order.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed::TooShort)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.take().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.take().map(u64::from_le_bytes)
    }

    pub(crate) fn flag(&mut self, field: &'static str) -> Result<bool, Malformed> {
        flag(self.u8()?, field)
    }
}

/// 0 or 1.
pub(crate) const fn flag(byte: u8, field: &'static str) -> Result<bool, Malformed> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Malformed::Field(field)),
    }
}

/// Writes bytes in order. What does not fit is left out, which `end` tells.
pub(crate) struct Writer<'a> {
    bytes: &'a mut [u8],
    end: usize,
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, end: 0 }
    }

    pub(crate) fn put(&mut self, more: &[u8]) {
        let end = self.end.saturating_add(more.len());
        if let Some(place) = self.bytes.get_mut(self.end..end) {
            place.copy_from_slice(more);
        }
        self.end = end;
    }

    pub(crate) fn u8(&mut self, it: u8) {
        self.put(&[it]);
    }

    pub(crate) fn u64(&mut self, it: u64) {
        self.put(&it.to_le_bytes());
    }
}
