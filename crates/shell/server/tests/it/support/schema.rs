//! As much of JSON Schema as the description of the API uses: `$ref`, `type`, `enum`, `properties`,
//! `required`, `additionalProperties`, `items`, `minItems`.

use serde_json::Value;

pub(crate) struct Schemas {
    pub(crate) document: Value,
}

impl Schemas {
    /// What is wrong with a value, each with its place.
    pub(crate) fn violations(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.check(schema, value, "", &mut found);
        found
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.document.pointer(reference.trim_start_matches('#'));
            return self.check(target.expect("a schema that is there"), value, at, found);
        }
        let types = match &schema["type"] {
            Value::Null => Vec::new(),
            Value::String(one) => vec![one.as_str()],
            many => many.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
        };
        if !types.is_empty() && !types.iter().any(|it| is_of(value, it)) {
            return found.push(format!("{at} is not {types:?}"));
        }
        if schema["enum"].as_array().is_some_and(|it| !it.contains(value)) {
            found.push(format!("{at} is none of {}", schema["enum"]));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.is_object() && value.get(name).is_none() {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            match schema["properties"].get(name) {
                Some(schema) => self.check(schema, member, &format!("{at}.{name}"), found),
                None if schema["additionalProperties"] == false => {
                    found.push(format!("{at}.{name} is not described"))
                }
                None => {}
            }
        }
        let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
        if value.is_array()
            && schema["minItems"].as_u64().is_some_and(|least| elements.len() < least as usize)
        {
            found.push(format!("{at} has too few elements"));
        }
        for (nth, element) in elements.iter().enumerate() {
            self.check(&schema["items"], element, &format!("{at}[{nth}]"), found);
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        other => panic!("the type `{other}` is not known to the checker"),
    }
}
