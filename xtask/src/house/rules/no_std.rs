//! The crates that also run below an operating system need none.
//!
//! Held: the crate's root says `no_std` in every build but those of tests and of
//! the model checker, `std` is not brought back, and every import is `no_std`
//! too. Building for a bare-metal target would show the same, but needs that
//! target's libraries.

use crate::house::production::production;
use crate::house::tree::Tree;
use crate::house::violation::Violation;

const RULE: &str = "no-std";

/// The crates that must do without `std`.
const CRATES: [&str; 7] = ["model", "mutant", "epc", "cpu", "pod", "world", "world-c"];

/// Every such crate that needs `std`.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |path: &str, line, what, remedy: &str| {
        violations.push(Violation { path: path.into(), line, rule: RULE, what, remedy: remedy.into() });
    };
    for member in tree.members.iter().filter(|it| CRATES.contains(&it.noun())) {
        for (file, source) in production(tree, member) {
            if member.roots.contains(&file.path) && !source.inner_attributes().iter().any(|it| declares(it)) {
                let what = format!("`{}` is not no_std", member.noun());
                report(
                    &file.path,
                    1,
                    what,
                    "write `#![no_std]`, or `#![cfg_attr(not(any(test, loom)), no_std)]`",
                );
            }
            let mentions = source.mentions();
            for pair in mentions.windows(2) {
                if pair[0].path == ["crate"] && pair[1].path == ["std"] {
                    let what = format!("`{}` brings `std` back", member.noun());
                    report(
                        &file.path,
                        pair[1].line,
                        what,
                        "use `core` and `alloc`, or put it under `#[cfg(test)]`",
                    );
                }
            }
        }
        for dependency in member.imports().filter(|it| it.target.as_deref() != Some("cfg(loom)")) {
            let other = tree.member(&dependency.package);
            if !other.is_some_and(|other| CRATES.contains(&other.noun())) {
                let what = format!("`{}` uses `{}`, which may need `std`", member.noun(), dependency.package);
                report(
                    &member.manifest(),
                    dependency.line,
                    what,
                    "take what it gives as an argument or by a trait",
                );
            }
        }
    }
    violations
}

/// `no_std`, outright or unless tests or the model checker are built.
fn declares(attribute: &str) -> bool {
    if attribute == "no_std" {
        return true;
    }
    let Some(condition) = attribute.strip_prefix("cfg_attr(not(").and_then(|it| it.strip_suffix("),no_std)"))
    else {
        return false;
    };
    let mut words = condition.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty());
    words.all(|word| matches!(word, "any" | "test" | "loom"))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    const ROOT: &str = "crates/core/model/src/lib.rs";

    #[test]
    fn a_root_without_no_std_is_reported() {
        let violations = check(&Fixture::new().file(ROOT, "#![forbid(unsafe_code)]\n").tree());
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].path, ROOT);
    }

    #[test]
    fn no_std_may_be_lifted_for_tests_and_the_model_checker_only() {
        assert!(declares("cfg_attr(not(any(test,loom)),no_std)"));
        assert!(!declares("cfg_attr(not(feature=\"std\"),no_std)"));
    }

    #[test]
    fn bringing_std_back_is_reported_outside_tests() {
        let text = "#![no_std]\n#[cfg(test)]\nextern crate std;\nextern crate std;\n";
        let violations = check(&Fixture::new().file(ROOT, text).tree());
        assert_eq!(violations.iter().map(|it| it.line).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn a_library_that_may_need_std_is_reported() {
        let violations = check(&Fixture::new().package("crates/core/model", &["thiserror = \"2\""]).tree());
        assert_eq!(violations.len(), 1);
        assert!(violations[0].what.contains("`thiserror`"));
    }
}
