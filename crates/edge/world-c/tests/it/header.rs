//! The header is made of the source, and says how everything lies in memory.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use casemate_world_c::LAYOUTS;

const ABOUT: &str = "\
/*
 * The scheduler of two worlds on one CPU. How to use it: docs/world-c.md.
 *
 * Made of the source of casemate-world-c; the changes belong there. In comments names go without
 * `CASEMATE_WORLD_`, those of a status also without `STATUS_`.
 */

#ifndef CASEMATE_WORLD_H
#define CASEMATE_WORLD_H";

/// What C is to call the types.
const TYPES: [&str; 33] = [
    "Agent",
    "AnswerKind",
    "Balance",
    "BillClass",
    "Config",
    "CpuView",
    "Device",
    "Durations",
    "Entry",
    "Event",
    "EventKind",
    "Go",
    "Goal",
    "Kind",
    "Order",
    "Outcome",
    "PhaseKind",
    "Priority",
    "ProperCpu",
    "Reason",
    "RefusalKind",
    "Request",
    "Resume",
    "Ring",
    "Sessions",
    "Side",
    "Status",
    "Supply",
    "SwitchBack",
    "Task",
    "ThreadView",
    "Tick",
    "World",
];

/// Regenerate with `UPDATE_DOCS=1 cargo test -p casemate-world-c`.
#[test]
fn the_header_is_what_the_source_says() {
    let path = folder().join("casemate_world.h");
    let made = made();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let header = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(header, made, "the header is out of date: UPDATE_DOCS=1 cargo test -p casemate-world-c");
}

/// Where the header is.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

fn made() -> String {
    let mut config = cbindgen::Config {
        language: cbindgen::Language::C,
        header: Some(ABOUT.into()),
        trailer: Some(format!("{}\n#endif", layouts())),
        no_includes: true,
        sys_includes: vec!["stddef.h".into(), "stdint.h".into()],
        documentation_style: cbindgen::DocumentationStyle::C99,
        usize_is_size_t: true,
        ..cbindgen::Config::default()
    };
    config.enumeration.rename_variants = cbindgen::RenameRule::QualifiedScreamingSnakeCase;
    for name in TYPES {
        config.export.rename.insert(name.into(), name_in_c(name));
        config.export.include.push(name.into());
    }
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        builder = builder.with_src(file);
    }
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    String::from_utf8(header).unwrap()
}

/// That everything lies where Rust says, for the compiler of C to see.
fn layouts() -> String {
    let mut text = String::from(
        "// How everything lies in memory; docs/world-c.md says what to do where one does not hold.\n",
    );
    for layout in LAYOUTS {
        let name = name_in_c(layout.name);
        let _ = writeln!(text, "_Static_assert(sizeof({name}) == {}, \"size of {name}\");", layout.size);
        for (field, at) in layout.fields {
            let _ = writeln!(
                text,
                "_Static_assert(offsetof({name}, {field}) == {at}, \"place of {field} in {name}\");"
            );
        }
    }
    for (name, size) in [("Status", 4), ("Reason", 1)] {
        let name = name_in_c(name);
        let _ = writeln!(text, "_Static_assert(sizeof({name}) == {size}, \"size of {name}\");");
    }
    text
}

fn name_in_c(name: &str) -> String {
    if name == "World" {
        return "casemate_world".into();
    }
    let mut snake = String::from("casemate_world");
    for letter in name.chars() {
        if letter.is_uppercase() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Sources, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
