//! A section of a policy: a mapping whose keys are all known, and what their values are read as.
//!
//! The keys that are known are those that are asked for, so that the two cannot differ.

use std::collections::BTreeSet;

use casemate_model::{Digest, Nanos, Timestamp};
use casemate_policy::evidence::{Accept, Bits};

use crate::duration;
use crate::field::Field;
use crate::problem::{Findings, shown};
use crate::suggest::unknown_keys;

/// A mapping that is being read.
pub(super) struct Section<'a, 'f> {
    field: Field<'a>,
    known: Vec<&'static str>,
    to: &'f mut Findings,
}

impl<'a, 'f> Section<'a, 'f> {
    /// Reads `field` by `read`, and refuses the keys that were not asked for.
    pub(super) fn read<T>(
        field: &Field<'a>,
        to: &'f mut Findings,
        read: impl FnOnce(&mut Section<'a, '_>) -> T,
    ) -> Option<T> {
        if !field.map(to) {
            return None;
        }
        let mut section = Section { field: field.clone(), known: Vec::new(), to };
        let value = read(&mut section);
        unknown_keys(&section.field, &section.known, section.to);
        Some(value)
    }

    /// The value under a key, if it has one.
    pub(super) fn get(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.know(key);
        self.field.get(key)
    }

    fn know(&mut self, key: &'static str) {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
    }

    /// As [`Section::get`], but absence is a problem.
    pub(super) fn need(&mut self, key: &'static str, remedy: &str) -> Option<Field<'a>> {
        self.know(key);
        self.field.need(key, remedy, self.to)
    }

    pub(super) fn findings(&mut self) -> &mut Findings {
        self.to
    }

    /// Whether this key has a value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.field.get(key).is_some()
    }

    /// A section below this one.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'a, '_>) -> T,
    ) -> Option<T> {
        let field = self.get(key)?;
        Section::read(&field, self.to, read)
    }

    /// Each item of a list of sections.
    pub(super) fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Section<'a, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let field = self.get(key)?;
        let items = field.items(self.to);
        if items.is_empty() {
            self.to.refuse(field.problem("lists nothing", EMPTY_REMEDY));
        }
        let read = |item| Section::read(&item, self.to, &mut read).flatten();
        Some(items.into_iter().filter_map(read).collect())
    }

    pub(super) fn boolean(&mut self, key: &'static str, into: &mut bool) {
        if let Some(value) = self.get(key).and_then(|field| field.boolean(self.to)) {
            *into = value;
        }
    }

    pub(super) fn integer<T: std::str::FromStr>(&mut self, key: &'static str, into: &mut T) {
        if let Some(value) = self.get(key).and_then(|field| one(&field, integer(), self.to)) {
            *into = value;
        }
    }

    /// Values of which one has to be found: one, or a list of them.
    pub(super) fn accept<T: Ord>(&mut self, key: &'static str, into: &mut Accept<T>, read: Reads<T>) {
        if let Some(field) = self.get(key) {
            *into = Accept::OneOf(values(&field, read, self.to));
        }
    }

    /// As [`Section::accept`], for a set.
    pub(super) fn set<T: Ord>(&mut self, key: &'static str, into: &mut BTreeSet<T>, read: Reads<T>) {
        if let Some(field) = self.get(key) {
            *into = values(&field, read, self.to);
        }
    }

    /// `{mask: 0x…, value: 0x…}`.
    pub(super) fn bits(&mut self, key: &'static str, into: &mut Bits) {
        let Some(field) = self.get(key) else { return };
        let read = Section::read(&field, self.to, |section| {
            let mut word = |key| {
                let field = section.need(key, "Write both `mask` and `value`, such as `0x10`")?;
                one(&field, WORD, section.to)
            };
            Some(Bits { mask: word("mask")?, value: word("value")? })
        });
        let Some(bits) = read.flatten() else { return };
        if bits.value & !bits.mask != 0 {
            let remedy = "Set those bits in `mask` too, or leave them out of `value`";
            self.to.refuse(field.problem("`value` demands bits that `mask` does not look at", remedy));
        }
        *into = bits;
    }

    pub(super) fn span(&mut self, key: &'static str) -> Option<Nanos> {
        let field = self.get(key)?;
        super::ttl(&field, self.to)
    }

    /// A span that may be nothing.
    pub(super) fn span_or_zero(&mut self, key: &'static str, into: &mut Nanos) {
        let Some(field) = self.get(key) else { return };
        let Some(text) = field.text(self.to) else { return };
        match duration::parse(text) {
            Ok(span) => *into = span,
            Err(error) => {
                self.to.refuse(field.problem(error.to_string(), "Write a time such as `5m`, `90s`, `1h30m`"));
            }
        }
    }
}

/// How a value is read, and what to write where it cannot be.
pub(super) struct Reads<T> {
    parse: fn(&str) -> Option<T>,
    remedy: &'static str,
}

