//! Every crate inherits the workspace's lints: a crate that forgets
//! `[lints] workspace = true` compiles without them, silently.

use crate::house::tree::Tree;
use crate::house::violation::Violation;

/// Every manifest that does not inherit.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in &tree.members {
        let path = member.manifest();
        let text = tree.file(&path).map_or("", |file| file.text.as_str());
        let mut section = "";
        let inherits = text.lines().map(str::trim).any(|line| {
            if line.starts_with('[') {
                section = line;
            }
            let line: String = line.split_whitespace().collect();
            (section == "[lints]" && line == "workspace=true") || line == "lints.workspace=true"
        });
        if !inherits {
            let what = format!("`{}` does not inherit the workspace's lints", member.package);
            let remedy = "add `[lints]` with `workspace = true`".into();
            violations.push(Violation { path, line: 1, rule: "lints", what, remedy });
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_crate_without_the_lints_is_reported() {
        let manifest = "[package]\nname = \"casemate-model\"\n\n[dependencies]\n# [lints] workspace = true\n";
        let tree = Fixture::new().file("crates/core/model/Cargo.toml", manifest).tree();
        let violations = check(&tree);
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].path, "crates/core/model/Cargo.toml");
    }
}
