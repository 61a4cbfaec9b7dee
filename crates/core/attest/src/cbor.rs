//! CBOR (RFC 8949) as attestation tokens use it: one item that fills its bytes, maps with integers or
//! text for keys and no key twice (RFC 8949, 5.6), to a small depth.
//!
//! The decoded item takes at most some tens of times its bytes, which are at most
//! [`MAX_EVIDENCE_BYTES`].

use std::collections::BTreeMap;
use std::fmt;

use ciborium::Value;
use ciborium::de::{Error, from_reader_with_recursion_limit};
use thiserror::Error;

use crate::MAX_EVIDENCE_BYTES;

/// How deeply items may be nested. Tokens need four levels.
const MAX_DEPTH: usize = 8;
/// The most characters of a key that a message shows.
const MAX_KEY_SHOWN: usize = 32;

/// Why bytes are not the CBOR they should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CborError {
    /// Longer than anything looked at.
    #[error("{found} bytes, more than the {limit} looked at")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// Bytes received.
        found: usize,
    },
    /// The bytes end within an item.
    #[error("it ends within an item")]
    Truncated,
    /// Not CBOR.
    #[error("it is not CBOR: {what}")]
    Syntax {
        /// What the decoder says.
        what: String,
    },
    /// Items within items beyond the depth looked at.
    #[error("its items are nested more than {MAX_DEPTH} deep")]
    Depth,
    /// More after the item.
    #[error("{found} bytes follow it")]
    Trailing {
        /// Bytes after the end.
        found: usize,
    },
    /// A key a map has twice: which of the two counts would be the reader's choice.
    #[error("it has the key {key} twice")]
    Duplicate {
        /// The key.
        key: String,
    },
    /// A mandatory part that is not there.
    #[error("it has no {name}, which is mandatory")]
    Missing {
        /// Which.
        name: &'static str,
    },
    /// A part of another type, or outside the range it has.
    #[error("its {name} is not {expected}")]
    Type {
        /// Which.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A part of another length.
    #[error("its {name} has {found} bytes, expected {expected}")]
    Length {
        /// Which.
        name: &'static str,
        /// The lengths it may have.
        expected: Lengths,
        /// The length it has.
        found: usize,
    },
}

/// The lengths a byte string may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// One of these.
    OneOf(&'static [usize]),
    /// From the one to the other, both included.
    Range(usize, usize),
}

impl Lengths {
    /// What SHA-256, SHA-384 and SHA-512 give.
    pub(crate) const HASH: Self = Self::OneOf(&[32, 48, 64]);
    /// Any: the evidence is the limit.
    pub(crate) const ANY: Self = Self::Range(0, MAX_EVIDENCE_BYTES);

    fn contain(self, len: usize) -> bool {
        match self {
            Self::OneOf(lengths) => lengths.contains(&len),
            Self::Range(least, most) => (least..=most).contains(&len),
        }
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(least, most) => write!(f, "{least} to {most}"),
            Self::OneOf(lengths) => {
                for (nth, length) in lengths.iter().enumerate() {
                    let separator = if nth == 0 { "" } else { " or " };
                    write!(f, "{separator}{length}")?;
                }
                Ok(())
            }
        }
    }
}

/// The one item these bytes are.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, CborError> {
    if bytes.len() > MAX_EVIDENCE_BYTES {
        return Err(CborError::TooLong { limit: MAX_EVIDENCE_BYTES, found: bytes.len() });
    }
    let mut rest = bytes;
    let value = from_reader_with_recursion_limit(&mut rest, MAX_DEPTH).map_err(|error| match error {
        Error::Io(_) => CborError::Truncated,
        Error::RecursionLimitExceeded => CborError::Depth,
        Error::Syntax(offset) => CborError::Syntax { what: format!("no item begins so, at byte {offset}") },
        Error::Semantic(_, what) => CborError::Syntax { what },
    })?;
    if rest.is_empty() { Ok(value) } else { Err(CborError::Trailing { found: rest.len() }) }
}

/// A key of a [`Map`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Integer(i128),
    Text(String),
}

impl From<i128> for Key {
    fn from(key: i128) -> Self {
        Self::Integer(key)
    }
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        Self::Text(key.to_owned())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(key) => write!(f, "{key}"),
            Self::Text(key) => write!(f, "{:?}", key.chars().take(MAX_KEY_SHOWN).collect::<String>()),
        }
    }
}

/// A part of a map: its key, and the name its specification gives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<K> {
    pub(crate) key: K,
    pub(crate) name: &'static str,
}

/// A map whose parts are taken out one by one. What is left is not known, and ignored.
#[derive(Debug)]
pub(crate) struct Map(BTreeMap<Key, Value>);

impl Map {
    /// `name` is what messages call it.
    pub(crate) fn of(value: Value, name: &'static str) -> Result<Self, CborError> {
        let not = |expected| CborError::Type { name, expected };
        let Value::Map(entries) = value else { return Err(not("a map")) };
        let mut map = BTreeMap::new();
        for (key, value) in entries {
            let key = match key {
                Value::Integer(key) => Key::Integer(key.into()),
                Value::Text(key) => Key::Text(key),
                _ => return Err(not("a map with integers or text for keys")),
            };
            if map.contains_key(&key) {
                return Err(CborError::Duplicate { key: key.to_string() });
            }
            map.insert(key, value);
        }
        Ok(Self(map))
    }

