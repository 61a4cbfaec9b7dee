//! RuntimeClasses given with the files, and what a pod's runtime class comes to.

use std::collections::BTreeMap;

use super::draft::{Cost, shown};
use super::pod::cost;
use crate::field::Field;
use crate::vocabulary::resources::{Means, resource};
use crate::vocabulary::runtime_classes::{Isolation, RUNTIME_CLASSES, runtime_class};

/// A RuntimeClass as it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    handler: String,
    overhead: Option<Cost>,
}

impl Given {
    /// Reads a RuntimeClass document.
    pub(crate) fn read(document: &Field<'_>) -> Option<(String, Self)> {
        let name = document.at(&["metadata", "name"])?;
        let handler = document.get("handler").map_or_else(String::new, |handler| shown(&handler));
        let overhead = document.at(&["overhead", "podFixed"]).map(|fixed| cost(&fixed));
        Some((shown(&name), Self { handler, overhead }))
    }

    /// Whether its sandbox is a virtual machine, which takes memory of its own.
    pub(crate) fn needs_overhead(&self, name: &str) -> bool {
        let known = runtime_class(&self.handler).or_else(|| runtime_class(name));
        known.is_some_and(|class| {
            class.overhead.is_some() || matches!(class.isolation, Isolation::Tee(_) | Isolation::SomeTee)
        })
    }
}

/// Every RuntimeClass of the files, by name.
pub(crate) type Classes = BTreeMap<String, Given>;

/// What a pod's runtime class comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sandbox {
    pub(crate) isolation: Isolation,
    /// Whether the name, or its handler's, is one in the table, and not told by its words.
    pub(crate) is_certain: bool,
    /// `None`: not known.
    pub(crate) cost: Option<Cost>,
    /// Whether the cost is from a RuntimeClass that was given.
    pub(crate) is_given: bool,
}

/// What the class of that name comes to: as given, else as known; nothing where neither.
pub(crate) fn sandbox(name: &str, classes: &Classes) -> Option<Sandbox> {
    let given = classes.get(name);
    let told = match given {
        // What runs is the handler; a class `kata` may be the handler `kata-qemu-snp`.
        Some(given) => runtime_class(&given.handler).or_else(|| runtime_class(name)),
        None => runtime_class(name),
    };
    if told.is_none() && given.is_none() {
        return None;
    }
    let known = told.and_then(|class| class.overhead).map(|overhead| Cost {
        memory: Some(overhead.memory.0),
        cpu: Some(overhead.cpu.0),
        keys: u64::from(overhead.key.is_some()),
    });
    let cost = match given {
        Some(given) => Some(given.overhead.unwrap_or(Cost { memory: Some(0), cpu: Some(0), keys: 0 })),
        None => known,
    };
    Some(Sandbox {
        isolation: told.map_or(Isolation::Possible, |class| class.isolation),
        is_certain: told.is_some_and(|class| !class.name.is_empty()),
        cost,
        is_given: given.is_some(),
    })
}

/// Whether a sandbox of that kind takes a memory-encryption key that nodes count.
pub(crate) fn takes_a_key(isolation: Isolation) -> bool {
    let Isolation::Tee(technology) = isolation else { return false };
    RUNTIME_CLASSES.iter().filter_map(|class| class.overhead?.key).any(|key| {
        resource(key).is_some_and(|key| key.technology == Some(technology) && key.means == Means::KeySlots)
    })
}
