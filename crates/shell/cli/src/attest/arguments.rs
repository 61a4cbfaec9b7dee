//! Notations of `casemate attest`: instants, nonces, roots.

use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use casemate_attest::{Product, Roots};
use casemate_dossier::bytes_of_hex;
use casemate_model::{Fingerprint, Timestamp};

/// The longest nonce: what a TPM's extraData and a Nitro document's nonce hold is shorter.
const NONCE_BYTES_MAX: usize = 1024;

/// An instant: RFC 3339 with an offset, or seconds since 1970.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Timestamp::from_unix_secs(seconds));
    }
    let wrong = |_| {
        format!("`{text}` is no instant; write RFC 3339, as in 2026-01-31T12:00:00Z, or seconds since 1970")
    };
    let instant = jiff::Timestamp::from_str(text).map_err(wrong)?;
    let nanos = u64::try_from(instant.as_nanosecond());
    nanos.map(Timestamp).map_err(|_| format!("`{text}` is before 1970 or after 2554"))
}

/// A nonce, with what it is written in before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nonce(pub(super) Vec<u8>);

/// `hex:…`, `base64:…` or `text:…`; without one of these, text, unless it looks like hex.
pub(super) fn nonce(text: &str) -> Result<Nonce, String> {
    let bytes = if let Some(digits) = text.strip_prefix("hex:") {
        bytes_of_hex(digits).ok_or_else(|| format!("`{digits}` is not hex"))?
    } else if let Some(letters) = text.strip_prefix("base64:") {
        base64(letters).ok_or_else(|| format!("`{letters}` is not base64"))?
    } else if let Some(text) = text.strip_prefix("text:") {
        text.as_bytes().to_vec()
    } else if bytes_of_hex(text).is_some() {
        // Silently taking `1234` for one or the other would refuse good evidence, or worse.
        return Err(format!("`{text}` may be hex or text; write hex:{text} or text:{text}"));
    } else {
        text.as_bytes().to_vec()
    };
    match bytes.len() {
        0 => Err("an empty nonce proves nothing; leave --nonce out".to_owned()),
        1..=NONCE_BYTES_MAX => Ok(Nonce(bytes)),
        more => Err(format!("{more} bytes, more than the {NONCE_BYTES_MAX} that evidence can hold")),
    }
}

/// A root to accept beside the vendors' own: of whom, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Root {
    vendor: Vendor,
    fingerprint: Fingerprint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    Intel,
    Amd(Product),
    Aws,
    Google,
    Software,
}

/// `intel=sha256:…`, `amd-milan=…`, `amd-genoa=…`, `amd-turin=…`, `aws=…`, `google=…`, `software=…`.
pub(super) fn root(text: &str) -> Result<Root, String> {
    let wrong = || {
        format!(
            "`{text}` is no root; write VENDOR=sha256:HEX, with intel, amd-milan, amd-genoa, amd-turin, \
             aws, google or software, and the SHA-256 of the root certificate's DER"
        )
    };
    let (vendor, fingerprint) = text.split_once('=').ok_or_else(wrong)?;
    let vendor = match vendor {
        "intel" => Vendor::Intel,
        "amd-milan" => Vendor::Amd(Product::Milan),
        "amd-genoa" => Vendor::Amd(Product::Genoa),
        "amd-turin" => Vendor::Amd(Product::Turin),
        "aws" => Vendor::Aws,
        "google" => Vendor::Google,
        "software" => Vendor::Software,
        _ => return Err(wrong()),
    };
    let digits = fingerprint.strip_prefix("sha256:").ok_or_else(wrong)?;
    let fingerprint = digits.parse().map_err(|_| wrong())?;
    Ok(Root { vendor, fingerprint })
}

impl Root {
    /// The same roots and this one.
    pub(super) fn add_to(self, roots: Roots) -> Roots {
        match self.vendor {
            Vendor::Intel => roots.with_intel(self.fingerprint),
            Vendor::Amd(product) => roots.with_amd(product, self.fingerprint),
            Vendor::Aws => roots.with_aws(self.fingerprint),
            Vendor::Google => roots.with_google(self.fingerprint),
            Vendor::Software => roots.with_software([self.fingerprint]),
        }
    }
}

fn base64(letters: &str) -> Option<Vec<u8>> {
    let alphabet = if letters.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let any_padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, any_padding).decode(letters).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_rfc_3339_or_seconds() {
        let noon = Timestamp::from_unix_secs(1_750_809_600);
        for text in ["1750809600", "2025-06-25T00:00:00Z", "2025-06-25T02:00:00+02:00"] {
            assert_eq!(instant(text), Ok(noon), "{text}");
        }
        for text in ["", "yesterday", "2025-06-25", "-1", "1969-12-31T23:59:59Z", "2600-01-01T00:00:00Z"] {
            assert!(instant(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_nonce_says_what_it_is_written_in_where_that_matters() {
        for (text, bytes) in [
            ("hex:9009", &[0x90, 0x09][..]),
            ("text:9009", b"9009"),
            ("base64:kAk=", &[0x90, 0x09]),
            ("challenge", b"challenge"),
            ("text:hex:00", b"hex:00"),
        ] {
            assert_eq!(nonce(text), Ok(Nonce(bytes.to_vec())), "{text}");
        }
        let refused = nonce("9009").expect_err("it may be either");
        assert!(refused.contains("hex:9009") && refused.contains("text:9009"), "{refused}");
        for text in ["", "hex:", "hex:0", "base64:!", "text:"] {
            assert!(nonce(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_root_is_of_one_vendor_and_accepted_for_nothing_else() {
        let digits = "ab".repeat(32);
        let milan = root(&format!("amd-milan=sha256:{digits}")).expect("a root").add_to(Roots::none());
        let fingerprint: Fingerprint = digits.parse().expect("a fingerprint");
        assert_eq!(milan.amd_product(&fingerprint), Some(Product::Milan));
        assert!(!milan.is_intel(&fingerprint) && !milan.is_software(&fingerprint));
        for text in ["", "amd=sha256:00", "intel", "intel=00", "intel=sha256:00"] {
            assert!(root(text).is_err(), "{text}");
        }
    }
}