    pub(crate) fn decode(bytes: &[u8], name: &'static str) -> Result<Self, CborError> {
        Self::of(decode(bytes)?, name)
    }

    pub(crate) fn into_entries(self) -> impl ExactSizeIterator<Item = (Key, Value)> {
        self.0.into_iter()
    }

    /// The part if it is there. Null is there.
    pub(crate) fn take<K: Into<Key>>(&mut self, part: Part<K>) -> Option<Value> {
        self.0.remove(&part.key.into())
    }

    pub(crate) fn require<K: Into<Key>>(&mut self, part: Part<K>) -> Result<Value, CborError> {
        let name = part.name;
        self.take(part).ok_or(CborError::Missing { name })
    }

    pub(crate) fn bytes<K: Into<Key>>(
        &mut self,
        part: Part<K>,
        lengths: Lengths,
    ) -> Result<Vec<u8>, CborError> {
        let name = part.name;
        bytes_of(self.require(part)?, name, lengths)
    }

    pub(crate) fn text<K: Into<Key>>(&mut self, part: Part<K>) -> Result<String, CborError> {
        let name = part.name;
        text_of(self.require(part)?, name)
    }

    pub(crate) fn optional_text<K: Into<Key>>(&mut self, part: Part<K>) -> Result<Option<String>, CborError> {
        let name = part.name;
        self.take(part).map(|value| text_of(value, name)).transpose()
    }

    /// An unsigned integer that fits `T`.
    pub(crate) fn unsigned<K: Into<Key>, T: TryFrom<i128>>(
        &mut self,
        part: Part<K>,
        expected: &'static str,
    ) -> Result<T, CborError> {
        let name = part.name;
        let number = self.require(part)?.as_integer().and_then(|it| T::try_from(i128::from(it)).ok());
        number.ok_or(CborError::Type { name, expected })
    }

    pub(crate) fn array<K: Into<Key>>(&mut self, part: Part<K>) -> Result<Vec<Value>, CborError> {
        let name = part.name;
        match self.require(part)? {
            Value::Array(items) => Ok(items),
            _ => Err(CborError::Type { name, expected: "an array" }),
        }
    }
}

/// A byte string of one of these lengths.
pub(crate) fn bytes_of(value: Value, name: &'static str, lengths: Lengths) -> Result<Vec<u8>, CborError> {
    let Value::Bytes(bytes) = value else {
        return Err(CborError::Type { name, expected: "a byte string" });
    };
    if lengths.contain(bytes.len()) {
        Ok(bytes)
    } else {
        Err(CborError::Length { name, expected: lengths, found: bytes.len() })
    }
}

fn text_of(value: Value, name: &'static str) -> Result<String, CborError> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(CborError::Type { name, expected: "text" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_fills_its_bytes() {
        assert_eq!(decode(&[0x01]), Ok(Value::from(1)));
        assert_eq!(decode(&[0x01, 0x02]), Err(CborError::Trailing { found: 1 }));
        assert_eq!(decode(&[]), Err(CborError::Truncated));
        assert_eq!(decode(&[0x43, 1, 2]), Err(CborError::Truncated));
    }

    #[test]
    fn nesting_has_an_end() {
        let nested = |depth: usize| [vec![0x81; depth], vec![0x00]].concat();
        assert!(decode(&nested(MAX_DEPTH - 1)).is_ok());
        assert_eq!(decode(&nested(MAX_DEPTH + 1)), Err(CborError::Depth));
        assert_eq!(decode(&vec![0x81; MAX_EVIDENCE_BYTES]), Err(CborError::Depth));
    }

    #[test]
    fn a_length_beyond_the_bytes_is_refused_without_room_being_made_for_it() {
        for claimed in [[0x5b, 0xff], [0x7b, 0xff], [0x9b, 0xff], [0xbb, 0xff]] {
            let bytes = [claimed.as_slice(), &[0xff; 7]].concat();
            assert!(decode(&bytes).is_err(), "{claimed:x?}");
        }
    }

    #[test]
    fn a_key_twice_is_refused() {
        let twice = Map::decode(&[0xa2, 0x0a, 0x00, 0x0a, 0x01], "map").map(|_| ());
        assert_eq!(twice, Err(CborError::Duplicate { key: "10".into() }));
        // The same key in a longer encoding is the same key.
        let longer = Map::decode(&[0xa2, 0x0a, 0x00, 0x18, 0x0a, 0x01], "map").map(|_| ());
        assert_eq!(longer, twice);
    }

    #[test]
    fn keys_are_integers_or_text() {
        let bytes = Map::decode(&[0xa1, 0x41, 0x00, 0x00], "map").map(|_| ());
        assert!(matches!(bytes, Err(CborError::Type { .. })));
    }
}
