//! Annotations of ours, `casemate.dev/…`: what Kubernetes has no field for.
//!
//! One that is not known is noted with the nearest that is: a word misspelt would otherwise be a word ignored.

use crate::field::Field;
use crate::problem::{Findings, shown};
use crate::suggest::nearest;

/// What all of them begin with.
const PREFIX: &str = "casemate.dev/";

/// Most that are noted of one object.
const UNKNOWN_MAX: usize = 16;

/// The annotations of ours on one object.
pub(crate) struct Ours<'a> {
    written: Vec<(&'a str, Field<'a>)>,
}

impl<'a> Ours<'a> {
    /// Those in an object's metadata.
    pub(crate) fn of(metadata: Option<&Field<'a>>) -> Self {
        let written = metadata.and_then(|metadata| metadata.get("annotations"));
        let children = written.iter().flat_map(|written| written.children());
        let ours = children.filter_map(|(key, field)| Some((key.strip_prefix(PREFIX)?, field)));
        Self { written: ours.filter(|(_, field)| !field.is_null()).collect() }
    }

    /// The value under a name. What is no text is told where all annotations are read.
    pub(crate) fn get(&self, name: &str) -> Option<(&'a str, &Field<'a>)> {
        let (_, field) = self.written.iter().find(|(key, _)| *key == name)?;
        Some((field.plain()?, field))
    }

    /// Values under names that begin so, with the rest of each name.
    pub(crate) fn all(&self, prefix: &'static str) -> impl Iterator<Item = (&'a str, &'a str, &Field<'a>)> {
        self.written
            .iter()
            .filter_map(move |(key, field)| Some((key.strip_prefix(prefix)?, field.plain()?, field)))
    }

    /// Notes what is none of `known`. A name that ends in a dot stands for all that begin like it.
    pub(crate) fn note_unknown(&self, known: &[&str], to: &mut Findings) {
        let is_known = |key: &str| {
            known.iter().any(|name| match name.strip_suffix('.') {
                Some(_) => key.len() > name.len() && key.starts_with(name),
                None => *name == key,
            })
        };
        let unknown = self.written.iter().filter(|(key, _)| !is_known(key));
        for (key, field) in unknown.take(UNKNOWN_MAX) {
            let meant = match nearest(key, known) {
                Some(name) => format!("did you mean `{PREFIX}{name}`?"),
                None => {
                    let known: Vec<String> = known.iter().map(|name| format!("`{PREFIX}{name}`")).collect();
                    format!("known here: {}", known.join(", "))
                }
            };
            to.note(field.note(format!("`{PREFIX}{}` is unknown here, and ignored; {meant}", shown(key))));
        }
    }

    /// Whether there is any.
    pub(crate) fn is_empty(&self) -> bool {
        self.written.is_empty()
    }
}
