//! Names and namespaces.
//!
//! They are checked because they become file names of logs: only what Kubernetes
//! accepts is accepted (RFC 1123 labels and subdomains), so a name is never a path.
//! Refused: `generateName`, because names here are deterministic.

use std::collections::BTreeMap;

use casemate_model::PodKey;

use crate::field::Field;
use crate::problem::Findings;

/// Which names are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameKind {
    /// RFC 1123 label: up to 63 lower-case letters, digits and dashes.
    Label,
    /// RFC 1123 subdomain: labels joined by dots, up to 253 characters.
    Subdomain,
}

/// Reads `metadata.namespace` and `metadata.name`.
pub(crate) fn key(document: &Field<'_>, to: &mut Findings) -> Option<PodKey> {
    to.sound(|to| {
        let metadata = document.need("metadata", "Give it at least a `name`", to)?;
        let namespace = match metadata.get("namespace") {
            Some(field) => name(&field, NameKind::Label, to),
            None => Some("default".to_owned()),
        };
        let remedy = if metadata.get("generateName").is_some() {
            "`generateName` is not run: names are deterministic here, so write the name out"
        } else {
            "Give it a name, unique in its namespace"
        };
        let name = metadata.need("name", remedy, to).and_then(|field| name(&field, NameKind::Subdomain, to));
        Some(PodKey { namespace: namespace?, name: name? })
    })
}

/// Namespace and name as they are written, right or wrong.
pub(crate) fn named(root: &Field<'_>) -> Option<PodKey> {
    let metadata = root.get("metadata")?;
    let namespace = metadata.get("namespace").map_or(Some("default"), |field| field.plain())?;
    Some(PodKey { namespace: namespace.to_owned(), name: metadata.get("name")?.plain()?.to_owned() })
}

/// What a pod can be told of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) key: PodKey,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    /// Read from a cluster (`kubectl get -o yaml`): what a cluster adds to a pod is in it.
    pub(crate) live: bool,
    /// It is on a node of that cluster, and is planned as being there.
    pub(crate) there: bool,
}

/// Reads the labels and annotations of a document or of a pod's template.
pub(crate) fn identity(key: PodKey, metadata: Option<&Field<'_>>, to: &mut Findings) -> Identity {
    let mut texts = |key: &str| metadata.and_then(|field| field.get(key)).map(|field| field.texts(to));
    let (labels, annotations) = (texts("labels"), texts("annotations"));
    Identity {
        key,
        labels: labels.unwrap_or_default(),
        annotations: annotations.unwrap_or_default(),
        live: metadata.is_some_and(|field| field.get("uid").is_some()),
        there: false,
    }
}

/// Stands in where the name is wrong, so that the rest is read and everything wrong is said at once.
pub(crate) fn unnamed() -> PodKey {
    PodKey { namespace: "default".to_owned(), name: "unnamed".to_owned() }
}

/// Whether a cluster would take this as a pod's name, and this machine as a file's.
pub(crate) fn is_pod_name(text: &str) -> bool {
    is_name(text, NameKind::Subdomain)
}

/// Reads a name of the given kind.
pub(crate) fn name(field: &Field<'_>, kind: NameKind, to: &mut Findings) -> Option<String> {
    let text = field.text(to)?;
    if !is_name(text, kind) {
        let shown: String = text.chars().take(64).collect();
        to.refuse(field.problem(
            format!("`{shown}` is not a name Kubernetes accepts here"),
            match kind {
                NameKind::Label => {
                    "Use up to 63 lower-case letters, digits and dashes, none at an end a dash"
                }
                NameKind::Subdomain => "Use up to 253 lower-case letters, digits, dashes and dots",
            },
        ));
        return None;
    }
    Some(text.to_owned())
}

/// Whether the key of a label may have this before its slash.
pub(crate) fn is_label_prefix(text: &str) -> bool {
    is_name(text, NameKind::Subdomain)
}

fn is_name(text: &str, kind: NameKind) -> bool {
    match kind {
        NameKind::Label => is_label(text, 63),
        NameKind::Subdomain => text.len() <= 253 && text.split('.').all(|label| is_label(label, 253)),
    }
}

fn is_label(text: &str, chars_max: usize) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = text.bytes().next().is_some_and(inner) && text.bytes().next_back().is_some_and(inner);
    ends && text.len() <= chars_max && text.bytes().all(|b| inner(b) || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_path() {
        for good in ["a", "quick-hog", "a.b-c.d", "0"] {
            assert!(is_name(good, NameKind::Subdomain), "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", "a..b", "-a", "a-", "A", "a b", "é", &"a".repeat(254)] {
            assert!(!is_name(bad, NameKind::Subdomain), "{bad}");
        }
        assert!(!is_name("a.b", NameKind::Label));
        assert!(!is_name(&"a".repeat(64), NameKind::Label));
    }
}
