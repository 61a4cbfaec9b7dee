//! How much is read before it is refused.

/// What a list may measure. A list beyond is refused, not cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text, after decompression.
    pub bytes: usize,
    /// Rows below the heading.
    pub rows: usize,
}

impl Default for Limits {
    /// 1 GiB and 4 million rows: ten times the largest public list of its kind.
    fn default() -> Self {
        Self { bytes: 1 << 30, rows: 4_000_000 }
    }
}
