//! One integration-test binary a crate, `tests/it/main.rs` with modules: each
//! binary is linked on its own, and links everything again.

use crate::house::tree::Tree;
use crate::house::violation::Violation;

/// A binary that has to be separate, and why: loom's atomics work only inside
/// its own runner, so nothing else can be in it.
const SEPARATE: &str = "loom";

/// Every other integration-test binary.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in &tree.members {
        for (name, path) in &member.tests {
            if name != "it" && name != SEPARATE {
                violations.push(Violation {
                    path: path.clone(),
                    line: 1,
                    rule: "test-binaries",
                    what: format!("`{}` has one more integration-test binary, `{name}`", member.package),
                    remedy: "make it a module of tests/it/main.rs".into(),
                });
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_second_binary_is_reported() {
        let tree = Fixture::new()
            .file("crates/core/policy/tests/it/main.rs", "mod more;\n")
            .file("crates/core/policy/tests/it/more.rs", "")
            .file("crates/core/policy/tests/loom.rs", "")
            .file("crates/core/policy/tests/extra.rs", "")
            .tree();
        let paths: Vec<_> = check(&tree).into_iter().map(|it| it.path).collect();
        assert_eq!(paths, ["crates/core/policy/tests/extra.rs"]);
    }
}
