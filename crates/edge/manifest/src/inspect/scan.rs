//! Text that is no YAML, line by line: whether a TEE's words are in it.
//!
//! The last resort, for templates that are YAML only once rendered and for files with a
//! mistake in them. What it finds is possible at most, and counts nothing.

use super::draft::{Amounts, Because, Draft, Signs};
use super::inspection::{Fact, Form, Says, What};
use super::spot::Spot;
use crate::Technology;
use crate::source::Chunk;
use crate::vocabulary::devices::{HostPath, host_path};
use crate::vocabulary::labels::{LABELS, Says as Label};
use crate::vocabulary::resources::resource;
use crate::vocabulary::runtime_classes::{Isolation, runtime_class};

/// Most words told of one text.
const FACTS_MAX: usize = 100;

/// Looks for a TEE's words in a text that could not be parsed.
pub(crate) fn scan(document: Chunk<'_>, template: bool) -> Option<Draft> {
    let mut facts: Vec<Fact> = Vec::new();
    let mut kind = None;
    let mut name = None;
    let mut because = None;
    for (index, line) in document.text.lines().enumerate() {
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') {
            continue;
        }
        let (key, value) = pair(trimmed);
        if line.starts_with("kind:") && kind.is_none() {
            kind = Some(value.chars().take(64).collect::<String>());
        }
        if key == "name" && name.is_none() {
            name = Some(value.chars().take(120).collect::<String>());
        }
        let Some((what, tee, why)) = word(key, value) else { continue };
        because.get_or_insert(Because { says: Says::Possible, rank: 0, text: why });
        facts.push(Fact {
            what,
            value: value.chars().take(120).collect(),
            field: String::new(),
            line: document.first_line + index,
            column: line.chars().count() - trimmed.chars().count() + 1,
            says: Says::Possible,
            tee,
        });
        if facts.len() == FACTS_MAX {
            break;
        }
    }
    let offers = ["RuntimeClass", "NodeFeatureRule", "Node", "CustomResourceDefinition", "ConfigMap"];
    if facts.is_empty() || kind.as_deref().is_some_and(|kind| offers.contains(&kind)) {
        return None;
    }
    let first = facts.first().map_or(document.first_line, |fact| fact.line);
    let because = because.map(|because| Because {
        text: format!("{}, in a text that is no YAML as it stands", because.text),
        ..because
    });
    Some(Draft {
        file: document.file.to_owned(),
        spot: Spot { field: String::new(), line: first, column: 1 },
        kind,
        api_version: None,
        namespace: None,
        name,
        form: Form::Text,
        template,
        replicas: None,
        facts,
        findings: Vec::new(),
        because,
        demand: Amounts::UNKNOWN,
        runtime_classes: Vec::new(),
        overhead: None,
        signs: Signs::default(),
    })
}

/// Whether a TEE's word is in a line.
pub(crate) fn has_word(line: &str) -> bool {
    let (key, value) = pair(line.trim_start());
    word(key, value).is_some()
}

/// Key and value of a line, without quotes, dashes and a trailing comma.
fn pair(line: &str) -> (&str, &str) {
    let line = line.trim_start_matches("- ");
    let (key, value) = line.split_once(": ").unwrap_or((line, ""));
    (trimmed(key), trimmed(value))
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "\"',:".contains(c))
}

fn word(key: &str, value: &str) -> Option<(What, Option<Technology>, String)> {
    if let Some(known) = resource(key).filter(|known| known.is_of_a_tee()) {
        return Some((What::DeviceResource, known.technology, format!("it names `{key}`")));
    }
    if key == "runtimeClassName" {
        let tee = match runtime_class(value)?.isolation {
            Isolation::Tee(technology) => Some(technology),
            Isolation::SomeTee | Isolation::Possible => None,
            Isolation::None => return None,
        };
        return Some((What::RuntimeClass, tee, format!("it names the runtime class `{value}`")));
    }
    if key == "path"
        && let Some(HostPath::Device(technology)) = host_path(value)
    {
        return Some((What::HostPath, Some(technology), format!("it names `{value}`")));
    }
    let label = LABELS.iter().find(|label| label.key == key)?;
    let tee = match label.says {
        Label::Offers(tee) => Some(tee),
        Label::Is(tee) | Label::Perhaps(tee) => tee,
    };
    Some((What::NodeLabel, tee, format!("it names the node label `{key}`")))
}
