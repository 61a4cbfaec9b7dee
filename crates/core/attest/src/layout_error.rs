//! Why an enclave's layout cannot be measured.

use thiserror::Error;

/// Why an enclave's layout cannot be measured: hardware would refuse it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// The enclave's size is not a power of two of at least two pages.
    #[error("an enclave's size must be a power of two of at least 8192 bytes, this is {size}")]
    Size {
        /// The size asked for, in bytes.
        size: u64,
    },
    /// No page for the state an asynchronous exit saves.
    #[error("an SSA frame takes at least one page")]
    SsaFrame,
    /// Misaligned, or outside the enclave.
    #[error("{unit} at offset {offset:#x} is misaligned or outside the enclave's {size} bytes")]
    Offset {
        /// `a page` or `a chunk`.
        unit: &'static str,
        /// The offset asked for, in bytes from the enclave's base.
        offset: u64,
        /// The enclave's size in bytes.
        size: u64,
    },
}
