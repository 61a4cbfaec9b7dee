//! The tables of TEEs as people read them: plain rows of text.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{Display, Write};

use super::{Feature, Runtime, TeeVariant, offered};

/// A table: what its columns are called, and its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<const N: usize> {
    /// What the columns are called.
    pub heading: [&'static str; N],
    /// Its rows, none shorter than the heading.
    pub rows: Vec<[String; N]>,
}

/// What each TEE can do: CC 6.1 with more columns, a row each.
#[must_use]
pub fn capability_table() -> Table<10> {
    let heading = [
        "TEE",
        "instance",
        "memory from",
        "memory",
        "attestation",
        "slots",
        "migration",
        "runs in",
        "inside it",
        "overhead",
    ];
    let rows = TeeVariant::ALL
        .map(|variant| {
            let row = variant.capabilities();
            [
                variant.to_string(),
                row.unit.to_string(),
                row.memory.from.to_string(),
                bounds(variant),
                list(row.attestation),
                slots(variant),
                row.migration.to_string(),
                list(row.runs_in),
                inside(variant),
                overhead(variant),
            ]
        })
        .to_vec();
    Table { heading, rows }
}

/// What each runtime offers on each TEE it runs on: a row each feature, a column each pair.
/// The first cell of a row is the feature; the others are `yes` or empty.
#[must_use]
pub fn feature_table() -> (Vec<String>, Vec<Vec<String>>) {
    let pairs: Vec<(TeeVariant, Runtime)> = TeeVariant::ALL
        .into_iter()
        .flat_map(|variant| Runtime::ALL.map(|runtime| (variant, runtime)))
        .filter(|(variant, runtime)| runtime.runs_on().contains(variant))
        .collect();
    let heading = core::iter::once("feature".to_string())
        .chain(pairs.iter().map(|(variant, runtime)| format!("{variant} {runtime}")))
        .collect();
    let row = |feature: Feature| {
        let cell = |(variant, runtime): &(TeeVariant, Runtime)| {
            if offered(*variant, *runtime).contains(feature) { "yes".into() } else { String::new() }
        };
        core::iter::once(feature.to_string()).chain(pairs.iter().map(cell)).collect()
    };
    (heading, Feature::ALL.map(row).to_vec())
}

/// `least` and `most`, as far as they are documented, and where a machine says its own.
fn bounds(variant: TeeVariant) -> String {
    let memory = variant.capabilities().memory;
    let mut text = String::new();
    let parts = [("from", memory.least), ("up to", memory.most)];
    for (word, bound) in parts.into_iter().filter_map(|(word, bound)| Some((word, bound?))) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{word} {bound}; ");
    }
    let _ = write!(text, "{}", memory.number);
    text + if memory.is_paged { "; paged beyond" } else { "" }
}

fn slots(variant: TeeVariant) -> String {
    let slots = variant.capabilities().slots;
    let cgroup = slots.cgroup.map_or_else(String::new, |name| format!(", cgroup `{name}`"));
    format!("{}: {}{cgroup}", slots.kind, slots.number)
}

/// The levels it has, and the TEEs that run in it.
fn inside(variant: TeeVariant) -> String {
    let levels = variant.capabilities().partitions.map(|it| match it.most {
        Some(most) => format!("{} (up to {most})", it.kind),
        None => it.kind.to_string(),
    });
    let tees = variant.holds().map(|it| it.to_string());
    joined(levels.into_iter().chain(tees))
}

fn overhead(variant: TeeVariant) -> String {
    let row = variant.capabilities();
    let costs = list(row.costs);
    match row.overhead {
        Some(level) => format!("{level}: {costs}"),
        None => costs,
    }
}

fn list<T: Display>(items: &[T]) -> String {
    joined(items.iter().map(ToString::to_string))
}

fn joined(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "-".into() } else { items.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_what_tees_can_do_says_something() {
        for row in capability_table().rows {
            assert!(row.iter().all(|cell| !cell.is_empty() && !cell.contains('|')), "{row:?}");
        }
    }

    #[test]
    fn the_table_of_features_is_as_wide_everywhere() {
        let (heading, rows) = feature_table();
        assert_eq!(rows.len(), Feature::ALL.len());
        for row in &rows {
            assert_eq!(row.len(), heading.len(), "{row:?}");
        }
        let nobody = rows.iter().filter(|row| row.iter().skip(1).all(String::is_empty));
        assert_eq!(nobody.map(|row| row[0].as_str()).collect::<Vec<_>>(), ["nested-virtualization"]);
    }
}
