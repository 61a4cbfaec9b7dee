//! Bytes as they are, or decompressed.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use crate::limits::Limits;
use crate::problem::{Problem, TraceError};

/// The text behind bytes that may be compressed with gzip (RFC 1952), of at most `limits.bytes`.
pub(crate) fn plain<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>, TraceError> {
    let text = if bytes.starts_with(&[0x1f, 0x8b]) {
        let most = u64::try_from(limits.bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut text = Vec::new();
        let mut reader = MultiGzDecoder::new(bytes).take(most);
        reader.read_to_end(&mut text).map_err(|_| TraceError::whole(Problem::Gzip))?;
        Cow::Owned(text)
    } else {
        Cow::Borrowed(bytes)
    };
    if text.len() > limits.bytes {
        return Err(TraceError::whole(Problem::Bytes(limits.bytes)));
    }
    Ok(text)
}
