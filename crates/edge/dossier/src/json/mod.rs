//! What is JSON: collateral, evidence in the shapes of several makers, anchors, reference values.
//!
//! A document of a known shape is read as that. Any other is searched for texts and lists of bytes that
//! are evidence or endorsements by themselves, since every agent wraps reports in keys of its own.

mod azure;
mod cca;
mod dcap;
mod search;
mod span;

use serde_json::{Map, Value};

use crate::content::{Content, Unusable};
use crate::decode;

/// Everything in a document.
pub(crate) fn recognise(text: &str, depth: u8) -> Result<Vec<Content>, Unusable> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| Unusable::broken(format!("JSON: {error}")))?;
    let shaped = match &value {
        Value::Object(object) => of_object(text, object)?,
        Value::Array(items) => cca::anchors(items)?,
        _ => None,
    };
    if let Some(found) = shaped {
        return Ok(found);
    }
    let found = search::search(&value, depth);
    if found.is_empty() { Err(Unusable::Unknown) } else { Ok(found) }
}

fn of_object(text: &str, object: &Map<String, Value>) -> Result<Option<Vec<Content>>, Unusable> {
    if let Some(found) = dcap::response(text, object)? {
        return Ok(Some(found));
    }
    if let Some(found) = dcap::collateral(object)? {
        return Ok(Some(found));
    }
    if let Some(found) = azure::recognise(object)? {
        return Ok(Some(found));
    }
    cca::recognise(object)
}

/// Bytes as JSON has them: a list of numbers, or text in hex or base64.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => decode::bytes_of_text(text),
        Value::Array(items) => {
            items.iter().map(|it| it.as_u64().and_then(|it| u8::try_from(it).ok())).collect()
        }
        _ => None,
    }
}

/// A member's bytes. `None` where there is no such member, or it is null.
fn member(object: &Map<String, Value>, name: &str) -> Result<Option<Vec<u8>>, Unusable> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match bytes(value) {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(Unusable::broken(format!("`{name}` is neither a list of bytes nor hex nor base64"))),
        },
    }
}
