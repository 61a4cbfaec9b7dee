//! `unsafe` stands only in the `sys` modules of `node` and of `world-c`, and in `firmware`.
//!
//! Held: every root forbids `unsafe_code`; those that have `sys` modules deny it and
//! lift that for modules so named, or inside them, only: `node` talks to the kernel, and
//! `world-c` to C. Looked at: the tokens of every Rust
//! file, test code included. Free are files under `compile-fail`, which show what
//! does not compile; the integration tests of those two, which play the guest and C
//! and have to touch memory; and `tests/loom.rs`, as loom checks unsafe cells only.

use crate::house::source::Source;
use crate::house::tree::{Member, Tree};
use crate::house::violation::Violation;

const RULE: &str = "unsafe-code";

/// Packages that may have `sys` modules.
const WITH_SYS: [&str; 3] = ["crates/shell/node", "crates/edge/world-c", "firmware"];

/// Every root that does not forbid it, every `unsafe` and every lifting out of place.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |path: &str, line, what: String, remedy: &str| {
        violations.push(Violation { path: path.into(), line, rule: RULE, what, remedy: remedy.into() });
    };
    for member in &tree.members {
        let with_sys = may_have_sys(member);
        for file in tree.rust_below(&member.folder) {
            if file.path.contains("/compile-fail/") {
                continue;
            }
            let Ok(source) = Source::read(&file.text) else { continue };
            if member.roots.contains(&file.path) {
                let wanted = if with_sys { "deny" } else { "forbid" };
                let attributes = source.inner_attributes();
                if !attributes.iter().any(|it| sets(it, "forbid") || (with_sys && sets(it, "deny"))) {
                    let what = format!("`{}` does not {wanted} unsafe code", member.package);
                    report(&file.path, 1, what, &format!("write `#![{wanted}(unsafe_code)]` in its root"));
                }
            }
            let in_tests = file.path.strip_prefix(&format!("{}/tests/", member.folder));
            let models = in_tests == Some("loom.rs");
            if models || (with_sys && (in_sys(&file.path) || in_tests.is_some())) {
                continue;
            }
            for (line, item) in source.allowances("unsafe_code") {
                if !with_sys || !is_sys_module(&item) {
                    let what = "`unsafe_code` is allowed here".into();
                    report(
                        &file.path,
                        line,
                        what,
                        "allow it on a module named `sys` of `node` or `world-c` only",
                    );
                }
            }
            for mention in source.mentions().iter().filter(|mention| mention.path == ["unsafe"]) {
                let what = "`unsafe` outside a `sys` module".into();
                report(&file.path, mention.line, what, "give `node`'s `sys` a safe function that does it");
            }
        }
    }
    violations
}

fn may_have_sys(member: &Member) -> bool {
    WITH_SYS.iter().any(|folder| member.folder == *folder || member.folder.starts_with(&format!("{folder}/")))
}

/// Whether an inner attribute such as `forbid(unsafe_code,…)` sets the level.
fn sets(attribute: &str, level: &str) -> bool {
    let lints = attribute.strip_prefix(level).and_then(|it| it.strip_prefix('('));
    lints.is_some_and(|lints| lints.trim_end_matches(')').split(',').any(|lint| lint == "unsafe_code"))
}

/// Whether the words after the attribute declare `mod sys`.
fn is_sys_module(item: &str) -> bool {
    let item = item.strip_prefix("pub ").unwrap_or(item);
    item == "mod sys" || item.starts_with("mod sys ")
}

fn in_sys(path: &str) -> bool {
    path.ends_with("/sys.rs") || path.contains("/sys/")
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    fn places(fixture: Fixture) -> Vec<(String, usize)> {
        check(&fixture.tree()).into_iter().map(|it| (it.path, it.line)).collect()
    }

    #[test]
    fn a_root_that_does_not_forbid_it_is_reported() {
        let root = "crates/core/policy/src/lib.rs";
        assert_eq!(places(Fixture::new().file(root, "// forbid(unsafe_code)\n")), [(root.into(), 1)]);
        assert_eq!(places(Fixture::new().file(root, "#![deny(unsafe_code)]\n")), [(root.into(), 1)]);
    }

    #[test]
    fn unsafe_outside_sys_is_reported_even_in_node() {
        let more = "crates/shell/node/src/more.rs";
        assert_eq!(places(Fixture::new().file(more, "\nfn f() { unsafe { g() } }")), [(more.into(), 2)]);
    }

    #[test]
    fn nodes_sys_modules_guests_and_models_may_be_unsafe() {
        let fixture = Fixture::new()
            .file(
                "crates/shell/node/src/lib.rs",
                "#![deny(unsafe_code)]\n#[allow(unsafe_code)]\npub(crate) mod sys;\n",
            )
            .file("crates/shell/node/src/sys.rs", "#![allow(unsafe_code)]\nunsafe fn f() {}")
            .file("crates/shell/node/src/pager/sys/signal.rs", "unsafe fn f() {}")
            .file("crates/shell/node/tests/it/guest.rs", "unsafe fn f() {}")
            .file("crates/core/policy/tests/loom.rs", "unsafe fn f() {}");
        assert!(places(fixture).is_empty());
    }

    #[test]
    fn the_interface_to_c_may_be_unsafe_in_sys_and_nowhere_else() {
        let attributes = "#![deny(unsafe_code)]\n#[allow(unsafe_code)]\nmod sys;\n";
        let fixture = Fixture::new()
            .package("crates/edge/world-c", &[])
            .file("crates/edge/world-c/src/lib.rs", attributes)
            .file("crates/edge/world-c/src/sys/pointer.rs", "unsafe fn f() {}")
            .file("crates/edge/world-c/src/world.rs", "unsafe fn f() {}");
        assert_eq!(places(fixture), [("crates/edge/world-c/src/world.rs".into(), 1)]);
    }

    #[test]
    fn lifting_it_for_another_module_is_reported() {
        let root = "crates/shell/node/src/lib.rs";
        let text =
            "#![deny(unsafe_code)]\n#[allow(unsafe_code)]\nmod system;\n#[expect(unsafe_code)]\nfn f() {}\n";
        assert_eq!(places(Fixture::new().file(root, text)), [(root.into(), 2), (root.into(), 4)]);
    }

    #[test]
    fn a_sys_module_of_another_crate_is_reported() {
        let sys = "crates/edge/report/src/sys.rs";
        assert_eq!(places(Fixture::new().file(sys, "unsafe fn f() {}")), [(sys.into(), 1)]);
    }

    #[test]
    fn the_word_in_a_comment_or_string_is_harmless() {
        let text = "// unsafe\nconst A: &str = \"unsafe\";\n";
        assert!(places(Fixture::new().file("crates/core/model/src/more.rs", text)).is_empty());
    }
}
