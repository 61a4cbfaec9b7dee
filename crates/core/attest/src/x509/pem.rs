//! Runs of PEM blocks (RFC 7468).
//!
//! Between blocks there may be white space; after the last also NUL bytes, with which real
//! quoting libraries end the text.

use der::pem;

use super::{Certificate, MAX_CERTIFICATES};
use crate::ChainError;

const CERTIFICATE: &str = "CERTIFICATE";
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// The longest run looked at.
const MAX_LEN: usize = 4 * 1024 * 1024;

/// Label and DER of a block.
pub type PemBlock = (String, Vec<u8>);

/// The certificates of a run of blocks that are all labelled CERTIFICATE, in their order, at most
/// [`MAX_CERTIFICATES`]. `chain` names it in messages.
///
/// # Errors
///
/// Where the text is not that, or a block is not a certificate known here.
pub fn certificates_from_pem(data: &[u8], chain: &'static str) -> Result<Vec<Certificate>, ChainError> {
    let blocks = pem_blocks(data, MAX_CERTIFICATES).map_err(|(offset, what)| ChainError::Pem {
        chain,
        offset,
        what,
    })?;
    let parse = |(index, (label, der)): (usize, &PemBlock)| {
        if label != CERTIFICATE {
            let what = "a block of another label than CERTIFICATE";
            return Err(ChainError::Pem { chain, offset: 0, what });
        }
        Certificate::parse(der).map_err(|cause| ChainError::Certificate { chain, index, cause })
    };
    blocks.iter().enumerate().map(parse).collect()
}

/// Label and DER of every block, at most `max` of them.
///
/// # Errors
///
/// Where in `data`, and what is wrong there.
pub fn pem_blocks(data: &[u8], max: usize) -> Result<Vec<PemBlock>, (usize, &'static str)> {
    if data.len() > MAX_LEN {
        return Err((MAX_LEN, "more than is looked at"));
    }
    let mut found = Vec::new();
    let mut rest = data.trim_ascii_start();
    while rest.starts_with(BEGIN) {
        let offset = data.len() - rest.len();
        if found.len() == max {
            return Err((offset, "more blocks than are looked at"));
        }
        let end = end_of_block(rest).ok_or((offset, "a block without its end"))?;
        let (block, after) = rest.split_at(end);
        let (label, der) =
            pem::decode_vec(block).map_err(|_| (offset, "a block that is not strict RFC 7468"))?;
        found.push((label.to_owned(), der));
        rest = after.trim_ascii_start();
    }
    if rest.iter().any(|byte| *byte != 0) {
        return Err((data.len() - rest.len(), "something other than a PEM block"));
    }
    Ok(found)
}

/// Where the first block ends: after the dashes that follow its `END` line's label.
fn end_of_block(text: &[u8]) -> Option<usize> {
    let end = position(text, END)? + END.len();
    Some(end + position(&text[end..], DASHES)? + DASHES.len())
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
