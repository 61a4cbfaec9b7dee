//! Labels of namespaces (`core/v1 Namespace`), by which affinity between pods may mean them.

use std::collections::BTreeMap;

use casemate_model::affinity::Labels;

use crate::Place;
use crate::field::Field;
use crate::metadata::{NameKind, name};
use crate::problem::Findings;

/// What the API server labels every namespace with: its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Namespaces as they are read.
#[derive(Default)]
pub(crate) struct Namespaces {
    labels: BTreeMap<String, Labels>,
    places: BTreeMap<String, Place>,
}

impl Namespaces {
    /// Reads a namespace.
    pub(crate) fn add(&mut self, document: &Field<'_>, to: &mut Findings) {
        let read = to.sound(|to| {
            let metadata = document.need("metadata", "Give it a `name`", to)?;
            let field = metadata.need("name", "Name the namespace", to);
            let name = field.and_then(|field| name(&field, NameKind::Label, to));
            let labels = metadata.get("labels").map(|field| field.texts(to)).unwrap_or_default();
            Some((name?, labels))
        });
        let Some((name, mut labels)) = read else { return };
        if let Some(first) = self.places.get(&name) {
            let cause = format!("a second namespace named `{name}`; the first is at {first}");
            to.refuse(document.problem(cause, "Keep one of them"));
            return;
        }
        labels.insert(NAME_LABEL.to_owned(), name.clone());
        self.places.insert(name.clone(), document.place());
        self.labels.insert(name, labels);
    }

    /// Labels by namespace. Those in `also` that no document describes have the one label that all have.
    pub(crate) fn labels<'a>(self, also: impl Iterator<Item = &'a str>) -> BTreeMap<String, Labels> {
        let mut all = self.labels;
        for name in also {
            if !all.contains_key(name) {
                all.insert(name.to_owned(), Labels::from([(NAME_LABEL.to_owned(), name.to_owned())]));
            }
        }
        all
    }
}
