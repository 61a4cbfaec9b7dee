//! The measurement of an enclave (MRENCLAVE): SHA-256 over one record for each step of building it.
//!
//! Records are 64 bytes; unused bytes are zero; integers are little-endian.
//!
//! | step | bytes 0..8 | then |
//! |---|---|---|
//! | ECREATE | `ECREATE\0` | SSA frame size in pages (4), enclave size in bytes (8) |
//! | EADD | `EADD\0\0\0\0` | page offset (8), first 48 bytes of SECINFO: flags (8), zeros |
//! | EEXTEND | `EEXTEND\0` | chunk offset (8); followed by the chunk's 256 bytes |
//!
//! Source: SDM vol. 3D, 40.3, operation of ECREATE, EADD, EEXTEND and EINIT. Refuses layouts that
//! hardware refuses. Where pages overlap, hardware has an EPCM to notice; the record has not, and
//! the caller adds each page once.

use aws_lc_rs::digest::{Context, SHA256};
use casemate_model::{Measurement, PAGE_SIZE};

use crate::LayoutError;

/// Bytes one EEXTEND measures.
const CHUNK: u64 = 256;

/// Accumulates the measurement of one enclave, in the order in which it is built.
///
/// It starts with ECREATE and is consumed by `finish`, so a measurement that misses either end
/// cannot be written.
pub struct MeasurementBuilder {
    hash: Context,
    size: u64,
}

/// The flags of a page's SECINFO: permissions in bits 0 to 2, page type in bits 8 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageFlags(pub u64);

impl PageFlags {
    /// A thread control structure; its permissions are the processor's.
    pub const TCS: Self = Self(0x100);
    /// A regular page, read only.
    pub const READ: Self = Self(0x201);
    /// A regular page, readable and writable.
    pub const READ_WRITE: Self = Self(0x203);
    /// A regular page, readable and executable.
    pub const READ_EXECUTE: Self = Self(0x205);
}

impl MeasurementBuilder {
    /// ECREATE: an enclave of `size` bytes whose asynchronous exits save `ssa_frame_pages` pages.
    ///
    /// # Errors
    ///
    /// Where `size` is not a power of two of at least two pages, or a frame has no page.
    pub fn ecreate(ssa_frame_pages: u32, size: u64) -> Result<Self, LayoutError> {
        if size < 2 * PAGE_SIZE || !size.is_power_of_two() {
            return Err(LayoutError::Size { size });
        }
        if ssa_frame_pages == 0 {
            return Err(LayoutError::SsaFrame);
        }
        let mut record = [0; 64];
        record[..8].copy_from_slice(b"ECREATE\0");
        record[8..12].copy_from_slice(&ssa_frame_pages.to_le_bytes());
        record[12..20].copy_from_slice(&size.to_le_bytes());
        let mut hash = Context::new(&SHA256);
        hash.update(&record);
        Ok(Self { hash, size })
    }

    /// EADD: a page at `offset` bytes from the enclave's base. Its content is not measured by this.
    ///
    /// # Errors
    ///
    /// Where the page is misaligned or outside the enclave.
    pub fn eadd(&mut self, offset: u64, flags: PageFlags) -> Result<(), LayoutError> {
        self.check("a page", offset, PAGE_SIZE)?;
        let mut record = [0; 64];
        record[..4].copy_from_slice(b"EADD");
        record[8..16].copy_from_slice(&offset.to_le_bytes());
        record[16..24].copy_from_slice(&flags.0.to_le_bytes());
        self.hash.update(&record);
        Ok(())
    }

    /// EEXTEND: the 256 bytes at `offset` bytes from the enclave's base.
    ///
    /// # Errors
    ///
    /// Where the chunk is misaligned or outside the enclave.
    pub fn eextend(&mut self, offset: u64, chunk: &[u8; CHUNK as usize]) -> Result<(), LayoutError> {
        self.check("a chunk", offset, CHUNK)?;
        let mut record = [0; 64];
        record[..8].copy_from_slice(b"EEXTEND\0");
        record[8..16].copy_from_slice(&offset.to_le_bytes());
        self.hash.update(&record);
        self.hash.update(chunk);
        Ok(())
    }

    /// A page and all its content: one EADD, then an EEXTEND for each of its sixteen chunks.
    ///
    /// # Errors
    ///
    /// As [`Self::eadd`].
    pub fn measured_page(
        &mut self,
        offset: u64,
        flags: PageFlags,
        content: &[u8; PAGE_SIZE as usize],
    ) -> Result<(), LayoutError> {
        self.eadd(offset, flags)?;
        let (chunks, _) = content.as_chunks();
        (offset..).step_by(CHUNK as usize).zip(chunks).try_for_each(|(at, chunk)| self.eextend(at, chunk))
    }

    /// EINIT: nothing can be added any more.
    #[must_use]
    pub fn finish(self) -> Measurement {
        let mut measurement = Measurement([0; 32]);
        measurement.0.copy_from_slice(self.hash.finish().as_ref());
        measurement
    }

    fn check(&self, unit: &'static str, offset: u64, len: u64) -> Result<(), LayoutError> {
        if offset.is_multiple_of(len) && offset < self.size {
            Ok(())
        } else {
            Err(LayoutError::Offset { unit, offset, size: self.size })
        }
    }
}
