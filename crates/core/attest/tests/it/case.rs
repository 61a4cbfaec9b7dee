//! Cases of the shared data: real evidence, and what is known of it. A test that needs one is skipped
//! by name where the data is not there.

use std::fs;
use std::path::PathBuf;

use casemate_model::Timestamp;
use serde_json::Value;

/// A folder of the data.
pub(crate) struct Case {
    folder: PathBuf,
}

impl Case {
    /// The case of this name, e.g. `nitro/evervault-valid-2022`, if the data is there.
    pub(crate) fn find(name: &str) -> Option<Self> {
        #[allow(clippy::disallowed_methods, reason = "a test finds its data by the environment")]
        let base = std::env::var_os("CASEMATE_DATA").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"),
            PathBuf::from,
        );
        let folder = base.join("evidence").join(name);
        if !folder.exists() {
            println!("skipped: {name}: no data at {}", folder.display());
            return None;
        }
        Some(Self { folder })
    }

    /// A file of it.
    pub(crate) fn read(&self, file: &str) -> Vec<u8> {
        let path = self.folder.join(file);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A file of it in JSON.
    pub(crate) fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&self.read(file)).expect("JSON")
    }

    /// What is known of it.
    pub(crate) fn expected(&self) -> Value {
        self.json("expected.json")
    }

    /// The instant at which it is to be verified.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix_secs(self.expected()["now_unix"].as_u64().expect("a time"))
    }
}

/// Bytes from hex.
pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hex digit") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

/// Bytes from base64 of either alphabet, padded or not.
pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for byte in text.bytes().filter(|it| !it.is_ascii_whitespace() && *it != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => panic!("not base64: {byte:#x}"),
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}
