//! Base64 as Kubernetes takes it in `Secret.data` and `ConfigMap.binaryData`.
//!
//! RFC 4648, section 4: the standard alphabet, padded. Line breaks are skipped, as Go's
//! decoder does. Refused: any other character, missing or misplaced padding, and bits in
//! the last character that stand for nothing (3.5), so that one value has one text.

/// The bytes a text stands for, or nothing where it is no Base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = 0_u32;
    let (mut digits, mut padding) = (0_u32, 0_u32);
    for character in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        if character == b'=' {
            padding += 1;
            // At most two, and only to fill up a group of four.
            if padding > 2 || digits + padding > 4 || digits < 2 {
                return None;
            }
        } else {
            if padding > 0 {
                return None;
            }
            group = group << 6 | value(character)?;
            digits += 1;
        }
        if digits + padding == 4 {
            let [_, first, second, third] = (group << (6 * padding)).to_be_bytes();
            let (kept, rest) = match padding {
                0 => (3, 0),
                1 => (2, third),
                _ => (1, second),
            };
            if rest != 0 {
                return None;
            }
            bytes.extend([first, second, third].iter().take(kept));
            group = 0;
            digits = 0;
            // What follows padding is refused above: it never returns to zero.
        }
    }
    (digits == 0).then_some(bytes)
}

fn value(character: u8) -> Option<u32> {
    Some(u32::from(match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_rfc_4648_are_read() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9v\nYmFy\r\n", "foobar"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn what_stands_for_no_bytes_is_refused() {
        for text in
            ["Z", "Zg", "Zg=", "Zg===", "Zm9v=", "=", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v Zg==", "Zm-_", "é"]
        {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    /// The encoder the tests need, by the definition: 6 bits at a time.
    fn encode(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let mut group = [0; 4];
            group[1..=chunk.len()].copy_from_slice(chunk);
            let group = u32::from_be_bytes(group);
            for digit in 0..4 {
                let value = (group >> (18 - 6 * digit)) & 63;
                text.push(if digit <= chunk.len() { char::from(ALPHABET[value as usize]) } else { '=' });
            }
        }
        text
    }

    proptest! {
        #[test]
        fn bytes_come_back_as_they_were(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn a_text_that_is_read_is_the_only_one_for_its_bytes(text in "[A-Za-z0-9+/=]{0,16}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
