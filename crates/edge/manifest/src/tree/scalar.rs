//! What an unquoted scalar is: null, a boolean, a number, or text.
//!
//! As sigs.k8s.io/yaml resolves it, which is YAML 1.1 with the octal and binary numbers of
//! YAML 1.2 (`go-yaml` v2, `resolve.go`). Times in base 60 are text there, and here.

use std::borrow::Cow;

use super::Node;

/// Types a plain scalar.
pub(crate) fn plain(text: Cow<'_, str>) -> Node<'_> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Node::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Node::Bool(false)
        }
        other if is_number(other) => Node::Number(text),
        _ => Node::Text(text),
    }
}

/// The whole number that a number comes to, where it is one: `16` for `0x10`, `1000` for `1e3`.
pub(crate) fn whole(written: &str) -> Option<i128> {
    let (sign, digits) = sign_and_digits(written);
    let radix = |digits: &str, radix| i128::from_str_radix(&digits.replace('_', ""), radix).ok();
    let magnitude = match radix_of(digits) {
        Some((16, digits)) => radix(digits, 16),
        Some((8, digits)) => radix(digits, 8),
        Some((2, digits)) => radix(digits, 2),
        _ if digits.bytes().all(|b| b.is_ascii_digit() || b == b'_') => radix(digits, 10),
        _ => digits.parse::<f64>().ok().and_then(exactly),
    }?;
    magnitude.checked_mul(sign)
}

/// A float that is a whole number of moderate size.
fn exactly(float: f64) -> Option<i128> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and within 2^53")]
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i128)
}

fn sign_and_digits(text: &str) -> (i128, &str) {
    match (text.strip_prefix('-'), text.strip_prefix('+')) {
        (Some(digits), _) => (-1, digits),
        (None, Some(digits)) => (1, digits),
        (None, None) => (1, text),
    }
}

/// The radix that a prefix names, and the digits behind it. A leading zero alone means octal.
fn radix_of(digits: &str) -> Option<(u32, &str)> {
    let prefixed = [("0x", 16), ("0X", 16), ("0o", 8), ("0b", 2), ("0", 8)];
    let (radix, digits) =
        prefixed.iter().find_map(|(prefix, radix)| Some((*radix, digits.strip_prefix(prefix)?)))?;
    let all = digits.bytes().all(|b| b == b'_' || char::from(b).is_digit(radix));
    (!digits.is_empty() && all).then_some((radix, digits))
}

fn is_number(text: &str) -> bool {
    let (_, digits) = sign_and_digits(text);
    match digits {
        ".inf" | ".Inf" | ".INF" => return true,
        ".nan" | ".NaN" | ".NAN" => return digits == text,
        _ => {}
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    if radix_of(digits).is_some() {
        return true;
    }
    let (number, exponent) = match digits.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (digits, None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let decimal = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let some = number.bytes().any(|b| b.is_ascii_digit());
    let exponent = exponent.is_none_or(|exponent| {
        let (_, digits) = sign_and_digits(exponent);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    some && decimal(whole) && decimal(fraction) && exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_what_kubernetes_takes_them_for() {
        for text in [
            "1", "-1", "+1", "0x1F", "0o17", "0b11", "017", "08", "1_000", "1.5", ".5", "1.", "1e3", "1E-3",
            ".inf", "-.INF", ".nan",
        ] {
            assert!(matches!(plain(text.into()), Node::Number(_)), "{text}");
        }
        for text in [
            "1Mi", "64Mi", "1.2.3", "0x", "0xg", "1e", "e3", "-", ".", "12:30:45", "1-2", "yEs", "nul", "x1",
            "-.nan",
        ] {
            assert!(matches!(plain(text.into()), Node::Text(_)), "{text}");
        }
        assert_eq!(plain("~".into()), Node::Null);
        assert_eq!(plain("off".into()), Node::Bool(false));
    }

    #[test]
    fn whole_numbers_come_out_in_any_notation() {
        for (text, expected) in [
            ("16", Some(16)),
            ("-16", Some(-16)),
            ("0x10", Some(16)),
            ("0o20", Some(16)),
            ("020", Some(16)),
            ("0b10000", Some(16)),
            ("08", Some(8)),
            ("1_6", Some(16)),
            ("1e3", Some(1_000)),
            ("1.0", Some(1)),
            ("1.5", None),
            (".inf", None),
            ("1e999", None),
            ("340282366920938463463374607431768211456", None),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
    }
}
