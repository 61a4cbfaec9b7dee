//! Quotes of some TPM by a key that nobody certified. They are examined, so that what is malformed or forged
//! is said, and then refused: a key proves nothing by itself.

use super::VtpmFault;
use crate::tpm::{key, verify_quote};
use crate::{Fault, TpmQuote};

/// Banks that one could quote, one at a time.
const MAX_QUOTES: usize = crate::claims::PcrBank::ALL.len();

/// Why the evidence is refused.
pub(crate) fn refuse(ak_public: &[u8], quotes: &[TpmQuote]) -> Fault {
    examine(ak_public, quotes)
        .map_or_else(|fault| fault, |fingerprint| VtpmFault::Uncertified { fingerprint }.into())
}

/// The key's fingerprint, where it did sign the quotes.
fn examine(ak_public: &[u8], quotes: &[TpmQuote]) -> Result<[u8; 32], Fault> {
    let (min, max, found) = (1, MAX_QUOTES, quotes.len());
    if !(min..=max).contains(&found) {
        return Err(VtpmFault::Count { what: "quotes", min, max, found }.into());
    }
    let ak = key::from_spki(ak_public).ok_or(VtpmFault::Key)?;
    for quote in quotes {
        verify_quote(quote, &ak)?;
    }
    Ok(key::fingerprint(&ak))
}
