//! `docs/tees.md`, written from the model's tables.

use std::fmt::Write;

use casemate_model::tee::{Gap, Runtime, TeeVariant, capability_table, feature_table};

const OPENING: &str = "\
# What each TEE can do

Written from the tables of `casemate-model`, and held to them by a test
(`UPDATE_DOCS=1 cargo test -p casemate-catalogue`). It extends a table of four TEEs that this project
began with, cited as CC 6.1. A number stands here where a maker documents one; what a machine has is
read on the machine, and what clouds sell stands in [the catalogue](catalogue.md).

`sgx1` and `sgx2` answer to the same request (`sgx`); where only the kind is known, what the
least of its variants can do is counted on. Plain `sev` and `sev-es` are listed because they are
sold: no evidence of them is accepted, so nothing confidential is placed on them.

Overhead is CC 6.1's rating where there is one, and where the time goes. `-` means none.
";

const FEATURES: &str = "
## Calls and features

What a program may need beyond plain computing, and who offers it: the column is the TEE and
the runtime between it and the program. An empty cell is lacking, for the reason below. What the
TEE itself lacks no runtime makes up for. A GPU is offered where the instance has one that takes
part in confidential computing.
";

const GAPS: &str = "
## Why something is lacking

| who | lacks | because |
|---|---|---|
";

const SOURCES: &str = "
## Sources

What is lacking has its sources beside the code, in `gap.rs`. Chapters of manuals are named, not
numbered: editions number them anew.

";

/// The page.
#[must_use]
pub fn tees_markdown() -> String {
    let mut page = String::from(OPENING);
    let table = capability_table();
    write_table(&mut page, &table.heading, &table.rows);
    page.push_str(FEATURES);
    let (heading, rows) = feature_table();
    write_table(&mut page, &heading, &rows);
    page.push_str(GAPS);
    for variant in TeeVariant::ALL {
        write_gaps(&mut page, variant.as_str(), variant.gaps());
    }
    for runtime in Runtime::ALL {
        write_gaps(&mut page, runtime.as_str(), runtime.gaps());
    }
    page.push_str(SOURCES);
    for variant in TeeVariant::ALL {
        let sources: Vec<String> = variant.capabilities().sources.iter().map(ToString::to_string).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "- `{variant}`: {}.", sources.join("; "));
    }
    page
}

/// A table of Markdown, with an empty line before it.
pub(crate) fn write_table<H: AsRef<str>, R: AsRef<[String]>>(page: &mut String, heading: &[H], rows: &[R]) {
    let heading: Vec<&str> = heading.iter().map(AsRef::as_ref).collect();
    let _ = writeln!(page, "\n| {} |\n|{}", heading.join(" | "), "---|".repeat(heading.len()));
    for row in rows {
        let _ = writeln!(page, "| {} |", row.as_ref().join(" | "));
    }
}

fn write_gaps(page: &mut String, who: &str, gaps: &[Gap]) {
    for (feature, why) in gaps {
        let _ = writeln!(page, "| `{who}` | {feature} | {why} |");
    }
}
