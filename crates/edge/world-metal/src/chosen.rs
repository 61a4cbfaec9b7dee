//! What a design chose, field by field.

use casemate_world::Config;
use casemate_world_config::Design;
use serde_json::Value;

/// A field of a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its key.
    pub field: String,
    /// What was chosen, by its word.
    pub value: String,
    /// Whether the default design for as many CPUs chooses the same.
    pub is_default: bool,
}

/// Every field, in the order of their keys.
#[must_use]
pub fn chosen(design: &Design, cpus: u8) -> Vec<Chosen> {
    let fields = |design: &Design| match serde_json::to_value(design) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let default = fields(&Design::of(Config::new(cpus)));
    let mut chosen: Vec<_> = fields(design)
        .into_iter()
        .map(|(field, value)| Chosen {
            is_default: default.get(&field) == Some(&value),
            field,
            value: match value {
                Value::String(word) => word,
                other => other.to_string(),
            },
        })
        .collect();
    chosen.sort_by(|a, b| a.field.cmp(&b.field));
    chosen
}

#[cfg(test)]
mod tests {
    use casemate_world::{Agent, Entry};

    use super::*;

    #[test]
    fn what_is_not_as_in_the_default_is_told_by_its_word() {
        let config = Config { agent: Agent::Caller, entry: Entry::TimeSlice(2), ..Config::new(4) };
        let all = chosen(&Design::of(config), 4);
        let other: Vec<_> = all.iter().filter(|it| !it.is_default).collect();
        let words: Vec<_> = other.iter().map(|it| format!("{}: {}", it.field, it.value)).collect();
        assert_eq!(words, ["agent: caller", "entry: {\"time-slice\":2}"]);
        assert!(all.is_sorted_by_key(|it| &it.field) && all.len() == 20);
    }
}
