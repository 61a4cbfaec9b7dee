//! A container's image: a WASI program, read once.
//!
//! The bytes that are measured are the bytes that are compiled: the file is
//! read into memory once and never opened again. Accepted are WebAssembly core
//! modules, binary or text, of at most [`IMAGE_BYTES_MAX`].

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use casemate_attest::LayoutError;
use casemate_attest::sgx::{MeasurementBuilder, PageFlags};
use casemate_model::{Bytes, Measurement, PAGE_SIZE};
use thiserror::Error;

/// The largest image that is read.
pub const IMAGE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The bytes of a WASI program and where they came from.
pub struct Image {
    path: PathBuf,
    wasm: Vec<u8>,
}

/// Why an image cannot be used. The operator's to mend.
#[derive(Debug, Error)]
pub enum ImageError {
    /// The file cannot be read.
    #[error("image {path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than [`IMAGE_BYTES_MAX`].
    #[error("image {path}: larger than {max}, the most that is read")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        max: Bytes,
    },
    /// The file is no WebAssembly, neither binary nor text.
    #[error("image {path}: not a WebAssembly module: {reason}")]
    NotWebAssembly {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// The file is a component; programs here are core modules.
    #[error(
        "image {path}: is a WebAssembly component; build it as a core module for wasm32-wasip1 \
         (WASI preview 1)"
    )]
    Component {
        /// The file.
        path: PathBuf,
    },
}

impl Image {
    /// Reads the program at `path`, translating text (`.wat`) to binary.
    ///
    /// # Errors
    ///
    /// [`ImageError`], which names the file and what to do about it.
    pub fn read(path: &Path) -> Result<Self, ImageError> {
        let unreadable = |source| ImageError::Unreadable { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(IMAGE_BYTES_MAX + 1).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        if bytes.len() as u64 > IMAGE_BYTES_MAX {
            return Err(ImageError::TooLarge { path: path.to_owned(), max: Bytes(IMAGE_BYTES_MAX) });
        }
        Self::from_bytes(path, bytes)
    }

    /// The program in `bytes`, binary or text; `path` is for messages.
    ///
    /// # Errors
    ///
    /// As [`Image::read`].
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, ImageError> {
        let path = path.to_owned();
        let wasm = if bytes.starts_with(b"\0asm") {
            bytes
        } else {
            match wat::parse_bytes(&bytes) {
                Ok(wasm) => wasm.into_owned(),
                Err(error) => {
                    return Err(ImageError::NotWebAssembly { path, reason: error.to_string() });
                }
            }
        };
        // Binary format, 5.5.16: magic, then a 16-bit version and a 16-bit layer;
        // layer 1 is the component model.
        if wasm.get(4..8) == Some(&[0x0d, 0, 1, 0]) {
            return Err(ImageError::Component { path });
        }
        Ok(Self { path, wasm })
    }

    /// Where it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The module, binary.
    #[must_use]
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }

    /// What an enclave made from this image measures.
    ///
    /// The SGX algorithm over a fixed layout. From offset 0, the module's bytes,
    /// which are its code, its initial memory and the attributes of both: readable
    /// and executable, measured in full, the last page padded with zeros. After
    /// them the pages of linear memory up to `epc_limit`: readable and writable,
    /// added but not measured, as zeroed heap is. SIZE is the power of two that
    /// holds it all. So another module, and another limit, is another measurement.
    #[must_use]
    pub fn measure(&self, epc_limit: Bytes) -> Measurement {
        self.layout(epc_limit).expect("page-aligned offsets below a size computed from their count")
    }

    fn layout(&self, epc_limit: Bytes) -> Result<Measurement, LayoutError> {
        let code_pages = Bytes(self.wasm.len() as u64).to_pages_ceil();
        let memory_pages = Bytes(epc_limit.0.min(LINEAR_MEMORY_BYTES_MAX)).to_pages_ceil();
        let size = code_pages.saturating_add(memory_pages).to_bytes().0.next_power_of_two();
        let mut builder = MeasurementBuilder::ecreate(SSA_FRAME_PAGES, size.max(2 * PAGE_SIZE))?;
        let mut offset = 0;
        for chunk in self.wasm.chunks(PAGE_SIZE as usize) {
            let mut page = [0; PAGE_SIZE as usize];
            page[..chunk.len()].copy_from_slice(chunk);
            builder.measured_page(offset, PageFlags::READ_EXECUTE, &page)?;
            offset += PAGE_SIZE;
        }
        for _ in 0..memory_pages.0 {
            builder.eadd(offset, PageFlags::READ_WRITE)?;
            offset += PAGE_SIZE;
        }
        Ok(builder.finish())
    }
}

/// The most linear memory a 32-bit module can have.
const LINEAR_MEMORY_BYTES_MAX: u64 = 1 << 32;

/// Pages of one state-save area frame (SECS.SSAFRAMESIZE). Software enclaves save
/// their state on a host stack; one page is what ECREATE is told.
const SSA_FRAME_PAGES: u32 = 1;

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({}, {} bytes)", self.path.display(), self.wasm.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(bytes: &[u8]) -> Result<Image, ImageError> {
        Image::from_bytes(Path::new("prog.wasm"), bytes.to_vec())
    }

    #[test]
    fn text_and_binary_of_one_module_measure_the_same() {
        let text = image(b"(module (memory 1))").unwrap();
        let binary = image(text.wasm()).unwrap();
        assert_eq!(text.measure(Bytes::mib(1)), binary.measure(Bytes::mib(1)));
    }

    #[test]
    fn code_and_memory_limit_are_both_measured() {
        let one = image(b"(module (memory 1))").unwrap();
        let two = image(b"(module (memory 2))").unwrap();
        assert_ne!(one.measure(Bytes::mib(1)), two.measure(Bytes::mib(1)));
        assert_ne!(one.measure(Bytes::mib(1)), one.measure(Bytes::mib(2)));
    }

    #[test]
    fn what_is_no_module_is_refused_by_name() {
        assert!(matches!(image(b"#!/bin/sh\n"), Err(ImageError::NotWebAssembly { .. })));
        assert!(matches!(image(b"\x7fELF\x02"), Err(ImageError::NotWebAssembly { .. })));
        assert!(matches!(image(b"\0asm\x0d\0\x01\0"), Err(ImageError::Component { .. })));
    }

    #[test]
    fn a_missing_file_names_itself() {
        let error = Image::read(Path::new("/nonexistent/prog.wasm")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/prog.wasm"), "{error}");
    }
}
