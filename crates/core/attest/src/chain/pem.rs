//! A run of PEM blocks (RFC 7468) labelled CERTIFICATE.
//!
//! Between blocks there may be white space; after the last also NUL bytes, with which real
//! quoting libraries end the text.

use der::pem;

use crate::ChainError;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The DER content of every block, at most `max` of them.
pub(super) fn blocks(data: &[u8], max: usize) -> Result<Vec<Vec<u8>>, ChainError> {
    let mut found = Vec::new();
    let mut rest = data.trim_ascii_start();
    while rest.starts_with(BEGIN) {
        if found.len() == max {
            return Err(ChainError::Count { min: super::MIN_CERTIFICATES, max, found: max + 1 });
        }
        let offset = data.len() - rest.len();
        let end = position(rest, END).ok_or(ChainError::Pem { offset, what: "a block without its end" })?;
        let (block, after) = rest.split_at(end + END.len());
        let (_, der) = pem::decode_vec(block)
            .map_err(|_| ChainError::Pem { offset, what: "a block that is not strict RFC 7468" })?;
        found.push(der);
        rest = after.trim_ascii_start();
    }
    if rest.iter().any(|byte| *byte != 0) {
        let offset = data.len() - rest.len();
        return Err(ChainError::Pem { offset, what: "something other than a CERTIFICATE block" });
    }
    Ok(found)
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
