//! Text that stands for bytes: hex, base64, PEM, percent-encoding.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use casemate_attest::x509::pem_blocks;

use crate::content::{Content, Unusable};
use crate::der;

pub(crate) const PEM_BEGIN: &str = "-----BEGIN ";

/// Most PEM blocks of one file: chains have four, bundles of many platforms have hundreds.
const BLOCKS_MAX: usize = 1024;

/// With padding or without; bits that stand for nothing are not looked at, as nothing is signed here.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// The bytes as text without what surrounds it: white space, NULs that C programs leave, a byte order
/// mark. `None` where they are no printable text.
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let printable = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    (printable && !text.is_empty()).then_some(text)
}

/// Bytes written as hex or base64 of either alphabet, with white space anywhere. What may be hex is
/// hex: base64 of anything as long as evidence has other letters.
pub(crate) fn bytes_of_text(text: &str) -> Option<Vec<u8>> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = bare.strip_prefix("0x").unwrap_or(&bare);
    bytes_of_hex(digits).or_else(|| {
        let engine = if bare.contains(['-', '_']) { &BASE64_URL } else { &BASE64 };
        engine.decode(&bare).ok()
    })
}

/// Bytes written as hex digits of either case, and nothing else: no prefix, no white space. `None` for
/// anything besides, and where there is no digit at all.
#[must_use]
pub fn bytes_of_hex(digits: &str) -> Option<Vec<u8>> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
    digits
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| Some(value(pair.first()?)? << 4 | value(pair.last()?)?))
        .collect()
}

/// Bytes in base64url, as JSON Web Keys have them (RFC 7518).
pub(crate) fn base64_url(text: &str) -> Option<Vec<u8>> {
    BASE64_URL.decode(text).ok()
}

/// Text with `%` escapes undone, as Intel's service sends certificates in headers. `None` where there
/// is no escape.
pub(crate) fn percent(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.extend(bytes_of_hex(part.get(..2)?)?);
        bytes.extend_from_slice(part.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Certificates and revocation lists of a run of PEM blocks. Text before the first block, and blocks
/// of other labels (keys, parameters), are passed over.
pub(crate) fn pem(text: &str) -> Result<Vec<Content>, Unusable> {
    let begin = text.find(PEM_BEGIN).unwrap_or(0);
    let run = text.get(begin..).unwrap_or(text);
    let blocks = pem_blocks(run.as_bytes(), BLOCKS_MAX).map_err(|(offset, what)| {
        Unusable::broken(format!("PEM, at byte {}: {what}", begin.saturating_add(offset)))
    })?;
    let mut found = Vec::new();
    for (label, der) in &blocks {
        match label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                found.extend(
                    der::certificate(der)
                        .ok_or_else(|| Unusable::broken("a PEM block that is no certificate"))?,
                );
            }
            "X509 CRL" => {
                found.push(
                    der::crl(der)
                        .ok_or_else(|| Unusable::broken("a PEM block that is no revocation list"))?,
                );
            }
            _ => {}
        }
    }
    if found.is_empty() { Err(Unusable::Unknown) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_base64_are_told_apart_and_read_with_line_breaks() {
        for (text, bytes) in [
            ("0x00 ff\n10", &[0, 255, 16][..]),
            ("00FF10", &[0, 255, 16]),
            ("AP8Q", &[0, 255, 16]),
            ("-_8=", &[251, 255]),
            ("+/8", &[251, 255]),
        ] {
            assert_eq!(bytes_of_text(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["a", "%%", "not base64!"] {
            assert_eq!(bytes_of_text(text), None, "{text}");
        }
    }

    #[test]
    fn percent_escapes_are_undone_and_broken_ones_refused() {
        assert_eq!(percent("a%20b%0A").as_deref(), Some("a b\n"));
        assert_eq!(percent("plain"), None);
        for broken in ["%", "%2", "%zz", "%é"] {
            assert_eq!(percent(broken), None, "{broken}");
        }
    }

    #[test]
    fn what_surrounds_text_is_no_part_of_it() {
        assert_eq!(text("\u{feff} {}\n\0\0".as_bytes()), Some("{}"));
        assert_eq!(text(b"\x01\x02"), None);
        assert_eq!(text(b" \n"), None);
    }
}
