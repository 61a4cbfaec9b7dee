//! Core decides: it reads no clock, no environment, no file, no network and no
//! random source, starts no thread, prints nothing, and iterates over no map
//! whose order differs from run to run.
//!
//! Looked at: what each crate of core ships (its `src` without test-only code),
//! token by token. Not seen: what a library does by itself (rule `libraries`)
//! and what its macros expand to (clippy's `disallowed_methods`).

use crate::house::production::production;
use crate::house::source::Mention;
use crate::house::tree::{Layer, Tree};
use crate::house::violation::Violation;

/// Paths that may not be named, with everything below them, and what to do.
const PATHS: [(&[&str], &str); 14] = [
    (&["std", "time"], TIME),
    (&["std", "env"], "take the setting as an argument"),
    (&["std", "fs"], IO),
    (&["std", "io"], IO),
    (&["std", "net"], IO),
    (&["std", "os"], IO),
    (&["std", "process"], IO),
    (&["std", "thread"], "core is a state machine: the shell owns the threads"),
    (&["std", "sync", "mpsc"], "give actions back as values"),
    (&["std", "hash", "RandomState"], MAP),
    (&["std", "collections", "*"], "name what is used, so that a random map is seen"),
    (&["std", "*"], "name what is used, so that a clock or a random map is seen"),
    (&["aws_lc_rs", "rand"], "take random bytes as an argument"),
    (&["core", "arch"], "timers and processor state are the shell's"),
];

/// Names that may not stand anywhere.
const NAMES: [(&str, &str); 5] = [
    ("HashMap", MAP),
    ("HashSet", MAP),
    ("RandomState", MAP),
    ("SystemRandom", "take random bytes as an argument"),
    ("thread_local", "what is decided may not depend on the thread: keep it in the state"),
];

/// Macros that may not be called.
const MACROS: [(&str, &str); 7] = [
    ("print", OUT),
    ("println", OUT),
    ("eprint", OUT),
    ("eprintln", OUT),
    ("dbg", OUT),
    ("env", "take the setting as an argument"),
    ("option_env", "take the setting as an argument"),
];

const TIME: &str = "take `now` as an argument, in `model`'s Timestamp and Nanos";
const IO: &str = "core does no I/O: take the bytes as an argument, give actions back as values";
const MAP: &str = "its order differs from run to run: use BTreeMap or BTreeSet";
const OUT: &str = "give the event back as a value; the shell prints";

/// Every place where core reaches out.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in tree.members.iter().filter(|member| member.layer() == Layer::Core) {
        for (file, source) in production(tree, member) {
            for mention in source.mentions() {
                if let Some(remedy) = objection(&mention) {
                    violations.push(Violation {
                        path: file.path.clone(),
                        line: mention.line,
                        rule: "purity",
                        what: format!(
                            "`{}` is in core and names `{}`",
                            member.noun(),
                            mention.path.join("::")
                        ),
                        remedy: remedy.into(),
                    });
                }
            }
        }
    }
    violations
}

/// What to do instead of naming this, where it may not be named.
fn objection(mention: &Mention) -> Option<&'static str> {
    let path: Vec<_> = mention.path.iter().map(String::as_str).collect();
    if path == ["std"] && mention.next == "as" {
        return Some("name what is used in full, so that a clock or a random map is seen");
    }
    let below = PATHS.iter().find(|(forbidden, _)| path.starts_with(forbidden)).map(|(_, remedy)| *remedy);
    let named = || NAMES.iter().find(|(name, _)| path.contains(name)).map(|(_, remedy)| *remedy);
    let called = || {
        let last = path.last().filter(|_| mention.next == "!")?;
        MACROS.iter().find(|(name, _)| name == last).map(|(_, remedy)| *remedy)
    };
    below.or_else(named).or_else(called)
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let tree = Fixture::new().file("crates/core/policy/src/more.rs", text).tree();
        check(&tree).iter().map(|it| format!("{} {}", it.line, it.what)).collect()
    }

    #[test]
    fn a_clock_is_reported() {
        let told = told("fn f() {\n    let now = std::time::Instant::now();\n}");
        assert_eq!(told, ["2 `policy` is in core and names `std::time::Instant::now`"]);
    }

    #[test]
    fn a_clock_behind_an_alias_is_reported() {
        assert_eq!(told("use std::{time::{self as t}};").len(), 1);
        assert_eq!(told("use std as s;").len(), 1);
        assert_eq!(told("use std::*;").len(), 1);
    }

    #[test]
    fn the_environment_is_reported() {
        assert_eq!(told("fn f() { std::env::var(\"X\"); }").len(), 1);
        assert_eq!(told("const X: &str = env!(\"X\");").len(), 1);
    }

    #[test]
    fn a_random_map_is_reported() {
        assert_eq!(told("use std::collections::{BTreeMap, HashMap};").len(), 1);
        assert_eq!(told("use std::collections::*;").len(), 1);
    }

    #[test]
    fn a_random_source_is_reported() {
        assert_eq!(told("use aws_lc_rs::rand::fill;").len(), 1);
    }

    #[test]
    fn files_network_threads_and_printing_are_reported() {
        for text in [
            "use std::fs;",
            "use std::net::TcpStream;",
            "fn f() { std::thread::spawn(g); }",
            "use std::process::Command;",
            "fn f() { println!(); }",
        ] {
            assert_eq!(told(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn tests_comments_and_strings_may_say_anything() {
        let text = "// std::fs\nconst A: &str = \"std::fs\";\n#[cfg(test)]\nmod tests { use std::fs; }";
        assert!(told(text).is_empty());
    }

    #[test]
    fn edge_and_shell_may_read_the_clock() {
        let tree = Fixture::new().file("crates/shell/node/src/more.rs", "use std::time::Instant;").tree();
        assert!(check(&tree).is_empty());
    }
}