impl<T> Clone for Reads<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Reads<T> {}

impl<T> Reads<T> {
    pub(super) const fn new(parse: fn(&str) -> Option<T>, remedy: &'static str) -> Self {
        Self { parse, remedy }
    }

    pub(super) fn parse(&self, text: &str) -> Option<T> {
        (self.parse)(text)
    }
}

const EMPTY_REMEDY: &str = "List one: an empty list accepts nothing. Or take the key out";

pub(super) fn values<T: Ord>(field: &Field<'_>, read: Reads<T>, to: &mut Findings) -> BTreeSet<T> {
    let items = if field.is_list() { field.items(to) } else { vec![field.clone()] };
    if items.is_empty() {
        to.refuse(field.problem("lists nothing", EMPTY_REMEDY));
    }
    items.iter().filter_map(|item| one(item, read, to)).collect()
}

pub(super) fn one<T>(field: &Field<'_>, read: Reads<T>, to: &mut Findings) -> Option<T> {
    // As it is written: hex digits that happen to be decimal lose their leading zeros otherwise.
    let text = field.scalar("text", to)?;
    let value = read.parse(text);
    if value.is_none() {
        to.refuse(field.problem(format!("`{}` is no such value", shown(text)), read.remedy));
    }
    value
}

/// A whole number that `T` can hold.
pub(super) const fn integer<T: std::str::FromStr>() -> Reads<T> {
    Reads::new(|text| text.parse().ok(), "Write a whole number that fits")
}

/// 16 bytes in hex.
pub(super) const HEX_16: Reads<[u8; 16]> =
    Reads::new(|text| bytes(text)?.try_into().ok(), "Write 32 hex digits");
/// 32 bytes in hex.
pub(super) const DIGEST_32: Reads<Digest> = Reads::new(digest::<32>, "Write 64 hex digits");
/// 48 bytes in hex.
pub(super) const DIGEST_48: Reads<Digest> = Reads::new(digest::<48>, "Write 96 hex digits");
/// A digest of any usual width, in hex.
pub(super) const DIGEST: Reads<Digest> =
    Reads::new(|text| text.parse().ok(), "Write a digest in hex: 40, 64, 96 or 128 digits");
/// Bytes in hex.
pub(super) const HEX: Reads<Vec<u8>> = Reads::new(bytes, "Write bytes in hex, two digits each");
/// Text, not empty.
pub(super) const TEXT: Reads<String> =
    Reads::new(|text| (!text.is_empty()).then(|| text.to_owned()), "Write some text");
/// A number of at most 64 bits, decimal or hex.
pub(super) const WORD: Reads<u64> = Reads::new(word_of, "Write a number, such as `0x10`");
/// An instant.
pub(super) const INSTANT: Reads<Timestamp> =
    Reads::new(instant, "Write an instant such as `2026-12-31T00:00:00Z`");

fn digest<const N: usize>(text: &str) -> Option<Digest> {
    let bytes: [u8; N] = bytes(text)?.try_into().ok()?;
    Digest::new(&bytes)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

fn word_of(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) if digits.bytes().all(|it| it.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok()
        }
        Some(_) => None,
        None if text.bytes().all(|it| it.is_ascii_digit()) => text.parse().ok(),
        None => None,
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(instant.as_nanosecond()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_their_width_and_no_other() {
        assert!(HEX_16.parse(&"0a".repeat(16)).is_some() && HEX_16.parse(&"0a".repeat(17)).is_none());
        assert!(DIGEST_48.parse(&"0a".repeat(48)).is_some() && DIGEST_48.parse(&"0a".repeat(32)).is_none());
        for text in ["", "0", "0g", "+1", "é"] {
            assert_eq!(HEX.parse(text), None, "{text}");
        }
        assert_eq!(HEX.parse("00Ff"), Some(vec![0, 255]));
    }

    #[test]
    fn words_are_decimal_or_hex_and_have_no_sign() {
        for (text, word) in [
            ("0x10", Some(16)),
            ("16", Some(16)),
            ("0xffffffffffffffff", Some(u64::MAX)),
            ("0x1ffffffffffffffff", None),
            ("-1", None),
            ("0x+1", None),
            ("", None),
            ("1e3", None),
        ] {
            assert_eq!(WORD.parse(text), word, "{text}");
        }
    }

    #[test]
    fn instants_have_a_zone_and_are_after_1970() {
        assert_eq!(INSTANT.parse("2026-01-01T00:00:00Z"), Some(Timestamp::from_unix_secs(1_767_225_600)));
        for text in ["2026-01-01", "2026-01-01T00:00:00", "1969-12-31T23:59:59Z", "tomorrow"] {
            assert_eq!(INSTANT.parse(text), None, "{text}");
        }
    }
}
