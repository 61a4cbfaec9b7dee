//! Evidence and endorsements anywhere in a document whose shape is not known.

use serde_json::Value;

use crate::content::{self, Content};

/// The shortest text or list that could be something: a CRL without entries is longer.
const LENGTH_MIN: usize = 128;
/// Most things that are taken out of one document.
const FOUND_MAX: usize = 256;

/// Everything that is something by itself, in the document's order, each thing once.
pub(super) fn search(value: &Value, depth: u8) -> Vec<Content> {
    let mut found = Vec::new();
    go_through(value, depth, &mut found);
    found
}

/// Recursion is bounded by the depth to which JSON is parsed.
fn go_through(value: &Value, depth: u8, found: &mut Vec<Content>) {
    if found.len() >= FOUND_MAX {
        return;
    }
    let contents = match value {
        Value::String(text) if text.len() >= LENGTH_MIN => content::within(text.as_bytes(), depth),
        Value::Array(items) if items.len() >= LENGTH_MIN => match super::bytes(value) {
            Some(bytes) => content::within(&bytes, depth),
            None => return items.iter().for_each(|it| go_through(it, depth, found)),
        },
        Value::Array(items) => return items.iter().for_each(|it| go_through(it, depth, found)),
        Value::Object(members) => return members.values().for_each(|it| go_through(it, depth, found)),
        _ => return,
    };
    for content in contents.into_iter().flatten() {
        if !found.contains(&content) {
            found.push(content);
        }
    }
}
