//! The other choices that a design could have made, each alone.

use casemate_world_config::{CHOICES, Design};
use serde_json::{Map, Value, json};

use crate::Variant;

/// A field and its word; none is no bound.
type Chosen = (&'static str, Option<&'static str>);

/// What has to be chosen as well, for a choice to make sense in a design that chose otherwise.
const WITH: &[(&str, &str, &[Chosen])] = &[
    ("goal", "one", &[("agent", Some("one"))]),
    ("tick", "none", &[("resume", Some("ree-idle")), ("tee_waits", None), ("ree_waits", None)]),
    ("resume", "ree-idle", &[("tick", Some("own")), ("tee_waits", None)]),
    ("resume", "next-call", &[("tick", Some("own")), ("tee_waits", None)]),
    ("idle_hand_over", "false", &[("proper_cpu", Some("least-loaded"))]),
];

/// Bounds that are tried beside the choices that have words.
const BOUNDS: &[(&str, &[Option<u8>])] =
    &[("tee_waits", &[Some(1), Some(16), None]), ("ree_waits", &[Some(4), None]), ("ree_share", &[Some(4)])];

/// The design itself, called `as it is`, and every other that chooses otherwise once, called by that choice. What makes
/// no sense in this design even with what belongs to it is left out.
#[must_use]
pub fn neighbours(design: &Design) -> Vec<Variant> {
    let Ok(Value::Object(fields)) = serde_json::to_value(design) else { return Vec::new() };
    let words = CHOICES.iter().flat_map(|it| it.values.iter().map(move |word| (it.field, word_of(word))));
    let switches =
        fields.iter().filter_map(|(field, value)| Some((field.as_str(), json!(!value.as_bool()?))));
    let bounds = BOUNDS.iter().flat_map(|(field, values)| values.iter().map(move |it| (*field, json!(it))));
    let others = words.chain(switches).chain(bounds).filter(|(field, value)| fields[*field] != *value);
    let others = others.filter_map(|(field, value)| other(&fields, field, &value));
    let itself = Variant { name: "as it is".into(), design: *design, corrected: true };
    std::iter::once(itself).chain(others).collect()
}

/// Time slices stand with their ticks.
fn word_of(word: &str) -> Value {
    if word == "time-slice" { json!({ word: 2 }) } else { json!(word) }
}

fn other(fields: &Map<String, Value>, field: &str, value: &Value) -> Option<Variant> {
    let word = match value {
        Value::String(word) => word.clone(),
        Value::Object(_) => "time-slice".into(),
        other => other.to_string(),
    };
    let mut fields = fields.clone();
    fields.insert(field.into(), value.clone());
    let mut name = format!("{field}: {word}");
    let read = |fields: &Map<String, Value>| serde_json::from_value::<Design>(fields.clone().into()).ok();
    let mut design = read(&fields)?;
    if design.config().is_err() {
        let (_, _, with) = WITH.iter().find(|it| (it.0, it.1) == (field, word.as_str()))?;
        for (field, word) in *with {
            let value = json!(word);
            if fields[*field] != value {
                name += &format!(", {field}: {}", word.unwrap_or("null"));
                fields.insert((*field).into(), value);
            }
        }
        design = read(&fields)?;
    }
    design.config().is_ok().then_some(Variant { name, design, corrected: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_of_the_default_is_left_once_and_every_design_makes_sense() {
        let all = neighbours(&Design::default());
        let names: Vec<_> = all.iter().map(|it| it.name.as_str()).collect();
        for choice in CHOICES {
            let is_left = |word: &&&str| {
                let name = format!("{}: {word}", choice.field);
                names.iter().any(|it| *it == name || it.starts_with(&format!("{name}, ")))
            };
            // Function calls alone have no threads: nothing else of the default goes with them.
            let kept = 1 + usize::from(choice.field == "entry");
            let left = choice.values.iter().filter(is_left).count();
            assert_eq!(left + kept, choice.values.len(), "{}", choice.field);
        }
        assert!(all.iter().all(|it| it.design.config().is_ok()));
        let mut distinct: Vec<_> = all.iter().map(|it| serde_json::to_string(&it.design).unwrap()).collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), all.len());
        assert!(
            names.contains(&"tick: none, resume: ree-idle, tee_waits: null, ree_waits: null"),
            "{names:?}"
        );
    }
}
