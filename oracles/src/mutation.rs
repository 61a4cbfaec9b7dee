//! Evidence with one thing changed: deterministic, so that a disagreement can be looked at again.

use std::ops::Range;

/// What was changed, in words, and the bytes with the change.
pub struct Mutation {
    /// The part that was changed: disagreements are explained by part.
    pub part: &'static str,
    /// What was done to it.
    pub what: String,
    /// The whole, changed.
    pub bytes: Vec<u8>,
}

/// One bit flipped in every `step`-th byte of each part.
pub fn flips<'a>(
    bytes: &'a [u8],
    parts: &'a [(&'static str, Range<usize>)],
    step: usize,
) -> impl Iterator<Item = Mutation> + 'a {
    parts.iter().flat_map(move |(part, range)| {
        range.clone().step_by(step).filter(|at| *at < bytes.len()).map(move |at| {
            let bit = (at / step) % 8;
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << bit;
            Mutation { part, what: format!("bit {bit} of byte {at:#x} flipped"), bytes: changed }
        })
    })
}

/// The beginning of it, in `count` lengths.
pub fn truncations(bytes: &[u8], count: usize) -> impl Iterator<Item = Mutation> + '_ {
    (0..count).map(move |nth| {
        let len = bytes.len() * nth / count;
        let bytes = bytes[..len].to_vec();
        Mutation { part: "length", what: format!("cut to {len} bytes"), bytes }
    })
}

/// Bytes added at the end.
#[must_use]
pub fn extended(bytes: &[u8]) -> Mutation {
    let bytes = [bytes, &[0xa5; 64]].concat();
    Mutation { part: "after the end", what: "64 bytes added".to_owned(), bytes }
}
