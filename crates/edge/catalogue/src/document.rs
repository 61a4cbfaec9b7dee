//! `docs/catalogue.md`, written from the catalogue.

use std::fmt::Write;

use crate::tees::write_table;
use crate::{Catalogue, InstanceType};

const OPENING: &str = "\
# Instance types that offer confidential computing

Written from the catalogue that is built in (`crates/edge/catalogue/data`), and held to it by a test
(`UPDATE_DOCS=1 cargo test -p casemate-catalogue`). A pod that waits is told which of these types
would hold it, the least waste first, and what the others lack.

Only what a source says stands here. An empty cell: the sources do not say. There are no prices, and
sizes are those of the whole instance, before what a node keeps for itself. Providers write GB and GiB
for the same unit, GiB. What a TEE can do is in [its own table](tees.md).

- **covers** says what the TEE protects: the whole `instance`, so that pods need no key slot of their
  own and get none; `enclaves` in it; or `child-vms` that it starts, for which key slots are needed,
  whose number no source states.
- **sev** encrypts, and no evidence of it is accepted: nothing confidential is placed on it.
- **Nitro**: at most so many enclaves at a time; the parent keeps so many vCPUs for itself. Encrypted
  memory is the parent's ordinary memory, set aside.
- **SGX**: whether the page cache is part of the memory, or comes on top, not all sources say; a
  demand is held against each by itself.
";

const SOURCES: &str = "
## Sources

`dated` is the date that the page carries, or of its last change. `seen` is the day of the copy
that was read where the copy says it, else of the reading.
";

const HEADING: [&str; 12] = [
    "series",
    "TEE",
    "covers",
    "types",
    "vCPUs",
    "memory",
    "EPC",
    "NUMA nodes",
    "enclaves; parent's vCPUs",
    "GPUs",
    "evidence",
    "sources",
];

/// The page.
#[must_use]
pub fn catalogue_markdown() -> String {
    let catalogue = Catalogue::builtin();
    let mut page = String::from(OPENING);
    let mut rest = catalogue.types.as_slice();
    let mut provider = None;
    let mut rows: Vec<[String; 12]> = Vec::new();
    while let Some(first) = rest.first() {
        if provider != Some(first.provider) {
            flush(&mut page, &mut rows);
            provider = Some(first.provider);
            // Writing to a string cannot fail.
            let _ = writeln!(page, "\n## `{}`", first.provider);
        }
        let alike = rest.iter().take_while(|it| is_like(first, it)).count();
        let (group, others) = rest.split_at(alike);
        rows.push(row(first, group));
        rest = others;
    }
    flush(&mut page, &mut rows);
    page.push_str(SOURCES);
    let sources = catalogue.sources.iter().map(|it| {
        let dated = it.dated.map_or_else(String::new, |date| date.to_string());
        [format!("`{}`", it.id), format!("<{}>", it.url), dated, it.seen.to_string()]
    });
    write_table(&mut page, &["source", "address", "dated", "seen"], &sources.collect::<Vec<_>>());
    page
}

fn flush(page: &mut String, rows: &mut Vec<[String; 12]>) {
    if !rows.is_empty() {
        write_table(page, &HEADING, rows);
        rows.clear();
    }
}

/// Whether two types differ in size only.
fn is_like(a: &InstanceType, b: &InstanceType) -> bool {
    let key = |it: &InstanceType| {
        let limits = (it.enclaves_max, it.parent_vcpus, it.gpus.clone(), it.status, it.retires);
        (it.provider, it.series(), it.tee, it.covers, it.evidence.clone(), limits, it.sources.clone())
    };
    key(a) == key(b)
}

/// One row for types that differ in size only.
fn row(first: &InstanceType, group: &[InstanceType]) -> [String; 12] {
    let memory = range(group.iter().map(|it| Some(it.memory)));
    let epc = range(group.iter().map(|it| it.epc));
    let numa = range(group.iter().map(|it| it.numa_nodes));
    let vcpus = range(group.iter().map(|it| Some(it.vcpus)));
    let limits = first.enclaves_max.map_or_else(String::new, |enclaves| {
        format!("{enclaves}; {}", first.parent_vcpus.map_or_else(|| "not said".into(), |it| it.to_string()))
    });
    let mut series = format!("{} ({})", first.series(), first.status);
    if let Some(date) = first.retires {
        let _ = write!(series, ", retires {date}");
    }
    let series = series.replace(" (available)", "");
    let evidence: Vec<&str> = first.evidence.iter().map(|it| it.as_str()).collect();
    let sources: Vec<String> = first.sources.iter().map(|it| format!("`{}`", it.id)).collect();
    [
        series,
        first.tee.to_string(),
        first.covers.to_string(),
        group.len().to_string(),
        vcpus,
        memory,
        epc,
        numa,
        limits,
        first.gpus.as_ref().map_or_else(String::new, ToString::to_string),
        evidence.join(", "),
        sources.join(", "),
    ]
}

/// The least and the most of what is stated; empty where nothing is.
fn range<T: Ord + ToString>(values: impl Iterator<Item = Option<T>>) -> String {
    let stated: Vec<T> = values.flatten().collect();
    let (Some(least), Some(most)) = (stated.iter().min(), stated.iter().max()) else { return String::new() };
    if least == most { least.to_string() } else { format!("{} to {}", least.to_string(), most.to_string()) }
}
