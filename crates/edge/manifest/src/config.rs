//! ConfigMaps and Secrets: what programs are told by reference.
//!
//! A ConfigMap holds text (`data`) and bytes in Base64 (`binaryData`), a Secret bytes in
//! Base64 (`data`) and text (`stringData`, which wins). Values are never repeated in
//! a problem or note: of a Secret not even by way of the line they stand on.
//!
//! Refused: keys that could not be file names as Kubernetes has them, values of other
//! types, more than 1 MiB in one object (both as `core/v1` validation).

use std::collections::BTreeMap;

use casemate_model::PodKey;

use crate::Problem;
use crate::base64::decode;
use crate::field::Field;
use crate::metadata;
use crate::problem::{Findings, shown};

/// Most bytes that one ConfigMap or Secret holds (`MaxSecretSize`).
const BYTES_MAX: usize = 1 << 20;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ConfigKind {
    ConfigMap,
    Secret,
}

/// What one of them holds. It has no `Debug`, so that no secret ends in a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Config {
    values: BTreeMap<String, Value>,
}

#[derive(Clone, PartialEq, Eq)]
struct Value {
    bytes: Vec<u8>,
    /// Written under `binaryData`: for files only, no text for a variable.
    binary: bool,
}

impl ConfigKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

impl Config {
    /// Every key with its bytes, by name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.values.iter().map(|(key, value)| (key.as_str(), value.bytes.as_slice()))
    }

    pub(crate) fn file(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key).map(|value| value.bytes.as_slice())
    }

    /// The keys that variables can be made of, by name.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter(|(_, value)| !value.binary).map(|(key, _)| key.as_str())
    }

    /// The text of a variable; `Err` says why there is none.
    pub(crate) fn variable(&self, key: &str) -> Option<Result<&str, &'static str>> {
        let value = self.values.get(key).filter(|value| !value.binary)?;
        Some(match std::str::from_utf8(&value.bytes) {
            Ok(text) if text.contains('\0') => Err("has a NUL in it, and programs end their variables there"),
            Ok(text) => Ok(text),
            Err(_) => Err("is not UTF-8 text"),
        })
    }
}

/// Reads a ConfigMap or a Secret.
pub(crate) fn config(kind: ConfigKind, document: &Field<'_>, to: &mut Findings) -> Option<(PodKey, Config)> {
    to.sound(|to| {
        let key = metadata::key(document, to);
        let mut reader = Reader { kind, document, values: BTreeMap::new(), bytes: 0 };
        match kind {
            ConfigKind::ConfigMap => {
                reader.section("data", |text| Some((text.as_bytes().to_vec(), false)), to);
                reader.section("binaryData", |text| Some((decode(text)?, true)), to);
            }
            ConfigKind::Secret => {
                reader.section("data", |text| Some((decode(text)?, false)), to);
                reader.section("stringData", |text| Some((text.as_bytes().to_vec(), false)), to);
                if let Some(field) = document.get("kind").filter(|_| !reader.values.is_empty()) {
                    to.note(
                        field.note("what is in it stands in plain text in this file, outside of any TEE"),
                    );
                }
            }
        }
        if reader.bytes > BYTES_MAX {
            let cause = format!("holds {} bytes, more than Kubernetes takes ({BYTES_MAX})", reader.bytes);
            to.refuse(reader.problem(document, cause, "Put less into it, or split it"));
        }
        Some((key?, Config { values: reader.values }))
    })
}

struct Reader<'d, 'a> {
    kind: ConfigKind,
    document: &'d Field<'a>,
    values: BTreeMap<String, Value>,
    bytes: usize,
}

impl<'a> Reader<'_, 'a> {
    fn section(
        &mut self,
        section: &str,
        bytes_of: impl Fn(&str) -> Option<(Vec<u8>, bool)>,
        to: &mut Findings,
    ) {
        let Some(field) = self.document.get(section) else { return };
        if !field.is_map() {
            to.refuse(self.problem(&field, "expected a mapping", "Write a mapping of keys to text here"));
            return;
        }
        for (key, field) in field.children() {
            if !is_key(key) {
                let remedy = "Use letters, digits, dashes, underscores and dots, not `..` at the start";
                to.refuse(self.problem(
                    &field,
                    format!("`{}` is not a key Kubernetes accepts", shown(key)),
                    remedy,
                ));
                continue;
            }
            // What is wrong with the type would be said with the value in it.
            let text = if field.is_null() { Some("") } else { field.text(&mut Findings::default()) };
            let Some(text) = text else {
                to.refuse(self.problem(&field, "expected text", "Put quotes around it"));
                continue;
            };
            let Some((bytes, binary)) = bytes_of(text) else {
                to.refuse(self.problem(
                    &field,
                    "is not Base64",
                    "Encode it (RFC 4648, padded), or write it as text under `data` of a ConfigMap or \
                     `stringData` of a Secret",
                ));
                continue;
            };
            self.bytes = self.bytes.saturating_add(key.len()).saturating_add(bytes.len());
            let before = self.values.insert(key.to_owned(), Value { bytes, binary });
            if before.is_some() && self.kind == ConfigKind::ConfigMap {
                let remedy = "Write it under `data` or under `binaryData`";
                to.refuse(self.problem(&field, "is written under `data` already", remedy));
            }
        }
    }

    /// A problem with a value; of a Secret it points at the document, not at the value's line.
    fn problem(&self, field: &Field<'a>, cause: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let mut problem = field.problem(cause, remedy);
        if self.kind == ConfigKind::Secret {
            let kind = self.document.get("kind");
            problem.place = kind.as_ref().unwrap_or(self.document).place();
        }
        problem
    }
}

/// `IsConfigMapKey` of Kubernetes: a file name that leads nowhere else.
fn is_key(key: &str) -> bool {
    let characters = key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    !key.is_empty() && key.len() <= 253 && characters && key != "." && !key.starts_with("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_a_path() {
        for good in ["a", "A.b-c_9", ".hidden", "-"] {
            assert!(is_key(good), "{good}");
        }
        for bad in ["", ".", "..", "..data", "a/b", "a b", "é", "a\0", &"k".repeat(254)] {
            assert!(!is_key(bad), "{bad:?}");
        }
    }
}
