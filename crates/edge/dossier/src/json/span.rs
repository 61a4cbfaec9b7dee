//! Where a member of a JSON object stands in its text: what Intel signs is the text of a member.

use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The text of the member `name` of the object that `text` is, as it stands there.
pub(super) fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut at = text.find('{')?.checked_add(1)?;
    loop {
        let (key, after) = value::<String>(text, at)?;
        let colon = text.get(after..)?.find(':')?;
        let start = after.checked_add(colon)?.checked_add(1)?;
        let (_, end) = value::<IgnoredAny>(text, start)?;
        if key == name {
            return Some(text.get(Range { start, end })?.trim_ascii());
        }
        let rest = text.get(end..)?;
        let comma = rest.len().checked_sub(rest.trim_ascii_start().strip_prefix(',')?.len())?;
        at = end.checked_add(comma)?;
    }
}

/// The value that begins at `at`, and where it ends.
fn value<'a, T: Deserialize<'a>>(text: &'a str, at: usize) -> Option<(T, usize)> {
    let mut stream = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<T>();
    let value = stream.next()?.ok()?;
    Some((value, at.checked_add(stream.byte_offset())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_the_text_between_colon_and_comma_byte_for_byte() {
        let text = r#" { "a\"}" : [1, "}{,"] , "tcbInfo" :  {"x":1.50, "y":"\u00e9é"}  ,"signature":"00" } "#;
        assert_eq!(member(text, "tcbInfo"), Some(r#"{"x":1.50, "y":"\u00e9é"}"#));
        assert_eq!(member(text, "signature"), Some(r#""00""#));
        assert_eq!(member(text, "a\"}"), Some(r#"[1, "}{,"]"#));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for text in ["{}", "", "{", r#"{"a":1"#, r#"{"a" 1}"#, r#"{"a":1,}"#, "[1]"] {
            assert_eq!(member(text, "b"), None, "{text}");
        }
        // Only members of the object itself.
        assert_eq!(member(r#"{"a":{"b":1}}"#, "b"), None);
    }
}
