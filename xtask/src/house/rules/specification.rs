//! Every proof that SPECIFICATION.md names exists.
//!
//! A row's last cell names its proofs, each in backticks as `noun: name`: the
//! noun is the crate's folder, the name is one of its tests, or a file ending in
//! `.rs` below it; the noun `step` has the steps of `cargo xtask test`. Several
//! names may follow one noun, separated by commas. A cell without any says
//! "not yet tested".

use crate::house::source::Source;
use crate::house::tree::{Member, Tree};
use crate::house::violation::Violation;

const PAGE: &str = "SPECIFICATION.md";
const PENDING: &str = "not yet tested";

/// Every proof that is named and does not exist, and every row without one.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let text = tree.file(PAGE).map_or("", |file| file.text.as_str());
    let mut report = |index: usize, what, remedy: &str| {
        let (path, line) = (PAGE.into(), index + 1);
        violations.push(Violation { path, line, rule: "specification", what, remedy: remedy.into() });
    };
    let mut in_table = false;
    for (index, line) in text.lines().enumerate() {
        let cells: Vec<_> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        if !line.starts_with('|') {
            in_table = false;
            continue;
        }
        // The rule under the heading is where the rows begin.
        if cells.iter().all(|cell| cell.trim_matches(['-', ':']).is_empty()) {
            in_table = true;
            continue;
        }
        let Some(cell) = cells.last().filter(|_| in_table) else { continue };
        let proofs: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
        if proofs.is_empty() && !cell.starts_with(PENDING) {
            report(
                index,
                "a promise that names no proof".into(),
                "name its test, or write \"not yet tested\"",
            );
        }
        for proof in proofs {
            if let Some(missing) = missing(tree, proof) {
                report(index, format!("no proof `{missing}`"), "name a test that exists, as `noun: name`");
            }
        }
    }
    violations
}

/// The part of `noun: name, name` that does not exist.
fn missing(tree: &Tree, proof: &str) -> Option<String> {
    let Some((noun, names)) = proof.split_once(": ") else { return Some(proof.into()) };
    if noun == "step" {
        let name = names.split(", ").find(|name| !crate::test::has_step(name))?;
        return Some(format!("{noun}: {name}"));
    }
    let Some(member) = tree.members.iter().find(|member| member.noun() == noun) else {
        return Some(proof.into());
    };
    let name = names.split(", ").find(|name| !exists(tree, member, name))?;
    Some(format!("{noun}: {name}"))
}

fn exists(tree: &Tree, member: &Member, name: &str) -> bool {
    tree.rust_below(&member.folder).any(|file| {
        if name.ends_with(".rs") {
            return file.path.ends_with(&format!("/{name}"));
        }
        let Ok(source) = Source::read(&file.text) else { return false };
        let mut mentions = source.mentions();
        // What may stand between.
        let between = ["should_panic", "expected", "pub", "crate"];
        mentions.retain(|it| !between.iter().any(|word| it.path == [*word]));
        mentions.windows(3).any(|it| it[0].path == ["test"] && it[1].path == ["fn"] && it[2].path == [name])
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    fn told(row: &str) -> Vec<String> {
        let page = format!("| promise | proof |\n|---|---|\n{row}\n");
        let tree = Fixture::new()
            .file("SPECIFICATION.md", &page)
            .file(
                "crates/core/policy/tests/it/main.rs",
                "// #[test] fn imagined() {}\nfn helper() {}\n#[test]\n#[should_panic]\npub(crate) fn it_holds() {}\n",
            )
            .file("crates/core/policy/tests/compile-fail/forged.rs", "")
            .tree();
        check(&tree).into_iter().map(|it| format!("{} {}", it.line, it.what)).collect()
    }

    #[test]
    fn a_test_that_does_not_exist_is_reported() {
        assert_eq!(told("| it holds | `policy: imagined` |"), ["3 no proof `policy: imagined`"]);
        assert_eq!(told("| it holds | `policy: helper` |"), ["3 no proof `policy: helper`"]);
        assert_eq!(told("| it holds | `step: everything` |"), ["3 no proof `step: everything`"]);
        assert_eq!(told("| it holds | `policy: it_holds, gone` |"), ["3 no proof `policy: gone`"]);
        assert_eq!(told("| it holds | `model: it_holds` |"), ["3 no proof `model: it_holds`"]);
    }

    #[test]
    fn tests_steps_and_compile_fail_files_are_proofs() {
        assert!(told("| it holds | `policy: it_holds, compile-fail/forged.rs` |").is_empty());
        assert!(told("| it holds | `step: loom`, `policy: it_holds` |").is_empty());
    }

    #[test]
    fn a_promise_without_a_proof_has_to_say_so() {
        assert_eq!(told("| it holds | |"), ["3 a promise that names no proof"]);
        assert!(told("| it holds | not yet tested: needs hardware |").is_empty());
    }
}
