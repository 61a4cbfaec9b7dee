//! What is CBOR: Arm CCA tokens, and their claims without a signature.

use ciborium::Value;

/// The tag of a CCA token (draft-ffm-rats-cca-token): 399, in its shortest form.
const CCA_TOKEN: [u8; 3] = [0xd9, 0x01, 0x8f];
/// The longest set of claims that is looked at.
const CLAIMS_MAX_BYTES: usize = 64 * 1024;
/// Maps within maps that are read.
const DEPTH_MAX: usize = 8;
/// A realm's claims: personalisation value, initial measurement, extensible measurements.
const REALM: [i128; 3] = [44235, 44238, 44239];
/// A platform's: life cycle, implementation id, software components.
const PLATFORM: [i128; 3] = [2395, 2396, 2399];

/// Whether it is a CCA token, by its tag.
pub(crate) fn is_cca_token(bytes: &[u8]) -> bool {
    bytes.starts_with(&CCA_TOKEN)
}

/// Whether it is the claims of a realm or of a platform alone: two of those that every set has are
/// enough.
pub(crate) fn is_unsigned_cca_claims(bytes: &[u8]) -> bool {
    // A map of fewer than 24 entries, which the makers of tokens keep to.
    let is_map = bytes.first().is_some_and(|it| (0xa1..=0xb7).contains(it));
    if !is_map || bytes.len() > CLAIMS_MAX_BYTES {
        return false;
    }
    let value: Result<Value, _> = ciborium::de::from_reader_with_recursion_limit(bytes, DEPTH_MAX);
    let Ok(Value::Map(entries)) = value else { return false };
    let is = |labels: [i128; 3]| {
        let has = |label: i128| {
            entries.iter().any(|(key, _)| key.as_integer().is_some_and(|key| i128::from(key) == label))
        };
        labels.into_iter().filter(|label| has(*label)).count() >= 2
    };
    is(REALM) || is(PLATFORM)
}
