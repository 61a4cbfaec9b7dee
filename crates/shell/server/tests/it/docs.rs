//! The examples of `docs/attest-serve.md` are run, and answer what stands there.

use std::path::Path;
use std::process::Command;

use crate::service::Running;

const PAGE: &str = include_str!("../../../../../docs/attest-serve.md");

/// Each command of the page, and what it is to answer.
fn examples() -> Vec<(String, String)> {
    let mut examples = Vec::new();
    for block in PAGE.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for example in block.split("$ ").skip(1) {
            let (command, expected) = example.split_once('\n').expect("a command and its answer");
            examples.push((command.to_owned(), expected.trim_end().to_owned()));
        }
    }
    examples
}

/// Whether the text is this, `…` standing for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut ends_open = false;
    for part in parts {
        ends_open = part.is_empty();
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    ends_open || rest.trim().is_empty()
}

#[test]
fn every_example_answers_what_is_written() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: every_example_answers_what_is_written: no curl");
        return;
    }
    let service = Running::start();
    let folder = tempfile::tempdir().expect("a directory");
    std::fs::write(folder.path().join("evidence.bin"), service.evidence(b"")).expect("a file");
    let examples = examples();
    assert!(examples.len() >= 10, "{examples:?}");
    for (command, expected) in examples {
        let answered = run(&command.replace("http://127.0.0.1:8443", &service.url("")), folder.path());
        assert!(
            is_like(answered.trim_end(), &expected),
            "{command}\nexpected {expected}\nanswered {answered}"
        );
    }
}

fn run(command: &str, folder: &Path) -> String {
    let output =
        Command::new("sh").args(["-c", command]).current_dir(folder).env_remove("http_proxy").output();
    let output = output.expect("sh is there");
    assert!(output.status.success(), "{command}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_comparison_sees_what_differs() {
    assert!(is_like("abc", "abc") && is_like("abc", "a…") && is_like("abc", "a…c"));
    assert!(!is_like("abc", "ab") && !is_like("abc", "a…d") && !is_like("abc", "b…"));
}
