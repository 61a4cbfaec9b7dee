//! Signed JSON, member by member.

use casemate_attest::SignedJson;
use casemate_attest::inspect::Field;
use serde_json::Value;

/// What is signed, and the signature.
pub(super) fn signed(document: &SignedJson) -> Result<Vec<Field>, serde_json::Error> {
    let value: Value = serde_json::from_slice(&document.json)?;
    let mut fields = members(&value);
    fields.push(Field::hex("signature", &document.signature));
    Ok(fields)
}

/// The members of an object, or the items of a list. As deep as JSON is parsed.
fn members(value: &Value) -> Vec<Field> {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| field(name, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| field(&index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn field(name: &str, value: &Value) -> Field {
    match value {
        Value::Object(_) | Value::Array(_) => Field::group(name, members(value)),
        Value::String(text) => Field::new(name, text.as_str()),
        other => Field::new(name, other.to_string()),
    }
}
